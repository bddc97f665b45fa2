import { assert, describe, it, vi } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { compile } from "../../../src/peer/Lexicon.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Hello, Message, Part, Refusal } from "../../../src/session/Message.ts"
import { ByteBuffer } from "../../../src/wire/ByteBuffer.ts"
import * as Native from "../../../src/wire/dialect/Native.ts"
import { Flag, Kind } from "../../../src/wire/dialect/NativeKind.ts"
import * as Frame from "../../../src/wire/framing/MarkedFrame.ts"
import type { Codec, Lexicon, Wire } from "../../../src/wire/Wire.ts"
import { checksum, concat, cut, hex, read, Recorder, type Refused, sizes, write } from "../tools.ts"
import * as Words from "../words.ts"

const plain = Native.wire({ checksum })
const sealing = Native.wire({ checksum, crc: true })
const wires: ReadonlyArray<{ readonly name: string; readonly wire: Wire }> = [
  { name: "without CRC", wire: plain },
  { name: "with CRC", wire: sealing }
]

const maxFrameBytes = 1024 * 1024

const openClient = (wire: Wire = plain, lexicon: Lexicon = Words.client, most = maxFrameBytes): Codec =>
  wire.open(lexicon, { role: "dialer", maxFrameBytes: most })
const openServer = (wire: Wire = plain, lexicon: Lexicon = Words.server, most = maxFrameBytes): Codec =>
  wire.open(lexicon, { role: "acceptor", maxFrameBytes: most })

interface Pair {
  readonly client: Codec
  readonly server: Codec
}

const greet = (pair: Pair, ofClient: Partial<Hello> = {}, ofServer: Partial<Hello> = {}): Pair => {
  const hellos = [Words.helloOf(Words.client.says, ofClient), Words.helloOf(Words.server.says, ofServer)] as const
  read(pair.server, write(pair.client, { _tag: "Hello", hello: hellos[0] }))
  read(pair.client, write(pair.server, { _tag: "Hello", hello: hellos[1] }))
  return pair
}

/** Two codecs that have read each other's Hello. */
const greeted = (wire: Wire = plain, ofClient: Partial<Hello> = {}, ofServer: Partial<Hello> = {}): Pair =>
  greet({ client: openClient(wire), server: openServer(wire) }, ofClient, ofServer)

interface FrameFields {
  readonly kind: number
  readonly flags?: number
  readonly id?: number
  readonly number?: number
  readonly body?: string | Uint8Array
}

/** A frame that no codec of ours would write. */
const frame = ({ body = "", flags = 0, id = 9, kind, number = 1 }: FrameFields): Uint8Array => {
  const content = concat(body)
  const header = new Uint8Array(Frame.headerBytes)
  Frame.writeHeader(header, 0, kind, flags, content.length, id, number)
  return concat(header, content)
}

/** A request whose payload may be wrong. */
const asking = (tag: Words.Tag, payload: unknown): Message => ({
  _tag: "Request",
  id: 1,
  method: toServer(tag),
  payload,
  timeoutMillis: 0,
  headers: undefined
})

/** Why a message cannot be said; and nothing of it was. */
const refusal = (codec: Codec, message: Message): Refusal => {
  const out = new Recorder()
  const written = codec.write(message, out)
  if (typeof written === "number") throw new Error(`${message._tag} was written`)
  assert.strictEqual(out.buffer.bytes, 0)
  return written
}

const numberOf = (tag: Words.Tag): number => Words.place(Words.client.says, tag) + 1
const toServer = (tag: Words.Tag): number => Words.place(Words.server.answers, tag)
const toClient = (tag: Words.Tag): number => Words.place(Words.client.answers, tag)

/** What both sides may say, with any values. */
const any = (() => {
  const id = fc.integer({ min: 1, max: 0xffffffff })
  const int = fc.integer()
  const bytes = fc.uint8Array({ maxLength: 80 })
  const text = fc.string({ unit: "binary", maxLength: 40 })
  const headers = fc.option(fc.dictionary(fc.string({ maxLength: 9 }), text, { maxKeys: 5 }), { nil: undefined })
  const timeoutMillis = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffffffff }))
  const payload: fc.Arbitrary<readonly [Words.Tag, object]> = fc.oneof(
    fc.record({ a: int, b: int }).map((fields) => ["Add", fields] as const),
    fc.record({ text }).map((fields) => ["Say", fields] as const),
    fc.record({ bytes }).map((fields) => ["Put", fields] as const),
    fc.record({ name: text }).map((fields) => ["Push", fields] as const),
    fc
      .record({ json: fc.jsonValue().map((json) => JSON.parse(JSON.stringify(json)) as unknown) })
      .map((fields) => ["Any", fields] as const),
    fc.constant(["Pull", {}] as const)
  )
  const request: fc.Arbitrary<Message> = fc
    .tuple(payload, fc.record({ id, timeoutMillis, headers }))
    .map(([[tag, fields], rest]) => Words.request(tag, fields, rest))
  const ofTag = (tag: Words.Tag) => ({ id, method: fc.constant(toServer(tag)) })
  const list = <A>(item: fc.Arbitrary<A>): fc.Arbitrary<ReadonlyArray<A>> =>
    fc.array(item, { minLength: 1, maxLength: 5 })
  const tagged = <Tag extends Message["_tag"], R>(
    tag: Tag,
    fields: { [K in keyof R]: fc.Arbitrary<R[K]> }
  ): fc.Arbitrary<Message> => fc.record(fields).map((rest) => ({ _tag: tag, ...rest }) as unknown as Message)
  const reason: fc.Arbitrary<Refusal> = fc.oneof(
    fc.constant({ _tag: "UnknownMethod" as const }),
    fc.record({ _tag: fc.constant("Malformed" as const), detail: text }),
    fc.record({ _tag: fc.constant("RemoteDefect" as const), detail: text, stack: fc.option(text, { nil: undefined }) })
  )
  const fromClient = fc.oneof(
    request,
    tagged("Input", { ...ofTag("Sum"), items: list(int), bytes: fc.constant(0) }),
    tagged("Input", { ...ofTag("Push"), items: bytes.map((item) => [item]), bytes: fc.constant(0) }),
    tagged("InputEnd", ofTag("Push")),
    tagged("Cancel", ofTag("Add")),
    fc.record({ text }).map((fields): Message => ({
      _tag: "Event",
      method: toServer("Note"),
      payload: Words.made("Note", fields),
      bytes: 0
    })),
    fc.record({ bytes }).map((fields): Message => ({
      _tag: "Event",
      method: toServer("Blob"),
      payload: Words.made("Blob", fields),
      bytes: 0
    }))
  )
  const fromServer = fc.oneof(
    tagged("Success", { ...ofTag("Add"), value: int }),
    tagged("Success", { ...ofTag("Put"), value: bytes }),
    tagged("Success", { ...ofTag("Count"), value: fc.constant(undefined) }),
    tagged("Failure", { ...ofTag("Add"), error: int.map((most) => new Words.TooLarge({ most })) }),
    tagged("Failure", { ...ofTag("Put"), error: bytes }),
    tagged("Progress", { ...ofTag("Push"), value: fc.record({ done: int }) }),
    tagged("Progress", { ...ofTag("Put"), value: bytes }),
    tagged("Chunk", { ...ofTag("Count"), items: list(int), bytes: fc.constant(0) }),
    tagged("Chunk", { ...ofTag("Pull"), items: bytes.map((item) => [item]), bytes: fc.constant(0) }),
    tagged("Defect", { ...ofTag("Add"), reason }),
    fc.record({ n: int }).map((fields): Message => ({
      _tag: "Event",
      method: toClient("Tick"),
      payload: Words.made("Tick", fields),
      bytes: 0
    }))
  )
  const fromBoth = fc.oneof(
    tagged("Credit", { of: fc.constantFrom("answer", "input", "events"), id, items: fc.nat(), bytes: fc.nat() }),
    fc.constantFrom<Message>({ _tag: "Ping" }, { _tag: "Pong" }, { _tag: "Drain" }, { _tag: "Bye", reason: undefined }),
    tagged("Bye", { reason })
  )
  return {
    fromClient: fc.array(fc.oneof({ weight: 4, arbitrary: fromClient }, fromBoth), { maxLength: 12 }),
    fromServer: fc.array(fc.oneof({ weight: 4, arbitrary: fromServer }, fromBoth), { maxLength: 12 })
  }
})()

/** Messages without the sizes that only their reader knows. */
const unsized = (messages: ReadonlyArray<Message>): ReadonlyArray<unknown> =>
  messages.map((message) => ("bytes" in message && message._tag !== "Credit" ? { ...message, bytes: 0 } : message))

describe.each(wires)("two codecs $name", ({ wire }) => {
  it("understand each other, whatever is said and however it is cut", () => {
    fc.assert(
      fc.property(any.fromClient, any.fromServer, sizes, (fromClient, fromServer, pieceSizes) => {
        const { client, server } = greeted(wire)
        const asked = read(server, ...cut(write(client, ...fromClient), pieceSizes))
        assert.deepStrictEqual(unsized(asked.messages), unsized(fromClient))
        const answered = read(client, ...cut(write(server, ...fromServer), pieceSizes))
        assert.deepStrictEqual(unsized(answered.messages), unsized(fromServer))
        for (const out of [asked, answered])
          assert.deepStrictEqual([out.refused, out.skipped, out.buffer.bytes], [[], "", 0])
      }),
      { numRuns: 200 }
    )
  })

  it("count the same bytes for what they send and receive", () => {
    const { client, server } = greeted(wire)
    const items = [new Uint8Array(3), new Uint8Array(0), new Uint8Array(20_000)]
    const said: ReadonlyArray<Message> = [
      { _tag: "Input", id: 1, method: toServer("Sum"), items: [1, 22, 333], bytes: 0 },
      { _tag: "Input", id: 1, method: toServer("Push"), items, bytes: 0 },
      { _tag: "Event", method: toServer("Note"), payload: { text: "é" }, bytes: 0 }
    ]
    for (const message of said) {
      const out = new Recorder()
      const sent = client.write(message, out)
      const received = read(server, out.written()).messages as ReadonlyArray<{ readonly bytes: number }>
      assert.strictEqual(
        received.reduce((sum, { bytes }) => sum + bytes, 0),
        sent
      )
    }
  })

  it("count no bytes but those of the value", () => {
    const { client } = greeted(wire)
    const out = new Recorder()
    const besides = { timeoutMillis: 5, headers: { a: "b" } }
    assert.strictEqual(client.write(Words.request("Say", { text: "é" }, besides), out), 2)
    assert.strictEqual(client.write(Words.request("Add", { a: 1, b: 2 }, besides), out), '{"a":1,"b":2}'.length)
    const quick = Words.request("Add", { a: 1, b: 2 }, { timeoutMillis: 5 })
    assert.strictEqual(client.write(quick, out), '{"a":1,"b":2}'.length)
    assert.strictEqual(client.write(Words.request("Put", { bytes: new Uint8Array(20_000) }), out), 20_000)
  })

  // Each list took memory of its own for the most that it might have needed.
  it("write lists one behind the other into the same memory", () => {
    const { client, server } = greeted(wire)
    const out = new Recorder()
    const slabs = new Set<Uint8Array>()
    const items = Array.from({ length: 1000 }, (_, n) => n)
    for (let id = 1; id <= 40; id++) {
      assert.isNumber(server.write({ _tag: "Chunk", id, method: toServer("Count"), items, bytes: 0 }, out))
      slabs.add(out.buffer.slab)
    }
    assert.strictEqual(slabs.size, 3)
    const { messages } = read(client, out.written())
    assert.lengthOf(messages, 40)
    for (const message of messages) assert.deepEqual((message as { readonly items: unknown }).items, items)
  })

  it("pass on a message for each raw item, and one for a list of others", () => {
    const { client, server } = greeted(wire)
    const raw = [Uint8Array.of(1), Uint8Array.of(2, 3)]
    const out = read(
      client,
      write(
        server,
        { _tag: "Chunk", id: 4, method: toServer("Pull"), items: raw, bytes: 0 },
        { _tag: "Chunk", id: 5, method: toServer("Count"), items: [1, 2], bytes: 0 }
      )
    )
    assert.deepStrictEqual(out.messages, [
      { _tag: "Chunk", id: 4, method: toServer("Pull"), items: [raw[0]], bytes: 1 },
      { _tag: "Chunk", id: 4, method: toServer("Pull"), items: [raw[1]], bytes: 2 },
      { _tag: "Chunk", id: 5, method: toServer("Count"), items: [1, 2], bytes: 5 }
    ])
  })

  it("may write while they read", () => {
    const { client, server } = greeted(wire)
    const out = new Recorder()
    out.onMessage = (message) => {
      if (message._tag !== "Request") return
      const { id, method } = message
      assert.isNumber(server.write({ _tag: "Progress", id, method, value: new Uint8Array(20_000) }, out))
      assert.isNumber(server.write({ _tag: "Success", id, method, value: Uint8Array.of(id) }, out))
    }
    const requests = [1, 2, 3].map((id) => Words.request("Put", { bytes: Uint8Array.of(id, id) }, { id }))
    for (const piece of cut(write(client, ...requests), [20])) server.read(piece, out)
    assert.deepStrictEqual(out.messages, requests)
    const answers = read(client, out.written()).messages
    assert.deepStrictEqual(
      answers.map((message) => (message._tag === "Success" ? message.value : message._tag)),
      ["Progress", Uint8Array.of(1), "Progress", Uint8Array.of(2), "Progress", Uint8Array.of(3)]
    )
  })

  it("keep a large value's memory apart from all others", () => {
    const { client, server } = greeted(wire)
    const bytes = new Uint8Array(100_000).map((_, at) => at)
    const stream = concat(...[1, 2, 3].map((id) => write(client, Words.request("Put", { bytes }, { id }))))
    for (const pieceBytes of [stream.length, 65_536, 1000]) {
      const values = read(server, ...cut(stream, [pieceBytes])).messages.map(
        (message) => (message as { readonly payload: { readonly bytes: Uint8Array } }).payload.bytes
      )
      values[0]!.fill(0)
      assert.strictEqual(hex(values[1]!), hex(bytes))
      values[1]!.fill(0)
      assert.strictEqual(hex(values[2]!), hex(bytes))
    }
  })
})

describe("raw bytes", () => {
  it("travel as they are where the payload is one field of bytes, and as JSON elsewhere", () => {
    const { client } = greeted()
    const bytes = Uint8Array.of(0xfa, 0xce, 0)
    const written = hex(write(client, Words.request("Put", { bytes })))
    assert.isTrue(written.endsWith("face00"))
    assert.strictEqual(written.slice(6, 8), "02")
    assert.notInclude(hex(write(client, Words.request("Any", { json: "x" }))).slice(4), "face")
  })

  it("leave without a copy when they are many", () => {
    const { client } = greeted()
    const bytes = new Uint8Array(16 * 1024)
    const out = new Recorder()
    client.write(Words.request("Put", { bytes }), out)
    const chunks: Array<Uint8Array> = []
    out.buffer.flush((chunk) => chunks.push(chunk))
    assert.deepStrictEqual(
      chunks.map((chunk) => chunk.length),
      [16, 16 * 1024]
    )
    assert.strictEqual(chunks[1]!.buffer, bytes.buffer)
  })

  it("may come as JSON all the same", () => {
    const { server } = greeted()
    const out = read(server, frame({ kind: Kind.Request, number: numberOf("Put"), body: '{"bytes":"AQI="}' }))
    assert.deepStrictEqual(out.messages, [Words.request("Put", { bytes: Uint8Array.of(1, 2) }, { id: 9 })])
  })

  it.each<readonly [string, keyof Pair, FrameFields, Refused]>([
    [
      "a payload",
      "server",
      { kind: Kind.Request, number: numberOf("Add") },
      {
        about: "duty",
        id: 9,
        method: -1,
        reason: { _tag: "InvalidPayload", part: "payload", detail: "expected JSON, got raw bytes" }
      }
    ],
    [
      "an item",
      "server",
      { kind: Kind.Input, number: numberOf("Sum") },
      {
        about: "duty",
        id: 9,
        method: -1,
        reason: { _tag: "InvalidPayload", part: "input", detail: "expected JSON, got raw bytes" }
      }
    ],
    [
      "an event",
      "client",
      { kind: Kind.Event, number: toClient("Tick") + 1 },
      {
        about: "none",
        id: 0,
        method: -1,
        reason: { _tag: "InvalidPayload", part: "payload", detail: "expected JSON, got raw bytes" }
      }
    ]
  ])("are refused where JSON is expected: %s", (_, side, fields, refused) => {
    const out = read(greeted()[side], frame({ ...fields, flags: Flag.raw, body: "[1]" }))
    assert.deepStrictEqual(out.said, { messages: [], refused: [refused], skipped: "" })
  })
})

describe("text", () => {
  const halves = ["\ud83d", "a\udc4bb", "\udc4b\ud83d"]

  it("travels as it is where it is the whole value or the one field of a payload", () => {
    const { client, server } = greeted()
    for (const text of ["", "hi", '"quoted"', "grüße 👋", "\u2028\0", "x".repeat(100_000)]) {
      const written = [
        write(client, Words.request("Say", { text })),
        write(server, { _tag: "Success", id: 1, method: toServer("Say"), value: text })
      ]
      for (const bytes of written) {
        assert.strictEqual(bytes[3], Flag.raw)
        assert.strictEqual(hex(bytes.slice(16)), hex(concat(text)))
      }
      assert.deepStrictEqual(read(server, written[0]!).messages, [Words.request("Say", { text })])
    }
  })

  it.each(halves)("that UTF-8 cannot say travels as JSON, and is read as such: %j", (text) => {
    const { client, server } = greeted()
    for (const headers of [undefined, { a: "b" }]) {
      const message = Words.request("Say", { text }, { headers })
      const written = write(client, message)
      assert.strictEqual(written[3]! & Flag.raw, 0)
      assert.isTrue(hex(written).endsWith(hex(concat(JSON.stringify({ text })))))
      assert.deepStrictEqual(read(server, written).messages, [message])
    }
  })

  it("is JSON in lists, where many share a frame", () => {
    class Lines extends Request.Class<Lines>()("Lines", { stream: Schema.String, input: Schema.String }) {}
    const protocol = Protocol.make("lines", { version: "1.0.0", server: [Lines] })
    const [client, server] = [
      openClient(plain, compile(protocol, "client")),
      openServer(plain, compile(protocol, "server"))
    ]
    const hello: Message = { _tag: "Hello", hello: Words.helloOf([], { methods: ["Lines"] }) }
    read(server, write(client, hello))
    read(client, write(server, hello))
    const message: Message = { _tag: "Chunk", id: 1, method: 0, items: ["a", "ü", "\ud83d"], bytes: 16 }
    const written = write(server, message)
    assert.strictEqual(hex(written.slice(16)), hex(concat('["a","ü","\\ud83d"]')))
    assert.deepStrictEqual(read(client, written).messages, [{ ...message, bytes: written.length - 16 }])
  })

  it("that is no UTF-8 is read with U+FFFD in place of it", () => {
    const body = Uint8Array.of(0x61, 0xff, 0xc3)
    const out = read(greeted().server, frame({ kind: Kind.Request, flags: Flag.raw, number: numberOf("Say"), body }))
    assert.deepStrictEqual(out.messages, [Words.request("Say", { text: "a\ufffd\ufffd" }, { id: 9 })])
  })
})

describe("what precedes a payload", () => {
  const bytes = (...all: ReadonlyArray<number>) => Uint8Array.of(...all)
  const deadline = bytes(0, 0, 1, 0x2c)
  const headers = concat(bytes(0, 0, 0, 9), '{"a":"b"}')
  const payload = '{"a":1,"b":2}'

  it("is the deadline, then the headers", () => {
    const { client } = greeted()
    const message = Words.request("Add", { a: 1, b: 2 }, { timeoutMillis: 300, headers: { a: "b" } })
    const written = write(client, message)
    assert.strictEqual(written[3], Flag.deadline | Flag.headers)
    assert.strictEqual(hex(written.slice(16)), hex(concat(deadline, headers, payload)))
  })

  it.each([
    [0, concat(payload), 0, undefined],
    [Flag.deadline, concat(deadline, payload), 300, undefined],
    [Flag.headers, concat(headers, payload), 0, { a: "b" }],
    [Flag.deadline | Flag.headers, concat(deadline, headers, payload), 300, { a: "b" }],
    [Flag.deadline, concat(bytes(0, 0, 0, 0), payload), 0, undefined],
    [Flag.headers, concat(bytes(0, 0, 0, 2), "{}", payload), 0, {}]
  ])("is read as flags %i say", (flags, body, timeoutMillis, given) => {
    const out = read(greeted().server, frame({ kind: Kind.Request, flags, number: numberOf("Add"), body }))
    assert.deepStrictEqual(out.messages, [
      Words.request("Add", { a: 1, b: 2 }, { id: 9, timeoutMillis, ...(given && { headers: given }) })
    ])
  })

  it("says the longest deadline there is for a longer one", () => {
    const { client, server } = greeted()
    const out = read(server, write(client, Words.request("Say", { text: "" }, { timeoutMillis: 1e12 })))
    assert.strictEqual((out.messages[0] as { readonly timeoutMillis: number }).timeoutMillis, 0xffffffff)
  })

  it.each([
    ["a deadline that is cut short", Flag.deadline, bytes(0, 0, 1)],
    ["no deadline at all", Flag.deadline, bytes()],
    ["a length of headers that is cut short", Flag.headers, bytes(0, 0, 0)],
    ["headers longer than the body", Flag.headers, concat(bytes(0, 0, 0, 10), '{"a":"b"}')],
    ["headers longer than anything", Flag.headers, concat(bytes(0xff, 0xff, 0xff, 0xff), '{"a":"b"}')],
    ["headers that are none", Flag.headers, concat(bytes(0, 0, 0, 2), "[]", payload)],
    ["headers of no text", Flag.headers, concat(bytes(0, 0, 0, 0), payload)],
    ["only a deadline", Flag.deadline, deadline],
    ["only headers", Flag.headers, headers]
  ])("is refused with the id when it is wrong: %s", (_, flags, body) => {
    const wrong = frame({ kind: Kind.Request, flags, number: numberOf("Say"), body })
    // The bytes after it must not be taken for the rest of it.
    const out = read(greeted().server, concat(wrong, frame({ kind: Kind.Ping, id: 0, number: 0 })))
    assert.deepStrictEqual(out.messages, [{ _tag: "Ping" }])
    assert.lengthOf(out.refused, 1)
    const { about, id, reason } = out.refused[0]!
    assert.deepStrictEqual([about, id, reason._tag], ["duty", 9, "InvalidPayload"])
  })

  it.each([
    ["a deadline", Flag.deadline, bytes(0, 0, 1)],
    ["a length of headers", Flag.headers, bytes(0, 0)],
    ["headers", Flag.headers, concat(bytes(0, 0, 0, 16))]
  ])("is not taken from the next frame, nor raw bytes from nothing: %s", (_, flags, body) => {
    const wrong = frame({ kind: Kind.Request, flags: flags | Flag.raw, number: numberOf("Put"), body })
    const { messages, refused } = read(greeted().server, concat(wrong, "{}".padEnd(64)))
    assert.deepStrictEqual(messages, [])
    assert.deepInclude(refused[0]!.reason, { _tag: "InvalidPayload", detail: "the body is shorter than its headers" })
  })

  it("keeps names that objects have anyway as headers", () => {
    const { client, server } = greeted()
    const given = JSON.parse('{"__proto__":"p","constructor":"c"}') as Record<string, string>
    const out = read(server, write(client, Words.request("Say", { text: "" }, { headers: given })))
    const taken = (out.messages[0] as { readonly headers: object }).headers
    assert.deepStrictEqual(Object.entries(taken), Object.entries(given))
  })

  it("that is too much is refused before it leaves", () => {
    const request = Words.request("Say", { text: "" }, { headers: { a: "x".repeat(20_000) } })
    assert.deepInclude(refusal(greeted().client, request), { _tag: "InvalidPayload", part: "payload" })
  })
})

describe("numbers", () => {
  /** The client numbers from the end, and says a request and an event that the server does not know. */
  const reversed: Lexicon = {
    ...Words.client,
    says: [...Words.client.says, { ...Words.client.says[0]!, tag: "Later" }].reverse()
  }
  const later = 0
  const add = Words.place(reversed.says, "Add")
  const note = Words.place(reversed.says, "Note")

  const differing = (): Pair =>
    greet(
      { client: openClient(plain, reversed), server: openServer() },
      { methods: reversed.says.map(({ tag }) => tag) }
    )

  it("are those of the side that asks, in both directions", () => {
    const { client, server } = differing()
    const request = { ...Words.request("Add", { a: 1, b: 2 }, { id: 5 }), method: add }
    const asked = write(client, request)
    assert.strictEqual(asked[13], add + 1)
    assert.deepStrictEqual(read(server, asked).messages, [{ ...request, method: toServer("Add") }])
    const answered = write(server, { _tag: "Success", id: 5, method: toServer("Add"), value: 3 })
    assert.strictEqual(answered[13], add + 1)
    assert.deepStrictEqual(read(client, answered).messages, [{ _tag: "Success", id: 5, method: add, value: 3 }])
    const event = write(client, { _tag: "Event", method: note, payload: { text: "x" }, bytes: 0 })
    assert.deepInclude(read(server, event).messages[0], { _tag: "Event", method: toServer("Note") })
    const defect = write(server, { _tag: "Defect", id: 5, method: toServer("Add"), reason: { _tag: "Draining" } })
    assert.deepInclude(read(client, defect).messages[0], { _tag: "Defect", id: 5, method: add })
    const cancel = write(client, { _tag: "Cancel", id: 5, method: add })
    assert.deepStrictEqual(read(server, cancel).messages, [{ _tag: "Cancel", id: 5, method: toServer("Add") }])
  })

  it("that the other side does not know are refused with the id", () => {
    const { client, server } = differing()
    const request = { ...Words.request("Add", { a: 1, b: 2 }, { id: 5 }), method: later }
    assert.deepStrictEqual(read(server, write(client, request)).said, {
      messages: [],
      refused: [{ about: "duty", id: 5, method: -1, reason: { _tag: "UnknownMethod" } }],
      skipped: ""
    })
  })

  it("of a peer that says a tag twice all mean the same", () => {
    const methods = [...Words.client.says.map(({ tag }) => tag), "Add"]
    const { server } = greeted(plain, { methods })
    const body = '{"a":1,"b":2}'
    const out = read(
      server,
      ...[numberOf("Add"), methods.length].map((number) => frame({ kind: Kind.Request, number, body }))
    )
    assert.lengthOf(out.messages, 2)
  })

  // A request that named an event took the process down; an event that named a request ran its handler.
  it.each<readonly [string, FrameFields, Refused["about"], number]>([
    ["a request names an event", { kind: Kind.Request, number: numberOf("Note"), body: '{"text":"x"}' }, "duty", 9],
    ["an input names an event", { kind: Kind.Input, number: numberOf("Note"), body: "[1]" }, "duty", 9],
    ["an event names a request", { kind: Kind.Event, number: numberOf("Say"), body: '{"text":"x"}' }, "none", 0],
    ["a request has no number", { kind: Kind.Request, number: 0, body: "{}" }, "duty", 9],
    ["a request has a number beyond all", { kind: Kind.Request, number: 0xffff, body: "{}" }, "duty", 9],
    ["an input has a number beyond all", { kind: Kind.Input, number: 0xffff, body: "{}" }, "duty", 9],
    ["an event has a number beyond all", { kind: Kind.Event, number: 0xffff, body: "{}" }, "none", 0]
  ])("are unknown when %s", (_, fields, about, id) => {
    assert.deepStrictEqual(read(greeted().server, frame(fields)).said, {
      messages: [],
      refused: [{ about, id, method: -1, reason: { _tag: "UnknownMethod" } }],
      skipped: ""
    })
  })

  it("of events are told with their size, which counts against the sender's credit", () => {
    const { server } = greeted()
    const unknown = frame({ kind: Kind.Event, number: 0xffff, body: "{}" })
    const invalid = frame({ kind: Kind.Event, number: numberOf("Note"), body: '{"text":1}' })
    const damaged = frame({ kind: Kind.Event, flags: Flag.crc, number: numberOf("Note"), body: "body that is damaged" })
    assert.deepStrictEqual(read(server, concat(unknown, invalid, damaged)).lostEvents, [2, 10, 20])
  })

  it.each([Kind.Success, Kind.Failure, Kind.Progress, Kind.Chunk])(
    "of an answer (kind %i) must be ones of this side",
    (kind) => {
      for (const number of [0, Words.client.says.length + 1, 0xffff]) {
        const { messages, refused } = read(greeted().client, frame({ kind, number, body: "1" }))
        assert.deepStrictEqual(messages, [])
        assert.deepInclude(refused[0], { about: "call", id: 9 })
        assert.strictEqual(refused[0]!.reason._tag, "Malformed")
      }
    }
  )

  it("of an answer are handed on, so that one to another method is seen", () => {
    const { client } = greeted()
    const out = read(client, frame({ kind: Kind.Success, number: numberOf("Say"), body: '"text"' }))
    assert.deepStrictEqual(out.messages, [{ _tag: "Success", id: 9, method: numberOf("Say") - 1, value: "text" }])
  })

  it("mean nothing before Hello", () => {
    const kinds = [Kind.Request, Kind.Input, Kind.Event]
    const out = read(openServer(), ...kinds.map((kind) => frame({ kind, body: "{}" })))
    assert.deepStrictEqual(out.refused, [
      { about: "duty", id: 9, method: -1, reason: { _tag: "Malformed", detail: "a frame came before Hello" } },
      { about: "duty", id: 9, method: -1, reason: { _tag: "Malformed", detail: "a frame came before Hello" } },
      { about: "none", id: 0, method: -1, reason: { _tag: "Malformed", detail: "a frame came before Hello" } }
    ])
  })

  it("are learned once: a second Hello is handed on and changes none", () => {
    const { client, server } = greeted()
    const hello = Words.helloOf([...Words.client.says].reverse(), { limits: { frameBytes: 1, calls: 1 } })
    const second = write(client, { _tag: "Hello", hello })
    assert.deepStrictEqual(read(server, second).messages, [{ _tag: "Hello", hello }])
    const request = Words.request("Add", { a: 1, b: 2 })
    assert.deepStrictEqual(read(server, write(client, request)).messages, [request])
    assert.isNumber(
      server.write({ _tag: "Success", id: 1, method: toServer("Say"), value: "x".repeat(70_000) }, new Recorder())
    )
  })

  it("of as many methods as a Hello may name are learned in no time", () => {
    const methods = Array.from({ length: 65_535 }, (_, at) => `unknown${at}`)
    const { server } = greeted(plain, { methods: [...methods.slice(1), "Add"] })
    const out = read(server, frame({ kind: Kind.Request, number: 65_535, body: '{"a":1,"b":2}' }))
    assert.deepStrictEqual(out.messages, [Words.request("Add", { a: 1, b: 2 }, { id: 9 })])
  })
})

describe("a value that does not fit", () => {
  const invalid = (part: Part) => ({ _tag: "InvalidPayload", part }) as const

  it.each<readonly [string, FrameFields, Part]>([
    ["a payload", { kind: Kind.Request, number: numberOf("Add"), body: '{"a":1,"b":"2"}' }, "payload"],
    ["a payload of no JSON", { kind: Kind.Request, number: numberOf("Add"), body: '{"a":1,' }, "payload"],
    [
      "a payload of no text",
      { kind: Kind.Request, number: numberOf("Add"), body: Uint8Array.of(0xfa, 0xce) },
      "payload"
    ],
    ["no payload", { kind: Kind.Request, number: numberOf("Add") }, "payload"],
    ["a payload that is a number", { kind: Kind.Request, number: numberOf("Pull"), body: "5" }, "payload"],
    ["a payload that is null", { kind: Kind.Request, number: numberOf("Pull"), body: "null" }, "payload"],
    ["an item of an input", { kind: Kind.Input, number: numberOf("Sum"), body: '[1,"2"]' }, "input"],
    ["no items of an input", { kind: Kind.Input, number: numberOf("Sum"), body: "[]" }, "input"],
    ["an item for a request without input", { kind: Kind.Input, number: numberOf("Add"), body: "[1]" }, "input"]
  ])("is refused with the id and the part: %s", (_, fields, part) => {
    const { messages, refused } = read(greeted().server, frame(fields))
    assert.deepStrictEqual(messages, [])
    assert.lengthOf(refused, 1)
    assert.deepInclude(refused[0], { about: "duty", id: 9 })
    assert.deepInclude(refused[0]!.reason, invalid(part))
  })

  it.each<readonly [string, FrameFields, Part]>([
    ["a success", { kind: Kind.Success, number: numberOf("Add"), body: '"3"' }, "success"],
    ["an error", { kind: Kind.Failure, number: numberOf("Add"), body: '{"_tag":"Other"}' }, "error"],
    ["an error of a request that has none", { kind: Kind.Failure, number: numberOf("Say"), body: "{}" }, "error"],
    ["a progress", { kind: Kind.Progress, number: numberOf("Push"), body: "[]" }, "progress"],
    ["an item", { kind: Kind.Chunk, number: numberOf("Count"), body: '["1"]' }, "item"],
    ["an item that is not in a list", { kind: Kind.Chunk, number: numberOf("Count"), body: "1" }, "item"],
    ["an answer to an event", { kind: Kind.Success, number: numberOf("Note"), body: "1" }, "success"]
  ])("of an answer is refused with the id and the part: %s", (_, fields, part) => {
    const { messages, refused } = read(greeted().client, frame(fields))
    assert.deepStrictEqual(messages, [])
    assert.lengthOf(refused, 1)
    assert.deepInclude(refused[0], { about: "call", id: 9 })
    assert.deepInclude(refused[0]!.reason, invalid(part))
  })

  it("of an event is refused for no one", () => {
    const { refused } = read(greeted().server, frame({ kind: Kind.Event, number: numberOf("Note"), body: "{}" }))
    assert.deepInclude(refused[0], { about: "none", id: 0 })
    assert.deepInclude(refused[0]!.reason, invalid("payload"))
  })

  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000)

  it.each<readonly [string, string]>([
    ["where anything fits", `{"json":${deep}}`],
    ["where nothing fits", deep],
    ["where a field is known", `{"a":${deep}}`]
  ])("because it nests a million deep is refused, %s", (_, body) => {
    const server = openServer(plain, Words.server, 4_000_000)
    const out = read(
      server,
      write(openClient(), { _tag: "Hello", hello: Words.helloOf(Words.client.says) }),
      frame({ kind: Kind.Request, number: numberOf("Any"), body })
    )
    assert.deepStrictEqual(out.refused, [
      {
        about: "duty",
        id: 9,
        method: -1,
        reason: { _tag: "InvalidPayload", part: "payload", detail: "nested deeper than 1000" }
      }
    ])
  })

  it.each<readonly [string, Message, Part]>([
    ["a payload", asking("Add", { a: 1, b: "2" }), "payload"],
    ["a raw payload", asking("Put", { bytes: [1] }), "payload"],
    ["no payload", asking("Put", undefined), "payload"],
    ["an input", { _tag: "Input", id: 1, method: toServer("Sum"), items: [1, "2"], bytes: 0 }, "input"],
    [
      "a raw input",
      { _tag: "Input", id: 1, method: toServer("Push"), items: [Uint8Array.of(1), "2"], bytes: 0 },
      "input"
    ],
    ["an event", { _tag: "Event", method: toServer("Note"), payload: { text: 1 }, bytes: 0 }, "payload"]
  ])("leaves nothing behind when it is said: %s", (_, message, part) => {
    assert.deepInclude(refusal(greeted().client, message), invalid(part))
  })

  it.each<readonly [string, Message, Part]>([
    ["a success", { _tag: "Success", id: 1, method: toServer("Add"), value: "3" }, "success"],
    ["a success for a stream", { _tag: "Chunk", id: 1, method: toServer("Add"), items: [1], bytes: 0 }, "item"],
    ["an error", { _tag: "Failure", id: 1, method: toServer("Add"), error: new Error() }, "error"],
    ["a progress", { _tag: "Progress", id: 1, method: toServer("Push"), value: 3 }, "progress"],
    ["a progress where none is", { _tag: "Progress", id: 1, method: toServer("Add"), value: 3 }, "progress"],
    ["an item", { _tag: "Chunk", id: 1, method: toServer("Count"), items: [1, "2"], bytes: 0 }, "item"],
    ["a raw item", { _tag: "Chunk", id: 1, method: toServer("Pull"), items: [Uint8Array.of(1), "2"], bytes: 0 }, "item"]
  ])("leaves nothing behind when it answers: %s", (_, message, part) => {
    assert.deepInclude(refusal(greeted().server, message), invalid(part))
  })
})

describe.each(wires)("a frame that is too large, $name", ({ wire }) => {
  const seal = wire === sealing ? 4 : 0
  const putOf = (size: number) => Words.request("Put", { bytes: new Uint8Array(size) })
  const limit = 100_000
  const limits = { frameBytes: limit, calls: 16 }

  /** Writes to a peer with a limit, and hands over what was written to a codec with that limit. */
  const say = (message: Message): { readonly written: number | Refusal; readonly out: Recorder } => {
    const { client, server } = greet(
      { client: openClient(wire), server: openServer(wire, Words.server, limit) },
      {},
      { limits }
    )
    const sent = new Recorder()
    const written = client.write(message, sent)
    return { written, out: read(server, sent.written()) }
  }

  // With a CRC the sender counted four bytes too few.
  it.each([
    ["raw bytes", limit - seal, putOf],
    [
      "raw bytes behind headers",
      limit - seal,
      (size: number) => Words.request("Put", { bytes: new Uint8Array(size - 17) }, { headers: { a: "12345" } })
    ],
    ["text", limit - seal, (size: number) => Words.request("Say", { text: "x".repeat(size) })],
    [
      "text of several bytes a character",
      limit - seal,
      (size: number) => Words.request("Say", { text: `${"é".repeat(40_000)}${"x".repeat(size - 80_000)}` })
    ],
    ["JSON", limit - seal, (size: number) => Words.request("Any", { json: "x".repeat(size - 11) })]
  ])("is refused by who would send it, and one that just fits is read: %s", (_, size, message) => {
    const fits = say(message(size))
    assert.isNumber(fits.written)
    assert.lengthOf(fits.out.messages, 1)
    const large = say(message(size + 1))
    assert.deepStrictEqual<unknown>(large.written, { _tag: "Oversized", bytes: limit + 1, maxBytes: limit })
    assert.deepStrictEqual(large.out.messages, [])
  })

  it("is refused whole when one of several raw items is too large", () => {
    const items = [new Uint8Array(10), new Uint8Array(limit - seal), new Uint8Array(limit - seal + 1)]
    const { out, written } = say({ _tag: "Input", id: 1, method: toServer("Push"), items, bytes: 0 })
    assert.deepStrictEqual<unknown>(written, { _tag: "Oversized", bytes: limit + 1, maxBytes: limit })
    assert.deepStrictEqual(out.messages, [])
    assert.lengthOf(
      say({ _tag: "Input", id: 1, method: toServer("Push"), items: items.slice(0, 2), bytes: 0 }).out.messages,
      2
    )
  })

  it("is refused by who reads it, with the id, and what follows is read", () => {
    const { client } = greeted(wire)
    const server = openServer(wire, Words.server, limit)
    const out = read(
      server,
      write(openClient(wire), { _tag: "Hello", hello: Words.helloOf(Words.client.says) }),
      ...cut(write(client, { ...putOf(200_000), id: 31 }, Words.request("Say", { text: "next" })), [999])
    )
    assert.deepStrictEqual(out.messages.slice(1), [Words.request("Say", { text: "next" })])
    assert.deepStrictEqual(out.refused, [
      { about: "duty", id: 31, method: -1, reason: { _tag: "Oversized", bytes: 200_000 + seal, maxBytes: limit } }
    ])
  })

  it("has 64 KiB before the other's Hello", () => {
    const client = openClient(wire)
    const out = new Recorder()
    assert.isNumber(client.write(putOf(65_536 - seal), out))
    const before = out.buffer.bytes
    assert.deepStrictEqual(client.write(putOf(65_537 - seal), out), {
      _tag: "Oversized",
      bytes: 65_537,
      maxBytes: 65_536
    })
    assert.strictEqual(out.buffer.bytes, before)
    read(client, write(openServer(wire), { _tag: "Hello", hello: Words.helloOf(Words.server.says) }))
    assert.isNumber(client.write(putOf(65_537), out))
  })

  it("may be a Hello: it has no limit but the reader's", () => {
    const methods = Array.from({ length: 20_000 }, (_, at) => `method${at}`)
    const hello = Words.helloOf([], { methods })
    assert.deepStrictEqual(read(openServer(wire), write(openClient(wire), { _tag: "Hello", hello })).messages, [
      { _tag: "Hello", hello }
    ])
    const strict = openServer(wire, Words.server, 65_536)
    const { refused } = read(strict, write(openClient(wire), { _tag: "Hello", hello }))
    assert.deepInclude(refused[0], { about: "none", id: 0 })
    assert.strictEqual(refused[0]!.reason._tag, "Oversized")
  })

  it("is never a refusal, even for a peer that claims to read nothing", () => {
    const { client, server } = greeted(wire, { limits: { frameBytes: 0, calls: 0 } })
    const reason: Refusal = { _tag: "RemoteDefect", detail: "€".repeat(50_000), stack: "\u0000".repeat(50_000) }
    const out = read(
      client,
      write(server, { _tag: "Defect", id: 3, method: toServer("Add"), reason }, { _tag: "Bye", reason })
    )
    assert.lengthOf(out.messages, 2)
  })

  it("ends where its length can still be said", () => {
    const { server } = greeted(wire, { limits: { frameBytes: 1e300, calls: 1e300 } })
    assert.isNumber(server.write({ _tag: "Success", id: 1, method: toServer("Say"), value: "x" }, new Recorder()))
  })
})

describe("frames that cannot be understood", () => {
  it("are refused when a Proof is longer than any can be", () => {
    const most = "f".repeat(256)
    const { server } = greeted()
    const proof = (body: string) => frame({ kind: Kind.Proof, id: 0, number: 0, body })
    const out = read(server, concat(proof(most), proof(`${most}f`)))
    assert.deepStrictEqual(out.messages, [{ _tag: "Proof", proof: most }])
    const reason = { _tag: "Malformed", detail: "Proof: expected at most 256 bytes" } as const
    assert.deepStrictEqual(out.refused, [{ about: "none", id: 0, method: -1, reason }])
  })

  it.each([0, 18, 99, 255])("are skipped when their kind is unknown: %i", (kind) => {
    const { server } = greeted()
    const ping = frame({ kind: Kind.Ping, id: 0, number: 0 })
    const out = read(server, concat(frame({ kind, flags: 0xfe, number: 999, body: "anything" }), ping))
    assert.deepStrictEqual(out.said, { messages: [{ _tag: "Ping" }], refused: [], skipped: "" })
  })

  it("may have flags that are unknown", () => {
    const { server } = greeted()
    const out = read(server, frame({ kind: Kind.Request, flags: 0xe0, number: numberOf("Say"), body: '{"text":"x"}' }))
    assert.deepStrictEqual(out.messages, [Words.request("Say", { text: "x" }, { id: 9 })])
  })

  it.each<readonly [string, FrameFields, Refused["about"], number]>([
    ["a Hello", { kind: Kind.Hello, body: "{}" }, "none", 0],
    ["a Hello of no JSON", { kind: Kind.Hello, body: "{" }, "none", 0],
    ["a Defect", { kind: Kind.Defect, body: "{}" }, "call", 9],
    ["a Defect of nothing", { kind: Kind.Defect }, "call", 9],
    ["a Bye", { kind: Kind.Bye, body: "[]" }, "none", 0],
    ["credit for an answer", { kind: Kind.Credit, number: 1, body: "short" }, "duty", 9],
    ["credit for an input", { kind: Kind.Credit, number: 2 }, "call", 9],
    ["credit for events", { kind: Kind.Credit, id: 0, number: 3, body: "short" }, "none", 0],
    ["credit for nothing", { kind: Kind.Credit, number: 4, body: "12345678" }, "none", 0]
  ])("are refused for the one they concern: %s", (_, fields, about, id) => {
    const { messages, refused } = read(greeted().server, frame(fields))
    assert.deepStrictEqual(messages, [])
    assert.lengthOf(refused, 1)
    assert.deepInclude(refused[0], { about, id })
    assert.strictEqual(refused[0]!.reason._tag, "Malformed")
  })

  it.each<readonly [keyof typeof Kind, number, Refused["about"]]>([
    ["Request", 1, "duty"],
    ["Input", 1, "duty"],
    ["InputEnd", 1, "duty"],
    ["Cancel", 1, "duty"],
    ["Chunk", 1, "call"],
    ["Progress", 1, "call"],
    ["Success", 1, "call"],
    ["Failure", 1, "call"],
    ["Defect", 1, "call"],
    ["Credit", 1, "duty"],
    ["Credit", 2, "call"],
    ["Credit", 3, "none"],
    ["Event", 1, "none"],
    ["Ping", 0, "none"],
    ["Bye", 0, "none"]
  ])("are refused when their CRC is wrong: %s %i, for %s", (kind, number, about) => {
    const { refused } = read(
      greeted().server,
      frame({ kind: Kind[kind], flags: Flag.crc, number, body: "body that has no crc" })
    )
    assert.deepStrictEqual(refused, [
      {
        about,
        id: about === "none" ? 0 : 9,
        method: -1,
        reason: { _tag: "Malformed", detail: "the body of a frame does not match its CRC" }
      }
    ])
  })
})

describe("a codec", () => {
  it("gives up what stands still only where stray bytes may be", () => {
    assert.strictEqual(plain.abandonAfterMillis, 0)
    assert.strictEqual(sealing.abandonAfterMillis, 10_000)
  })

  it("finds the frames in what it gives up, and takes the rest for junk", () => {
    const { client, server } = greeted(sealing)
    const request = Words.request("Say", { text: "kept" })
    const out = new Recorder()
    const lost = frame({ kind: Kind.Request, body: new Uint8Array(5000) }).slice(0, 100)
    server.read(concat(lost, write(client, request), "tail"), out)
    assert.isTrue(server.unfinished)
    server.abandon(out)
    assert.isFalse(server.unfinished)
    assert.deepStrictEqual(out.messages, [request])
    assert.isTrue(out.skipped.endsWith("tail"))
  })

  it("reports what is unfinished at the end as junk", () => {
    const { server } = greeted()
    const out = new Recorder()
    server.read(concat(frame({ kind: Kind.Bye, body: "long" }).slice(0, -1)), out)
    assert.strictEqual(out.skipped, "")
    server.end(out)
    assert.strictEqual(out.skipped.length, 19)
    assert.isFalse(server.unfinished)
  })

  it("understands frames with a CRC and frames without, whatever it writes itself", () => {
    const requests = [Words.request("Say", { text: "x" })]
    for (const [from, to] of [
      [plain, sealing],
      [sealing, plain]
    ] as const) {
      const { client, server } = greet({ client: openClient(from), server: openServer(to) })
      assert.deepStrictEqual(read(server, write(client, ...requests)).messages, requests)
    }
  })
})

describe("hostile bytes", () => {
  const most = 64 * 1024

  /** Reads, and answers how much memory was held at the most. */
  const holding = (run: () => void): number => {
    let largest = 0
    const fill = ByteBuffer.prototype.fill
    const spy = vi.spyOn(ByteBuffer.prototype, "fill").mockImplementation(function (this: ByteBuffer, ...args) {
      const taken = fill.apply(this, args)
      largest = Math.max(largest, this.bytes.length)
      return taken
    })
    try {
      run()
    } finally {
      spy.mockRestore()
    }
    return largest
  }

  const kind = fc.oneof(fc.integer({ min: 0, max: 18 }), fc.nat(255))
  const number = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.nat(0xffff))
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json({ maxDepth: 3 }).map((text) => concat(text)),
    fc
      .constantFrom('{"a":1,"b":2}', '{"text":"x"}', "[1,2]", '{"_tag":"Draining"}', '{"__proto__":{"x":1}}')
      .map((text) => concat(text))
  )
  const hostile: fc.Arbitrary<Uint8Array> = fc.oneof(
    fc.record({ kind, flags: fc.nat(255), id: fc.nat(3), number, body }).map(frame),
    fc.record({ kind, flags: fc.nat(255), id: fc.nat(3), number, body }).map((fields) => frame(fields).slice(0, -3)),
    fc.uint8Array({ maxLength: 100 }),
    fc.array(fc.constantFrom(0xfa, 0xce, 1, 2, 0), { maxLength: 60 }).map((all) => Uint8Array.from(all)),
    fc.tuple(kind, fc.nat(0xffffff)).map(([of, size]) => {
      const header = frame({ kind: of, id: 1 })
      Frame.writeHeader(header, 0, of, size & 1, size, 1, 1)
      return header
    })
  )

  it.each(["before", "after"] as const)("never throw and never fill the memory, %s Hello", (when) => {
    const held = holding(() => {
      fc.assert(
        fc.property(fc.array(hostile, { maxLength: 30 }), sizes, (parts, pieceSizes) => {
          const { client, server } = when === "after" ? greeted() : { client: openClient(), server: openServer() }
          const bytes = concat(...parts)
          for (const codec of [client, server]) {
            const whole = read(codec, bytes)
            for (const { about, id } of whole.refused) if (about === "none") assert.strictEqual(id, 0)
            codec.abandon(new Recorder())
            codec.end(new Recorder())
          }
          // The same bytes in pieces are the same to a codec that has heard the same.
          const again = when === "after" ? greeted() : { client: openClient(), server: openServer() }
          const fresh = when === "after" ? greeted() : { client: openClient(), server: openServer() }
          const inPieces = read(again.server, ...cut(bytes, pieceSizes))
          assert.deepStrictEqual(inPieces.said, read(fresh.server, bytes).said)
        }),
        { numRuns: 200 }
      )
    })
    assert.isAtMost(held, maxFrameBytes + Frame.headerBytes)
    assert.isUndefined(({} as { x?: unknown }).x)
  })

  it("that claim the largest frames hold no more than the limit", () => {
    const held = holding(() => {
      const server = openServer(plain, Words.server, most)
      const out = new Recorder()
      const claims = frame({ kind: Kind.Request })
      for (let size = most - 50; size < most + 50; size++) {
        Frame.writeHeader(claims, 0, Kind.Request, Flag.crc, size, 1, 1)
        server.read(claims, out)
        for (const piece of cut(new Uint8Array(size).fill(0xaa), [5000])) server.read(piece, out)
        assert.isFalse(server.unfinished)
      }
      assert.lengthOf(out.refused, 100)
    })
    assert.isAtMost(held, most + Frame.headerBytes)
  })

  it("cost memory only as they arrive", () => {
    const server = openServer(plain, Words.server, 16 * 1024 * 1024)
    const claims = frame({ kind: Kind.Request })
    Frame.writeHeader(claims, 0, Kind.Request, 0, 16 * 1024 * 1024, 1, 1)
    assert.isAtMost(
      holding(() => server.read(claims, new Recorder())),
      1024
    )
    assert.isAtMost(
      holding(() => server.read(new Uint8Array(5000), new Recorder())),
      16 * 5016
    )
  })
})
