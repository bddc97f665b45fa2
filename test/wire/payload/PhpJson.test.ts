import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as PhpJson from "../../../src/wire/payload/PhpJson.ts"
import * as PhpSerialize from "../../../src/wire/payload/PhpSerialize.ts"
import {
  PhpArray,
  PhpEnum,
  PhpError,
  PhpFloat,
  PhpObject,
  type PhpReason,
  type PhpValue
} from "../../../src/wire/payload/PhpValue.ts"
import { golden, jsonValues, latin1 } from "./php.ts"

const decode = (text: string): PhpValue => PhpJson.decode(new TextEncoder().encode(text))

const reasonOf = (run: () => unknown): PhpReason => {
  try {
    run()
  } catch (error) {
    assert.instanceOf(error, PhpError)
    return (error as PhpError).reason
  }
  throw new Error("expected it to throw")
}

describe("the JSON of php-stream-ipc", () => {
  it.each(golden.filter(({ json }) => json !== undefined))("writes and reads what PHP wrote: $name", (one) => {
    const value = PhpSerialize.decode(new Uint8Array(Buffer.from(one.serialize, "base64")))
    assert.strictEqual(PhpJson.encode(value), one.json)
    assert.strictEqual(PhpJson.encode(value, { old: true }), one.oldJson)
    assert.strictEqual(PhpJson.encode(decode(one.json!)), one.json)
    assert.strictEqual(PhpJson.encode(decode(one.oldJson!)), one.json)
  })

  it("says the class of an object first, whoever may see its properties", () => {
    const object = new PhpObject("App\\A", [
      { name: "a", visibility: "private", declaredIn: "App\\A", value: 1 },
      { name: "b", visibility: "public", value: PhpArray.list([]) }
    ])
    assert.strictEqual(PhpJson.encode(object), String.raw`{"__class":"App\\A","a":1,"b":[]}`)
  })

  it("reads the class wherever it stands, and without a leading backslash", () => {
    assert.deepStrictEqual(decode(String.raw`{"a":1, "__class":"\\App\\A"}`), PhpObject.of("App\\A", { a: 1 }))
    assert.deepStrictEqual(
      decode('{"__class":null,"a":1}'),
      PhpArray.of([
        ["__class", null],
        ["a", 1]
      ])
    )
  })

  it("keeps integers of 64 bits, knows a float by its point, and keeps the order of keys", () => {
    assert.strictEqual(decode("9223372036854775807"), 9223372036854775807n)
    assert.strictEqual(decode("9223372036854775808"), 9223372036854775808)
    assert.strictEqual(decode("-0"), -0)
    assert.deepStrictEqual(decode("1.0"), new PhpFloat(1))
    assert.strictEqual(decode("1e-7"), 1e-7)
    assert.deepStrictEqual(
      [...(decode('{"b":1,"1":2}') as PhpArray).entries()],
      [
        ["b", 1],
        [1, 2]
      ]
    )
    assert.deepStrictEqual(
      [...(decode('{"a":1,"a":2,"__proto__":3}') as PhpArray)],
      [
        ["a", 2],
        ["__proto__", 3]
      ]
    )
  })

  it("reads blanks and escapes", () => {
    assert.deepStrictEqual(decode(' [ "\\u00e9\\"\\\\" ,\r\n\t{ } ] '), PhpArray.list(['é"\\', new PhpArray()]))
  })

  it("writes any value as it reads it", () => {
    fc.assert(
      fc.property(jsonValues, fc.boolean(), (value, old) => {
        const text = PhpJson.encode(value, { old })
        assert.doesNotThrow(() => JSON.parse(text))
        if (old) assert.match(text, /^[\u0020-\u007f]*$/)
        assert.strictEqual(PhpJson.encode(decode(text), { old }), text)
      }),
      { numRuns: 300 }
    )
  })

  const hostile: ReadonlyArray<readonly [string, PhpReason]> = [
    ["", "Truncated"],
    ["{", "Malformed"],
    ["[1", "Malformed"],
    ["[1,]", "Malformed"],
    ["01", "Malformed"],
    ["1.", "Malformed"],
    ["+1", "Malformed"],
    ["nul", "Malformed"],
    ['"abc', "Truncated"],
    ['"abc\\"', "Truncated"],
    ['"\\x"', "Malformed"],
    ['"\n"', "Malformed"],
    ['"\\ud800"', "NotText"],
    ['{"a"}', "Malformed"],
    ["{1:2}", "Malformed"],
    ['{"__class":5}', "Malformed"],
    ['{"__class":""}', "Malformed"],
    ["1 2", "Malformed"],
    ["\ufeff1", "Malformed"],
    ["[".repeat(513) + "]".repeat(513), "TooDeep"],
    ["[".repeat(1_000_000), "TooDeep"]
  ]

  it.each(hostile.map(([text, reason]) => ({ text, shown: JSON.stringify(text.slice(0, 30)), reason })))(
    "refuses $shown as $reason",
    ({ reason, text }) => {
      assert.strictEqual(
        reasonOf(() => decode(text)),
        reason
      )
    }
  )

  it("refuses bytes that are no UTF-8", () => {
    assert.strictEqual(
      reasonOf(() => PhpJson.decode(latin1('"\xff"'))),
      "NotText"
    )
  })

  it("reads 512 arrays in one another, which PHP writes, and writes 511, as PHP reads no more", () => {
    const nested = (depth: number): PhpValue => decode("[".repeat(depth) + "]".repeat(depth))
    assert.strictEqual(PhpJson.encode(nested(511)), "[".repeat(511) + "]".repeat(511))
    assert.strictEqual(
      reasonOf(() => PhpJson.encode(nested(512))),
      "TooDeep"
    )
  })

  it("lets nobody name a class by a key or a property", () => {
    for (const value of [
      PhpArray.of([["__class", "Evil"]]),
      PhpArray.of([["__class", null]]),
      PhpObject.of("A", { __class: "Evil" })
    ]) {
      assert.strictEqual(
        reasonOf(() => PhpJson.encode(PhpArray.list([value]))),
        "Unsayable"
      )
    }
  })

  it("writes nothing that JSON cannot say, and that its PHP could not read", () => {
    const cyclic = new PhpObject("A")
    cyclic.properties.push({ name: "self", visibility: "public", value: cyclic })
    const wide = (depth: number): PhpValue => {
      let value: PhpValue = PhpObject.of("A", { text: "x".repeat(1_000_000) })
      for (let level = 0; level < depth; level++) value = PhpArray.list([value, value])
      return value
    }
    const cases: ReadonlyArray<readonly [PhpValue, PhpReason]> = [
      [cyclic, "Cyclic"],
      [Infinity, "Unsayable"],
      [NaN, "Unsayable"],
      [2n ** 63n, "OutOfRange"],
      [Uint8Array.of(255), "NotText"],
      ["\ud800", "NotText"],
      [new PhpEnum("Suit", "Hearts"), "Unsayable"],
      // What stands in many places is written as often.
      [wide(100), "OutOfRange"]
    ]
    for (const [value, reason] of cases)
      assert.strictEqual(
        reasonOf(() => PhpJson.encode(value)),
        reason
      )
  })

  it("reads any bytes, or throws what it should", () => {
    const part = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      ":",
      ",",
      "__class",
      "\\",
      "1",
      "-",
      ".",
      "e",
      "true",
      "\u00e9",
      " "
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 20 }).map((all) => all.join("")),
          fc.json()
        ),
        (text) => {
          try {
            decode(text)
          } catch (error) {
            assert.instanceOf(error, PhpError)
          }
        }
      ),
      { numRuns: 1000 }
    )
  })
})
