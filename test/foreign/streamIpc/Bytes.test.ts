/** Sessions against the bytes that the library itself wrote, and against bytes that are none. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Php from "../../../src/foreign/streamIpc/Php.ts"
import * as StreamIpcMessage from "../../../src/foreign/streamIpc/StreamIpcMessage.ts"
import type * as StreamIpcSession from "../../../src/foreign/streamIpc/StreamIpcSession.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"
import { BytePeer, facing, frame, jsonLog, log, onLink, recorded, text } from "./peers.ts"

type Options = StreamIpcSession.Options

const v1 = [
  ["v1-json", { serializer: "json" }],
  ["v1-native", { serializer: "php" }],
  ["v1-json", { serializer: "detect", generation: "detect" }],
  ["v1-native", { serializer: "detect", generation: "detect" }]
] as const satisfies ReadonlyArray<readonly [string, Options]>

const old = [
  ["old-json", { serializer: "json", generation: "old" }],
  ["old-native", { serializer: "php", generation: "old" }]
] as const satisfies ReadonlyArray<readonly [string, Options]>

/** Everything that comes of these bytes without having been asked for. */
const heardOf = (options: Options, ...chunks: ReadonlyArray<Uint8Array | string>) =>
  Effect.gen(function* () {
    const { peer, session } = yield* facing(options)
    for (const chunk of chunks) peer.says(chunk)
    peer.ends()
    return yield* Stream.runCollect(session.messages)
  })

const shown = (messages: ReadonlyArray<unknown>) =>
  messages.map((message) => [StreamIpcMessage.levelOf(message) ?? "ERROR", text(message)])

describe.each(v1)("with %s %o", (name, options) => {
  it.effect("answers the library's request with the library's bytes", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing<never, never>(options)
      yield* session.onRequest((request) => Effect.succeed(text(request) === "Ping!" ? log("Pong!") : undefined))
      const answer = recorded(`${name}-02-response-log`)
      peer.says(recorded(`${name}-01-request-log`))
      yield* peer.until((sent) => sent.length >= answer.length)
      assert.deepStrictEqual(peer.sent, answer)
    })
  )

  it.effect("understands the library's answer, and its error", () =>
    Effect.gen(function* () {
      let count = 0
      const { peer, session } = yield* facing({ ...options, makeId: () => `4242.${++count}` })
      const first = yield* Effect.forkChild(session.request(log("Ping!")))
      const second = yield* Effect.forkChild(Effect.flip(session.request(log("?"))))
      yield* peer.until((sent) => Buffer.from(sent).includes("4242.2"))
      peer.says(recorded(`${name}-04-error-unhandled`))
      peer.says(recorded(`${name}-02-response-log`))
      assert.strictEqual(text(yield* Fiber.join(first)), "Pong!")
      const error = yield* Fiber.join(second)
      assert.include(error.message, "Unhandled request: StreamIpc\\Message\\LogMessage")
    })
  )

  it.effect("hears the library's notifications, junk between them in its place", () =>
    Effect.gen(function* () {
      const heard = yield* heardOf(options, recorded(`${name}-14-stream-with-junk`))
      assert.deepStrictEqual(shown(heard.slice(0, 2)), [
        ["junk", "boot text\n"],
        ["info", "one"]
      ])
      assert.strictEqual(StreamIpcMessage.levelOf(heard.at(-1)), "junk")
    })
  )

  it.effect("keeps text that is Unicode, empty, or of a megabyte", () =>
    Effect.gen(function* () {
      const heard = yield* heardOf(
        options,
        recorded(`${name}-08-notification-unicode`),
        recorded(`${name}-10-notification-emptystring`),
        recorded(`${name}-09-notification-emptydto`)
      )
      assert.include(text(heard[0]), "žluťoučký kůň 🎉")
      assert.deepStrictEqual(shown(heard.slice(1, 2)), [["", ""]])
      assert.strictEqual(StreamIpcMessage.classOf(heard[2]), "PeerDto\\EmptyMessage")
    })
  )
})

describe("with the recorded requests", () => {
  it.effect.each(v1.slice(0, 2))(
    "29 RequestCreatesPromiseAndSendsEnvelope, %s: asks with the library's bytes",
    ([name, options]) =>
      Effect.gen(function* () {
        const { peer, session } = yield* facing<never, never>({ ...options, idPrefix: "4242" })
        yield* Effect.forkChild(session.request(log("Ping!")))
        const request = recorded(`${name}-01-request-log`)
        yield* peer.until((sent) => sent.length >= request.length)
        assert.deepStrictEqual(peer.sent, request)
      })
  )

  it.effect.each(old)("%s: asks and answers with the library's bytes", ([name, options]) =>
    Effect.gen(function* () {
      const [request, answer] = [recorded(`${name}-01-request`), recorded(`${name}-02-response`)]
      const { peer, session } = yield* facing<never, never>({ ...options, makeId: () => "4242.1234567890123" })
      const asked = yield* Effect.forkChild(session.request(log("Ping!")))
      yield* peer.until((sent) => sent.length >= request.length)
      peer.says(answer)
      assert.strictEqual(text(yield* Fiber.join(asked)), "Pong!")
      yield* session.onRequest(() => Effect.succeed(log("Pong!")))
      peer.says(request)
      yield* peer.until((sent) => sent.length >= request.length + answer.length)
      assert.deepStrictEqual(peer.sent, new Uint8Array([...request, ...answer]))
      peer.says(recorded(`${name}-03-notification`))
      peer.says(recorded(`${name}-05-empty`))
      peer.ends()
      assert.deepStrictEqual(shown(yield* Stream.runCollect(session.messages)), [
        ["info", "Progress 1 / 3"],
        ["", ""]
      ])
    })
  )
})

describe("a payload that is none", () => {
  it.effect.each([
    ["json", "nonsense", "ERROR", /^Failed to unserialize data: nonsense\n/],
    ["json", "", "ERROR", /^Failed to unserialize data: \n/],
    ["json", '{"message":"no class"}', "ERROR", /the payload is no object/],
    ["php", "nonsense", "error", /^nonsense$/],
    ["php", "", "error", /^$/],
    ["php", "i:7;", "error", /^i:7;$/]
  ] as const)("13, 18, 22 InvalidData: %s %s is a message that says so", ([serializer, payload, level, expected]) =>
    Effect.gen(function* () {
      const heard = yield* heardOf({ serializer }, frame(payload))
      assert.strictEqual(heard.length, 1)
      assert.strictEqual(shown(heard)[0]![0], level)
      assert.match(text(heard[0])!, expected)
    })
  )

  it.effect("does not keep the next one from being read", () =>
    Effect.gen(function* () {
      const heard = yield* heardOf({ serializer: "json" }, frame("?"), frame(JSON.stringify(jsonLog("next"))))
      assert.deepStrictEqual(shown(heard)[1], ["info", "next"])
    })
  )

  it.effect("8 DeserializeFailureLogsError: is what a serializer of one's own cannot read", () =>
    Effect.gen(function* () {
      const serializer: StreamIpcSession.Serializer = {
        encode: (message) => new TextEncoder().encode(`<${message.class}>`),
        decode: () => {
          throw new Error("never")
        }
      }
      const { peer, session } = yield* facing({ serializer })
      yield* session.notify(log("hi"))
      yield* peer.until((sent) => sent.length > 0)
      assert.deepStrictEqual(peer.sent, frame("<StreamIpc\\Message\\LogMessage>"))
      peer.says(frame("anything"))
      peer.ends()
      assert.deepStrictEqual(shown(yield* Stream.runCollect(session.messages)), [["error", "anything"]])
    })
  )
})

describe("bytes between frames", () => {
  it.effect("may be no UTF-8, and are kept as they are", () =>
    Effect.gen(function* () {
      const heard = yield* heardOf({}, Uint8Array.of(0x80, 0xff))
      assert.deepStrictEqual((heard[0] as Php.PhpObject).get("message"), Uint8Array.of(0x80, 0xff))
    })
  )

  it.effect("may begin like a mark, of which up to three bytes wait for the rest", () =>
    Effect.gen(function* () {
      const message = frame(JSON.stringify(jsonLog("m")))
      for (const kept of [1, 2, 3]) {
        const heard = yield* heardOf(
          { serializer: "json" },
          new Uint8Array([...Buffer.from("junk"), ...message.subarray(0, kept)]),
          message.subarray(kept)
        )
        assert.deepStrictEqual(shown(heard), [
          ["junk", "junk"],
          ["info", "m"]
        ])
      }
    })
  )

  it.effect("on a second stream are messages too, and the link's own text", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({})
      peer.says("Deprecated: x\n", 1)
      peer.ends()
      assert.deepStrictEqual(shown(yield* Stream.runCollect(session.messages)), [["junk", "Deprecated: x\n"]])
      assert.strictEqual(peer.strays, "Deprecated: x\n")
    })
  )
})

describe("a frame", () => {
  it.effect(
    "7 FrameLengthExceedsMax: larger than the session allows is skipped and told, and the next one is read",
    () =>
      Effect.gen(function* () {
        const faults: Array<IpcError> = []
        const peer = new BytePeer()
        const session = yield* onLink(peer, {
          serializer: "json",
          maxFrameBytes: 200,
          onFault: (error) => Effect.sync(() => faults.push(error))
        })
        peer.says(frame(JSON.stringify(jsonLog("x".repeat(300)))))
        peer.says(frame(JSON.stringify(jsonLog("small"))))
        peer.ends()
        assert.deepStrictEqual(shown(yield* Stream.runCollect(session.messages)), [["info", "small"]])
        assert.strictEqual(faults[0]?.reason._tag, "Oversized")
      })
  )

  it.effect("may come in any pieces, fifty in one, or be of megabytes", () =>
    Effect.gen(function* () {
      const fifty = Array.from({ length: 50 }, (_, number) => frame(JSON.stringify(jsonLog(String(number)))))
      const many = new Uint8Array(Buffer.concat(fifty))
      const pieces = Array.from({ length: Math.ceil(many.length / 7) }, (_, at) => many.subarray(at * 7, at * 7 + 7))
      const large = frame(JSON.stringify(jsonLog("x".repeat(3 << 20))))
      const options: Options = { serializer: "json" }
      assert.strictEqual((yield* heardOf(options, many)).length, 50)
      assert.deepStrictEqual(
        (yield* heardOf(options, ...pieces)).map(text),
        Array.from({ length: 50 }, (_, number) => String(number))
      )
      const [message] = yield* heardOf(options, large.subarray(0, 9), large.subarray(9))
      assert.strictEqual(text(message)?.length, 3 << 20)
    })
  )
})

describe("the old generation", () => {
  it.effect("reads each line, the last without its end too, and one that is no message as a line of a log", () =>
    Effect.gen(function* () {
      const line = `{"__class":"PhpStreamIpc\\\\Message\\\\LogMessage","message":"m","level":"info"}`
      const heard = yield* heardOf({ generation: "old", serializer: "json" }, `${line}\r\nPHP Warning: w\n${line}`)
      assert.deepStrictEqual(shown(heard), [
        ["info", "m"],
        ["error", "PHP Warning: w"],
        ["info", "m"]
      ])
    })
  )

  it.effect.each([
    ["php", "not Base64!"],
    ["php", Buffer.from("O:3:oops").toString("base64")],
    ["json", "{oops"]
  ] as const)("has %s %s as a line of level error", ([serializer, line]) =>
    Effect.gen(function* () {
      const heard = yield* heardOf({ generation: "old", serializer }, `${line}\n`)
      assert.deepStrictEqual(shown(heard), [["error", line]])
    })
  )

  it.effect("says its own classes, in requests, answers and notifications", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ generation: "old", serializer: "json", idPrefix: "1" })
      yield* session.notify(log("n"))
      yield* Effect.forkChild(session.request(Php.object("App\\Job")))
      yield* peer.until((sent) => Buffer.from(sent).includes("RequestEnvelope"))
      assert.deepStrictEqual(
        peer.sentText
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
        [
          { __class: "PhpStreamIpc\\Message\\LogMessage", message: "n", level: "info" },
          { __class: "PhpStreamIpc\\Envelope\\RequestEnvelope", id: "1.1", request: { __class: "App\\Job" } }
        ]
      )
    })
  )

  it.effect("does not answer what nobody handled or a handler failed at, unless told to, as a line of a log", () =>
    Effect.gen(function* () {
      const request = recorded("old-json-01-request")
      const quiet = yield* facing({ generation: "old", serializer: "json" })
      yield* quiet.session.onRequest(() => Effect.die(new Error("boom")))
      quiet.peer.says(request)
      quiet.peer.ends()
      yield* quiet.session.finished
      assert.strictEqual(quiet.peer.sent.length, 0)
      const told = yield* facing({ generation: "old", serializer: "json", answerFailures: true })
      told.peer.says(request)
      yield* told.peer.until((sent) => sent.length > 0)
      const { response } = JSON.parse(told.peer.sentText)
      assert.strictEqual(response.__class, "PhpStreamIpc\\Message\\LogMessage")
      assert.strictEqual(response.level, "error")
      assert.match(response.message, /^Unhandled request: /)
    })
  )

  it.effect("is found out by what comes first, and spoken from then on", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ generation: "detect", serializer: "detect" })
      yield* session.onRequest(() => Effect.succeed(log("Pong!")))
      peer.says(recorded("old-native-01-request"))
      yield* peer.until((sent) => sent.length > 0)
      const answer = Buffer.from(peer.sentText, "base64").toString("latin1")
      assert.include(answer, 'O:38:"PhpStreamIpc\\Envelope\\ResponseEnvelope"')
      assert.include(answer, 'O:31:"PhpStreamIpc\\Message\\LogMessage"')
    })
  )
})
