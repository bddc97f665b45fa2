/**
 * What every dialect keeps: the golden bytes in both directions, the same messages from every cut, frames found again
 * after junk, and limits on both sides.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import type { Message } from "../../src/session/Message.ts"
import type { Codec, Wire } from "../../src/wire/Wire.ts"
import { golden, type Golden } from "./golden.ts"
import { bytesOf, concat, cut, hex, read, Recorder, sizes, write } from "./tools.ts"
import * as Words from "./words.ts"

export interface Subject {
  readonly name: string
  readonly wire: Wire
  /** The folder of its bytes, in `test/fixtures/wire`. */
  readonly fixtures: string
}

type Side = Golden["from"]

interface Recorded extends Golden {
  readonly bytes: Uint8Array
}

const other = (side: Side): Side => (side === "client" ? "server" : "client")

/** The golden messages that the dialect can say, with their bytes. Bytes of no message are a mistake. */
const recorded = (subject: Subject): ReadonlyArray<Recorded> => {
  const folder = Path.resolve(import.meta.dirname, "../fixtures/wire", subject.fixtures)
  const files = Fs.readdirSync(folder).filter((name) => name.endsWith(".hex"))
  const known = golden.filter(({ name }) => files.includes(`${name}.hex`))
  if (known.length < files.length) throw new Error(`${folder} has bytes of unknown messages`)
  return known.map((one) => ({ ...one, bytes: bytesOf(Fs.readFileSync(Path.join(folder, `${one.name}.hex`), "utf8")) }))
}

const isHello = ({ message }: Golden): boolean => message._tag === "Hello"

/** Tests one dialect. */
export const suite = (subject: Subject): void => {
  const all = recorded(subject)
  const said = all.filter((one) => !isHello(one))
  const maxFrameBytes = 1024 * 1024

  const open = (side: Side, most = maxFrameBytes): Codec =>
    subject.wire.open(side === "client" ? Words.client : Words.server, {
      role: side === "client" ? "dialer" : "acceptor",
      maxFrameBytes: most
    })

  /** A codec that has read the other side's Hello, where the dialect has one. */
  const greeted = (side: Side, most = maxFrameBytes): Codec => {
    const codec = open(side, most)
    read(codec, ...all.filter((one) => isHello(one) && one.from !== side).map(({ bytes }) => bytes))
    return codec
  }

  const streamOf = (side: Side): Uint8Array =>
    concat(...said.filter(({ from }) => from === side).map(({ bytes }) => bytes))
  const messagesOf = (side: Side): ReadonlyArray<Message> =>
    said.filter(({ from }) => from === side).map(({ message }) => message)

  describe(`the wire ${subject.name}`, () => {
    it("has bytes of each kind of message", () => {
      assert.isAtLeast(said.length, 5)
    })

    it.each(all)("reads golden bytes: $name", (one) => {
      const codec = isHello(one) ? open(other(one.from)) : greeted(other(one.from))
      assert.deepStrictEqual(read(codec, one.bytes).said, { messages: [one.message], refused: [], skipped: "" })
      assert.isFalse(codec.unfinished)
    })

    it.each(all.filter(({ readOnly }) => readOnly !== true))("writes golden bytes: $name", (one) => {
      const codec = isHello(one) ? open(one.from) : greeted(one.from)
      assert.strictEqual(hex(write(codec, one.message)), hex(one.bytes))
    })

    describe.each(["client", "server"] as const)("from the %s", (side) => {
      const stream = streamOf(side)
      const expected = { messages: messagesOf(side), refused: [], skipped: "" }

      it("reads the same wherever the bytes are cut", () => {
        for (let at = 0; at <= stream.length; at++) {
          const out = read(greeted(other(side)), stream.slice(0, at), stream.slice(at))
          assert.deepStrictEqual(out.said, expected, `cut at ${at}`)
        }
      })

      it("reads byte by byte, and is unfinished within a message only", () => {
        const codec = greeted(other(side))
        const out = new Recorder()
        const ends = new Set<number>()
        let end = 0
        for (const { bytes } of said.filter(({ from }) => from === side)) ends.add((end += bytes.length))
        stream.forEach((_, at) => {
          codec.read(stream.slice(at, at + 1), out)
          assert.strictEqual(codec.unfinished, !ends.has(at + 1), `after byte ${at}`)
        })
        assert.deepStrictEqual(out.said, expected)
      })

      it("reports text before, between and after messages, and loses none", () => {
        const notes = said.map((_, at) => `note ${at}\n`)
        const own = said.filter(({ from }) => from === side)
        const mixed = concat(...own.flatMap(({ bytes }, at) => [notes[at]!, bytes]), "the end\n")
        for (const size of [mixed.length, 1, 11]) {
          const out = read(greeted(other(side)), ...cut(mixed, [size]))
          assert.deepStrictEqual(out.messages, messagesOf(side))
          assert.strictEqual(out.skipped, `${notes.slice(0, own.length).join("")}the end\n`)
          assert.deepStrictEqual(out.refused, [])
        }
      })

      it("says nothing of a message that never became whole", () => {
        for (const { bytes, name } of said.filter(({ from }) => from === side)) {
          const codec = greeted(other(side))
          const out = new Recorder()
          codec.read(bytes.slice(0, -1), out)
          codec.end(out)
          assert.deepStrictEqual([out.messages, out.refused, codec.unfinished], [[], [], false], name)
        }
      })
    })

    it("refuses what is larger than it reads, and reads on", () => {
      const large = write(greeted("client"), Words.request("Say", { text: "x".repeat(200_000) }, { id: 7 }))
      const small = Words.request("Say", { text: "x" }, { id: 8 })
      for (const size of [large.length * 2, 4096, 1 + large.length]) {
        const codec = greeted("server", 100_000)
        const out = read(codec, ...cut(concat(large, write(greeted("client"), small)), [size]))
        assert.deepStrictEqual(out.messages, [small])
        assert.deepStrictEqual(
          out.refused.map(({ about, id, reason }) => [about, id, reason._tag]),
          [["duty", 7, "Oversized"]]
        )
      }
    })

    it("says no message that is larger than the other reads, and nothing of it", () => {
      const client = greeted("client")
      const out = new Recorder()
      const refusal = client.write(Words.request("Say", { text: "x".repeat(2 * 1024 * 1024) }), out)
      assert.notTypeOf(refusal, "number")
      assert.strictEqual((refusal as { readonly _tag: string })._tag, "Oversized")
      assert.strictEqual(out.buffer.bytes, 0)
      assert.deepStrictEqual(read(greeted("server"), write(client, Words.request("Say", { text: "x" }))).messages, [
        Words.request("Say", { text: "x" })
      ])
    })

    it("says no value that does not fit, and nothing of it", () => {
      const out = new Recorder()
      const refusal = greeted("client").write({ ...Words.request("Say", { text: "" }), payload: { text: 1 } }, out)
      assert.strictEqual((refusal as { readonly _tag: string })._tag, "InvalidPayload")
      assert.strictEqual(out.buffer.bytes, 0)
    })

    it("reads golden bytes with changes, and any others, without throwing", () => {
      const damaged = fc
        .tuple(fc.constantFrom(...all), fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.nat(300))
        .map(([{ bytes }, changes, length]) => {
          const changed = bytes.slice(0, Math.max(1, length))
          for (const [at, byte] of changes) changed[at % changed.length] = byte
          return changed
        })
      const part = fc.oneof(damaged, damaged, fc.uint8Array({ maxLength: 60 }))
      fc.assert(
        fc.property(fc.array(part, { maxLength: 12 }), sizes, (parts, pieceSizes) => {
          for (const side of ["client", "server"] as const) {
            const codec = greeted(side, 100_000)
            read(codec, ...cut(concat(...parts), pieceSizes))
            codec.end(new Recorder())
            assert.isFalse(codec.unfinished)
          }
        }),
        { numRuns: 300 }
      )
    })
  })
}
