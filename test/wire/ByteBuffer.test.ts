import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { ByteBuffer } from "../../src/wire/ByteBuffer.ts"
import { cut, hex, sizes } from "./tools.ts"

const held = (buffer: ByteBuffer): string => hex(buffer.bytes.subarray(0, buffer.length))

describe("the bytes of a frame that is not whole", () => {
  it("holds what arrived in pieces, in order", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), sizes, (bytes, pieceSizes) => {
        const buffer = new ByteBuffer()
        for (const piece of cut(bytes, pieceSizes)) {
          assert.strictEqual(buffer.fill(piece, 0, bytes.length), piece.length)
        }
        assert.strictEqual(held(buffer), hex(bytes))
      })
    )
  })

  it("takes no more than is wanted, from where it is told", () => {
    const buffer = new ByteBuffer()
    const chunk = Uint8Array.of(1, 2, 3, 4, 5)
    assert.strictEqual(buffer.fill(chunk, 1, 3), 3)
    assert.strictEqual(held(buffer), "020304")
    assert.strictEqual(buffer.fill(chunk, 0, 3), 0)
    assert.strictEqual(buffer.fill(chunk, 4, 100), 1)
    assert.strictEqual(held(buffer), "02030405")
  })

  it.each([
    { wanted: 16, arrived: 1, mostBytes: 1024 },
    { wanted: 0xffffffff, arrived: 16, mostBytes: 1024 },
    { wanted: 0xffffffff, arrived: 1000, mostBytes: 16_000 },
    { wanted: 5000, arrived: 4000, mostBytes: 5000 }
  ])("allocates at most $mostBytes bytes for $arrived of $wanted", ({ wanted, arrived, mostBytes }) => {
    const buffer = new ByteBuffer()
    buffer.fill(new Uint8Array(arrived), 0, wanted)
    assert.isAtMost(buffer.bytes.length, mostBytes)
  })

  it("never holds memory for more than sixteen times what arrived", () => {
    const buffer = new ByteBuffer()
    const piece = new Uint8Array(777)
    for (let arrived = piece.length; arrived < 2_000_000; arrived += piece.length) {
      buffer.fill(piece, 0, 16 * 1024 * 1024)
      assert.isAtMost(buffer.bytes.length, arrived * 16)
    }
  })

  it("moves to larger memory a bounded number of times", () => {
    const buffer = new ByteBuffer()
    let moves = 0
    let before = buffer.bytes
    for (let index = 0; index < 300_000; index++) {
      buffer.fill(Uint8Array.of(index), 0, 16 * 1024 * 1024)
      if (buffer.bytes !== before) moves++
      before = buffer.bytes
    }
    assert.strictEqual(moves, 4) // 1 KiB, 16 KiB, 256 KiB, 4 MiB
  })

  it("forgets the first bytes, and leaves the memory they were in as it was", () => {
    const buffer = new ByteBuffer()
    buffer.fill(Uint8Array.of(1, 2, 3, 4), 0, 4)
    const handedOut = buffer.bytes.subarray(0, 2)
    buffer.drop(2)
    assert.strictEqual(held(buffer), "0304")
    buffer.fill(Uint8Array.of(9, 9, 9), 0, 5)
    assert.strictEqual(hex(handedOut), "0102")
  })

  it.each(["clear", "drop"] as const)("holds no memory after %s, so that what was handed out has one owner", (how) => {
    const buffer = new ByteBuffer()
    buffer.fill(Uint8Array.of(1, 2, 3), 0, 3)
    const handedOut = buffer.bytes.subarray(0, 3)
    if (how === "clear") buffer.clear()
    else buffer.drop(3)
    assert.strictEqual(buffer.length, 0)
    assert.strictEqual(buffer.bytes.length, 0)
    buffer.fill(Uint8Array.of(7, 7, 7), 0, 3)
    assert.strictEqual(hex(handedOut), "010203")
  })
})
