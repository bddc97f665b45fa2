import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { IpcError, isTransient } from "../../src/peer/IpcError.ts"
import * as Reason from "../../src/peer/Reason.ts"
import type { Refusal } from "../../src/session/Message.ts"
import type { EndReason } from "../../src/transport/Link.ts"
import { TransportError } from "../../src/transport/TransportError.ts"

const place = { address: "unix:/run/a.sock", method: "Ask" }

/** Each refusal, the reason it becomes, and words its message must have: what happened, and what to do. */
const table: ReadonlyArray<readonly [Refusal, IpcError["reason"]["_tag"], ReadonlyArray<string>]> = [
  [{ _tag: "UnknownMethod" }, "UnknownMethod", ["does not know this method", "version"]],
  [
    { _tag: "InvalidPayload", part: "item", detail: "Expected number" },
    "InvalidPayload",
    ["the peer found the item invalid", "Expected number"]
  ],
  [
    { _tag: "Oversized", bytes: 70_000, maxBytes: 65_536 },
    "Oversized",
    ["70000", "65536", "send it as a stream, or raise maxFrameBytes"]
  ],
  [
    { _tag: "Overloaded", what: "calls in flight", limit: 16 },
    "Overloaded",
    ["the peer has reached its limit of 16 calls in flight", "try again later, or raise it"]
  ],
  [{ _tag: "Draining" }, "Draining", ["is closing and takes no new calls"]],
  [{ _tag: "TimedOut", afterMillis: 250 }, "TimedOut", ["within 250 ms", "raise the call's timeout"]],
  [
    { _tag: "Malformed", detail: "a second Hello" },
    "Malformed",
    ["unix:/run/a.sock got from this side what is not of this wire", "a second Hello"]
  ],
  [{ _tag: "RemoteDefect", detail: "Error: a bug" }, "RemoteDefect", ["the handler at", "died", "Error: a bug"]],
  [
    { _tag: "Incompatible", local: "office 1.0.0", remote: "office 2.0.0" },
    "Incompatible",
    ["office 1.0.0", "office 2.0.0", "upgrade one of them, or connect elsewhere"]
  ],
  [
    { _tag: "Unauthorized", detail: "no secret was sent; both sides need the same" },
    "Unauthorized",
    ["the peer refused", "no secret was sent; both sides need the same", "both sides need the same"]
  ],
  [{ _tag: "PeerSilent", afterMillis: 60_000 }, "PeerSilent", ["silent for 60000 ms", "hangs, or the link is dead"]],
  [
    { _tag: "Disconnected", detail: "the peer ended the link" },
    "Disconnected",
    ["disconnected", "the peer ended the link"]
  ],
  [
    { _tag: "HandshakeTimedOut", afterMillis: 10_000 },
    "ConnectFailed",
    ["not finished the handshake within 10000 ms", "is it an effect-ipc peer with the same wire?"]
  ],
  [{ _tag: "Unsayable", detail: "the wire has no streams" }, "Unsayable", ["cannot be told this", "no streams"]]
]

describe("a refusal", () => {
  it.each(table)("%j becomes %s, and says what to do", (refusal, tag, words) => {
    const error = Reason.fromRefusal(refusal, "remote", place)
    assert.strictEqual(error.reason._tag, tag)
    assert.deepInclude(error.reason, place)
    for (const word of words) assert.include(error.message, word)
    if (tag !== "Unauthorized" && tag !== "Incompatible") {
      assert.match(error.message, /^call "Ask": /)
    }
  })

  it("of a silent peer is no failure to connect for the side that was dialled", () => {
    const seen = Reason.asAcceptor({ _tag: "HandshakeTimedOut", afterMillis: 5 })
    assert.deepStrictEqual(seen, {
      _tag: "Disconnected",
      detail: "the peer has not finished the handshake within 5 ms"
    })
    assert.deepStrictEqual(Reason.asAcceptor({ _tag: "Draining" }), { _tag: "Draining" })
  })

  it("outside a call names none", () => {
    const { message, reason } = Reason.fromRefusal({ _tag: "Draining" }, "local", { address: "memory" })
    assert.notProperty(reason, "method")
    assert.strictEqual(message, "this side is closing and takes no new calls")
  })
})

describe("the end of a link", () => {
  const ends: ReadonlyArray<readonly [EndReason, string]> = [
    [{ _tag: "Ended" }, "the peer ended the link"],
    [{ _tag: "Closed" }, "closed by this side"],
    [{ _tag: "Exited", exitCode: 3, signal: undefined, stderrTail: "" }, "the process exited with code 3"],
    [
      { _tag: "Exited", what: "worker thread", exitCode: 1, signal: undefined, stderrTail: "" },
      "the worker thread exited with code 1"
    ],
    [{ _tag: "Exited", exitCode: undefined, signal: "SIGKILL", stderrTail: "" }, "the process was ended by SIGKILL"],
    [
      { _tag: "Exited", exitCode: undefined, signal: undefined, stderrTail: "" },
      "the process exited with code unknown"
    ],
    [{ _tag: "Broken", stage: "write", detail: "EPIPE" }, "the link broke in a write (EPIPE)"]
  ]
  it.each(ends)("%j is told in a sentence", (end, sentence) => {
    assert.strictEqual(Reason.describeEnd(end), sentence)
  })

  it("of a process leaves its facts in the error, its last stderr in the message", () => {
    const end: EndReason = { _tag: "Exited", exitCode: undefined, signal: "SIGTERM", stderrTail: "out of memory\n" }
    const lost: Refusal = { _tag: "Disconnected", detail: Reason.describeEnd(end) }
    const { message, reason } = Reason.fromRefusal(lost, "local", place, end)
    assert.deepInclude(reason, { signal: "SIGTERM", stderrTail: "out of memory\n" })
    assert.notProperty(reason, "exitCode")
    assert.include(message, "out of memory")
  })
})

describe("an IpcError", () => {
  it("of a transport says at which stage", () => {
    const facts = { address: "unix:/a", detail: "no such directory; create it" }
    const [open, listen] = (["open", "listen"] as const).map((stage) =>
      Reason.fromTransport(new TransportError({ stage, ...facts }))
    )
    assert.deepStrictEqual([open!.reason._tag, listen!.reason._tag], ["ConnectFailed", "ListenFailed"])
    assert.strictEqual(open!.message, "cannot connect to unix:/a: no such directory; create it")
    assert.strictEqual(listen!.message, "cannot go on listening at unix:/a: no such directory; create it")
  })

  it.effect("is recovered from by the tag of its reason", () =>
    Effect.gen(function* () {
      const fail = (refusal: Refusal) => Effect.fail(Reason.fromRefusal(refusal, "local", place))
      const recovered = (refusal: Refusal) =>
        fail(refusal).pipe(
          Effect.catchReason("IpcError", "Disconnected", ({ detail }) => Effect.succeed(detail)),
          Effect.catchReason("IpcError", "Oversized", ({ bytes }) => Effect.succeed(bytes))
        )
      assert.strictEqual(yield* recovered({ _tag: "Disconnected", detail: "gone" }), "gone")
      assert.strictEqual(yield* recovered({ _tag: "Oversized", bytes: 5, maxBytes: 4 }), 5)
      assert.strictEqual((yield* Effect.flip(recovered({ _tag: "Draining" }))).reason._tag, "Draining")
    })
  )

  it("is transient where nothing began, and to try again may help", () => {
    const outside = { address: "unix:/a" }
    const transient = (refusal: Refusal, at: Reason.Place) => isTransient(Reason.fromRefusal(refusal, "remote", at))
    const late = { _tag: "HandshakeTimedOut", afterMillis: 10 } as const
    assert.isTrue(transient({ _tag: "Draining" }, place))
    assert.isTrue(transient({ _tag: "Overloaded", what: "calls", limit: 3 }, place))
    assert.isTrue(transient(late, outside))
    assert.isFalse(transient(late, { ...outside, method: "Ask" }))
    for (const [refusal] of table) {
      if (["Draining", "Overloaded", "HandshakeTimedOut"].includes(refusal._tag)) continue
      assert.isFalse(transient(refusal, place), refusal._tag)
    }
    assert.isFalse(isTransient(new Error("Draining")))
  })

  it("travels as JSON and back, as any schema error", () => {
    const codec = Schema.toCodecJson(IpcError)
    for (const [refusal] of table) {
      const error = Reason.fromRefusal(refusal, "remote", place)
      const back = Schema.decodeUnknownSync(codec)(JSON.parse(JSON.stringify(Schema.encodeSync(codec)(error))))
      assert.instanceOf(back, IpcError)
      assert.strictEqual(back.message, error.message)
    }
  })
})
