/** Items that are sent one by one, and how they share a frame. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { compile } from "../../../src/peer/Lexicon.ts"
import * as Shapes from "../../../src/peer/Shapes.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Message } from "../../../src/session/Message.ts"
import * as Native from "../../../src/wire/dialect/Native.ts"
import { Flag } from "../../../src/wire/dialect/NativeKind.ts"
import type { Codec } from "../../../src/wire/Wire.ts"
import { Raw } from "../../peer/Raw.ts"
import { checksum, concat, read, Recorder, write } from "../tools.ts"
import * as Words from "../words.ts"

class Planned extends Request.Class<Planned>()("Planned", {
  stream: Schema.Struct({ n: Schema.Int, text: Schema.String })
}) {}
/** Dates go the general way. */
class Dated extends Request.Class<Dated>()("Dated", { stream: Schema.Struct({ n: Schema.Int, at: Schema.Date }) }) {}
class Other extends Request.Class<Other>()("Other", { success: Schema.String }) {}
const Streams = Protocol.make("streams", { version: "1.0.0", server: [Planned, Dated, Other] })

const open = (crc: boolean, binary = false): { readonly client: Codec; readonly server: Codec } => {
  const wire = Native.wire({ checksum, crc })
  const lexicons = [compile(Streams, "client"), compile(Streams, "server")] as const
  const client = wire.open(lexicons[0], { role: "dialer", maxFrameBytes: 1 << 20, binary })
  const server = wire.open(lexicons[1], { role: "acceptor", maxFrameBytes: 1 << 20, binary })
  const more = binary ? { payloads: ["json", "binary"], fingerprint: Streams.fingerprint } : {}
  read(server, write(client, { _tag: "Hello", hello: Words.helloOf(lexicons[0].says, more) }))
  read(client, write(server, { _tag: "Hello", hello: Words.helloOf(lexicons[1].says, more) }))
  return { client, server }
}

type Chunk = Extract<Message, { readonly _tag: "Chunk" }>

const planned = (n: number, text = "x") => ({ n, text })
const dated = (n: number) => ({ n, at: new Date(n) })
const chunk = (id: number, items: ReadonlyArray<unknown>, method = 0): Chunk => ({
  _tag: "Chunk",
  id,
  method,
  items,
  bytes: 0
})

/** Writes to one buffer; answers what a link got, and what was said of each message. */
const writing = (codec: Codec) => {
  const out = new Recorder()
  const left: Array<Uint8Array> = []
  return {
    say: (message: Message) => codec.write(message, out),
    flush: () => out.buffer.flush((bytes) => left.push(bytes.slice())),
    /** Everything has left, so that its memory may be used again. */
    reuse: () => out.buffer.reuse(),
    sent: (): Uint8Array => {
      out.buffer.flush((bytes) => left.push(bytes.slice()))
      return concat(...left)
    }
  }
}

/** The frames in some bytes. */
const framesOf = (bytes: Uint8Array) => {
  const raw = new Raw(() => {})
  raw.hear(bytes)
  return raw.frames
}

/** The chunks that a client reads: id and items. */
const chunksOf = (client: Codec, bytes: Uint8Array) =>
  read(client, bytes).messages.map((message) => (message._tag === "Chunk" ? [message.id, message.items] : message._tag))

await Shapes.loadBinary()

describe.each([false, true])("items in binary, with checksums: %s", (crc) => {
  it("that follow each other share a frame, but not with those that travel as JSON", () => {
    const { client, server } = open(crc, true)
    const { say, sent } = writing(server)
    // Half a surrogate pair is not for binary.
    const texts = ["a", "b", "\ud800", "\ud800", "c"]
    for (const text of texts) say(chunk(7, [planned(1, text)]))
    const bytes = sent()
    const flags = crc ? Flag.crc : 0
    assert.deepStrictEqual(
      framesOf(bytes).map((frame) => frame.flags),
      [flags | Flag.binary, flags, flags | Flag.binary]
    )
    assert.deepStrictEqual(chunksOf(client, bytes), [
      [7, [planned(1, "a"), planned(1, "b")]],
      [7, [planned(1, "\ud800"), planned(1, "\ud800")]],
      [7, [planned(1, "c")]]
    ])
  })

  it("that cannot be said leave the frame before as it was", () => {
    const { client, server } = open(crc, true)
    const { say, sent } = writing(server)
    say(chunk(7, [planned(1)]))
    for (const wrong of [planned(1.5), undefined]) {
      const refused = say(chunk(7, [wrong]))
      assert.strictEqual(typeof refused === "number" ? refused : refused._tag, "InvalidPayload")
    }
    say(chunk(7, [planned(2)]))
    assert.deepStrictEqual(chunksOf(client, sent()), [[7, [planned(1), planned(2)]]])
  })

  it("that are more than a peer reads are refused, and not sent", () => {
    const { client, server } = open(crc, true)
    const { say, sent } = writing(server)
    const large = { n: 1, text: "x".repeat(1 << 20) }
    const refused = say(chunk(7, [large]))
    assert.strictEqual(typeof refused === "number" ? refused : refused._tag, "Oversized")
    const fits = { n: 1, text: "x".repeat(50_000) }
    say(chunk(7, [fits]))
    say(chunk(7, [planned(2)]))
    assert.deepStrictEqual(
      chunksOf(client, sent()).flatMap(([, items]) => items),
      [fits, planned(2)]
    )
  })
})

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true]
])("items, with checksums: %s, in binary: %s", (crc, binary) => {
  it("arrive as they were sent, whatever is said between them and whenever it leaves", () => {
    const item = fc.oneof(
      fc.record({ n: fc.integer(), text: fc.oneof(fc.string({ unit: "binary" }), fc.constant("y".repeat(9000))) }),
      fc.record({ n: fc.integer(), text: fc.string() })
    )
    const step = fc.oneof(
      {
        arbitrary: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.array(item, { minLength: 1, maxLength: 3 })),
        weight: 8
      },
      { arbitrary: fc.constantFrom("flush", "flush and reuse", "ping"), weight: 2 }
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { client, server } = open(crc, binary)
        const { flush, reuse, say, sent } = writing(server)
        const wanted: Record<number, Array<unknown>> = { 1: [], 2: [] }
        let bytes = 0
        for (const each of steps) {
          if (each === "ping") say({ _tag: "Ping" })
          else if (typeof each === "string") {
            flush()
            if (each === "flush and reuse") reuse()
          } else {
            const [id, items] = each
            wanted[id]!.push(...items)
            bytes += say(chunk(id, items)) as number
          }
        }
        const { messages } = read(client, sent())
        const got: Record<number, Array<unknown>> = { 1: [], 2: [] }
        for (const message of messages) {
          if (message._tag !== "Chunk") continue
          got[message.id]!.push(...message.items)
          bytes -= message.bytes
        }
        assert.deepStrictEqual(got, wanted)
        assert.strictEqual(bytes, 0, "both ends count the same bytes")
      }),
      { numRuns: 100 }
    )
  })
})

describe.each([false, true])("items, with checksums: %s", (crc) => {
  it("that follow each other share a frame, which is the one of all at once", () => {
    const { client, server } = open(crc)
    const one = writing(server)
    const bytes = [planned(1), planned(2, "ü\n"), planned(3)].map((item) => one.say(chunk(7, [item])))
    const all = writing(server)
    const whole = all.say(chunk(7, [planned(1), planned(2, "ü\n"), planned(3)]))
    assert.deepStrictEqual(one.sent(), all.sent())
    assert.strictEqual(
      (bytes as Array<number>).reduce((sum, count) => sum + count),
      whole
    )
    assert.deepStrictEqual(chunksOf(client, one.sent()), [[7, [planned(1), planned(2, "ü\n"), planned(3)]]])
  })

  it("share one also where they go the general way, or both ways", () => {
    const { client, server } = open(crc)
    const { say, sent } = writing(server)
    for (const n of [1, 2, 3]) say(chunk(7, [dated(n)], 1))
    // Half a surrogate pair is escaped, and a long text has little room.
    say(chunk(8, [planned(1, "\ud800")]))
    say(chunk(8, [planned(2, "long ".repeat(3000))]))
    assert.deepStrictEqual(chunksOf(client, sent()), [
      [7, [dated(1), dated(2), dated(3)]],
      [8, [planned(1, "\ud800"), planned(2, "long ".repeat(3000))]]
    ])
  })

  it.each<[string, (writer: ReturnType<typeof writing>) => void]>([
    ["of another stream", ({ say }) => say(chunk(8, [planned(9)]))],
    ["of another kind", ({ say }) => say({ _tag: "Ping" })],
    ["that is an answer", ({ say }) => say({ _tag: "Success", id: 9, method: 2, value: "one" })],
    ["of another peer, for the first has left", ({ flush }) => flush()],
    [
      "in the same memory, as long as the first, after that has left",
      ({ flush, reuse, say }) => {
        flush()
        reuse()
        say({ _tag: "Success", id: 9, method: 2, value: "twenty characters ok" })
      }
    ]
  ])("do not share a frame when there is one between %s", (_, between) => {
    const { client, server } = open(crc)
    const writer = writing(server)
    writer.say(chunk(7, [planned(1)]))
    between(writer)
    writer.say(chunk(7, [planned(2)]))
    const own = chunksOf(client, writer.sent()).filter(([id]) => id === 7)
    assert.deepStrictEqual(own, [
      [7, [planned(1)]],
      [7, [planned(2)]]
    ])
  })

  it("that cannot be said leave the frame before as it was", () => {
    const { client, server } = open(crc)
    const { say, sent } = writing(server)
    say(chunk(7, [planned(1)]))
    say(chunk(7, [planned(2)]))
    const throwing = {
      n: 1,
      get text(): string {
        throw new Error("a getter")
      }
    }
    for (const wrong of [planned(1.5), { n: 1 }, undefined, throwing]) {
      const refused = say(chunk(7, [wrong]))
      assert.strictEqual(typeof refused === "number" ? refused : refused._tag, "InvalidPayload")
    }
    // No item after them mends what they may have broken.
    assert.deepStrictEqual(chunksOf(client, sent()), [[7, [planned(1), planned(2)]]])
  })
})
