import { assert, describe, it } from "@effect/vitest"
import type { Message } from "../../../src/session/Message.ts"
import * as Native from "../../../src/wire/dialect/Native.ts"
import { Kind } from "../../../src/wire/dialect/NativeKind.ts"
import * as Frame from "../../../src/wire/framing/MarkedFrame.ts"
import type { Codec } from "../../../src/wire/Wire.ts"
import { checksum, concat, cut, lend, Recorder, write } from "../tools.ts"
import * as Words from "../words.ts"

const wire = Native.wire({ checksum, crc: true })
const openClient = (): Codec => wire.open(Words.client, { role: "dialer", maxFrameBytes: 1 << 20 })
const openServer = (): Codec => wire.open(Words.server, { role: "acceptor", maxFrameBytes: 1 << 20 })

const hello = { _tag: "Hello", hello: Words.helloOf(Words.client.says) } as const
const requests = ["one", "two", "three"].map((text, at) => Words.request("Say", { text }, { id: at + 1 }))
const bytes = Uint8Array.from({ length: 300 }, (_, at) => at)
const asked = [...requests, Words.request("Put", { bytes }, { id: 4 })]

const idOf = (message: Message): number => (message as { readonly id: number }).id

/** Reads pieces of both streams in turns. */
const readInTurns = (codec: Codec, first: ReadonlyArray<Uint8Array>, second: ReadonlyArray<Uint8Array>): Recorder => {
  const out = new Recorder()
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    if (second[at] !== undefined) lend(second[at]!, (chunk) => codec.read(chunk, out, 1))
    if (first[at] !== undefined) lend(first[at]!, (chunk) => codec.read(chunk, out, 0))
  }
  return out
}

describe("the second stream", () => {
  it.each([1, 2, 3, 5, 16, 17, 1000])("is cut on its own, in pieces of %i bytes", (size) => {
    const client = openClient()
    const server = openServer()
    const greeting = write(client, hello)
    const said = write(client, ...asked)
    readInTurns(server, cut(greeting, [size]), [])
    const out = readInTurns(server, cut(said, [size]), cut(concat("text ä ", said, " end"), [size]))
    assert.strictEqual(out.messages.length, 2 * asked.length)
    // Each came once on each stream.
    const byId = [...out.messages].sort((one, other) => idOf(one) - idOf(other))
    assert.deepStrictEqual(
      byId,
      asked.flatMap((each) => [each, each])
    )
    assert.strictEqual(out.strayed, Buffer.from("text ä  end").toString("latin1"))
    assert.deepStrictEqual([out.skipped, out.refused], ["", []])
  })

  it.each([0, 1])("teaches the methods to both when Hello comes on stream %i", (stream) => {
    const client = openClient()
    const server = openServer()
    const out = new Recorder()
    server.read(write(client, hello), out, stream)
    server.read(write(client, requests[0]!), out, 1 - stream)
    server.read(write(client, requests[1]!), out, stream)
    assert.deepStrictEqual(out.messages.slice(1), requests.slice(0, 2))
    assert.deepStrictEqual(out.refused, [])
  })

  it("gives up its own frame only, and finds those that it hid", () => {
    const client = openClient()
    const server = openServer()
    const out = new Recorder()
    server.read(write(client, hello), out)
    assert.isFalse(server.unfinishedSecond)
    const said = write(client, requests[0]!)
    const lost = new Uint8Array(Frame.headerBytes)
    Frame.writeHeader(lost, 0, Kind.Event, 0, 5000, 1, 1)
    server.read(said.slice(0, 20), out)
    server.read(concat(lost, write(client, requests[1]!)), out, 1)
    assert.deepStrictEqual([server.unfinished, server.unfinishedSecond], [true, true])
    server.abandon(out, 1)
    assert.deepStrictEqual([server.unfinished, server.unfinishedSecond], [true, false])
    server.read(said.slice(20), out)
    assert.deepStrictEqual(out.messages.slice(1), [requests[1], requests[0]])
    assert.strictEqual(out.strayed, Buffer.from(lost).toString("latin1"))
    assert.strictEqual(out.skipped, "")
  })

  it("hands back what is unfinished at the end as its text", () => {
    const server = openServer()
    const out = new Recorder()
    const said = write(openClient(), hello)
    server.read(concat("kept ", said.slice(0, 9)), out, 1)
    server.end(out)
    assert.strictEqual(out.strayed, `kept ${Buffer.from(said.slice(0, 9)).toString("latin1")}`)
    assert.deepStrictEqual([out.skipped, server.unfinishedSecond], ["", false])
  })

  it("refuses what is too large or does not check, with its id", () => {
    const client = openClient()
    const server = openServer()
    const out = new Recorder()
    server.read(write(client, hello), out, 1)
    const wrong = write(client, requests[1]!)
    wrong[wrong.length - 1]! ^= 1
    server.read(wrong, out, 1)
    const large = new Uint8Array(Frame.headerBytes)
    Frame.writeHeader(large, 0, Kind.Request, 0, 1 << 21, 7, 1)
    server.read(large, out, 1)
    assert.deepStrictEqual(
      out.refused.map(({ about, id, reason }) => [about, id, reason._tag]),
      [
        ["duty", 2, "Malformed"],
        ["duty", 7, "Oversized"]
      ]
    )
  })
})
