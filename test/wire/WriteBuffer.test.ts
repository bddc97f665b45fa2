import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { WriteBuffer } from "../../src/wire/WriteBuffer.ts"
import { concat, hex } from "./tools.ts"

const slabBytes = 64 * 1024

const put = (buffer: WriteBuffer, bytes: Uint8Array, reserved = bytes.length): void => {
  const at = buffer.reserve(reserved)
  buffer.slab.set(bytes, at)
  buffer.commit(bytes.length)
}

const flush = (buffer: WriteBuffer): Array<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  buffer.flush((chunk) => chunks.push(chunk))
  return chunks
}

type Step =
  | { readonly _tag: "put"; readonly size: number; readonly spare: number }
  | { readonly _tag: "foreign"; readonly size: number }
  | { readonly _tag: "flush" }
  | { readonly _tag: "reuse" }

const size = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: slabBytes - 2, max: slabBytes + 2 }),
  fc.integer({ min: 10_000, max: 40_000 })
)

const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.oneof(
    fc.record({ _tag: fc.constant("put" as const), size, spare: fc.integer({ min: 0, max: 500 }) }),
    fc.record({ _tag: fc.constant("foreign" as const), size }),
    fc.constant({ _tag: "flush" as const }),
    fc.constant({ _tag: "reuse" as const })
  ),
  { maxLength: 40 }
)

describe("bytes to write", () => {
  it("leave in the order they were written, and never change while they travel", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const buffer = new WriteBuffer()
        let wanted = ""
        let next = 0
        /** What was handed out and not said to have left, with what it looked like then. */
        let travelling: Array<{ readonly chunk: Uint8Array; readonly was: string }> = []
        let left = ""
        const fresh = (length: number): Uint8Array => {
          const bytes = new Uint8Array(length).fill(next++ % 251)
          wanted += hex(bytes)
          return bytes
        }
        const send = (): void => {
          buffer.flush((chunk) => travelling.push({ chunk, was: hex(chunk) }))
        }
        const arrive = (): void => {
          for (const { chunk, was } of travelling) assert.strictEqual(hex(chunk), was)
          left += travelling.map(({ was }) => was).join("")
          travelling = []
        }
        for (const step of all) {
          if (step._tag === "put") put(buffer, fresh(step.size), step.size + step.spare)
          else if (step._tag === "foreign") buffer.foreign(fresh(step.size))
          else if (step._tag === "flush") send()
          else {
            arrive()
            buffer.reuse()
          }
        }
        send()
        arrive()
        assert.isTrue(left === wanted, "what left is what was written")
        assert.strictEqual(buffer.bytes, 0)
      }),
      { numRuns: 60 }
    )
  })

  it("are counted until they are handed out", () => {
    const buffer = new WriteBuffer()
    put(buffer, Uint8Array.of(1, 2, 3), 100)
    buffer.foreign(new Uint8Array(50))
    put(buffer, Uint8Array.of(4))
    assert.strictEqual(buffer.bytes, 54)
    assert.deepStrictEqual(
      flush(buffer).map((chunk) => chunk.length),
      [3, 50, 1]
    )
    assert.strictEqual(buffer.bytes, 0)
    assert.deepStrictEqual(flush(buffer), [])
  })

  it("pass a foreign chunk on as it is", () => {
    const buffer = new WriteBuffer()
    const chunk = new Uint8Array(20_000)
    buffer.foreign(chunk)
    assert.strictEqual(flush(buffer)[0], chunk)
  })

  it("are not there when what was reserved was not committed", () => {
    const buffer = new WriteBuffer()
    put(buffer, Uint8Array.of(1))
    buffer.slab[buffer.reserve(10)] = 9
    put(buffer, Uint8Array.of(2))
    assert.strictEqual(hex(concat(...flush(buffer))), "0102")
  })

  it("hold no memory once everything has left", () => {
    const buffer = new WriteBuffer()
    put(buffer, Uint8Array.of(1))
    flush(buffer)
    assert.strictEqual(buffer.slab.length, slabBytes)
    buffer.reuse()
    assert.strictEqual(buffer.slab.length, 0)
  })

  it("keep their memory while something waits to be handed out", () => {
    const buffer = new WriteBuffer()
    put(buffer, Uint8Array.of(1))
    const { slab } = buffer
    buffer.reuse()
    assert.strictEqual(buffer.slab, slab)
    assert.strictEqual(hex(concat(...flush(buffer))), "01")
  })

  it("take over the memory that an idle buffer gave back", () => {
    const first = new WriteBuffer()
    put(first, Uint8Array.of(1))
    const { slab } = first
    flush(first)
    first.reuse()
    const second = new WriteBuffer()
    put(second, Uint8Array.of(2))
    assert.strictEqual(second.slab, slab)
    put(first, Uint8Array.of(3))
    assert.notStrictEqual(first.slab, slab)
  })

  it("give back no memory that was made for one large message", () => {
    const buffer = new WriteBuffer()
    put(buffer, new Uint8Array(slabBytes + 1))
    const { slab } = buffer
    flush(buffer)
    buffer.reuse()
    const other = new WriteBuffer()
    other.reserve(slabBytes + 1)
    assert.notStrictEqual(other.slab, slab)
  })

  it("keep their order when the one who takes a chunk writes and flushes meanwhile", () => {
    const buffer = new WriteBuffer()
    const taken: Array<string> = []
    const take = (chunk: Uint8Array): void => {
      taken.push(hex(chunk))
      if (taken.length > 1) return
      put(buffer, Uint8Array.of(3))
      buffer.flush(take)
      buffer.reuse()
    }
    put(buffer, Uint8Array.of(1))
    buffer.foreign(Uint8Array.of(2))
    buffer.flush(take)
    assert.deepStrictEqual(taken, ["01", "02", "03"])
  })
})
