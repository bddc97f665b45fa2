import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Utf8 from "../../src/wire/Utf8.ts"
import { bytesOf, hex } from "./tools.ts"

const paths: ReadonlyArray<{ readonly path: string; readonly text: Utf8.Text }> = [
  { path: "Node's Buffer", text: Utf8.fromBuffer(Buffer)! },
  { path: "the platform", text: Utf8.fromPlatform() },
  { path: "this process", text: Utf8 }
]

/** One of each class of code points, with its bytes. */
const characters: ReadonlyArray<readonly [name: string, text: string, bytes: string]> = [
  ["nothing", "", ""],
  ["NUL", "\0", "00"],
  ["ASCII", "aZ~", "61 5a 7e"],
  ["two bytes, first and last", "\u0080\u07ff", "c2 80 df bf"],
  ["three bytes, first and last", "\u0800\uffff", "e0 a0 80 ef bf bf"],
  ["three bytes, around the surrogates", "\ud7ff\ue000", "ed 9f bf ee 80 80"],
  ["four bytes, first and last", "\u{10000}\u{10ffff}", "f0 90 80 80 f4 8f bf bf"],
  ["an emoji of several code points", "👩‍👧", "f0 9f 91 a9 e2 80 8d f0 9f 91 a7"],
  ["a byte order mark", "\ufeffa", "ef bb bf 61"]
]

/** Text that is none, with what it is written as. */
const halves: ReadonlyArray<readonly [name: string, text: string, bytes: string]> = [
  ["half a pair, high", "a\ud83d", "61 ef bf bd"],
  ["half a pair, low", "\ude00b", "ef bf bd 62"],
  ["a pair the wrong way round", "\ude00\ud83d", "ef bf bd ef bf bd"]
]

/** Bytes that are no text, with what they are read as. */
const broken: ReadonlyArray<readonly [name: string, bytes: string, text: string]> = [
  ["a byte that never occurs", "61 fa 62", "a\ufffdb"],
  ["the mark of a frame", "fa ce", "\ufffd\ufffd"],
  ["a continuation alone", "80", "\ufffd"],
  ["a character cut short", "e2 82", "\ufffd"],
  ["a character cut short by another", "f0 9f 61", "\ufffda"],
  ["an overlong slash", "c0 af", "\ufffd\ufffd"],
  ["a surrogate", "ed a0 80", "\ufffd\ufffd\ufffd"],
  ["beyond the last code point", "f4 90 80 80", "\ufffd\ufffd\ufffd\ufffd"]
]

const written = (text: Utf8.Text, value: string): string => {
  const bytes = new Uint8Array(value.length * 3 + 2).fill(0x2e)
  const length = text.write(bytes, value, 1)
  assert.strictEqual(bytes[0], 0x2e)
  assert.strictEqual(bytes[length + 1], 0x2e)
  return hex(bytes.subarray(1, length + 1))
}

describe.each(paths)("text by way of $path", ({ text }) => {
  it.each(characters)("is written and read: %s", (_, value, bytes) => {
    assert.strictEqual(written(text, value), hex(bytesOf(bytes)))
    assert.strictEqual(text.byteLength(value), bytesOf(bytes).length)
    const around = bytesOf(`c3 ${bytes} bf`)
    assert.strictEqual(text.read(around, 1, around.length - 1), value)
  })

  it.each(halves)("is written with U+FFFD for %s", (_, value, bytes) => {
    assert.strictEqual(written(text, value), hex(bytesOf(bytes)))
    assert.strictEqual(text.byteLength(value), bytesOf(bytes).length)
  })

  it.each(broken)("is read with U+FFFD for %s", (_, bytes, value) => {
    const all = bytesOf(bytes)
    assert.strictEqual(text.read(all, 0, all.length), value)
  })

  it("fits in exactly as much room as it needs", () => {
    const bytes = new Uint8Array(9)
    assert.strictEqual(text.write(bytes, "é€😀", 0), 9)
    assert.strictEqual(text.read(bytes, 0, 9), "é€😀")
  })

  it("is read from memory of any kind", () => {
    for (const memory of [Buffer.from("xé€x"), new Uint8Array(Buffer.from("xé€x"))]) {
      assert.strictEqual(text.read(memory, 1, 6), "é€")
    }
  })
})

describe("both ways to text", () => {
  const [node, platform] = [paths[0]!.text, paths[1]!.text]

  it("write and read the same, whatever the characters and the bytes", () => {
    const unit = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7fe, max: 0xe001 }))
    const text = fc.array(unit, { maxLength: 40 }).map((units) => String.fromCharCode(...units))
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xc2, 0xe2, 0xed, 0xf0, 0x80, 0xbf, 0x41))
    const bytes = fc.array(byte, { maxLength: 40 }).map((all) => Uint8Array.from(all))
    fc.assert(
      fc.property(text, bytes, (value, any) => {
        assert.strictEqual(written(node, value), written(platform, value))
        assert.strictEqual(node.byteLength(value), platform.byteLength(value))
        assert.strictEqual(node.read(any, 0, any.length), platform.read(any, 0, any.length))
      }),
      { numRuns: 2000 }
    )
  })

  it("make enough room, and exactly enough for a long text", () => {
    for (const value of ["", "a", "€".repeat(2048), "€".repeat(2049), "😀".repeat(2000), "\ud83d".repeat(3000)]) {
      assert.isAtLeast(Utf8.room(value), Utf8.byteLength(value))
    }
    assert.strictEqual(Utf8.room("€".repeat(2049)), 2049 * 3)
    assert.strictEqual(Utf8.room("a".repeat(2049)), 2049)
  })
})

it.each([
  ["no Buffer", undefined],
  ["a Buffer without text in place", { prototype: {}, byteLength: () => 0 }]
])("does without Node where there is %s", (_, buffer) => {
  assert.isUndefined(Utf8.fromBuffer(buffer))
})
