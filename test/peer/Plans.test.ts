import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Plans from "../../src/peer/Plans.ts"
import type { Plan } from "../../src/wire/payload/JsonPlan.ts"

const planOf = (schema: Schema.Top): Plan | undefined => Plans.of(schema.ast)

const text: Plan = { is: "string", passes: undefined }
const integer: Plan = { is: "number", integer: true, passes: undefined }
const nothing: Plan = { is: "nothing" }
const word = (...words: ReadonlyArray<string | number | boolean | null>): Plan => ({ is: "word", words })
const either = (...members: ReadonlyArray<Plan>): Plan => ({ is: "either", members })

const A = Schema.Struct({ _tag: Schema.Literal("a"), n: Schema.Int })
const B = Schema.Struct({ n: Schema.Int, _tag: Schema.Literal("b") })

class Person extends Schema.Class<Person>("Person")({ name: Schema.String }) {}

interface List {
  readonly next: List | null
}
const List = Schema.Struct({ next: Schema.NullOr(Schema.suspend((): Schema.Codec<List> => List)) })

const noCheck = Schema.makeFilter(() => undefined)

describe("a plan", () => {
  it.each<readonly [string, Schema.Top, Plan]>([
    ["a string", Schema.String, text],
    ["an integer", Schema.Int, integer],
    ["a number", Schema.Number, { is: "number", integer: false, passes: undefined }],
    ["undefined", Schema.Undefined, nothing],
    ["literals, each once", Schema.Literals(["a", "b", "a"]), word("a", "b")],
    ["an enum of two kinds", Schema.Enum({ A: 1, B: "b" }), either(word(1), word("b"))],
    ["a value that may be null", Schema.NullOr(Schema.Int), either(integer, word(null))],
    ["a union of one", Schema.Union([Schema.Int]), integer],
    [
      "a union in a union",
      Schema.Union([Schema.UndefinedOr(Schema.Int), Schema.String]),
      either(integer, nothing, text)
    ],
    [
      "words and a number",
      Schema.Union([Schema.Literals(["auto", "none"]), Schema.Int]),
      either(word("auto", "none"), integer)
    ],
    ["a tuple", Schema.Tuple([Schema.Int]), { is: "array", elements: [integer], rest: undefined, passes: undefined }],
    ["a list", Schema.Array(Schema.Int), { is: "array", elements: [], rest: integer, passes: undefined }],
    [
      "a struct, in the order of its fields",
      Schema.Struct({
        b: Schema.optionalKey(Schema.Int),
        a: Schema.optional(Schema.String),
        c: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(1)))
      }),
      {
        is: "object",
        fields: [
          { name: "b", plan: integer, optional: true },
          { name: "a", plan: either(text, nothing), optional: true },
          { name: "c", plan: integer, optional: false }
        ],
        passes: undefined
      }
    ]
  ])("has %s", (_, schema, plan) => {
    assert.deepStrictEqual(planOf(schema), plan)
  })

  it("tells structs by the one field of which each has a word of its own", () => {
    const plan = planOf(Schema.Union([A, B, Schema.Null]))
    assert.deepStrictEqual(
      plan,
      either(
        {
          is: "tagged",
          tag: "_tag",
          cases: [
            { word: "a", plan: planOf(A) as never },
            { word: "b", plan: planOf(B) as never }
          ]
        },
        word(null)
      )
    )
  })

  it.each<readonly [string, Schema.Top]>([
    ["a date", Schema.Date],
    ["bytes", Schema.Uint8Array],
    ["a class", Person],
    ["a record", Schema.Record(Schema.String, Schema.Int)],
    ["what is recursive", List],
    ["what is transformed", Schema.NumberFromString],
    ["fields that travel under other names", A.pipe(Schema.encodeKeys({ n: "m" }))],
    ["a big integer", Schema.BigInt],
    ["a literal that is one", Schema.Literal(1n)],
    ["a symbol", Schema.Symbol],
    ["a template", Schema.TemplateLiteral(["a", Schema.Int])],
    ["anything", Schema.Unknown],
    ["void", Schema.Void],
    ["never", Schema.Never],
    ["a struct without fields", Schema.Struct({})],
    ["unknown fields that are errors", A.annotate({ parseOptions: { onExcessProperty: "error" } })],
    ["fields with numbers for names", Schema.Struct({ 1: Schema.Int })],
    ["a field with a name that means something else", Schema.Struct({ ["__proto__"]: Schema.Int })],
    ["a field with a symbol for a name", Schema.Struct({ [Symbol.iterator]: Schema.Int })],
    // Each object has them, so that Effect takes them for given.
    ["an optional field that every object inherits", Schema.Struct({ toString: Schema.optionalKey(Schema.Int) })],
    [
      "undefined where a constructor puts its default",
      Schema.Struct({ a: Schema.UndefinedOr(Schema.Int).pipe(Schema.withConstructorDefault(Effect.succeed(1))) })
    ],
    ["an element that may be left out", Schema.Tuple([Schema.optionalKey(Schema.Int)])],
    ["elements behind the rest", Schema.TupleWithRest(Schema.Tuple([]), [Schema.Int, Schema.String])],
    ["a union of nothing", Schema.Union([])],
    ["a union of which exactly one member must fit", Schema.Union([Schema.Int, Schema.String], { mode: "oneOf" })],
    ["a union that is checked", Schema.Union([Schema.Int, Schema.String]).check(noCheck)],
    ["a boolean that is checked", Schema.Boolean.check(noCheck)],
    ["null and undefined, which are the same in JSON", Schema.Union([Schema.Null, Schema.Undefined])],
    ["strings of two kinds", Schema.Union([Schema.String, Schema.Literal("a")])],
    ["lists of two kinds", Schema.Union([Schema.Array(Schema.Int), Schema.Array(Schema.String)])],
    ["structs without a tag", Schema.Union([Schema.Struct({ a: Schema.Int }), Schema.Struct({ b: Schema.Int })])],
    ["structs with one tag", Schema.Union([A, Schema.Struct({ _tag: Schema.Literal("a") })])],
    [
      "structs of which one may lack the tag",
      Schema.Union([A, Schema.Struct({ _tag: Schema.optionalKey(Schema.Literal("b")) })])
    ],
    ["structs of which one has two tags", Schema.Union([A, Schema.Struct({ _tag: Schema.Literals(["b", "c"]) })])],
    ["a word that a number may be said with", Schema.Union([Schema.Number, Schema.Literal("NaN")])]
  ])("is not made of %s, nor of what holds it", (_, schema) => {
    assert.isUndefined(planOf(schema))
    assert.isUndefined(planOf(Schema.Struct({ a: Schema.Int, b: schema })))
    assert.isUndefined(planOf(Schema.Array(schema)))
  })

  it("is not made of a schema that is too large for code", () => {
    const wide = (count: number) => Schema.Tuple(Array.from({ length: count }, () => Schema.Int))
    assert.isDefined(planOf(wide(499)))
    assert.isUndefined(planOf(wide(500)))
  })
})

describe("what a schema checks", () => {
  const passes = (schema: Schema.Top, value: unknown): boolean => {
    const plan = planOf(schema)!
    if (!("passes" in plan) || plan.passes === undefined) throw new Error("nothing is checked")
    return plan.passes(value)
  }

  it("is checked, in groups too", () => {
    assert.deepStrictEqual(
      ["a", "ab", "abcd"].map((value) =>
        passes(Schema.String.check(Schema.isMinLength(2), Schema.isMaxLength(3)), value)
      ),
      [false, true, false]
    )
    const group = Schema.makeFilterGroup([Schema.isGreaterThan(0), Schema.isLessThan(10)])
    assert.deepStrictEqual(
      [0, 5, 10].map((value) => passes(Schema.Number.check(group), value)),
      [false, true, false]
    )
    assert.deepStrictEqual(
      [
        [1, 2],
        [1, 1]
      ].map((value) => passes(Schema.Array(Schema.Int).check(Schema.isUnique()), value)),
      [true, false]
    )
  })

  it("besides that a number is a safe integer is", () => {
    assert.isUndefined((planOf(Schema.Int) as { passes: unknown }).passes)
    assert.deepStrictEqual(
      [1, 1.5, -1].map((value) => passes(Schema.Int.check(Schema.isGreaterThan(0)), value)),
      [true, false, false]
    )
  })

  it("does not pass when the check throws", () => {
    const broken = Schema.makeFilter(() => {
      throw new Error("a bug")
    })
    assert.isFalse(passes(Schema.String.check(broken), "a"))
  })

  it("is that a string beside a number is none that numbers are said with", () => {
    const members = (schema: Schema.Top) =>
      (planOf(schema) as { members: ReadonlyArray<{ passes?: (value: unknown) => boolean }> }).members
    const [plain] = members(Schema.Union([Schema.String, Schema.Number]))
    const [checked] = members(Schema.Union([Schema.String.check(Schema.isMinLength(1)), Schema.Number]))
    assert.deepStrictEqual(
      ["NaN", "Infinity", "-Infinity", "nan", ""].map((value) => plain!.passes!(value)),
      [false, false, false, true, true]
    )
    assert.deepStrictEqual(
      ["NaN", "", "a"].map((value) => checked!.passes!(value)),
      [false, false, true]
    )
    assert.isUndefined(members(Schema.Union([Schema.String, Schema.Int]))[0]!.passes)
  })
})
