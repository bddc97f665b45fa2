import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Json from "../../../src/wire/payload/Json.ts"
import type { Shape } from "../../../src/wire/Wire.ts"
import { concat } from "../tools.ts"

/** Takes any JSON value as it is. */
const any: Shape = {
  encode: (value) => value,
  decode: (json) => json,
  json: undefined,
  raw: undefined,
  binary: undefined
}

const even: Shape = {
  encode: (value) => {
    if (Number(value) % 2 !== 0) throw new Error(`${String(value)} is odd`)
    return { even: value }
  },
  decode: (json) => {
    const { even: value } = json as { readonly even: number }
    if (value % 2 !== 0) throw new Error(`${value} is odd`)
    return value
  },
  json: undefined,
  raw: undefined,
  binary: undefined
}

const read = (shape: Shape, text: string): unknown => {
  const bytes = concat('"', text, '"')
  return Json.read(shape, bytes, 1, bytes.length - 1)
}

const readList = (shape: Shape, text: string): unknown => {
  const bytes = concat("[", text, "]")
  return Json.readList(shape, bytes, 1, bytes.length - 1)
}

const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth)

describe("a value", () => {
  it("is written by its shape and read by it", () => {
    assert.strictEqual(Json.text(even, 4), '{"even":4}')
    assert.strictEqual(read(even, '{"even":4}'), 4)
  })

  it("comes back, whatever JSON can say", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.parse(JSON.stringify(value))
        assert.deepStrictEqual(read(any, Json.text(any, value)), json)
        assert.deepStrictEqual(readList(any, Json.listText(any, [value, value])), [json, json])
      })
    )
  })

  it("of no bytes is undefined", () => {
    assert.strictEqual(Json.text(any, undefined), "")
    assert.isUndefined(read(any, ""))
  })

  it.each([
    ["an odd value", () => Json.text(even, 3), /3 is odd/],
    ["an odd value that came", () => read(even, '{"even":3}'), /3 is odd/],
    ["bytes that are no JSON", () => read(any, "{"), /JSON/],
    ["two values", () => read(any, "1 2"), /JSON/],
    ["bytes that are no text", () => Json.read(any, Uint8Array.of(0xfa, 0xce), 0, 2), /JSON/],
    ["a value that contains itself", () => Json.text(any, loop()), /circular/i],
    ["a number that JSON has not", () => Json.text(any, 1n), /BigInt/]
  ])("is refused with a reason: %s", (_, run, message) => {
    assert.throws(run, message)
  })
})

const loop = (): unknown => {
  const value: Record<string, unknown> = {}
  value.self = value
  return value
}

describe("a list", () => {
  it("is written and read item by item", () => {
    assert.strictEqual(Json.listText(even, [2]), '[{"even":2}]')
    assert.strictEqual(Json.listText(even, [2, 4]), '[{"even":2},{"even":4}]')
    assert.deepStrictEqual(readList(even, '[{"even":2},{"even":4}]'), [2, 4])
  })

  it.each([
    ["one of its items does not fit", () => Json.listText(even, [2, 3])],
    ["one of its items that came does not fit", () => readList(even, '[{"even":2},{"even":3}]')],
    ["it is empty", () => readList(any, "[]")],
    ["it is none", () => readList(any, '{"length":1}')],
    ["it is nothing", () => readList(any, "")]
  ])("is refused when %s", (_, run) => {
    assert.throws(run)
  })
})

describe("nesting", () => {
  const deepest = Json.maxDepth

  it.each([
    ["as deep as is allowed", nested(deepest)],
    ["as deep as is allowed, in objects", `${'{"a":'.repeat(deepest)}1${"}".repeat(deepest)}`],
    ["wide, not deep", `[${"[],{},".repeat(5000)}0]`],
    ["brackets in strings", JSON.stringify({ a: nested(5000), b: `\\"${"{".repeat(3000)}\\` })],
    [
      "strings that end in backslashes",
      JSON.stringify(Array.from({ length: 2000 }, (_, at) => `[${"\\".repeat(at % 5)}`))
    ],
    ["long text", JSON.stringify("x".repeat(100_000))]
  ])("is read: %s", (_, text) => {
    assert.deepStrictEqual(read(any, text), JSON.parse(text))
  })

  it.each([
    ["one deeper than is allowed", nested(deepest + 1)],
    ["one deeper, in objects", `${'{"a":'.repeat(deepest + 1)}1${"}".repeat(deepest + 1)}`],
    ["a million deep", nested(1_000_000)],
    ["a million opened and never closed", "[".repeat(1_000_000)],
    ["a million deep, behind a string", `["\\"]",${nested(1_000_000)}]`],
    ["deep again after it was flat", `[${"[],".repeat(5000)}${nested(deepest + 1)}]`]
  ])("is refused before it is parsed: %s", (_, text) => {
    assert.throws(() => read(any, text), `nested deeper than ${deepest}`)
    assert.throws(() => readList(any, text), `nested deeper than ${deepest}`)
  })

  it("is counted as a parser would count it", () => {
    const depthOf = (value: unknown): number =>
      typeof value !== "object" || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf))
    const padding = JSON.stringify(Array.from({ length: 1100 }, () => ["[{", "]}", '\\"']))
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: deepest - 6, max: deepest }), (text, levels) => {
        const all = `${"[".repeat(levels)}${padding},${text}${"]".repeat(levels)}`
        const tooDeep = levels + Math.max(2, depthOf(JSON.parse(text))) > deepest
        let refused = false
        try {
          read(any, all)
        } catch {
          refused = true
        }
        assert.strictEqual(refused, tooDeep)
      }),
      { numRuns: 60 }
    )
  })
})
