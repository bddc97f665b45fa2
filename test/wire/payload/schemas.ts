/**
 * Schemas of all kinds that have a plan, with values that fit and values that may not, and both ways between values and
 * JSON.
 */
import { inspect } from "node:util"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import type { Plan } from "../../../src/wire/payload/JsonPlan.ts"
import * as Plans from "../../../src/peer/Plans.ts"

export type AnySchema = Schema.Codec<unknown, unknown>

export interface Sample {
  readonly schema: AnySchema
  readonly plan: Plan | undefined
  /** Values that fit. */
  readonly right: ReadonlyArray<unknown>
  /** Values that mostly do not. */
  readonly wrong: ReadonlyArray<unknown>
}

interface Kind {
  readonly schema: AnySchema
  readonly value: fc.Arbitrary<unknown>
}

// Values

const halves = ["\ud83d", "a\udc4bb", "\udc4b\ud83d"]
export const strings: ReadonlyArray<string> = [
  halves,
  ["", "plain", '"', "\\", "\n\t\b\f\r", "\0\u001f\u007f", "\u2028\u2029", "ü", "grüße 👋", "\ufeff", "\uffff", "</x>"],
  ["x".repeat(63), "x".repeat(64), "x".repeat(65), "é".repeat(40), `${"x".repeat(200)}"`, "👋".repeat(100)]
].flat()
const text = fc.oneof(
  fc.constantFrom(...strings),
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 8 })
)

export const integers: ReadonlyArray<number> = [
  [0, -0, 1, -1, 9, 10, 99, 100, 12_345, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32],
  [999_999_999_999_999, 1e15, 9_007_199_254_740_991, -9_007_199_254_740_991]
].flat()
export const numbers: ReadonlyArray<number> = [
  0.1,
  -0.5,
  1.5,
  1e21,
  -1e21,
  1e-7,
  123_456_789.123,
  2 ** 53,
  1e300,
  5e-324,
  Number.MAX_VALUE
]
const integer = fc.oneof(fc.constantFrom(...integers), fc.maxSafeInteger(), fc.integer({ min: -200, max: 200 }))
const number = fc.oneof(fc.constantFrom(...numbers), integer, fc.double({ noNaN: true, noDefaultInfinity: true }))

/** Values that may stand anywhere by mistake. */
const odd: ReadonlyArray<unknown> = [
  [undefined, null, NaN, Infinity, -Infinity, -0, 1, 10, 1.5, 1e21, 1e-7, true, "", "NaN", "a", "1", 1n, Symbol("s")],
  [[], [1], [undefined], {}, { a: 1 }, new Date(0), new Map(), () => {}, Object.create({ a: "inherited", b: 1 })]
].flat()

// Schemas

const names = [
  ["a", "b", "c", "name", "constructor", "toString", "hasOwnProperty", "length", "", "x y", 'a"b', "a\\b", "\n"],
  ["ü", "👋", "\u2028", "\ud800"]
].flat()

const kind = (schema: Schema.Top, value: fc.Arbitrary<unknown>): Kind => ({ schema: schema as AnySchema, value })

const words = <W extends string | number | boolean | null>(...all: ReadonlyArray<W>): Kind =>
  kind(Schema.Union(all.map((word) => (word === null ? Schema.Null : Schema.Literal(word)))), fc.constantFrom(...all))

/** By the kind of JSON they make. */
const plain = {
  string: [
    kind(Schema.String, text),
    kind(
      Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(400)),
      text.filter((all) => all !== "")
    ),
    kind(Schema.Literal('quo"te'), fc.constant('quo"te')),
    words("a", "ab", "\u2028", "👋", ""),
    kind(Schema.Enum({ Up: "up", Down: "down" }), fc.constantFrom("up", "down"))
  ],
  number: [
    kind(Schema.Int, integer),
    kind(Schema.Finite, number),
    kind(Schema.Number, number),
    kind(Schema.Int.check(Schema.isGreaterThan(0)), fc.constantFrom(1, 5, 2 ** 40)),
    kind(
      Schema.Number.check(Schema.isBetween({ minimum: -1, maximum: 1 })),
      fc.double({ min: -1, max: 1, noNaN: true })
    ),
    words(1, 10, 100, -1, 1.5, 1e21, 0),
    kind(Schema.Enum({ Low: 1, High: 12 }), fc.constantFrom(1, 12))
  ],
  boolean: [kind(Schema.Boolean, fc.boolean()), words(true), words(true, false)],
  null: [kind(Schema.Null, fc.constant(null)), kind(Schema.Undefined, fc.constant(undefined))]
} satisfies Record<string, ReadonlyArray<Kind>>

const anyPlain = fc.constantFrom(...Object.values(plain).flat())

const kinds = (depth: number): fc.Arbitrary<Kind> => {
  if (depth === 0) return anyPlain
  const inner = kinds(depth - 1)
  return fc.oneof(anyPlain, structs(inner), arrays(inner), unions(inner), tagged(inner))
}

const ways = ["required", "required", "optionalKey", "optional", "undefined", "null"] as const

const fieldOf = (way: (typeof ways)[number], { schema, value }: Kind): Kind & { readonly absent: boolean } => {
  switch (way) {
    case "required":
      return { schema, value, absent: false }
    case "optionalKey":
      return { schema: Schema.optionalKey(schema) as never, value, absent: true }
    case "optional":
      return { schema: Schema.optional(schema) as never, value: fc.option(value, { nil: undefined }), absent: true }
    case "undefined":
      return { schema: Schema.UndefinedOr(schema), value: fc.option(value, { nil: undefined }), absent: false }
    case "null":
      return { schema: Schema.NullOr(schema), value: fc.option(value), absent: false }
  }
}

const structOf = (fields: ReadonlyArray<readonly [string, ReturnType<typeof fieldOf>]>, checked: boolean): Kind => {
  const struct = Schema.Struct(Object.fromEntries(fields.map(([name, { schema }]) => [name, schema])))
  const value = fc.record(Object.fromEntries(fields.map(([name, field]) => [name, field.value])) as never, {
    requiredKeys: fields.filter(([, { absent }]) => !absent).map(([name]) => name) as never
  })
  return kind(checked ? struct.check(Schema.makeFilter((all) => Object.keys(all).length < 99)) : struct, value)
}

const structs = (inner: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> =>
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(fc.constantFrom(...ways), inner), { minLength: 5, maxLength: 5 }),
      fc.nat(9)
    )
    .map(([own, fields, dice]) =>
      structOf(
        own.map((name, index) => [name, fieldOf(...fields[index]!)] as const),
        dice === 0
      )
    )

const arrays = (inner: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> =>
  fc.tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), fc.nat(4)).map(([parts, way]) => {
    const [{ schema, value }] = parts as [Kind]
    const schemas = parts.map((part) => part.schema)
    const elements = fc.tuple(...parts.map((part) => part.value))
    const rest = fc.array(value, { maxLength: 3 })
    switch (way) {
      case 0:
        return kind(Schema.Tuple(schemas), elements)
      case 1:
        return kind(
          Schema.TupleWithRest(Schema.Tuple(schemas), [schema]),
          fc.tuple(elements, rest).map((all) => all.flat())
        )
      case 2:
        return kind(Schema.NonEmptyArray(schema), fc.array(value, { minLength: 1, maxLength: 3 }))
      case 3:
        return kind(Schema.Array(schema).check(Schema.isMaxLength(3)), rest)
      default:
        return kind(Schema.Array(schema), rest)
    }
  })

/** Members of different kinds, one of which may be a union itself. */
const unions = (inner: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> => {
  const one = (name: keyof typeof plain) => fc.constantFrom(...plain[name])
  const members = fc.tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
    fc.tuple(one("string"), one("number"), one("boolean"), one("null"), structs(inner), arrays(inner)),
    fc.boolean()
  )
  return members.map(([chosen, all, nested]) => {
    const own = chosen.map((index) => all[index]!)
    const [first, ...others] = own.map(({ schema }) => schema) as [AnySchema, ...Array<AnySchema>]
    const rest = Schema.Union(others)
    return kind(
      nested && others.length > 0 ? Schema.Union([first, rest]) : Schema.Union([first, ...others]),
      fc.oneof(...own.map(({ value }) => value))
    )
  })
}

const tagged = (inner: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> =>
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom<string | number | boolean>("a", "b", "ab", 1, 10, true), { minLength: 1 }),
      fc.array(fc.tuple(fc.constantFrom(...ways), inner), { minLength: 6, maxLength: 6 }),
      fc.boolean()
    )
    .map(([tags, fields, last]) => {
      const cases = tags.map((tag, index) => {
        const own = ["_tag", { ...words(tag), absent: false }] as const
        const other = ["of", fieldOf(...fields[index]!)] as const
        return structOf(last ? [other, own] : [own, other], false)
      })
      return kind(Schema.Union(cases.map(({ schema }) => schema)), fc.oneof(...cases.map(({ value }) => value)))
    })

// Mistakes

/** Puts something odd in one place of a value: instead of it, or of what is in it, or besides. */
const bent = (value: unknown, path: ReadonlyArray<number>, by: unknown): unknown => {
  const [step, ...rest] = path
  if (step === undefined || typeof value !== "object" || value === null) return by
  if (Array.isArray(value)) {
    const copy: Array<unknown> = [...(value as ReadonlyArray<unknown>)]
    if (step % 5 === 0 || copy.length === 0) copy.push(by)
    else if (step % 5 === 1) copy.pop()
    else copy[step % copy.length] = bent(copy[step % copy.length], rest, by)
    return copy
  }
  const copy: Record<string, unknown> = { ...value }
  const keys = Object.keys(copy)
  const key = keys[step % keys.length]!
  if (step % 5 === 0 || keys.length === 0) copy.extra = by
  else if (step % 5 === 1) delete copy[key]
  else copy[key] = bent(copy[key], rest, by)
  return copy
}

/** Schemas with values. */
export const samples: fc.Arbitrary<Sample> = kinds(2).chain(({ schema, value }) => {
  const right = fc.array(value, { minLength: 3, maxLength: 3 })
  const bends = fc.array(fc.tuple(fc.array(fc.nat(100), { maxLength: 3 }), fc.constantFrom(...odd)), {
    minLength: 6,
    maxLength: 6
  })
  return fc.tuple(right, bends).map(([all, how]) => ({
    schema,
    plan: Plans.of(schema.ast),
    right: all,
    wrong: how.map(([path, by], index) => bent(all[index % all.length], path, by))
  }))
})

// The general way

/** Answers what JSON a value is, and what value a JSON text is, or undefined where it is refused. */
export const general = (schema: AnySchema) => {
  const codec = Schema.toCodecJson(schema)
  const encode = Schema.encodeUnknownSync(codec)
  const decode = Schema.decodeUnknownSync(codec)
  const attempt = <A>(make: () => A): { readonly value: A } | undefined => {
    try {
      return { value: make() }
    } catch {
      return undefined
    }
  }
  return {
    write: (value: unknown) => attempt(() => JSON.stringify(encode(value)))?.value,
    read: (bytes: Uint8Array) => attempt(() => decode(JSON.parse(Buffer.from(bytes).toString("utf8"))))
  }
}

/** A value as text that tells all: the order of keys, -0, what is undefined, and prototypes. */
export const shown = (value: unknown): string =>
  inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: Infinity })
