import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import fc from "fast-check"
import { Binary, mostHighBytes } from "../../../src/wire/payload/Binary.ts"
import { concat } from "../tools.ts"

const whole = (binary: Binary, ...parts: ReadonlyArray<Uint8Array>): ReadonlyArray<unknown> => {
  const bytes = concat(...parts)
  return binary.read(bytes, 0, bytes.length)
}

const uvarint = (value: number): Uint8Array => {
  const bytes: Array<number> = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return Uint8Array.of(...bytes, value)
}

/** An envelope as a peer may make it who knows the layout, and puts in it what it likes. */
const forged = (schema: Schema.Codec<unknown, unknown>, valid: unknown, ...body: ReadonlyArray<Uint8Array>) => {
  const true_ = SchemaBinary.encoder(schema, { fingerprint: true }).encode(valid)
  // The length of a short one, the version and the hash.
  const head = true_.subarray(1, 10)
  const inner = concat(head, ...body)
  return concat(uvarint(inner.length), inner)
}

const Point = Schema.Struct({ x: Schema.Int, name: Schema.String })

describe("binary values", () => {
  it("stand one behind the other, between two offsets", () => {
    const binary = new Binary(Point, Infinity)
    const [a, b] = [
      { x: 1, name: "a" },
      { x: -2, name: "ü" }
    ] as const
    const bytes = concat("??", binary.write(a)!, binary.write(b)!, "!")
    assert.deepStrictEqual(binary.read(bytes, 2, bytes.length - 1), [a, b])
    assert.deepStrictEqual(binary.read(bytes, 2, 2), [])
  })

  it("do not change when what they were read from is written over", () => {
    const binary = new Binary(Schema.Struct({ bytes: Schema.Uint8Array, text: Schema.String }), Infinity)
    const bytes = Buffer.from(binary.write({ bytes: Uint8Array.of(1, 2), text: "abc" })!)
    const [value] = binary.read(bytes, 0, bytes.length)
    bytes.fill(0xee)
    assert.deepStrictEqual(value, { bytes: Uint8Array.of(1, 2), text: "abc" })
  })

  it("are not written again where they were written before", () => {
    const binary = new Binary(Schema.Int, Infinity)
    const first = binary.write(1)!
    const before = [...first]
    for (let turn = 0; turn < 10_000; turn++) binary.write(turn)
    assert.deepStrictEqual([...first], before)
  })

  it.each<readonly [string, Schema.Codec<unknown, unknown>, unknown]>([
    ["of another type", Schema.Int, "1"],
    ["against a check", Schema.Int, 1.5],
    ["with half a character", Schema.String, "a\ud83d"],
    ["with half a character in a key", Schema.Record(Schema.String, Schema.Int), { "\ud83d": 1 }],
    ["with many letters that are not Latin in a row", Schema.String, "漢".repeat(mostHighBytes)],
    ["with a date that is none", Schema.Date, new Date(NaN)]
  ])("are not written: %s", (_, schema, value) => {
    assert.isUndefined(new Binary(schema, Infinity).write(value))
  })

  it("are not written where they are larger than the schema bears, nor read", () => {
    const value = "x".repeat(100)
    const bytes = new Binary(Schema.String, Infinity).write(value)!
    assert.isUndefined(new Binary(Schema.String, 100).write(value))
    assert.throws(() => whole(new Binary(Schema.String, 100), bytes), "a value has 109 bytes, at most 100 are read")
    assert.deepStrictEqual(whole(new Binary(Schema.String, 109), bytes), [value])
  })

  it("may have exactly so many bytes in a row with their high bit set", () => {
    const binary = new Binary(Schema.Struct({ bytes: Schema.Uint8Array }), Infinity)
    const filled = (count: number) => ({ bytes: concat("a".repeat(700), new Uint8Array(count).fill(0xff), "b") })
    const most = binary.write(filled(mostHighBytes))!
    assert.deepStrictEqual(whole(binary, most), [filled(mostHighBytes)])
    assert.isUndefined(binary.write(filled(mostHighBytes + 1)))
  })

  it("are judged by their bytes as a look at each of them would", () => {
    const parts = fc.array(fc.tuple(fc.nat(2 * mostHighBytes), fc.nat(3)), { maxLength: 6 })
    const binary = new Binary(Schema.Uint8Array, Infinity)
    fc.assert(
      fc.property(parts, (all) => {
        const bytes = concat(...all.flatMap(([high, low]) => [new Uint8Array(high).fill(0x80), new Uint8Array(low)]))
        const longest = Math.max(
          0,
          ...Buffer.from(bytes)
            .toString("latin1")
            .split("\0")
            .map((run) => run.length)
        )
        assert.strictEqual(binary.write(bytes) === undefined, longest > mostHighBytes)
      })
    )
  })

  it("are read after one that could not be", () => {
    const binary = new Binary(Point, Infinity)
    const good = binary.write({ x: 1, name: "a" })!
    for (const bad of [good.slice(0, -1), forged(Point, { x: 0, name: "" }, Uint8Array.of(9))]) {
      assert.throws(() => whole(binary, bad))
      assert.throws(() => whole(binary, good, bad))
      assert.deepStrictEqual(whole(binary, good), [{ x: 1, name: "a" }])
    }
  })
})

describe("hostile bytes", () => {
  const Numbers = Schema.Array(Schema.Int)
  const Texts = Schema.Array(Schema.String)
  const good = new Binary(Point, Infinity).write({ x: 1, name: "abc" })!

  it.each<readonly [string, Schema.Codec<unknown, unknown>, Uint8Array, string]>([
    ["a length that is cut off", Point, Uint8Array.of(0xff), "the length of a value is cut off"],
    ["a length without end", Point, new Uint8Array(20).fill(0x80), "the length of a value is cut off, or too large"],
    ["a length of 32 GiB", Point, concat(uvarint(2 ** 35 - 1), good), "a value has 34359738367 bytes"],
    ["a length of nothing", Point, Uint8Array.of(0), "nonzero frame length"],
    ["less than its length", Point, good.subarray(0, -1), "have come"],
    ["more than its length", Point, concat(good, "?"), "have come"],
    [
      "bytes behind the value",
      Point,
      forged(Point, { x: 0, name: "" }, good.subarray(10), Uint8Array.of(0)),
      "leftover bytes"
    ],
    ["another version", Point, concat(good.subarray(0, 1), Uint8Array.of(0x31), good.subarray(2)), "envelope"],
    ["another layout", Point, new Binary(Schema.String, Infinity).write("abcdef")!, "layout fingerprint"],
    ["a list of four thousand millions", Numbers, forged(Numbers, [], uvarint(2 ** 32)), "allocation limit"],
    ["a list of a million, of which none comes", Texts, forged(Texts, [], uvarint(2 ** 20)), "complete value"],
    ["text that is no UTF-8", Schema.String, forged(Schema.String, "", Uint8Array.of(0xff)), "utf-8"],
    [
      "a number without end",
      Numbers,
      forged(Numbers, [], uvarint(1), new Uint8Array(1 << 20).fill(0xff), Uint8Array.of(0)),
      "more than 1024 bytes in a row with their high bit set"
    ]
  ])("are refused, soon: %s", (_, schema, bytes, detail) => {
    const binary = new Binary(schema, Infinity)
    const from = performance.now()
    assert.throws(() => whole(binary, bytes), detail)
    assert.isBelow(performance.now() - from, 500)
  })

  it("of all kinds are refused or read, and nothing else happens", () => {
    const Rich = Schema.Struct({
      list: Schema.Array(Schema.Struct({ n: Schema.Number, text: Schema.String, more: Schema.optional(Schema.Int) })),
      some: Schema.Option(Schema.BigInt),
      at: Schema.Date,
      what: Schema.Union([Schema.TaggedStruct("A", { n: Schema.Int }), Schema.TaggedStruct("B", {}), Schema.String]),
      by: Schema.Record(Schema.String, Schema.Duration)
    })
    const binary = new Binary(Rich, 1 << 16)
    const values = [0, 1, 3].map((count) => ({
      list: Array.from({ length: count }, (_, n) => ({ n: n / 2, text: "same", ...(n > 0 && { more: n }) })),
      some: count > 0 ? Option.some(10n ** 30n) : Option.none(),
      at: new Date(count),
      what: [{ _tag: "A" as const, n: count }, { _tag: "B" as const }, "text"][count % 3]!,
      by: { a: Duration.millis(count), b: Duration.infinity }
    }))
    const bytes = values.map((value) => binary.write(value)!)
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
    let read = 0
    fc.assert(
      fc.property(fc.constantFrom(...bytes), changes, fc.boolean(), (one, how, cuts) => {
        const changed = one.slice(0, cuts ? how[0]![0] % one.length : one.length)
        // Behind the length, the version and the hash, which would hide all else.
        for (const [at, by] of how) changed[11 + (at % Math.max(1, changed.length - 11))] = by
        try {
          read += whole(binary, changed).length
        } catch (error) {
          assert.instanceOf(error, Error)
          assert.notInstanceOf(error, TypeError)
        }
      }),
      { numRuns: 2000 }
    )
    assert.isAbove(read, 0)
  })
})
