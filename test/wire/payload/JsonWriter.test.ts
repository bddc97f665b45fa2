import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Plans from "../../../src/peer/Plans.ts"
import * as JsonWriter from "../../../src/wire/payload/JsonWriter.ts"
import { type AnySchema, general, integers, numbers, samples, strings } from "./schemas.ts"

const guard = 7

/** The writer of a schema that has a plan. */
const writer = (schema: Schema.Top): JsonWriter.Write => JsonWriter.compile(Plans.of(schema.ast)!)!

/** What is written with this much room, or -1. What is before it must not change. */
const written = (write: JsonWriter.Write, value: unknown, room: number, slack = 0): string | -1 => {
  const bytes = Buffer.alloc(guard + room + slack, 0xee)
  const end = write(value, bytes, guard, guard + room)
  assert.isTrue(bytes.subarray(0, guard).every((byte) => byte === 0xee))
  assert.isAtMost(end, guard + room)
  return end === -1 ? -1 : bytes.subarray(guard, end).toString()
}

const enough = 64 * 1024

describe("a value that is written", () => {
  it("is what the general way writes, and one that fits and has a plan is written", () => {
    const count = { planned: 0, all: 0, bent: 0 }
    fc.assert(
      fc.property(samples, ({ plan, right, schema, wrong }) => {
        count.all++
        if (plan === undefined) return
        count.planned++
        const write = JsonWriter.compile(plan)!
        const { write: writeGeneral } = general(schema)
        for (const value of right) assert.strictEqual(written(write, value, enough), writeGeneral(value))
        for (const value of wrong) {
          const text = written(write, value, enough)
          if (text === -1) continue
          count.bent++
          assert.strictEqual(text, writeGeneral(value))
        }
      }),
      { numRuns: 200 }
    )
    assert.isAbove(count.planned, count.all * 0.4)
    assert.isAbove(count.bent, 0)
  })

  it("is written where there is room, and to the last byte of it or not at all", () => {
    const schema = Schema.Struct({
      kind: Schema.Literals(["a", "longer"]),
      list: Schema.Array(Schema.NullOr(Schema.Int)),
      text: Schema.optionalKey(Schema.String),
      last: Schema.Boolean
    })
    const write = writer(schema)
    for (const text of ["", "plain", "ü", "\n", "x".repeat(70), undefined]) {
      const value = { kind: "longer", list: [1, null, -300], ...(text !== undefined && { text }), last: false }
      const whole = JSON.stringify(value)
      for (let room = 0; room < whole.length + 200; room++) {
        // The memory ends with the room, or goes on.
        for (const slack of [0, 300]) assert.oneOf(written(write, value, room, slack), [-1, whole])
      }
      assert.strictEqual(written(write, value, whole.length * 6 + 2), whole)
    }
  })

  it("is given up soon when it is long and the room is not", () => {
    const touched: Array<number> = []
    const list = Array.from({ length: 10_000 }, (_, n) => n)
    const spy = new Proxy(list, {
      get: (all, key) => (touched.push(Number(key)), Reflect.get(all, key) as unknown)
    })
    assert.strictEqual(written(writer(Schema.Array(Schema.Int)), spy, 100), -1)
    assert.isBelow(touched.length, 300)
  })

  it.each<readonly [string, Schema.Top, ReadonlyArray<unknown>]>([
    ["strings", Schema.String, strings],
    ["integers", Schema.Int, integers],
    ["numbers", Schema.Number, [...numbers, ...integers]],
    [
      "fields that may be undefined",
      Schema.Struct({ a: Schema.UndefinedOr(Schema.Int) }),
      [{ a: undefined }, { a: 1 }]
    ],
    ["fields that are inherited", Schema.Struct({ a: Schema.Int }), [Object.create({ a: 1 })]],
    [
      "fields that nobody declared",
      Schema.Struct({ a: Schema.Int }),
      [
        { b: 2, a: 1 },
        new (class {
          a = 1
          b = 2
        })()
      ]
    ],
    ["holes of lists", Schema.Array(Schema.UndefinedOr(Schema.Int)), [Array(2), Object.assign(Array(2), { 1: 1 })]],
    ["words that begin as others do", Schema.Literals([1, 10, "1", true, "true"]), [1, 10, "1", true, "true"]],
    [
      "what passes a check",
      Schema.Struct({ a: Schema.Int, b: Schema.optionalKey(Schema.Int) }).check(Schema.isMinProperties(2)),
      [
        { a: 1, b: 2 },
        { a: 1, besides: 2 }
      ]
    ]
  ])("has %s", (_, schema, values) => {
    const { write } = general(schema as AnySchema)
    for (const value of values) {
      assert.isString(write(value))
      assert.strictEqual(written(writer(schema), value, enough), write(value))
    }
  })

  it.each<readonly [string, Schema.Top, ReadonlyArray<unknown>]>([
    ["integers", Schema.Int, [1.5, NaN, 2 ** 53, Infinity, "1", 1n, null, undefined]],
    ["numbers", Schema.Number, [NaN, Infinity, -Infinity, "1"]],
    ["fields", Schema.Struct({ a: Schema.UndefinedOr(Schema.Int) }), [{}, [], null, 1, () => {}]],
    ["own fields", Schema.Struct({ toString: Schema.String }), [{}, { toString: 1 }]],
    ["lists", Schema.NonEmptyArray(Schema.Int), [[], {}, "1", [1, "2"], new Set([1])]],
    ["tuples", Schema.Tuple([Schema.Int, Schema.Int]), [[1], [1, 2, 3], { 0: 1, 1: 2, length: 2 }]],
    ["members", Schema.Union([Schema.Int, Schema.String]), [null, true, {}, undefined]],
    ["what passes a check", Schema.Array(Schema.Int).check(Schema.isUnique()), [[1, 1]]],
    [
      "what a check does not fail on",
      Schema.String.check(
        Schema.makeFilter(() => {
          throw new Error("bug")
        })
      ),
      ["a"]
    ]
  ])("has none but %s", (_, schema, values) => {
    for (const value of values) assert.strictEqual(written(writer(schema), value, enough), -1)
  })
})
