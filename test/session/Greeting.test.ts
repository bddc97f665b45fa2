import { assert, describe, it } from "@effect/vitest"
import type { Hello, Message, Refusal } from "../../src/session/Message.ts"
import type { Options } from "../../src/session/Session.ts"
import { greeting, hello, helloOf, joined, strangers } from "./pair.ts"
import { oversized, type Tag } from "./party.ts"

const secret = "open sesame"
const unauthorized = (detail: string): Refusal => ({ _tag: "Unauthorized", detail })

const welcome: ReadonlyArray<readonly [name: string, options: Partial<Options>, remote: Partial<Hello>]> = [
  ["the same protocol and version", {}, {}],
  ["another fingerprint", {}, { fingerprint: "other" }],
  ["features that nobody knows", {}, { features: ["telepathy"] }],
  ["a version that this side accepts", { accepts: (version) => version.startsWith("1.") }, { version: "1.9.0" }],
  ["the secret", { secret }, { secret }],
  ["a secret that nobody asked for", {}, { secret }],
  ["an empty secret where it is the secret", { secret: "" }, { secret: "" }]
]

const unwelcome: ReadonlyArray<
  readonly [name: string, options: Partial<Options>, remote: Partial<Hello>, reason: Refusal]
> = [
  [
    "another wire version",
    {},
    { wireVersion: 2 },
    { _tag: "Incompatible", local: "wire version 1", remote: "wire version 2" }
  ],
  [
    "another protocol",
    {},
    { protocol: "chess" },
    { _tag: "Incompatible", local: "calculator 1.0.0", remote: "chess 1.0.0" }
  ],
  [
    "a version that this side does not accept",
    {},
    { version: "2.0.0" },
    { _tag: "Incompatible", local: "calculator 1.0.0", remote: "calculator 2.0.0" }
  ],
  ["no secret", { secret }, {}, unauthorized("no secret was sent; both sides need the same")],
  [
    "another secret",
    { secret },
    { secret: "open barley" },
    unauthorized("the secret is wrong; both sides need the same")
  ],
  [
    "a secret that only begins right",
    { secret },
    { secret: "open" },
    unauthorized("the secret is wrong; both sides need the same")
  ],
  [
    "a secret that goes on",
    { secret },
    { secret: `${secret}!` },
    unauthorized("the secret is wrong; both sides need the same")
  ],
  [
    "the secret in another case",
    { secret },
    { secret: "Open Sesame" },
    unauthorized("the secret is wrong; both sides need the same")
  ],
  [
    "the secret twice",
    { secret },
    { secret: secret + secret },
    unauthorized("the secret is wrong; both sides need the same")
  ],
  ["an empty secret", { secret }, { secret: "" }, unauthorized("the secret is wrong; both sides need the same")],
  [
    "a secret where it is empty",
    { secret: "" },
    { secret: "x" },
    unauthorized("the secret is wrong; both sides need the same")
  ],
  [
    "another protocol and no secret",
    { secret },
    { protocol: "chess" },
    {
      _tag: "Incompatible",
      local: "calculator 1.0.0",
      remote: "chess 1.0.0"
    }
  ]
]

/** Everything but Hello, Bye and Request. */
const others: ReadonlyArray<Message> = [
  { _tag: "Input", id: 1, method: 0, items: [1], bytes: 1 },
  { _tag: "InputEnd", id: 1, method: 0 },
  { _tag: "Cancel", id: 1, method: 0 },
  { _tag: "Chunk", id: 1, method: 0, items: [1], bytes: 1 },
  { _tag: "Progress", id: 1, method: 0, value: 1 },
  { _tag: "Success", id: 1, method: 0, value: 1 },
  { _tag: "Failure", id: 1, method: 0, error: 1 },
  { _tag: "Defect", id: 1, method: 0, reason: { _tag: "UnknownMethod" } },
  { _tag: "Event", method: 0, payload: 1, bytes: 1 },
  { _tag: "Credit", of: "answer", id: 1, items: 1, bytes: 1 },
  { _tag: "Ping" },
  { _tag: "Pong" },
  { _tag: "Proof", proof: "proof" },
  { _tag: "Drain" }
]

const request: Message = { _tag: "Request", id: 7, method: 0, payload: 1, timeoutMillis: 0, headers: undefined }

describe("a handshake", () => {
  it("begins with a Hello from each side, at once", () => {
    const pair = greeting()
    assert.deepStrictEqual(pair.west.said, [{ _tag: "Hello", hello }])
    assert.deepStrictEqual(pair.east.said, [{ _tag: "Hello", hello }])
    pair.run()
    assert.deepStrictEqual(pair.west.hello, hello)
    assert.isTrue(pair.west.session.greeted && pair.east.session.greeted)
  })

  it.each(welcome)("welcomes %s", (_, options, remote) => {
    const pair = strangers(options)
    pair.west.session.open()
    assert.isFalse(pair.west.session.greeted)
    pair.west.hear({ _tag: "Hello", hello: { ...hello, ...remote } })
    assert.isTrue(pair.west.session.greeted)
    assert.deepStrictEqual(pair.west.hello, { ...hello, ...remote })
    assert.deepStrictEqual(pair.west.tags(), ["Hello"])
  })

  it.each(unwelcome)("refuses %s with a Bye that says why, and settles its calls", (_, options, remote, reason) => {
    const pair = strangers(options)
    pair.west.session.open()
    const call = pair.west.ask()
    pair.west.hear({ _tag: "Hello", hello: { ...hello, ...remote } })
    assert.deepStrictEqual(pair.west.last("Bye"), { _tag: "Bye", reason })
    assert.deepStrictEqual(pair.west.end, { reason, side: "local" })
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "local" })
    assert.strictEqual(pair.west.hello, undefined)
  })

  it("that the peer refuses ends with the peer's reason", () => {
    const pair = greeting({ hello: { ...hello, version: "2.0.0" }, accepts: () => true }, {})
    const call = pair.west.ask()
    pair.deliver(pair.west)
    pair.deliver(pair.east)
    const reason = pair.east.last("Bye").reason!
    assert.strictEqual(reason._tag, "Incompatible")
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "remote" })
    assert.deepStrictEqual(pair.west.end, { reason, side: "remote" })
    assert.deepStrictEqual(pair.east.duties, [], "no handler runs for a peer that was refused")
  })

  it("ends when the peer says Bye instead, with its reason or without", () => {
    const reason: Refusal = { _tag: "Unauthorized", detail: "no" }
    const refused = greeting()
    refused.west.hear({ _tag: "Bye", reason })
    assert.deepStrictEqual(refused.west.end, { reason, side: "remote" })
    const left = greeting()
    left.west.hear({ _tag: "Bye", reason: undefined })
    assert.strictEqual(left.west.end?.reason._tag, "Disconnected")
    assert.strictEqual(left.west.end?.side, "remote")
  })

  it.each(others.map((message) => [message._tag, message] as const))(
    "reports and drops a %s before Hello",
    (_, message) => {
      const pair = greeting()
      const call = pair.west.ask()
      pair.west.tags()
      pair.west.hear(message)
      assert.deepStrictEqual(pair.west.faults, [{ _tag: "Malformed", detail: `${message._tag} came before Hello` }])
      assert.deepStrictEqual(pair.west.tags(), [])
      assert.strictEqual(call.outcome, undefined)
      assert.isFalse(pair.west.session.greeted)
      pair.run()
      assert.isTrue(pair.west.session.greeted)
    }
  )

  it("answers a request before Hello, and starts nothing", () => {
    const pair = greeting()
    pair.west.hear(request)
    assert.deepStrictEqual(pair.west.duties, [])
    assert.strictEqual(pair.west.faults.length, 1)
    const { id, reason } = pair.west.last("Defect")
    assert.deepStrictEqual([id, reason], [7, { _tag: "Malformed", detail: "Request came before Hello" }])
  })

  it("happens once: a second Hello is reported, and changes nothing", () => {
    const pair = joined()
    pair.west.hear({ _tag: "Hello", hello: { ...hello, protocol: "chess" } })
    assert.deepStrictEqual(pair.west.faults, [{ _tag: "Malformed", detail: "a second Hello" }])
    assert.strictEqual(pair.west.end, undefined)
    assert.strictEqual(pair.west.hello?.protocol, "calculator")
  })

  it("times out, and says so", () => {
    const pair = greeting({ handshakeMillis: 500 })
    const call = pair.west.ask()
    pair.advance(499)
    assert.strictEqual(pair.west.end, undefined)
    pair.advance(1)
    const reason = { _tag: "HandshakeTimedOut", afterMillis: 500 } as const
    assert.deepStrictEqual(pair.west.end, { reason, side: "local" })
    assert.deepStrictEqual(pair.west.last("Bye").reason, reason)
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "local" })
  })

  it("does not time out once it is done", () => {
    const pair = joined({ handshakeMillis: 500 })
    assert.strictEqual(pair.west.session.deadlineMillis, Infinity)
    pair.advance(10_000)
    assert.strictEqual(pair.west.end, undefined)
  })

  it("fails on a Hello that nobody can read", () => {
    const pair = greeting()
    const reason: Refusal = { _tag: "Malformed", detail: "Hello: expected a JSON object" }
    pair.west.session.unreadable("none", 0, -1, reason)
    assert.deepStrictEqual(pair.west.end, { reason, side: "local" })
    assert.deepStrictEqual(pair.west.last("Bye").reason, reason)
  })

  it.each([0, 1, 15])("with a peer that claims to answer %s calls at a time lets sixteen be asked", (calls) => {
    const pair = joined({}, { hello: helloOf(calls) })
    for (let n = 0; n < 17; n++) pair.west.ask()
    assert.deepStrictEqual(pair.west.tags().length, 16)
    pair.run()
    pair.run()
    assert.isTrue(
      pair.west.asked.every((call) => calls > 0 || call.outcome !== undefined),
      "each is answered"
    )
  })

  it("is not needed to be left: a session that greets closes when it is drained", () => {
    const pair = greeting()
    const call = pair.west.ask()
    pair.west.session.drain(pair.now)
    assert.deepStrictEqual(pair.west.tags().at(-1), "Bye" satisfies Tag)
    assert.isDefined(call.outcome)
    assert.isDefined(pair.west.end)
  })

  it("lets what was too large before it be said after it", () => {
    const pair = greeting()
    pair.west.weigh = () => (pair.west.session.greeted ? 100_000 : oversized)
    const call = pair.west.ask({ payload: "large" })
    assert.strictEqual(call.state, "waiting")
    assert.strictEqual(pair.west.session.emit(0, "large"), "wait")
    pair.run()
    assert.strictEqual(call.state, "open")
    assert.strictEqual(pair.east.latest.request?.payload, "large")
    assert.strictEqual(pair.west.credits, 1)
    assert.strictEqual(pair.west.session.emit(0, "large"), "sent")
  })
})
