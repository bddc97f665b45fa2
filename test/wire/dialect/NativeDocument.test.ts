/**
 * `docs/wire/native.md` against the code: its tables, its constants, and the bytes of its example.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Proof from "../../../src/node/Proof.ts"
import * as Lexicon from "../../../src/peer/Lexicon.ts"
import * as Shapes from "../../../src/peer/Shapes.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import { callsBeforeHello } from "../../../src/session/Calls.ts"
import { firstWindow } from "../../../src/session/Flow.ts"
import type { Hello, Message } from "../../../src/session/Message.ts"
import * as Native from "../../../src/wire/dialect/Native.ts"
import { bodyBytesBeforeHello, Flag, Kind } from "../../../src/wire/dialect/NativeKind.ts"
import { mostHighBytes } from "../../../src/wire/payload/Binary.ts"
import * as Json from "../../../src/wire/payload/Json.ts"
import type { Codec } from "../../../src/wire/Wire.ts"
import { bytesOf, checksum, concat, hex, read, type Recorder, write } from "../tools.ts"

const page = Fs.readFileSync(Path.resolve(import.meta.dirname, "../../../docs/wire/native.md"), "utf8")

/** The part of the page under a heading. */
const section = (heading: string): string => page.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`))!

/** The cells of the rows of the first table of a section, without its head. */
const rows = (heading: string): ReadonlyArray<ReadonlyArray<string>> =>
  section(heading)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", ""))
    )

class Unknown extends Schema.TaggedError<Unknown>()("Unknown", { name: Schema.String }) {}
class Greet extends Request.Class<Greet>()("Greet", {
  payload: { name: Schema.String, loud: Schema.Boolean },
  success: Schema.String,
  error: Unknown
}) {}
class Logs extends Request.Class<Logs>()("Logs", { payload: { of: Schema.String }, stream: Schema.Uint8Array }) {}
class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
const Greeter = Protocol.make("greeter", { version: "1.0.0", server: [Greet, Logs], client: [Tick] })

const hello = (
  methods: ReadonlyArray<string>,
  pid: number,
  nonce?: string
): { readonly _tag: "Hello"; readonly hello: Hello } => ({
  _tag: "Hello",
  hello: {
    wireVersion: 1,
    protocol: "greeter",
    version: "1.0.0",
    fingerprint: "52fdfc072182654f",
    methods,
    payloads: ["json"],
    limits: { frameBytes: 16_777_216, calls: 16_384 },
    features: [],
    pid,
    secret: undefined,
    nonce
  }
})

const nonces = ["000102030405060708090a0b0c0d0e0f", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"] as const

const proof = (role: "dialer" | "acceptor"): Message => ({
  _tag: "Proof",
  proof: Proof.hmac.of("open sesame", `effect-ipc/1 ${role} ${nonces.join(" ")} greeter`)
})

interface RequestFields {
  readonly loud?: boolean
  readonly timeoutMillis?: number
  readonly headers?: Record<string, string>
}

const greet = (
  id: number,
  name: string,
  { headers, loud = false, timeoutMillis = 0 }: RequestFields = {}
): Message => ({
  _tag: "Request",
  id,
  method: 0,
  payload: new Greet({ name, loud }),
  timeoutMillis,
  headers
})

const logs = (id: number, of: string): Message => ({
  _tag: "Request",
  id,
  method: 1,
  payload: new Logs({ of }),
  timeoutMillis: 0,
  headers: undefined
})

/** What each block of the example says, in the order of the page. */
const messages: Record<string, Message> = {
  "client: Hello": hello(["Greet", "Logs"], 1001),
  "server: Hello": hello(["Tick"], 1002),
  "client: Request": greet(1, "Ada", { timeoutMillis: 1500, headers: { trace: "7" } }),
  "server: Success": { _tag: "Success", id: 1, method: 0, value: "Hello, Ada" },
  "client: Request that fails": greet(2, "Bob", { loud: true }),
  "server: Failure": { _tag: "Failure", id: 2, method: 0, error: new Unknown({ name: "Bob" }) },
  "client: Request with CRC": greet(3, "Eve", { timeoutMillis: 250 }),
  "server: Defect": { _tag: "Defect", id: 3, method: 0, reason: { _tag: "TimedOut", afterMillis: 250 } },
  "client: Request of a stream": logs(4, "api"),
  "server: raw Chunk": { _tag: "Chunk", id: 4, method: 1, items: [Uint8Array.of(0, 0xfa, 0xce, 0xff)], bytes: 4 },
  "client: Credit": { _tag: "Credit", of: "answer", id: 4, items: 512, bytes: 524_288 },
  "client: Cancel": { _tag: "Cancel", id: 4, method: 1 },
  "client: Request of half a character": logs(5, "\ud83d"),
  "server: Event": { _tag: "Event", method: 0, payload: new Tick({ n: 1 }), bytes: 7 },
  "client: Request in binary": greet(6, "Ada"),
  "server: Failure in binary": { _tag: "Failure", id: 6, method: 0, error: new Unknown({ name: "Ada" }) },
  "client: Bye": { _tag: "Bye", reason: undefined },
  "server: Bye with a reason": { _tag: "Bye", reason: { _tag: "Unauthorized", detail: "the secret is wrong" } },
  "client: Hello with a nonce": hello(["Greet", "Logs"], 1001, nonces[0]),
  "server: Hello with a nonce": hello(["Tick"], 1002, nonces[1]),
  "client: Proof": proof("dialer"),
  "server: Proof": proof("acceptor")
}

const blocks = Array.from(page.matchAll(/^```hex (.+)\n([^`]*)^```$/gm), ([, name, text]) => ({
  name: name!,
  from: name!.startsWith("client") ? ("client" as const) : ("server" as const),
  bytes: bytesOf(text!)
}))

/** A codec that writes in binary, after a Hello that lets it; the page has shorter ones. */
const inBinary = (side: "client" | "server"): Codec => {
  const open = (of: "client" | "server"): Codec =>
    Native.wire().open(Lexicon.compile(Greeter, of), { role: "dialer", maxFrameBytes: 1 << 20, binary: true })
  const codec = open(side)
  const { hello: plain } = hello(side === "client" ? ["Tick"] : ["Greet", "Logs"], 1)
  const said = { ...plain, payloads: ["json", "binary"], fingerprint: Greeter.fingerprint }
  read(codec, write(open(side === "client" ? "server" : "client"), { _tag: "Hello", hello: said }))
  return codec
}

await Shapes.loadBinary()

/** The codecs of both sides, with and without CRC, after the Hellos of the page. */
const greeted = (): Record<"client" | "server", Record<"plain" | "sealing" | "binary", Codec>> => {
  const open = (side: "client" | "server", crc: boolean): Codec => {
    const options = { role: side === "client" ? "dialer" : "acceptor", maxFrameBytes: 16_777_216 } as const
    const codec = Native.wire({ checksum, crc }).open(Lexicon.compile(Greeter, side), options)
    read(codec, blocks.find(({ from, name }) => from !== side && name.endsWith("Hello"))!.bytes)
    return codec
  }
  const both = (side: "client" | "server") => ({
    plain: open(side, false),
    sealing: open(side, true),
    binary: inBinary(side)
  })
  return { client: both("client"), server: both("server") }
}

const isSealed = (bytes: Uint8Array): boolean => (bytes[3]! & Flag.crc) !== 0

const isBinary = (bytes: Uint8Array): boolean => (bytes[3]! & Flag.binary) !== 0

describe("the example of the page", () => {
  it("has a frame for each message below, in this order", () => {
    assert.deepStrictEqual(
      blocks.map(({ name }) => name),
      Object.keys(messages)
    )
  })

  it.each(blocks)("is read as it says: $name", ({ bytes, from, name }) => {
    const { plain } = greeted()[from === "client" ? "server" : "client"]
    const out = name.endsWith("Hello") ? readHello(from, bytes) : read(plain, bytes)
    assert.deepStrictEqual(out.said, { messages: [messages[name]], refused: [], skipped: "" })
  })

  it.each(blocks)("is written as it says: $name", ({ bytes, from, name }) => {
    const { binary, plain, sealing } = greeted()[from]
    const codec = isSealed(bytes) ? sealing : isBinary(bytes) ? binary : plain
    assert.strictEqual(hex(write(codec, messages[name]!)), hex(bytes))
  })

  it("is one stream for each side, which may be cut anywhere", () => {
    for (const side of ["client", "server"] as const) {
      const said = blocks.filter(({ from }) => from === side)
      const codec = greeted()[side === "client" ? "server" : "client"].plain
      const bytes = concat(...said.slice(1).map(({ bytes }) => bytes))
      const out = read(codec, ...Array.from(bytes, (byte) => Uint8Array.of(byte)))
      assert.deepStrictEqual(
        out.messages,
        said.slice(1).map(({ name }) => messages[name])
      )
    }
  })
})

const readHello = (from: "client" | "server", bytes: Uint8Array): Recorder => {
  const side = from === "client" ? "server" : "client"
  const options = { role: side === "client" ? "dialer" : "acceptor", maxFrameBytes: 16_777_216 } as const
  return read(Native.wire().open(Lexicon.compile(Greeter, side), options), bytes)
}

describe("the tables of the page", () => {
  it("have every kind", () => {
    const kinds = Object.fromEntries(rows("Kinds").map(([number, name]) => [name, Number(number)]))
    assert.deepStrictEqual(kinds, { ...Kind })
  })

  it("have every flag", () => {
    const flags = Object.fromEntries(rows("Flags").map(([bit, name]) => [name, Number(`0x${bit}`)]))
    assert.deepStrictEqual(flags, { ...Flag })
  })

  it("have every field of a Hello", () => {
    const fields = rows("Hello").map(([name]) => name!)
    const known = messages["client: Hello"] as { readonly hello: Hello }
    assert.deepStrictEqual([...new Set(fields.map((name) => name.split(".")[0]))], Object.keys(known.hello))
  })

  it("tell how values look in JSON", () => {
    const written = (schema: unknown, value: unknown): unknown =>
      Schema.encodeUnknownSync(Schema.toCodecJson(schema as Schema.Codec<unknown>))(value)
    assert.deepStrictEqual(
      [NaN, Infinity, -Infinity, 1.5].map((number) => written(Schema.Number, number)),
      ["NaN", "Infinity", "-Infinity", 1.5]
    )
    assert.isNull(written(Schema.Undefined, undefined))
    assert.isNull(written(Schema.Void, undefined))
    assert.strictEqual(written(Schema.Date, new Date(0)), "1970-01-01T00:00:00.000Z")
    assert.strictEqual(written(Schema.Uint8Array, Uint8Array.of(255)), "/w==")
    assert.strictEqual(written(Schema.BigInt, 10n), "10")
    assert.deepStrictEqual(written(Schema.ReadonlySet(Schema.Int), new Set([1])), [1])
    assert.deepStrictEqual(written(Schema.ReadonlyMap(Schema.String, Schema.Int), new Map([["a", 1]])), [["a", 1]])
    assert.deepStrictEqual(written(Unknown, new Unknown({ name: "x" })), { _tag: "Unknown", name: "x" })
    assert.deepStrictEqual(written(Schema.Struct({ a: Schema.optional(Schema.Int) }), {}), {})
  })

  it.each([
    ["calls before Hello", "Hello", `${callsBeforeHello} calls`],
    ["the body before Hello", "Hello", `bodies of ${bodyBytesBeforeHello} bytes`],
    ["the least frame", "Hello", `At least ${bodyBytesBeforeHello}:`],
    ["the least calls", "Hello", `At least ${callsBeforeHello}:`],
    ["the first window", "Credit", `**${firstWindow.items} items and ${firstWindow.bytes} bytes**`],
    ["the bytes with a high bit", "Values", `more than ${mostHighBytes} bytes in a row`],
    ["the depth of JSON", "Values", `nested ${Json.maxDepth} arrays`],
    [
      "abandonment",
      "Junk, and finding the next frame",
      `no byte for ${Native.wire({ checksum, crc: true }).abandonAfterMillis / 1000} seconds`
    ]
  ])("and its text have the constants of the code: %s", (_, heading, text) => {
    assert.include(section(heading), text)
  })
})
