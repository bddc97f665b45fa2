import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Schema from "effect/Schema"
import * as Lexicon from "../../../src/peer/Lexicon.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Message, Refusal } from "../../../src/session/Message.ts"
import * as StreamIpc from "../../../src/wire/dialect/StreamIpc.ts"
import { format, type StreamIpcMessage } from "../../../src/wire/framing/StreamIpcFormat.ts"
import { PhpArray, PhpFloat, PhpObject, PhpReference, type PhpValue } from "../../../src/wire/payload/PhpValue.ts"
import type { Codec } from "../../../src/wire/Wire.ts"
import { WriteBuffer } from "../../../src/wire/WriteBuffer.ts"
import { vectors } from "../framing/vectors.ts"
import { concat, cut, read, Recorder, sizes } from "../tools.ts"
import * as W from "./streamIpcWords.ts"

type Serializer = "php" | "json"
type Generation = "v1" | "old"
const serializers = ["php", "json"] as const
const generations = ["v1", "old"] as const
const speeches = generations.flatMap((generation) => serializers.map((serializer) => ({ generation, serializer })))

const library = (generation: Generation): string => (generation === "v1" ? "StreamIpc" : "PhpStreamIpc")
const vector = (name: string): Uint8Array => vectors.find((each) => each.name === name)!.bytes

/** What a peer in PHP writes. */
const fromPhp = (
  message: Exclude<StreamIpcMessage, { _tag: "Undecodable" }>,
  serializer: Serializer = "php",
  generation: Generation = "v1"
): Uint8Array => {
  const buffer = new WriteBuffer()
  const written = format({ generation, serializer }).open({ maxFrameBytes: 1e6 }).write(message, buffer)
  assert.typeOf(written, "number")
  const chunks: Array<Uint8Array> = []
  buffer.flush((chunk) => chunks.push(chunk))
  return concat(...chunks)
}

/** What a peer in PHP reads. */
const toPhp = (
  bytes: Uint8Array,
  serializer: Serializer = "php",
  generation: Generation = "v1"
): ReadonlyArray<StreamIpcMessage> => {
  const messages: Array<StreamIpcMessage> = []
  const fail = () => assert.fail("PHP could not read it")
  const out = { message: (message: StreamIpcMessage) => messages.push(message), junk: fail, refuse: fail, lost: fail }
  format({ generation, serializer }).open({ maxFrameBytes: 1e6 }).read(bytes, out)
  return messages
}

const log = (message: string, level = "info", generation: Generation = "v1"): PhpObject =>
  PhpObject.of(`${library(generation)}\\Message\\LogMessage`, { message, level })
const errorMessage = (errorMessage: string): PhpObject =>
  new PhpObject("StreamIpc\\Message\\ErrorMessage", [
    { name: "errorMessage", visibility: "private", declaredIn: "StreamIpc\\Message\\ErrorMessage", value: errorMessage }
  ])

const both = (more: StreamIpc.Options = {}) => ({ client: W.open("client", more), server: W.open("server", more) })

/** The answer that a client is told when PHP answers this to its request. */
const answeredBy = (ask: Message, response: PhpObject, serializer: Serializer = "php"): Recorder => {
  const client = W.open("client", { serializer })
  W.said(client, ask)
  return read(client, fromPhp({ _tag: "Response", id: "4242.1", message: response }, serializer))
}

/** The request that a server is told when PHP asks this. */
const askedBy = (message: PhpObject, serializer: Serializer = "php", id = "77.1"): Recorder =>
  read(W.open("server", { serializer }), fromPhp({ _tag: "Request", id, message }, serializer))

/** The bytes of one frame. Large floats have two forms in JSON. */
const comparable = (bytes: Uint8Array, serializer: Serializer): string => {
  const payload = Buffer.from(bytes.subarray(8)).toString()
  return serializer === "php" ? payload : JSON.stringify(JSON.parse(payload))
}

const ping = { message: "Ping!", level: "info" }
const sum = { a: 1, b: -2, note: "three" }

describe("the wire of php-stream-ipc", () => {
  describe.each([
    ["php", "v1-native"],
    ["json", "v1-json"]
  ] as const)("with the serializer %s", (serializer, name) => {
    it("writes the request that PHP writes", () => {
      const client = W.open("client", { serializer })
      assert.deepStrictEqual(W.said(client, W.request("Ping", ping)), vector(`${name}-01-request-log`))
    })

    it("answers as PHP does", () => {
      const server = W.open("server", { serializer })
      const out = read(server, vector(`${name}-01-request-log`))
      assert.deepStrictEqual(out.messages, [W.request("Ping", ping)])
      const value = { _tag: "LogMessage", message: "Pong!", level: "info" }
      const bytes = W.said(server, { _tag: "Success", id: 1, method: 0, value })
      assert.deepStrictEqual(bytes, vector(`${name}-02-response-log`))
    })

    it("reads the answer that PHP writes", () => {
      const client = W.open("client", { serializer })
      W.said(client, W.request("Ping", ping))
      assert.deepStrictEqual(read(client, vector(`${name}-02-response-log`)).messages, [
        { _tag: "Success", id: 1, method: 0, value: { _tag: "LogMessage", message: "Pong!", level: "info" } }
      ])
    })

    it("writes and reads events as PHP does: unicode, empty strings, no fields lost", () => {
      for (const [file, message, level] of [
        ["03-notification-log", "Progress 1 / 3", "info"],
        ["10-notification-emptystring", "", ""]
      ] as const) {
        const bytes = vector(`${name}-${file}`)
        assert.deepStrictEqual(
          W.said(W.open("client", { serializer }), W.event("LogMessage", { message, level })),
          bytes
        )
        const out = read(W.open("server", { serializer }), bytes)
        assert.deepStrictEqual(out.messages, [
          { ...W.event("LogMessage", { message, level }), bytes: bytes.length - 8 }
        ])
      }
      const unicode = vector(`${name}-08-notification-unicode`)
      const [read1] = read(W.open("server", { serializer }), unicode).messages
      assert.deepStrictEqual(W.said(W.open("client", { serializer }), read1!), unicode)
    })

    it("knows a request that PHP has no handler for", () => {
      const client = W.open("client", { serializer })
      W.said(client, W.request("Ping", ping, 2))
      assert.deepStrictEqual(read(client, vector(`${name}-04-error-unhandled`)).messages, [
        { _tag: "Defect", id: 2, method: 0, reason: { _tag: "UnknownMethod" } }
      ])
    })

    it("reads the fields of a request whatever PHP made of empty maps and whole floats", () => {
      const [message] = read(W.open("server", { serializer }), vector(`${name}-06-request-dto`)).messages
      assert.deepStrictEqual(
        (message as { payload: W.Task }).payload,
        new W.Task({
          action: "reindex",
          params: { db: "catalog", n: 3, ratio: 0.5, whole: 1, on: true, none: null, list: [1, 2, 3], empty: [] }
        })
      )
    })

    it("names a class within a payload that no tag stands for", () => {
      const message = PhpObject.of("PeerDto\\TaskMessage", {
        action: "a",
        params: PhpArray.of([["x", PhpObject.of("Else\\Where", {})]])
      })
      const [refused] = askedBy(message, serializer).refused
      assert.deepInclude(refused, { about: "duty", id: 1, method: 1 })
      assert.include((refused!.reason as { detail: string }).detail, "the class Else\\Where is unknown")
    })

    it("takes an empty list for a map, and a list for a map with such keys, where the schema wants one", () => {
      const message = PhpObject.of("PeerDto\\Draw", {
        points: new PhpArray(),
        names: PhpArray.list(["zero", "one"]),
        list: new PhpArray(),
        scale: 1
      })
      const [got] = askedBy(message, serializer).messages
      assert.deepStrictEqual(
        (got as { payload: unknown }).payload,
        new W.Draw({
          points: [],
          names: { "0": "zero", "1": "one" },
          list: [],
          scale: 1
        })
      )
    })

    it("says integers of 64 bits exactly, in both directions", () => {
      const ends = both({ serializer })
      const n = 9223372036854775807n
      const ask = W.request("Big", { n, many: [1n, -9007199254740993n], text: "12" })
      const { answered, asked, bytes } = W.exchange(ends, ask, (id, method) => ({
        _tag: "Success",
        id,
        method,
        value: -n
      }))
      assert.deepStrictEqual(asked.messages, [ask])
      assert.deepInclude(answered.messages[0], { _tag: "Success", value: -n })
      const [request] = toPhp(bytes[0], serializer)
      const message = (request as Extract<StreamIpcMessage, { _tag: "Request" }>).message
      assert.strictEqual(message.get("n"), n)
      assert.strictEqual(message.get("text"), "12")
      assert.deepStrictEqual([...(message.get("many") as PhpArray).values()], [1, -9007199254740993n])
    })

    it("reads an integer that no number holds as the nearest, where the schema wants a number", () => {
      const [asked] = askedBy(PhpObject.of("PeerDto\\Half", { n: 2n ** 62n + 1n }), serializer, "1").messages
      assert.deepInclude((asked as { payload: object }).payload, { n: 2 ** 62 })
    })

    it("says any values that go the short way as the general way says and reads them", () => {
      const clients = [W.open("client", { serializer }), W.open("client", { serializer }, W.withoutShortWays(W.client))]
      const servers = [W.open("server", { serializer }), W.open("server", { serializer }, W.withoutShortWays(W.server))]
      const text = fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 20 }),
        fc.constantFrom("\u2028", "_tag", '"', "\\", "\n", "\u007f", "é", "12", "-0", "\u0000")
      )
      // JSON has no zero below zero.
      const unit = fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0)
      const points = fc.array(fc.record({ _tag: fc.constant("Point"), x: unit, y: unit }), { maxLength: 12 })
      const names = fc.dictionary(fc.constantFrom("a", "0", "1", "-5", "05", "é", "_tag2"), text, { maxKeys: 12 })
      const messages = fc.oneof(
        fc.record({ a: fc.maxSafeInteger(), b: fc.integer(), note: text }).map((each) => W.request("Sum", each)),
        fc.record({ n: unit }).map((each) => W.request("Half", each)),
        fc
          .record({ points, names, list: fc.array(text, { maxLength: 12 }), scale: unit })
          .map((each) => W.request("Draw", each)),
        fc.record({ n: fc.integer(), note: text }).map((each) => W.event("Tick", each))
      )
      let id = 0
      fc.assert(
        fc.property(messages, (given) => {
          const message = given._tag === "Request" ? { ...given, id: ++id } : given
          const [short, general] = clients.map((codec) => W.said(codec, message))
          assert.strictEqual(comparable(short!, serializer), comparable(general!, serializer))
          const heard = servers.map((codec) => read(codec, short!))
          assert.deepStrictEqual(heard[0]!.refused, [])
          assert.deepStrictEqual(heard[0]!.messages, heard[1]!.messages)
          assert.deepStrictEqual((heard[0]!.messages[0] as { payload: unknown }).payload, message.payload)
        }),
        { numRuns: 150 }
      )
    })

    it("answers values that go the short way as the general way does", () => {
      const short = both({ serializer })
      const general = {
        client: W.open("client", { serializer }, W.withoutShortWays(W.client)),
        server: W.open("server", { serializer }, W.withoutShortWays(W.server))
      }
      const table: ReadonlyArray<readonly [Message, unknown]> = [
        [W.request("Sum", sum), { sum: -1, note: "x" }],
        [W.request("Half", { n: 3 }), 1.5],
        [W.request("Half", { n: 3 }), -0],
        [W.request("Half", { n: 3 }), 1e25],
        [W.request("Boxed", { value: 1 }), { value: 2 }],
        [W.request("Stop", {}), undefined],
        [
          W.request("Draw", { points: [], names: {}, list: [], scale: 1 }),
          { points: [{ _tag: "Point", x: 1, y: 2 }], area: null }
        ],
        [W.request("Draw", { points: [], names: {}, list: [], scale: 1 }), { points: [], area: 0.1 }]
      ]
      for (const [ask, value] of table) {
        const answers = [short, general].map((ends) =>
          W.exchange(ends, ask, (id, method) => ({ _tag: "Success", id, method, value }))
        )
        const [one, other] = answers.map(({ bytes }) => comparable(bytes[1], serializer))
        assert.strictEqual(one, other)
        for (const { answered } of answers) {
          assert.deepStrictEqual(answered.refused, [])
          const { value: got } = answered.messages[0] as { value: unknown }
          // JSON has no zero below zero.
          assert.deepStrictEqual(got, Object.is(value, -0) ? 0 : value)
        }
      }
    })

    it("puts an answer that is no object into one, and reads either form", () => {
      const [response] = toPhp(
        W.exchange(both({ serializer }), W.request("Half", { n: 3 }), (id, method) => ({
          _tag: "Success",
          id,
          method,
          value: 1.5
        })).bytes[1],
        serializer
      )
      assert.deepStrictEqual(response, {
        _tag: "Response",
        id: "4242.1",
        message: PhpObject.of("PeerDto\\HalfAnswer", { value: 1.5 })
      })
      const boxed = answeredBy(
        W.request("Boxed", { value: 1 }),
        PhpObject.of("PeerDto\\BoxedAnswer", { value: 7 }),
        serializer
      )
      assert.deepInclude(boxed.messages[0], { _tag: "Success", value: { value: 7 } })
    })

    it("answers a struct whose one field is `value` with that field, and reads one that stands in another", () => {
      const { bytes } = W.exchange(both({ serializer }), W.request("Boxed", { value: 1 }), (id, method) => ({
        _tag: "Success",
        id,
        method,
        value: { value: 5 }
      }))
      assert.deepStrictEqual(toPhp(bytes[1], serializer), [
        { _tag: "Response", id: "4242.1", message: PhpObject.of("PeerDto\\BoxedAnswer", { value: 5 }) }
      ])
      const inOne = PhpObject.of("PeerDto\\BoxedAnswer", { value: PhpArray.of([["value", 7]]) })
      const { messages } = answeredBy(W.request("Boxed", { value: 1 }), inOne, serializer)
      assert.deepInclude(messages[0], { _tag: "Success", value: { value: 7 } })
    })

    it("puts such a struct into one where the answer may be its value too, unless a class is named for it", () => {
      const success = Schema.Union([Schema.Int, Schema.Struct({ value: Schema.Int })])
      class Either extends Request.Class<Either>()("Either", { success }) {}
      class Named extends Request.Class<Named>()("Named", {
        success: Schema.Struct({ value: Schema.Int }),
        annotations: StreamIpc.annotations({ success: "App\\Sum" })
      }) {}
      class Holder extends Request.Class<Holder>()("Holder", { success: Schema.Struct({ value: Schema.Unknown }) }) {}
      const protocol = Protocol.make("either", { version: "1.0.0", server: [Either, Named, Holder] })
      const lexicons = [Lexicon.compile(protocol, "client"), Lexicon.compile(protocol, "server")] as const
      const ends = () => ({
        client: W.open("client", { serializer }, lexicons[0]),
        server: W.open("server", { serializer }, lexicons[1])
      })
      const answerOf = (method: number, value: unknown) => {
        const ask = { _tag: "Request", id: 1, method, payload: {}, timeoutMillis: 0, headers: undefined } as const
        const { answered, bytes } = W.exchange(ends(), ask, (id) => ({ _tag: "Success", id, method, value }))
        assert.deepStrictEqual(answered.messages, [{ _tag: "Success", id: 1, method, value }])
        return (toPhp(bytes[1], serializer)[0] as { message: PhpObject }).message
      }
      assert.deepStrictEqual(answerOf(0, 5), PhpObject.of("PeerDto\\EitherAnswer", { value: 5 }))
      const inOne = PhpObject.of("PeerDto\\EitherAnswer", { value: PhpArray.of([["value", 5]]) })
      assert.deepStrictEqual(answerOf(0, { value: 5 }), inOne)
      assert.deepStrictEqual(answerOf(1, { value: 5 }), PhpObject.of("App\\Sum", { value: 5 }))
      const held = PhpObject.of("PeerDto\\HolderAnswer", { value: PhpArray.of([["value", 5]]) })
      assert.deepStrictEqual(answerOf(2, { value: { value: 5 } }), held)
    })

    it("takes no answer of another class than the one that is annotated, however well its fields fit", () => {
      class Named extends Request.Class<Named>()("Named", {
        success: Schema.Struct({ n: Schema.Int }),
        annotations: StreamIpc.annotations({ success: "App\\Sum" })
      }) {}
      const lexicon = Lexicon.compile(Protocol.make("named", { version: "1.0.0", server: [Named] }), "client")
      const answered = (phpClass: string): Recorder => {
        const client = W.open("client", { serializer }, lexicon)
        W.said(client, { _tag: "Request", id: 1, method: 0, payload: {}, timeoutMillis: 0, headers: undefined })
        const message = PhpObject.of(phpClass, { n: 5 })
        return read(client, fromPhp({ _tag: "Response", id: "4242.1", message }, serializer))
      }
      assert.deepInclude(answered("App\\Sum").messages[0], { _tag: "Success", value: { n: 5 } })
      const [refused] = answered("PeerDto\\Sum").refused
      assert.deepStrictEqual([refused?.about, refused?.reason._tag], ["call", "InvalidPayload"])
      const detail = "the answer is of the class PeerDto\\Sum, where App\\Sum was declared"
      assert.include(JSON.stringify(refused?.reason), JSON.stringify(detail).slice(1, -1))
    })

    it("takes any object for an answer that says nothing, and writes the one that is annotated", () => {
      for (const object of [PhpObject.of("App\\Done", {}), log("ok"), PhpObject.of("Who\\Knows", { a: 1 })]) {
        assert.deepInclude(answeredBy(W.request("Stop", {}), object, serializer).messages[0], {
          _tag: "Success",
          value: undefined
        })
      }
      const server = W.open("server", { serializer })
      const asked = read(
        server,
        fromPhp({ _tag: "Request", id: "x", message: new PhpObject("app\\control\\STOP") }, serializer)
      )
      const { id, method } = asked.messages[0] as { id: number; method: number }
      assert.deepStrictEqual(toPhp(W.said(server, { _tag: "Success", id, method, value: undefined }), serializer), [
        { _tag: "Response", id: "x", message: new PhpObject("App\\Done") }
      ])
    })

    it("names the class of an answer that it does not know", () => {
      const { refused } = answeredBy(W.request("Sum", sum), PhpObject.of("Else\\Where", {}), serializer)
      assert.deepInclude(refused[0], { about: "call", id: 1 })
      assert.include((refused[0]!.reason as { detail: string }).detail, "Else\\Where")
    })

    it("reads any changed bytes without throwing", () => {
      const bytes = concat(
        W.said(W.open("client", { serializer }), W.request("Sum", sum), W.event("Tick", { n: 1, note: "n" })),
        W.said(
          W.open("client", { serializer }),
          W.request("Draw", { points: [{ _tag: "Point", x: 1, y: 0.5 }], names: { a: "b" }, list: ["c"], scale: 2 })
        )
      )
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }),
          sizes,
          (changes, pieces) => {
            const changed = bytes.slice()
            for (const [at, byte] of changes) changed[at % changed.length] = byte
            const codec = W.open("server", { serializer })
            read(codec, ...cut(changed, pieces))
            codec.end(new Recorder())
            assert.isFalse(codec.unfinished)
          }
        ),
        { numRuns: 150 }
      )
    })
  })

  describe.each(speeches)("in the generation $generation with the serializer $serializer", (speech) => {
    const { generation, serializer } = speech

    it("carries a call and its answer", () => {
      const value = { sum: -1, note: "žluť /" }
      const { answered, asked } = W.exchange(both(speech), W.request("Sum", sum), (id, method) => ({
        _tag: "Success",
        id,
        method,
        value
      }))
      assert.deepStrictEqual(asked.messages, [W.request("Sum", sum)])
      assert.deepInclude(answered.messages[0], { _tag: "Success", id: 1, value })
    })

    it("carries a typed error, as text that PHP can show", () => {
      const error = new W.TooLarge({ most: 7 })
      const { answered, bytes } = W.exchange(both(speech), W.request("Sum", sum), (id, method) => ({
        _tag: "Failure",
        id,
        method,
        error
      }))
      assert.deepStrictEqual(answered.messages, [{ _tag: "Failure", id: 1, method: 3, error }])
      const [response] = toPhp(bytes[1], serializer, generation)
      const { message } = response as Extract<StreamIpcMessage, { _tag: "Response" }>
      const text = message.get(generation === "v1" ? "errorMessage" : "message") as string
      assert.strictEqual(
        message.class,
        `${library(generation)}\\Message\\${generation === "v1" ? "ErrorMessage" : "LogMessage"}`
      )
      if (generation === "old") assert.strictEqual(message.get("level"), "error")
      assert.strictEqual(text, 'TooLarge: at most 7\neffect-ipc:{"failure":{"_tag":"TooLarge","most":7}}')
    })

    it("carries refusals", () => {
      const reasons: ReadonlyArray<Refusal> = [
        { _tag: "UnknownMethod" },
        { _tag: "Draining" },
        { _tag: "Overloaded", what: "calls in flight", limit: 16 },
        { _tag: "InvalidPayload", part: "payload", detail: 'Expected a number\nat ["a"]' },
        { _tag: "RemoteDefect", detail: "boom", stack: undefined },
        { _tag: "Malformed", detail: "what" }
      ]
      for (const reason of reasons) {
        const { answered } = W.exchange(both(speech), W.request("Sum", sum), (id, method) => ({
          _tag: "Defect",
          id,
          method,
          reason
        }))
        assert.deepStrictEqual(answered.messages, [{ _tag: "Defect", id: 1, method: 3, reason }])
      }
    })

    it("answers a request of a class that it does not know, as PHP cannot", () => {
      const server = W.open("server", speech)
      const out = read(
        server,
        fromPhp({ _tag: "Request", id: "17", message: new PhpObject("Else\\Where") }, serializer, generation)
      )
      assert.deepStrictEqual(out.refused, [{ about: "duty", id: 1, method: -1, reason: { _tag: "UnknownMethod" } }])
      const bytes = W.said(server, { _tag: "Defect", id: 1, method: -1, reason: { _tag: "UnknownMethod" } })
      const [response] = toPhp(bytes, serializer, generation)
      const { id, message } = response as Extract<StreamIpcMessage, { _tag: "Response" }>
      assert.strictEqual(id, "17")
      const text = message.get(generation === "v1" ? "errorMessage" : "message") as string
      assert.isTrue(text.startsWith("Unhandled request: Else\\Where\neffect-ipc:"), text)
    })

    it("is found again after text at every place", () => {
      const client = W.open("client", speech)
      const messages = [W.request("Sum", sum), W.event("Tick", { n: 1, note: "a" }), W.request("Half", { n: 2 }, 2)]
      const parts = messages.map((message) => W.said(client, message))
      const mixed = concat(...parts.flatMap((part, index) => [`text ${index}\n`, part]))
      for (const size of [mixed.length, 1, 9]) {
        const out = read(W.open("server", speech), ...cut(mixed, [size]))
        const taken = out.messages.filter((message) => !(message._tag === "Event" && message.payload instanceof W.Note))
        assert.deepStrictEqual(
          taken.map((message) => (message as { payload: unknown }).payload),
          messages.map(({ payload }) => payload)
        )
        const notes = out.messages.flatMap((message) =>
          message._tag === "Event" && message.payload instanceof W.Note ? [message.payload] : []
        )
        const level = generation === "v1" ? "junk" : "error"
        assert.isTrue(notes.every((note) => note.level === level))
        assert.strictEqual(
          notes
            .map((note) => note.message.trim())
            .join("")
            .replaceAll(" ", ""),
          "text0text1text2"
        )
      }
    })
  })

  it("refuses nothing and reads nothing before, between and after: Hello is handed over, the rest is not said", () => {
    const client = W.open("client")
    const out = new Recorder()
    const hello = {
      wireVersion: 1,
      protocol: "",
      version: "",
      fingerprint: "",
      methods: [],
      payloads: [],
      limits: { frameBytes: 1, calls: 1 },
      features: []
    }
    assert.strictEqual(client.write({ _tag: "Hello", hello }, out), 0)
    const [message] = out.messages
    assert.strictEqual(message!._tag, "Hello")
    assert.deepStrictEqual(
      (message as Extract<Message, { _tag: "Hello" }>).hello.methods,
      W.client.answers.map(({ tag }) => tag)
    )
    const silent: ReadonlyArray<Message> = [
      { _tag: "Ping" },
      { _tag: "Pong" },
      { _tag: "Drain" },
      { _tag: "Bye", reason: undefined },
      { _tag: "Cancel", id: 9, method: 0 },
      { _tag: "Credit", of: "events", id: 0, items: 1, bytes: 1 }
    ]
    for (const each of silent) assert.strictEqual(client.write(each, out), 0)
    assert.strictEqual(out.buffer.bytes, 0)
  })

  it("has no word for what ends a call, and takes its answer for a late one", () => {
    const client = W.open("client")
    W.said(client, W.request("Half", { n: 1 }))
    client.write({ _tag: "Cancel", id: 1, method: 4 }, new Recorder())
    const answer = fromPhp({
      _tag: "Response",
      id: "4242.1",
      message: PhpObject.of("PeerDto\\HalfAnswer", { value: 1 })
    })
    for (const id of ["4242.1", "4242.0", "4242.01", "4242.", "4242.99999999999999999", "4243.1", "", "4242.1x"]) {
      const bytes = id === "4242.1" ? answer : fromPhp({ _tag: "Response", id, message: log("x") })
      const out = read(client, bytes)
      assert.deepStrictEqual(
        out.messages.map((each) => [each._tag, (each as { id: number }).id]),
        [["Defect", 0]],
        id
      )
    }
  })

  it("takes no other spelling of an id for the answer of a call, and no second answer", () => {
    const half = PhpObject.of("PeerDto\\HalfAnswer", { value: 1 })
    const client = W.open("client")
    W.said(client, W.request("Half", { n: 1 }))
    for (const id of ["4242.01", "4242.1 ", " 4242.1", "4242.+1", "4242.1.0", "4242.1e0", "4242.1025"]) {
      const [late] = read(client, fromPhp({ _tag: "Response", id, message: half })).messages
      assert.deepInclude(late, { _tag: "Defect", id: 0 }, id)
    }
    const answers = [0, 1].flatMap(
      () => read(client, fromPhp({ _tag: "Response", id: "4242.1", message: half })).messages
    )
    assert.deepStrictEqual(
      answers.map(({ _tag }) => _tag),
      ["Success", "Defect"]
    )
  })

  it("answers a request once", () => {
    for (const lexicon of [W.server, W.withoutShortWays(W.server)]) {
      const server = W.open("server", {}, lexicon)
      read(server, W.said(W.open("client"), W.request("Half", { n: 3 })))
      const success: Message = { _tag: "Success", id: 1, method: 4, value: 1.5 }
      assert.isAbove(W.said(server, success).length, 0)
      const reason: Refusal = { _tag: "Draining" }
      assert.strictEqual(W.said(server, success, { _tag: "Defect", id: 1, method: 4, reason }).length, 0)
    }
  })

  it("echoes the peer's ids, whatever they are, and lets two requests share one", () => {
    for (const serializer of serializers) {
      const server = W.open("server", { serializer })
      const ids = ["1", 'a "quoted" \\ one', "žluť", "x".repeat(500), "1", ""]
      for (const id of ids) {
        const half = PhpObject.of("PeerDto\\Half", { n: 3 })
        const [asked] = read(server, fromPhp({ _tag: "Request", id, message: half }, serializer)).messages
        const { id: number, method } = asked as { id: number; method: number }
        const [response] = toPhp(W.said(server, { _tag: "Success", id: number, method, value: 1.5 }), serializer)
        assert.deepInclude(response, { _tag: "Response", id })
      }
    }
  })

  it("echoes an id that is no text byte for byte, as PHP may choose any", () => {
    const id = "\xff\x80\x00a"
    const request = `O:34:"StreamIpc\\Envelope\\RequestEnvelope":2:{s:2:"id";s:4:"${id}";s:7:"request";O:12:"PeerDto\\Half":1:{s:1:"n";i:3;}}`
    const frame = Buffer.concat([Buffer.from("f34a9de200000000", "hex"), Buffer.from(request, "latin1")])
    frame.writeUInt32BE(request.length, 4)
    for (const lexicon of [W.server, W.withoutShortWays(W.server)]) {
      const server = W.open("server", {}, lexicon)
      const [asked] = read(server, new Uint8Array(frame)).messages
      const { id: number, method } = asked as { id: number; method: number }
      const answer = W.said(server, { _tag: "Success", id: number, method, value: 1.5 })
      assert.include(Buffer.from(answer).toString("latin1"), `:2:{s:2:"id";s:4:"${id}";s:8:"response"`)
    }
  })

  it("tells PHP's own errors as what they are", () => {
    const trace = "Error in dispatch\nRuntimeException: boom\n#0 /app/child.php(12): f()\n#1 {main}"
    const defect = answeredBy(W.request("Sum", sum), errorMessage(trace)).messages[0] as Extract<
      Message,
      { _tag: "Defect" }
    >
    assert.deepStrictEqual(defect.reason, {
      _tag: "RemoteDefect",
      detail: "Error in dispatch\nRuntimeException: boom",
      stack: "#0 /app/child.php(12): f()\n#1 {main}"
    })
    // Where errors are text, that of PHP is one.
    assert.deepInclude(answeredBy(W.request("Ping", ping), errorMessage("no")).messages[0], {
      _tag: "Failure",
      error: "no"
    })
    // The property may come as a public one.
    const plain = PhpObject.of("StreamIpc\\Message\\ErrorMessage", { errorMessage: "plain" })
    assert.deepInclude((answeredBy(W.request("Sum", sum), plain).messages[0] as { reason: object }).reason, {
      detail: "plain"
    })
  })

  it("takes a LogMessage for an error where it says so and is no answer", () => {
    const failed = log("Error in dispatch: boom", "error")
    assert.deepInclude(answeredBy(W.request("Sum", sum), failed).messages[0], { _tag: "Defect" })
    assert.deepInclude(answeredBy(W.request("Stop", {}), failed).messages[0], { _tag: "Defect" })
    assert.deepInclude(answeredBy(W.request("Ping", ping), failed).messages[0], { _tag: "Success" })
  })

  it("does not take a text of the peer's for a line of ours when it is none", () => {
    for (const text of [
      "effect-ipc:{",
      "effect-ipc:[]",
      'effect-ipc:{"refusal":5}',
      'x effect-ipc:{"failure":{}}',
      'effect-ipc:{"failure":1}\n more'
    ]) {
      const [message] = answeredBy(W.request("Sum", sum), errorMessage(text)).messages
      assert.deepInclude((message as { reason: object }).reason, { _tag: "RemoteDefect" }, text)
    }
  })

  it("ends a call whose answer cannot be understood", () => {
    const client = W.open("client")
    const bad = PhpObject.of("StreamIpc\\Envelope\\ResponseEnvelope", { id: "4242.1", response: "text" })
    W.said(client, W.request("Half", { n: 1 }))
    assert.deepInclude(read(client, fromPhp({ _tag: "Notification", message: bad })).refused[0], {
      about: "call",
      id: 1
    })
    const wrong = answeredBy(W.request("Half", { n: 1 }), PhpObject.of("PeerDto\\HalfAnswer", { value: "x" }))
    assert.deepInclude(wrong.refused[0]!.reason, { _tag: "InvalidPayload", part: "success" })
  })

  it("answers a request that holds no object, and reports one without an id", () => {
    const bad = (properties: Record<string, PhpValue>) =>
      read(
        W.open("server"),
        fromPhp({ _tag: "Notification", message: PhpObject.of("StreamIpc\\Envelope\\RequestEnvelope", properties) })
      ).refused
    assert.deepInclude(bad({ id: "5", request: "text" })[0], { about: "duty", id: 1 })
    assert.deepInclude(bad({ request: log("x") })[0], { about: "none" })
  })

  it("takes any number of empty lists for maps where the schema wants maps, and leaves lists what they are", () => {
    const Item = Schema.Union([
      Schema.Struct({ kind: Schema.Literal("map"), of: Schema.Record(Schema.String, Schema.Int) }),
      Schema.Struct({ kind: Schema.Literal("list"), of: Schema.Array(Schema.Int) })
    ])
    class Many extends Request.Class<Many>()("Many", {
      payload: {
        items: Schema.Array(
          Schema.Struct({ options: Schema.Record(Schema.String, Schema.Int), list: Schema.Array(Item) })
        )
      }
    }) {}
    const lexicon = Lexicon.compile(Protocol.make("many", { version: "1.0.0", server: [Many] }), "server")
    const either = (kind: string) =>
      PhpArray.of([
        ["kind", kind],
        ["of", new PhpArray()]
      ])
    const item = () =>
      PhpArray.of([
        ["options", new PhpArray()],
        ["list", PhpArray.list(["map", "list", "map"].map(either))]
      ])
    const many = PhpObject.of("PeerDto\\Many", { items: PhpArray.list(Array.from({ length: 100 }, item)) })
    for (const serializer of serializers) {
      const { messages, refused } = read(
        W.open("server", { serializer }, lexicon),
        fromPhp({ _tag: "Request", id: "1", message: many }, serializer)
      )
      assert.deepStrictEqual(refused, [])
      const { items } = (messages[0] as { payload: Many }).payload
      assert.strictEqual(items.length, 100)
      assert.deepStrictEqual(items[99], {
        options: {},
        list: [
          { kind: "map", of: {} },
          { kind: "list", of: [] },
          { kind: "map", of: {} }
        ]
      })
    }
  })

  it("reports what it cannot read, and notifications of no event, with facts", () => {
    const frame = concat(Uint8Array.of(0xf3, 0x4a, 0x9d, 0xe2, 0, 0, 0, 4), "oops")
    const [undecodable] = read(W.open("server"), frame).refused
    assert.match((undecodable!.reason as { detail: string }).detail, /a frame of 4 bytes holds no message: .*"oops"/)
    const [unknown] = read(
      W.open("server"),
      fromPhp({ _tag: "Notification", message: errorMessage("Unknown class: X") })
    ).refused
    assert.match((unknown!.reason as { detail: string }).detail, /ErrorMessage is no event here: Unknown class: X/)
    const misfit = read(
      W.open("server"),
      fromPhp({ _tag: "Notification", message: PhpObject.of("PeerDto\\Tick", { n: "x" }) })
    )
    assert.strictEqual(misfit.lostEvents.length, 1)
    assert.deepInclude(misfit.refused[0]!.reason, { _tag: "InvalidPayload" })
  })

  it("tells text of the second stream twice: as an event, and for the tail that is kept of it", () => {
    const server = W.open("server")
    const out = new Recorder()
    server.read(concat("Warning: \xff\n"), out, 1)
    assert.strictEqual(out.strayed, "Warning: \u00c3\u00bf\n")
    assert.deepStrictEqual(out.messages, [
      { ...W.event("LogMessage", { message: "Warning: ÿ\n", level: "junk" }), bytes: 12 }
    ])
    server.read(Uint8Array.of(0xff, 0x41), out, 1)
    assert.deepInclude((out.messages[1] as { payload: object }).payload, { message: "\ufffdA", level: "junk" })
    server.read(Uint8Array.of(0xf3, 0x4a), out, 1)
    assert.isTrue(server.unfinishedSecond)
    assert.isFalse(server.unfinished)
    server.abandon(out, 1)
    assert.isFalse(server.unfinishedSecond)
  })

  it("gives text up as junk where no event takes it", () => {
    const lexicon = Lexicon.compile(Protocol.make("p", { version: "1.0.0", server: [W.Half] }), "server")
    const codec = W.open("server", {}, lexicon)
    const out = read(codec, concat("text"))
    codec.read(concat("stderr"), out, 1)
    assert.deepStrictEqual([out.skipped, out.strayed], ["text", "stderr"])
  })

  it("refuses what is too large, and reads on", () => {
    const codec = StreamIpc.wire(W.options).open(W.server, { role: "acceptor", maxFrameBytes: 1000 })
    const large = W.said(W.open("client"), W.event("Tick", { n: 1, note: "x".repeat(2000) }))
    const small = W.said(W.open("client"), W.event("Tick", { n: 2, note: "" }))
    const out = read(codec, ...cut(concat(large, small), [300]))
    assert.deepStrictEqual(
      out.refused.map(({ about, reason }) => [about, reason._tag]),
      [["none", "Oversized"]]
    )
    assert.strictEqual(out.messages.length, 1)
  })

  it("ends the call whose answer is too large, and answers a request that is, as PHP cannot", () => {
    for (const speech of speeches)
      for (const size of [1e6, 100, 1]) {
        const small = (side: "client" | "server") =>
          StreamIpc.wire({ ...W.options, ...speech }).open(side === "client" ? W.client : W.server, {
            role: "acceptor",
            maxFrameBytes: 500
          })
        const note = "x".repeat(3000)
        const client = small("client")
        const asking = W.said(client, W.request("Sum", { ...sum, note: "" }))
        const wide = W.open("server", speech)
        read(wide, asking)
        const answer = W.said(wide, { _tag: "Success", id: 1, method: 3, value: { sum: 1, note } })
        const [failed] = read(client, ...cut(answer, [size])).refused
        assert.deepInclude(failed, { about: "call", id: 1, method: 3 })
        assert.deepInclude(failed!.reason, { _tag: "Oversized", maxBytes: 500 })
        // It is a late one then.
        assert.deepInclude(read(client, answer).refused[0], { about: "none" })

        const server = small("server")
        const request = W.said(W.open("client", speech), W.request("Sum", { ...sum, note }))
        const [refused] = read(server, ...cut(request, [size])).refused
        assert.deepInclude(refused, { about: "duty", id: 1, method: -1 })
        const back = W.said(server, { _tag: "Defect", id: 1, method: -1, reason: { _tag: "Draining" } })
        const [response] = toPhp(back, speech.serializer, speech.generation)
        assert.deepInclude(response, { _tag: "Response", id: "4242.1" })
      }
  })

  it("believes no beginning that is none of an envelope", () => {
    const codec = StreamIpc.wire(W.options).open(W.server, { role: "acceptor", maxFrameBytes: 100 })
    for (const begin of [
      "",
      '{"__class":"StreamIpc\\\\Envelope\\\\RequestEnvelope","id":17',
      '{"__class":"StreamIpc\\\\Envelope\\\\RequestEnvelope","id":"\\x"',
      '{"__class":"App\\\\X","id":"1"',
      'O:34:"StreamIpc\\Envelope\\RequestEnvelope":2:{s:2:"id";s:900:"',
      'O:34:"StreamIpc\\Envelope\\RequestEnvelope":2:{s:2:"id";s:2:"\u00e9\u00e9";',
      'O:34:"StreamIpc\\Envelope\\RequestEnvelope":2:{s:2:"id";s:5:"ab";s:7'
    ]) {
      const payload = Buffer.from(begin.padEnd(300, "x"), "latin1")
      const { refused } = read(codec, concat(Uint8Array.of(0xf3, 0x4a, 0x9d, 0xe2, 0, 0, 1, 44), payload))
      assert.deepStrictEqual(
        refused.map(({ about }) => about),
        ["none"],
        begin
      )
    }
  })

  it("writes nothing of a value that does not fit", () => {
    for (const serializer of serializers) {
      const out = new Recorder()
      const codec = W.open("client", { serializer })
      for (const payload of [
        { n: 1, note: 5 },
        { n: 1, note: "\ud800" }
      ]) {
        const refusal = codec.write({ ...W.event("Tick", { n: 1, note: "" }), payload }, out) as Refusal
        assert.deepInclude(refusal, { _tag: "InvalidPayload", part: "payload" })
      }
      assert.strictEqual(out.buffer.bytes, 0)
    }
  })

  it("lets no tag within a value name a class elsewhere, and none that PHP could not have", () => {
    const classes = { elsewhere: "App\\Elsewhere" }
    for (const serializer of serializers) {
      const task = (tag: string) => W.request("TaskMessage", { action: "a", params: { x: { _tag: tag, y: 1 } } })
      for (const tag of ["Control\\Evil", "\\Evil", "a b", "1a", ""]) {
        const out = new Recorder()
        assert.deepInclude(W.open("client", { serializer }).write(task(tag), out), { _tag: "InvalidPayload" }, tag)
        assert.strictEqual(out.buffer.bytes, 0)
      }
      for (const tag of ["Point", "elsewhere", "LogMessage"]) {
        const bytes = W.said(W.open("client", { serializer, classes }), task(tag))
        const [asked] = read(W.open("server", { serializer, classes }), bytes).messages
        assert.deepStrictEqual((asked as { payload: W.Task }).payload.params, { x: { _tag: tag, y: 1 } })
      }
    }
  })

  it("lets no key of a map be taken for a class, of which PHP would make an object", () => {
    const draw = (key: string) =>
      W.request("Draw", { points: [], names: { [key]: "Evil\\Gadget" }, list: [], scale: 1 })
    for (const lexicon of [W.client, W.withoutShortWays(W.client)]) {
      const out = new Recorder()
      const refusal = W.open("client", { serializer: "json" }, lexicon).write(draw("__class"), out)
      assert.deepInclude(refusal, { _tag: "InvalidPayload", part: "payload" })
      assert.strictEqual(out.buffer.bytes, 0)
      // In PHP's own format a class cannot be taken for anything else.
      for (const [serializer, key] of [
        ["json", "__classes"],
        ["php", "__class"]
      ] as const) {
        const bytes = W.said(W.open("client", { serializer }, lexicon), draw(key))
        const [asked] = read(W.open("server", { serializer }), bytes).messages
        assert.deepStrictEqual((asked as { payload: W.Draw }).payload.names, { [key]: "Evil\\Gadget" })
      }
    }
  })

  it("leaves a frame in one piece, however large", () => {
    for (const serializer of serializers) {
      const out = new Recorder()
      for (const size of [10, 3000, 20_000, 70_000, 300_000]) {
        W.open("client", { serializer }).write(W.event("Tick", { n: 1, note: "x".repeat(size) }), out)
        const chunks: Array<Uint8Array> = []
        out.buffer.flush((chunk) => chunks.push(chunk))
        assert.strictEqual(chunks.length, 1, `${size}`)
      }
    }
  })

  it("ends a request that holds itself, or the same parts without end, with an error", () => {
    const cyclic = PhpArray.of([["a", null]])
    cyclic.set("a", new PhpReference(cyclic))
    const object = PhpObject.of("PeerDto\\TaskMessage", { action: "a", params: cyclic })
    assert.include((askedBy(object).refused[0]!.reason as { detail: string }).detail, "holds itself")
    let wide: PhpValue = PhpObject.of("Point", {})
    for (let level = 0; level < 60; level++) {
      const next: PhpObject = PhpObject.of("Point", { a: wide, b: wide })
      wide = next
    }
    const many = PhpObject.of("PeerDto\\TaskMessage", { action: "a", params: PhpArray.of([["a", wide]]) })
    const server = W.open("server", { classes: { Point: "Point" } })
    const [refused] = read(server, fromPhp({ _tag: "Request", id: "1", message: many })).refused
    assert.include((refused!.reason as { detail: string }).detail, "too many places")
  })

  it("detects how the peer speaks, and answers in kind", () => {
    for (const { generation, serializer } of speeches) {
      const server = W.open("server", { generation: "detect", serializer: "detect" })
      const ask = fromPhp(
        { _tag: "Request", id: "9.1", message: PhpObject.of("PeerDto\\Half", { n: 3 }) },
        serializer,
        generation
      )
      const { id, method } = read(server, ask).messages[0] as { id: number; method: number }
      const bytes = W.said(server, { _tag: "Success", id, method, value: 1.5 })
      assert.deepStrictEqual(toPhp(bytes, serializer, generation), [
        { _tag: "Response", id: "9.1", message: PhpObject.of("PeerDto\\HalfAnswer", { value: 1.5 }) }
      ])
    }
  })

  it("names the library's own classes within a payload as the generation has them", () => {
    const Note = Schema.TaggedStruct("LogMessage", { message: Schema.String, level: Schema.String })
    class Notes extends Request.Class<Notes>()("Notes", { payload: { all: Schema.Array(Note), one: Note } }) {}
    const protocol = Protocol.make("notes", { version: "1.0.0", server: [Notes] })
    const note = { _tag: "LogMessage", message: "m", level: "info" }
    const payload = { all: [note], one: note }
    for (const speech of speeches) {
      const ask = { _tag: "Request", id: 1, method: 0, payload, timeoutMillis: 0, headers: undefined } as const
      const bytes = W.said(W.open("client", speech, Lexicon.compile(protocol, "client")), ask)
      const object = PhpObject.of(`${library(speech.generation)}\\Message\\LogMessage`, { message: "m", level: "info" })
      const [message] = toPhp(bytes, speech.serializer, speech.generation)
      assert.deepStrictEqual((message as { message: PhpObject }).message.get("one"), object)
      assert.deepStrictEqual((message as { message: PhpObject }).message.get("all"), PhpArray.list([object]))
      const out = read(W.open("server", speech, Lexicon.compile(protocol, "server")), bytes)
      assert.deepInclude((out.messages[0] as { payload: object }).payload, payload)
    }
  })

  it.each(serializers)("takes no text that is no UTF-8, short or long, with the serializer %s", (serializer) => {
    for (const note of ["~", "~".repeat(200)]) {
      const bytes = W.said(W.open("client", { serializer }), W.request("Sum", { ...sum, note }))
      bytes[bytes.lastIndexOf(0x7e)] = 0xff
      const { messages, refused } = read(W.open("server", { serializer }), bytes)
      assert.deepStrictEqual(messages, [])
      assert.strictEqual(refused.length, 1)
    }
  })

  it("takes bytes that are no text where the annotation says so", () => {
    class Store extends Request.Class<Store>()("Store", {
      payload: { body: Schema.Uint8Array, name: Schema.String },
      success: Schema.Uint8Array,
      annotations: StreamIpc.annotations({ bytes: ["body", "value"] })
    }) {}
    const Files = Protocol.make("files", { version: "1.0.0", server: [Store] })
    const body = Uint8Array.of(0, 255, 0xf3, 0x4a, 0x9d, 0xe2)
    const ends = {
      client: W.open("client", {}, Lexicon.compile(Files, "client")),
      server: W.open("server", {}, Lexicon.compile(Files, "server"))
    }
    const ask: Message = {
      _tag: "Request",
      id: 1,
      method: 0,
      payload: new Store({ body, name: "n" }),
      timeoutMillis: 0,
      headers: undefined
    }
    const { answered, asked, bytes } = W.exchange(ends, ask, (id, method) => ({
      _tag: "Success",
      id,
      method,
      value: body
    }))
    assert.deepStrictEqual(asked.messages, [ask])
    assert.deepInclude(answered.messages[0], { value: body })
    const [request] = toPhp(bytes[0])
    assert.deepStrictEqual((request as { message: PhpObject }).message.get("body"), body)
    const text = PhpObject.of("PeerDto\\Store", { body: "abc", name: "n" })
    const [plain] = read(ends.server, fromPhp({ _tag: "Request", id: "2", message: text })).messages
    assert.deepStrictEqual((plain as { payload: Store }).payload.body, concat("abc"))
    assert.match(
      StreamIpc.wire({ serializer: "json" }).objection!(Lexicon.compile(Files, "client"))!.detail,
      /body is bytes/
    )
  })

  describe("objects to", () => {
    const objection = (members: ReadonlyArray<Request.Any | Event.Any>, more: StreamIpc.Options = {}) =>
      StreamIpc.wire(more).objection!(
        Lexicon.compile(Protocol.make("p", { version: "1.0.0", server: members as never }), "server")
      )
    class A extends Request.Class<A>()("A", { annotations: StreamIpc.annotations({ class: "App\\X" }) }) {}
    class B extends Request.Class<B>()("B", { annotations: StreamIpc.annotations({ class: "\\app\\x" }) }) {}
    class C extends Event.Class<C>()("C", {}, { annotations: StreamIpc.annotations({ class: "App\\X" }) }) {}
    class D extends Request.Class<D>()("not a name") {}
    class E extends Request.Class<E>()("E", {
      annotations: StreamIpc.annotations({ integers: ["n"], bytes: ["n"] })
    }) {}
    class F extends Request.Class<F>()("F", { annotations: StreamIpc.annotations({ success: "App\\" }) }) {}

    it("two requests of one class, but not a request and an event", () => {
      assert.deepStrictEqual(objection([A, B]), {
        tag: "B",
        detail: "the class app\\x stands for the request A already"
      })
      assert.isUndefined(objection([A, C]))
      assert.isUndefined(objection([W.Ping, W.Note, W.Big]))
    })

    it("what is no name of a class, and a field that is two things", () => {
      assert.include(objection([D])!.detail, '"not a name" is no name of a class')
      assert.include(objection([F])!.detail, "App\\")
      assert.include(objection([E])!.detail, "n cannot be an integer and bytes at once")
      assert.isUndefined(objection([D], { classes: { "not a name": "App\\D" } }))
    })
  })

  it("24 GeneratesIncreasingIds: numbers its requests, behind the id of the process", () => {
    const codec: Codec = StreamIpc.wire().open(W.client, { role: "dialer", maxFrameBytes: 1e6 })
    const ids = toPhp(W.said(codec, W.request("Half", { n: 1 }, 1), W.request("Half", { n: 1 }, 2))).map(
      (each) => (each as { id: string }).id
    )
    assert.deepStrictEqual(ids, [`${process.pid}.1`, `${process.pid}.2`])
  })

  it("reads a float that looks like an integer as the number", () => {
    const [asked] = askedBy(PhpObject.of("PeerDto\\Half", { n: new PhpFloat(2) })).messages
    assert.deepInclude((asked as { payload: object }).payload, { n: 2 })
  })
})
