import { assert, describe, it } from "@effect/vitest"
import * as Scan from "../../../src/wire/payload/JsonScan.ts"
import { concat } from "../tools.ts"
import { integers, numbers, shown, strings } from "./schemas.ts"

/** What is read from behind two other bytes, and where it ends; "nothing" when it is not read. */
const scan = (by: typeof Scan.string | typeof Scan.number, text: string | Uint8Array, after = ""): unknown => {
  const cursor: Scan.Cursor = { at: 2 }
  const value = by(concat('1"', text, after), cursor)
  if (cursor.at === -1) return "nothing"
  assert.strictEqual(cursor.at, 2 + concat(text).length)
  return value
}

describe("what is read", () => {
  it("is what JSON.parse makes of it, whatever follows", () => {
    for (const after of ["", ",", "}", '"', "]"]) {
      for (const value of strings) assert.strictEqual(scan(Scan.string, JSON.stringify(value), after), value)
      for (const value of integers) assert.strictEqual(scan(Scan.integer, JSON.stringify(value), after), value + 0)
      for (const value of numbers) assert.strictEqual(scan(Scan.number, JSON.stringify(value), after), value)
    }
  })

  it.each(["-0", "0", "1.50", "1e3", "1E3", "1e+3", "1e-3", "-1.5e2", "123456789012345", "1234567890123456", "0.1e1"])(
    "may be a number in any form: %s",
    (text) => assert.strictEqual(shown(scan(Scan.number, text)), shown(JSON.parse(text)))
  )

  it.each(["", "-", "01", "-01", "00", "+1", ".5", "1.", "1.e3", "1e", "1e+", "--1", "1e400", "NaN", " 1"])(
    "is nothing where there is no number: %j",
    (text) => assert.strictEqual(scan(Scan.number, text), "nothing")
  )

  it.each(["1.5", "9007199254740992", "-9007199254740992", "1e20", "1e-1", '"1"'])(
    "is nothing where there is no safe integer: %s",
    (text) => assert.strictEqual(scan(Scan.integer, text), "nothing")
  )

  it.each(['"\\u00FC\\ud83d"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\\\"'])("has escapes: %s", (text) =>
    assert.strictEqual(scan(Scan.string, text, '"'), JSON.parse(text))
  )

  it.each(["", "a", '"', '"a', '"\\"', '"\\', '"\\u12"', '"\\x"', '"a\nb"', '"\0"', '"\\na\nb"'])(
    "is nothing where there is no string: %j",
    (text) => assert.strictEqual(scan(Scan.string, text), "nothing")
  )

  it("has U+FFFD for what is no UTF-8, and never a quote from it", () => {
    const bytes = concat('"', Uint8Array.of(0xff), "a", Uint8Array.of(0xf0, 0x9f), '"')
    assert.strictEqual(scan(Scan.string, bytes, 'b"'), "\ufffda\ufffd")
    assert.strictEqual(scan(Scan.string, concat('"\\n', Uint8Array.of(0xc3), '"')), "\n\ufffd")
  })
})
