import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import type { Framer, FramerOut, Refusal } from "../../../src/wire/Format.ts"
import {
  format,
  type Serializer,
  type Speech,
  type StreamIpcMessage
} from "../../../src/wire/framing/StreamIpcFormat.ts"
import { PhpArray, PhpObject } from "../../../src/wire/payload/PhpValue.ts"
import { WriteBuffer } from "../../../src/wire/WriteBuffer.ts"
import { concat, cut, lend, sizes } from "../tools.ts"
import { large, sha256, type Vector, vectors } from "./vectors.ts"

/** Takes down what a framer says. Junk in a row is one. */
class Heard implements FramerOut<StreamIpcMessage> {
  readonly all: Array<
    StreamIpcMessage | { readonly junk: string; readonly stream: number } | { readonly refused: Refusal }
  > = []

  message(message: StreamIpcMessage): void {
    this.all.push(message)
  }
  junk(bytes: Uint8Array, stream = 0): void {
    const text = Buffer.from(bytes).toString("latin1")
    const last = this.all.at(-1)
    if (last !== undefined && "junk" in last && last.stream === stream) this.all.pop()
    const before = last !== undefined && "junk" in last && last.stream === stream ? last.junk : ""
    this.all.push({ junk: before + text, stream })
  }
  refuse(refused: Refusal): void {
    this.all.push({ refused })
  }
  lost(): void {
    assert.fail("the framing cannot be lost")
  }
  get messages(): ReadonlyArray<StreamIpcMessage> {
    return this.all.filter((each) => "_tag" in each)
  }
}

const open = (speech: Speech = {}, maxFrameBytes = 1024 * 1024): Framer<StreamIpcMessage> =>
  format(speech).open({ maxFrameBytes })

const hear = (framer: Framer<StreamIpcMessage>, pieces: ReadonlyArray<Uint8Array>, stream?: number): Heard => {
  const heard = new Heard()
  for (const piece of pieces) lend(piece, (chunk) => framer.read(chunk, heard, stream))
  return heard
}

const hearAll = (speech: Speech, pieces: ReadonlyArray<Uint8Array>): Heard => {
  const framer = open(speech)
  const heard = hear(framer, pieces)
  framer.end(heard)
  return heard
}

const written = (framer: Framer<StreamIpcMessage>, ...messages: ReadonlyArray<StreamIpcMessage>): Uint8Array => {
  const buffer = new WriteBuffer()
  for (const message of messages) assert.typeOf(framer.write(message, buffer), "number")
  const chunks: Array<Uint8Array> = []
  buffer.flush((chunk) => chunks.push(chunk))
  return concat(...chunks)
}

const frame = (payload: string): Uint8Array =>
  concat(Uint8Array.of(0xf3, 0x4a, 0x9d, 0xe2, 0, 0, 0, payload.length), payload)

const speechOf = ({ generation, serializer }: Vector): Speech => ({ generation, serializer })
const detect: Speech = { generation: "detect", serializer: "detect" }
const log = (message: string, level = "info"): PhpObject =>
  PhpObject.of("StreamIpc\\Message\\LogMessage", { message, level })
const note = (message: string): StreamIpcMessage => ({ _tag: "Notification", message: log(message) })

const tags: Readonly<Record<Vector["kind"], StreamIpcMessage["_tag"]>> = {
  stream: "Notification",
  request: "Request",
  response: "Response",
  "error response": "Response",
  notification: "Notification",
  undecodable: "Undecodable"
}

describe("the messages of php-stream-ipc", () => {
  it.each(vectors.filter(({ kind }) => kind !== "stream"))(
    "are read and written as PHP wrote them: $name",
    (vector) => {
      for (const speech of [speechOf(vector), detect]) {
        const framer = open(speech)
        const heard = hear(framer, [vector.bytes])
        assert.deepStrictEqual(
          heard.all.map((each) => ("_tag" in each ? each._tag : each)),
          [tags[vector.kind]]
        )
        if (vector.kind !== "undecodable") assert.deepStrictEqual(written(framer, ...heard.messages), vector.bytes)
      }
    }
  )

  it.each(vectors)("are the same from every cut, and byte by byte: $name", (vector) => {
    for (const speech of [speechOf(vector), detect]) {
      const whole = hearAll(speech, [vector.bytes]).all
      assert.deepStrictEqual(hearAll(speech, cut(vector.bytes, [1])).all, whole)
      for (let at = 1; at < vector.bytes.length; at += 19) {
        assert.deepStrictEqual(hearAll(speech, [vector.bytes.slice(0, at), vector.bytes.slice(at)]).all, whole)
      }
    }
  })

  it.each(vectors.filter(({ frames }) => frames !== undefined))("come in the order of the stream: $name", (vector) => {
    const heard = hear(open(speechOf(vector)), [vector.bytes]).all
    assert.strictEqual(heard.length, vector.frames!.length)
    vector.frames!.forEach((frame, index) => {
      const one = heard[index]!
      if ("junk" in one) assert.strictEqual(Buffer.from(one.junk, "latin1").toString("hex"), frame.hex)
      else if ("_tag" in one && one._tag === "Notification") assert.strictEqual(one.message.class, frame.class)
      else assert.strictEqual("_tag" in one && one._tag, "Response")
    })
  })

  it.each(large)("are written as PHP wrote them when they are large: $name", ({ bytes, serializer, sha256: sum }) => {
    const around = serializer === "json" ? 72 : 90
    const framer = open({ serializer: serializer === "json" ? "json" : "php" }, 16 * 1024 * 1024)
    const buffer = new WriteBuffer()
    framer.write(note("x".repeat(bytes - 8 - around)), buffer)
    const chunks: Array<Uint8Array> = []
    buffer.flush((chunk) => chunks.push(chunk))
    assert.strictEqual(chunks.length, 1, "a frame leaves in one piece")
    assert.strictEqual(sha256(chunks[0]!), sum)
  })

  it.each(["php", "json"] as const)("are found again after junk at every boundary: %s", (serializer) => {
    const messages = [note("one"), note("two"), note("three")]
    const parts = messages.map((message) => written(open({ serializer }), message))
    const mixed = concat("a\n", parts[0]!, "b", parts[1]!, Uint8Array.of(0xf3, 0x4a), "c", parts[2]!, "d")
    for (const size of [mixed.length, 1, 7]) {
      const framer = open({ serializer })
      const heard = hear(framer, cut(mixed, [size]))
      framer.end(heard)
      assert.deepStrictEqual(heard.messages, messages)
      assert.deepStrictEqual(
        heard.all.flatMap((each) => ("junk" in each ? [each.junk] : [])),
        ["a\n", "b", "\xf3Jc", "d"]
      )
    }
  })

  it("have a reader for each stream, so that one may interrupt the other", () => {
    const framer = open()
    const heard = new Heard()
    const one = written(open(), note("one"))
    const two = written(open(), note("two"))
    framer.read(one.slice(0, 20), heard, 0)
    framer.read(concat("Warning\n", two.slice(0, 5)), heard, 1)
    framer.read(one.slice(20), heard, 0)
    framer.read(two.slice(5), heard, 1)
    assert.deepStrictEqual(heard.all, [{ junk: "Warning\n", stream: 1 }, note("one"), note("two")])
  })

  it("17 RoundTrip and 20 RoundTripWithNestedObjects: nested objects, private properties and lists come back", () => {
    const inner = new PhpObject("App\\Inner", [
      { name: "s", visibility: "private", declaredIn: "App\\Inner", value: "x" }
    ])
    const message = PhpObject.of("App\\Outer", { inner, list: PhpArray.list([inner, 1, null]), on: true })
    const [php] = hear(open(), [written(open(), { _tag: "Request", id: "a b", message })]).messages
    assert.deepStrictEqual(php, { _tag: "Request", id: "a b", message })
    const [json] = hear(open({ serializer: "json" }), [
      written(open({ serializer: "json" }), { _tag: "Request", id: "1", message })
    ]).messages
    assert.strictEqual(json!._tag, "Request")
    const read = (json as Extract<StreamIpcMessage, { _tag: "Request" }>).message
    assert.strictEqual((read.get("inner") as PhpObject).get("s"), "x")
  })

  const undecodable: ReadonlyArray<readonly [string, Speech, string, RegExp]> = [
    ["13 and 18 InvalidPayloadReturnsLogMessage: garbage", {}, "no payload", /no value/],
    ["19 NonMessageObjectReturnsLogMessage: a scalar", {}, "i:5;", /no object/],
    ["22 InvalidJsonProducesErrorMessage: garbage in JSON", { serializer: "json" }, "{oops", /expected a key/],
    [
      "23 DeserializedObjectNotImplementingMessage: JSON without a class",
      { serializer: "json" },
      '{"a":1}',
      /no object/
    ],
    ["an empty payload", {}, "", /too early/],
    ["an envelope without an id", {}, 'O:34:"StreamIpc\\Envelope\\RequestEnvelope":0:{}', /no id/],
    [
      "an envelope without a message",
      {},
      'O:34:"StreamIpc\\Envelope\\RequestEnvelope":2:{s:2:"id";s:1:"a";s:7:"request";i:5;}',
      /the envelope a holds no message/
    ]
  ]

  it.each(undecodable)("are told with their bytes when they cannot be read: %s", (_, speech, payload, why) => {
    const header = Uint8Array.of(0xf3, 0x4a, 0x9d, 0xe2, 0, 0, 0, payload.length)
    const [message] = hear(open(speech), [concat(header, payload)]).messages
    assert.strictEqual(message!._tag, "Undecodable")
    const told = message as Extract<StreamIpcMessage, { _tag: "Undecodable" }>
    assert.strictEqual(Buffer.from(told.bytes).toString(), payload)
    assert.match(told.why, why)
  })

  it("8 DeserializeFailureLogsError: a serializer of the user's own may throw", () => {
    const serializer: Serializer = {
      encode: (message) => concat(`own ${message.class}`),
      decode: () => {
        throw new Error("never mine")
      }
    }
    const bytes = written(open({ serializer }), note("x"))
    assert.include(Buffer.from(bytes).toString("latin1"), "own StreamIpc")
    const [message] = hear(open({ serializer }), [bytes]).messages
    assert.deepInclude(message, { _tag: "Undecodable", why: "never mine" })
  })

  it("leave nothing behind when a serializer of the user's own breaks a line", () => {
    const serializer: Serializer = { encode: () => concat("two\nlines"), decode: () => null }
    const buffer = new WriteBuffer()
    assert.deepInclude(open({ serializer, generation: "old" }).write(note("x"), buffer), { _tag: "Unsayable" })
    assert.strictEqual(buffer.bytes, 0)
    assert.typeOf(open({ serializer }).write(note("x"), buffer), "number")
  })

  it("21 UnknownClassReturnsErrorMessage: an object of any class is a message here", () => {
    const message = PhpObject.of("No\\Such", {})
    assert.deepStrictEqual(hear(open(), [written(open(), { _tag: "Notification", message })]).messages, [
      { _tag: "Notification", message }
    ])
  })

  it("take an id that is a number for its text, and envelopes of either namespace in any letters", () => {
    const payload = String.raw`{"request":{"__class":"A"},"id":17,"__class":"\\phpstreamipc\\envelope\\REQUESTENVELOPE"}`
    assert.deepStrictEqual(hear(open({ serializer: "json" }), [frame(payload)]).messages, [
      { _tag: "Request", id: "17", message: new PhpObject("A") }
    ])
  })

  it("are refused when they are too large, and the next is read", () => {
    const big = written(open(), note("x".repeat(300)))
    const heard = hear(open({}, 200), cut(concat(big, written(open(), note("x"))), [50]))
    assert.deepStrictEqual(heard.all, [
      { refused: { _tag: "Oversized", bytes: big.length - 8, maxBytes: 200 } },
      note("x")
    ])
    const line = hear(open({ generation: "old", serializer: "json" }, 200), [
      concat(`${"x".repeat(300)}\n{"__class":"A"}\n`)
    ])
    assert.deepStrictEqual(line.all, [
      { refused: { _tag: "Oversized", bytes: 300, maxBytes: 200 } },
      { _tag: "Notification", message: new PhpObject("A") }
    ])
  })

  it("leave nothing behind when they cannot be said", () => {
    const buffer = new WriteBuffer()
    const cases: ReadonlyArray<StreamIpcMessage> = [
      { _tag: "Notification", message: PhpObject.of("A", { a: "\ud800" }) },
      { _tag: "Undecodable", bytes: new Uint8Array(1), why: "it was" }
    ]
    for (const message of cases) {
      assert.deepInclude(open().write(message, buffer), { _tag: "Unsayable" })
      assert.strictEqual(buffer.bytes, 0)
    }
  })

  it("of the old generation may end with a carriage return, and the last with the input", () => {
    const speech: Speech = { generation: "old" }
    const vector = vectors.find(({ name }) => name === "old-native-03-notification")!
    const bytes = vector.bytes.slice(0, -1)
    const heard = hearAll(speech, [concat(bytes, "\r\n", bytes)])
    assert.strictEqual(heard.messages.length, 2)
    assert.deepStrictEqual(heard.messages[0], heard.messages[1])
    const bad = hearAll(speech, [concat("Warning: text\n", bytes, "\n")]).messages
    assert.deepInclude(bad[0], { _tag: "Undecodable", why: "the line is no Base64" })
    assert.strictEqual(bad[1]!._tag, "Notification")
  })

  it("are detected behind text, and answered in kind", () => {
    for (const vector of vectors.filter(({ kind }) => kind === "request")) {
      const framer = open(detect)
      const heard = hear(framer, cut(concat("The PHP says\nhello {\n", vector.bytes), [5]))
      assert.deepStrictEqual(heard.all[0], { junk: "The PHP says\nhello {\n", stream: 0 }, vector.name)
      assert.deepStrictEqual(written(framer, heard.messages[0]!), vector.bytes, vector.name)
    }
  })

  it("are not detected in the middle of a line of text, wherever that is cut", () => {
    const line = written(open({ generation: "old", serializer: "json" }), note("x"))
    const text = 'PHP says {"__class":"A"} Tzo1\n'
    for (const size of [1, 9, 1000]) {
      const heard = hear(open(detect), cut(concat(text, line), [size]))
      assert.deepStrictEqual(heard.all[0], { junk: text, stream: 0 })
      assert.deepStrictEqual(
        heard.messages.map(({ _tag }) => _tag),
        ["Notification"]
      )
    }
  })

  it("change nothing in how the peer is answered when they cannot be read", () => {
    for (const serializer of ["json", "php"] as const) {
      const framer = open({ serializer: "detect" })
      hear(framer, [written(open({ serializer }), note("x")), frame(""), frame("{"), frame("oops")])
      assert.deepStrictEqual(written(framer, note("y")), written(open({ serializer }), note("y")))
    }
  })

  it('are written as "v1" by PHP\'s serialize before anything was detected', () => {
    assert.deepStrictEqual(written(open(detect), note("x")), written(open(), note("x")))
  })

  it("are read from any bytes without throwing, in every state of ending", () => {
    const part = fc.oneof(
      fc
        .tuple(fc.constantFrom(...vectors), fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.nat(300))
        .map(([{ bytes }, changes, length]) => {
          const changed = bytes.slice(0, Math.max(1, length))
          for (const [at, byte] of changes) changed[at % changed.length] = byte
          return changed
        }),
      fc.uint8Array({ maxLength: 30 })
    )
    const speeches: ReadonlyArray<Speech> = [
      {},
      { serializer: "json" },
      { generation: "old" },
      { generation: "old", serializer: "json" },
      detect
    ]
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        sizes,
        fc.constantFrom(...speeches),
        (parts, pieceSizes, speech) => {
          const bytes = concat(...parts)
          const whole = hearAll(speech, [bytes]).all
          // Where nothing was detected in one of two readings, the ways of ending differ in nothing either.
          assert.deepStrictEqual(hearAll(speech, cut(bytes, pieceSizes)).all, whole)
        }
      ),
      { numRuns: 200 }
    )
  })
})
