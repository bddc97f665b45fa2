/**
 * What the tests of PHP's values share: random ones, and what PHP itself wrote.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import fc from "fast-check"
import {
  float,
  PhpArray,
  PhpCustom,
  PhpEnum,
  PhpObject,
  type PhpProperty,
  type PhpValue
} from "../../../src/wire/payload/PhpValue.ts"

export interface Golden {
  readonly name: string
  readonly serialize: string
  readonly json?: string
  readonly oldJson?: string
}

const folder = Path.resolve(import.meta.dirname, "../../fixtures/foreign")

export const golden: ReadonlyArray<Golden> = JSON.parse(
  Fs.readFileSync(Path.join(folder, "php-values.json"), "utf8")
).entries

/** Bytes of text, one character a byte. */
export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((each) => each.isWellFormed())
const name = fc.constantFrom("a", "b", "list", "10", "-5", "05", "__proto__", "constructor", "é", "value")
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const safe = (value: bigint): PhpValue =>
  Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value ? Number(value) : value

const scalars = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  int64.map(safe),
  fc.double().map(float),
  text
)
const bytes = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((all) => Uint8Array.of(0xff, ...all))
const phpClass = fc.constantFrom("A", "App\\B", "Žluť")

const property = (value: fc.Arbitrary<PhpValue>, plain: boolean): fc.Arbitrary<PhpProperty> =>
  fc.oneof(
    fc.record({ name, visibility: fc.constant("public" as const), value }),
    ...(plain
      ? []
      : [
          fc.record({ name, visibility: fc.constant("protected" as const), value }),
          fc.record({ name, visibility: fc.constant("private" as const), declaredIn: phpClass, value })
        ])
  )

const arrays = (value: fc.Arbitrary<PhpValue>): ReadonlyArray<fc.Arbitrary<PhpValue>> => [
  fc.array(value, { maxLength: 4 }).map(PhpArray.list),
  fc
    .array(fc.tuple(fc.oneof(name, fc.integer(), int64.map(safe) as fc.Arbitrary<number>), value), { maxLength: 4 })
    .map((entries) => PhpArray.of(entries))
]

const objects = (value: fc.Arbitrary<PhpValue>, plain: boolean): fc.Arbitrary<PhpObject> =>
  fc
    .tuple(phpClass, fc.uniqueArray(property(value, plain), { maxLength: 4, selector: (each) => each.name }))
    .map(([each, properties]) => new PhpObject(each, properties))

/** Anything that PHP can serialize, without identities. */
export const values: fc.Arbitrary<PhpValue> = fc.letrec<{ value: PhpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    bytes,
    fc.tuple(phpClass, bytes).map(([each, data]) => new PhpCustom(each, data)),
    fc.constantFrom("Hearts", "Clubs").map((each) => new PhpEnum("Suit", each)),
    ...arrays(tie("value")),
    objects(tie("value"), false)
  )
})).value

/** Anything that JSON says and keeps apart. */
export const jsonValues: fc.Arbitrary<PhpValue> = fc.letrec<{ value: PhpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    int64.map(safe),
    fc.double({ noDefaultInfinity: true, noNaN: true }).filter((each) => !Number.isInteger(each)),
    text,
    ...arrays(tie("value")),
    objects(tie("value"), true)
  )
})).value
