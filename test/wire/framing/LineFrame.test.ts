import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as LineFrame from "../../../src/wire/framing/LineFrame.ts"
import { concat, cut, lend, sizes } from "../tools.ts"

const readAll = (pieces: ReadonlyArray<Uint8Array>, most = 20): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const reader = new LineFrame.Reader(
    {
      line: (bytes, start, end) => lines.push(Buffer.from(bytes.subarray(start, end)).toString("latin1")),
      oversized: () => lines.push("oversized")
    },
    most
  )
  for (const piece of pieces) lend(piece, (chunk) => reader.read(chunk))
  reader.end()
  return lines
}

describe("lines", () => {
  it("end with a newline, before which one carriage return is none of them", () => {
    assert.deepStrictEqual(readAll([concat("one\ntwo\r\n\nfour\r\r\n")]), ["one", "two", "", "four\r"])
  })

  it("end with the input", () => {
    assert.deepStrictEqual(readAll([concat("one\ntwo")]), ["one", "two"])
    assert.deepStrictEqual(readAll([concat("one\n")]), ["one"])
    assert.deepStrictEqual(readAll([]), [])
  })

  it("are told once when they are too long, and skipped", () => {
    const long = "x".repeat(50)
    assert.deepStrictEqual(readAll([concat(`a\n${long}\nb\n${long}`)]), ["a", "oversized", "b", "oversized"])
    assert.deepStrictEqual(readAll([concat(`${"x".repeat(20)}\r\n${"x".repeat(21)}\n`)]), ["x".repeat(20), "oversized"])
  })

  it("are held up to the limit only", () => {
    let oversized = 0
    const reader = new LineFrame.Reader({ line: () => assert.fail(), oversized: (bytes) => (oversized = bytes) }, 100)
    for (let turn = 0; turn < 1000; turn++) reader.read(concat("x".repeat(50)))
    assert.strictEqual(oversized, 150)
    reader.end()
  })

  it("tell how they began when they are too long, however they were cut", () => {
    for (const size of [7, 50, 5000]) {
      let begun = ""
      const reader = new LineFrame.Reader(
        { line: () => assert.fail(), oversized: (_, head) => (begun = Buffer.from(head).toString("latin1")) },
        1000
      )
      for (const piece of cut(concat(`begins${"x".repeat(3000)}\n`), [size])) lend(piece, (chunk) => reader.read(chunk))
      assert.strictEqual(begun, `begins${"x".repeat(LineFrame.keptBytes - 6)}`)
    }
  })

  it("are not copied anew with every piece of them", () => {
    const rooms: Array<number> = []
    const reader = new LineFrame.Reader(
      { line: (bytes) => rooms.push(bytes.length), oversized: () => assert.fail() },
      1024 * 1024
    )
    for (let piece = 0; piece < 2000; piece++) reader.read(concat("x".repeat(20)))
    reader.end()
    // Room for no more than what is held would be made at every piece.
    assert.isAbove(rooms[0]!, 2 * 40_000)
  })

  it("read the same from every cut", () => {
    const part = fc.constantFrom("\n", "\r", "\r\n", "a", "bcd", "x".repeat(19), "y".repeat(25))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), sizes, (parts, pieceSizes) => {
        const bytes = concat(...parts)
        assert.deepStrictEqual(readAll(cut(bytes, pieceSizes)), readAll([bytes]))
      }),
      { numRuns: 500 }
    )
  })
})
