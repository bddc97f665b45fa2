import * as Zlib from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { sumBy } from "../../../src/wire/framing/Crc32.ts"

describe("a sum", () => {
  it("is that of zlib, for each part of some bytes and each seed", () => {
    const sum = sumBy(Zlib.crc32)
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 })
    fc.assert(
      fc.property(bytes, fc.nat(300), fc.nat(300), fc.nat(0xffffffff), (bytes, from, to, seed) => {
        const [start, end] = [Math.min(from, to, bytes.length), Math.min(Math.max(from, to), bytes.length)]
        assert.strictEqual(sum(bytes, start, end), Zlib.crc32(bytes.subarray(start, end)))
        assert.strictEqual(sum(bytes, start, end, seed), Zlib.crc32(bytes.subarray(start, end), seed))
      }),
      { numRuns: 500 }
    )
  })

  it("is made by the given function where it is long, and is never negative", () => {
    const asked: Array<number> = []
    const sum = sumBy((bytes) => {
      asked.push(bytes.length)
      return -1
    })
    assert.strictEqual(sum(new Uint8Array(200), 0, 128), Zlib.crc32(new Uint8Array(128)))
    assert.strictEqual(sum(new Uint8Array(200), 1, 130), 0xffffffff)
    assert.deepStrictEqual(asked, [129])
  })
})
