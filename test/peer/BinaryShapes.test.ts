/** What values are in binary, against what they are in JSON. */
import { inspect } from "node:util"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Shapes from "../../src/peer/Shapes.ts"
import * as Event from "../../src/protocol/Event.ts"
import type { BinaryShape, Shape } from "../../src/wire/Wire.ts"
import { type AnySchema, general, samples, shown } from "../wire/payload/schemas.ts"

beforeAll(Shapes.loadBinary)

const inBinary = ({ binary }: Shape): BinaryShape => binary!

/** What comes of a value, or of a list, there. */
const there = (binary: BinaryShape, value: unknown): unknown => {
  const bytes = binary.write(value)!
  return binary.read(bytes, 0, bytes.length)
}
const listThere = (binary: BinaryShape, values: ReadonlyArray<unknown>): unknown => {
  const bytes = binary.writeList(values)!
  return binary.readList(bytes, 0, bytes.length)
}

class Name extends Schema.Class<Name>("test/Name")({ first: Schema.String, last: Schema.optionalKey(Schema.String) }) {}
class Gone extends Schema.TaggedError<Gone>()("Gone", { since: Schema.Date, by: Name }) {}
class Move extends Event.Class<Move>()("Move", {
  to: Name,
  speed: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(5)))
}) {}

/** In any order of keys; and JSON has no -0, and does not tell undefined from null. */
const comparable = (value: unknown): string =>
  inspect(value, { depth: null, sorted: true, maxArrayLength: null, maxStringLength: null, breakLength: Infinity })
    .replaceAll(/(?<![\w."'-])-0(?![\w."'])/g, "0")
    .replaceAll("undefined", "null")

describe("a value in binary", () => {
  const isSame = (schema: AnySchema, value: unknown, decode: () => unknown): void => {
    const { read, write } = general(schema)
    const text = write(value)
    assert.isDefined(text, `${shown(value)} is refused in JSON`)
    const expected = read(Buffer.from(text))
    // JSON confuses -Infinity and text of that form, where both may stand.
    assert.include([value, expected!.value].map(comparable), comparable(decode()))
  }

  it("is what it is in JSON or more truly itself, or is left to JSON", () => {
    const count = { all: 0, written: 0 }
    fc.assert(
      fc.property(samples, ({ plan, right, schema, wrong }) => {
        const binary = Shapes.of(schema).binary
        // Without a plan, JSON may not read what it has written: of null and undefined, or a field named toString.
        if (binary === undefined || plan === undefined) return
        for (const value of [...right, ...wrong]) {
          count.all++
          const bytes = binary.write(value)
          if (bytes === undefined) continue
          count.written++
          isSame(schema, value, () => binary.read(bytes, 0, bytes.length))
        }
        const bytes = binary.writeList(right)
        if (bytes !== undefined) isSame(Schema.Array(schema), right, () => binary.readList(bytes, 0, bytes.length))
      }),
      { numRuns: 200 }
    )
    assert.isAbove(count.written, count.all * 0.3)
    assert.isBelow(count.written, count.all)
  })

  it("has what an object inherits, as in JSON", () => {
    const loose = Schema.Struct({ a: Schema.optional(Schema.Int) })
    assert.deepStrictEqual(there(inBinary(Shapes.of(loose)), Object.create({ a: 1 })), { a: 1 })
    assert.isUndefined(inBinary(Shapes.of(loose)).write(Object.create({ a: "1" })))
  })

  it("is no number where it stands behind a fraction", () => {
    assert.isUndefined(inBinary(Shapes.of(Schema.Number)).writeList([5e-324, undefined]))
    assert.isUndefined(inBinary(Shapes.of(Schema.Array(Schema.Number))).write([5e-324, "1"]))
  })

  it.each<readonly [string, unknown]>([
    ["a number", 1e21],
    ["text", "abc"],
    ["a list", [1]]
  ])("is no struct where it is %s in a row", (_, row) => {
    const loose = Schema.Struct({ length: Schema.optionalKey(Schema.Int) })
    assert.isUndefined(inBinary(Shapes.of(loose)).writeList([{}, row]))
    assert.isUndefined(inBinary(Shapes.of(Schema.Array(loose))).write([{}, row]))
  })

  it.each<readonly [string, Schema.Codec<any, any>, unknown]>([
    ["a date", Schema.Date, new Date(1)],
    ["bytes among other fields", Schema.Struct({ a: Schema.Uint8Array, b: Schema.Int }), { a: Uint8Array.of(1), b: 2 }],
    ["an instance of a class", Name, new Name({ first: "Ada" })],
    ["an error", Gone, new Gone({ since: new Date(0), by: new Name({ first: "a", last: "b" }) })],
    ["an option", Schema.Option(Schema.BigInt), Option.some(-(10n ** 40n))],
    ["a map", Schema.ReadonlyMap(Schema.String, Name), new Map([["a", new Name({ first: "Ada" })]])],
    ["a set", Schema.ReadonlySet(Schema.Int), new Set([1, 2])],
    ["a duration", Schema.Duration, Duration.nanos(3_000_000_000n)],
    ["rows", Schema.Array(Name), [new Name({ first: "Ada" }), new Name({ first: "Ada", last: "L" })]],
    ["numbers", Schema.Array(Schema.Number), [0.1, -0, NaN, -Infinity, 2 ** 53]],
    ["a number of text", Schema.NumberFromString, 12],
    ["a record", Schema.Record(Schema.String, Schema.NullOr(Schema.Boolean)), { ["__proto__"]: true, b: null }],
    ["no field at all", Schema.Struct({}), {}]
  ])("comes there as it was: %s", (_, schema, value) => {
    const binary = inBinary(Shapes.of(schema))
    assert.deepStrictEqual(there(binary, value), value)
    assert.deepStrictEqual(listThere(binary, [value, value]), [value, value])
  })

  it("is an instance of its class, with what the caller left out", () => {
    const shape = Shapes.ofPayload(Move)
    const moved = there(inBinary(shape), { to: { first: "Ada" } })
    assert.instanceOf(moved, Move)
    assert.deepStrictEqual(moved, new Move({ to: new Name({ first: "Ada" }), speed: 5 }))
  })

  it("is one value, not two, and a list has at least one", () => {
    const binary = inBinary(Shapes.of(Schema.Int))
    const one = binary.write(1)!
    assert.throws(() => binary.read(Buffer.concat([one, one]), 0, one.length * 2), "expected one value, got 2")
    assert.throws(() => binary.read(one, 0, 0), "expected one value, got 0")
    const none = binary.writeList([])!
    assert.throws(() => binary.readList(none, 0, none.length), "expected a list of at least one item")
    assert.throws(() => binary.readList(none, 0, 0), "expected a list of at least one item")
  })

  it("is a list where lists stand one behind the other", () => {
    const binary = inBinary(Shapes.of(Schema.Array(Schema.Int)))
    const lists = [[[1, 2]], [[3], []], [[4]]].map((items) => binary.writeList(items)!)
    const bytes = Buffer.concat(lists)
    assert.deepStrictEqual(binary.readList(bytes, 0, bytes.length), [[1, 2], [3], [], [4]])
  })
})

interface Tree {
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

describe("a schema", () => {
  it.each<readonly [string, Schema.Codec<any, any>]>([
    ["recurs", Tree],
    ["recurs in a list", Schema.Array(Tree)],
    ["may be any JSON", Schema.Unknown],
    ["has a field that may be any", Schema.Struct({ a: Schema.optional(Schema.Any) })],
    ["is an error of any kind", Schema.Defect()],
    ["has nothing to say", Schema.Void],
    ["is a list of nothing", Schema.Array(Schema.Undefined)],
    ["is a list of nothing, somewhere", Schema.Array(Schema.Struct({ a: Schema.Tuple([Schema.Array(Schema.Null)]) }))],
    ["has a tail of nothing", Schema.TupleWithRest(Schema.Tuple([Schema.Int]), [Schema.Null])],
    ["has no binary layout", Schema.Union([Schema.Struct({ a: Schema.Int }), Schema.Struct({ b: Schema.Int })])]
  ])("has no binary form where it %s", (_, schema) => assert.isUndefined(Shapes.of(schema).binary))

  it("with rows has it up to 64 KiB: a text that stands once may be meant in each of them", () => {
    const binary = inBinary(Shapes.of(Name))
    const rows = (bytes: number) => [new Name({ first: "x".repeat(bytes) }), new Name({ first: "y" })]
    assert.isDefined(binary.writeList(rows(65_000)))
    assert.isUndefined(binary.writeList(rows(66_000)))
    assert.isDefined(binary.write(rows(66_000)[0]), "a value of its own is no row")
    const free = inBinary(Shapes.of(Schema.Array(Schema.Number)))
    assert.isDefined(free.write(Array.from({ length: 100_000 }, Math.random)))
  })
})
