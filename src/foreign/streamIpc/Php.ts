/**
 * Values of PHP, for who sends and takes them as they are.
 *
 * An array of ours is a list of PHP, a record or a `Map` an array with keys, `undefined` is null. Objects of PHP have a
 * class, so they are `PhpObject`s. A float that looks like an integer is a `PhpFloat`, a string that is no UTF-8 a
 * `Uint8Array`.
 *
 * @example
 * ```ts
 * import { Php } from "effect-ipc/foreign"
 *
 * const task = Php.object("App\\TaskMessage", { action: "reindex", params: { db: "catalog", tables: ["a", "b"] } })
 *
 * export const params = Php.plain(task.get("params") ?? null) // { db: "catalog", tables: ["a", "b"] }
 * ```
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import {
  dereference,
  PhpArray,
  PhpCustom,
  PhpEnum,
  PhpError,
  PhpFloat,
  type PhpKey,
  PhpObject,
  PhpReference,
  type PhpValue
} from "../../wire/payload/PhpValue.ts"

export {
  PhpArray,
  PhpCustom,
  PhpEnum,
  PhpError,
  PhpFloat,
  type PhpKey,
  PhpObject,
  type PhpPlain,
  type PhpProperty,
  type PhpReason,
  PhpReference,
  type PhpValue
} from "../../wire/payload/PhpValue.ts"

/** How deep values may be nested in one another. */
const maxDepth = 512

/** How often arrays may be met again, in all: what is there once in PHP is there as often in ours. */
const maxRepeats = 10_000

/**
 * Makes an object of a class, with public properties. A private one that is sent as a public one is read by PHP all the
 * same. Throws a `PhpError` for what PHP has no value for: functions, symbols, objects of other classes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const object = (phpClass: string, properties: Readonly<Record<string, unknown>> = {}): PhpObject =>
  new PhpObject(
    phpClass,
    Object.entries(properties).map(([name, value]) => ({ name, visibility: "public", value: of(value) }))
  )

/**
 * Makes a value of PHP of one of ours. Throws a `PhpError` where there is none, or where one holds itself.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (value: unknown): PhpValue => made(value, 0)

/**
 * Makes a value of ours of one of PHP: arrays become arrays or records, floats numbers, references what they stand for.
 * An empty array may mean either, and becomes an array. Objects, and cases of an enum, stay what they are.
 *
 * Throws a `PhpError` for arrays that hold themselves.
 *
 * @category destructors
 * @since 0.1.0
 */
export const plain = (value: PhpValue): unknown => new Plain().of(value, 0, () => false)

/**
 * As {@link plain}, where a function says which arrays become records though they look like lists.
 *
 * @internal
 */
export const plainAs = (value: PhpValue, isRecord: (array: PhpArray) => boolean): unknown =>
  new Plain().of(value, 0, isRecord)

/**
 * A string of PHP as bytes, whatever they are. (Without it, one that happens to be UTF-8 is a `string`.)
 *
 * @category schemas
 * @since 0.1.0
 */
export const Bytes: Schema.Codec<Uint8Array, string | Uint8Array> = Schema.Union([
  Schema.String,
  Schema.declare((value): value is Uint8Array => value instanceof Uint8Array)
]).pipe(
  Schema.decodeTo(
    Schema.declare((value): value is Uint8Array => value instanceof Uint8Array),
    {
      decode: SchemaGetter.transform((text) => (typeof text === "string" ? new TextEncoder().encode(text) : text)),
      encode: SchemaGetter.transform((bytes): string | Uint8Array => bytes)
    }
  )
)

const made = (value: unknown, depth: number): PhpValue => {
  if (value === undefined || value === null) return null
  if (isAlready(value)) return value
  if (depth > maxDepth) throw new PhpError("TooDeep", `nested deeper than ${maxDepth}, or holding itself`)
  if (Array.isArray(value)) return PhpArray.list(value.map((each) => made(each, depth + 1)))
  const entries = entriesOf(value)
  if (entries === undefined) throw new PhpError("Unsayable", `PHP has no value for ${nameOf(value)}`)
  return PhpArray.of(entries.map(([key, each]) => [key, made(each, depth + 1)]))
}

const isAlready = (value: unknown): value is PhpValue =>
  typeof value !== "object"
    ? typeof value !== "function" && typeof value !== "symbol"
    : [PhpArray, PhpObject, PhpFloat, PhpEnum, PhpCustom, PhpReference, Uint8Array].some(
        (type) => value instanceof type
      )

const entriesOf = (value: unknown): ReadonlyArray<readonly [PhpKey, unknown]> | undefined => {
  if (value instanceof Map) return Array.from(value as Map<PhpKey, unknown>)
  if (typeof value !== "object" || value === null) return undefined
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : undefined
}

const nameOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? `an object of ${value.constructor?.name}` : `a ${typeof value}`

class Plain {
  readonly #met = new Set<PhpArray>()
  readonly #inside = new Set<PhpArray>()
  #repeats = 0

  of(given: PhpValue, depth: number, isRecord: (array: PhpArray) => boolean): unknown {
    const value = dereference(given)
    if (value instanceof PhpFloat) return value.value
    if (!(value instanceof PhpArray)) return value
    this.#enter(value, depth)
    const isList = value.isList && !isRecord(value)
    const entries = Array.from(value, ([key, each]) => [String(key), this.of(each, depth + 1, isRecord)] as const)
    this.#inside.delete(value)
    return isList ? entries.map(([, each]) => each) : Object.fromEntries(entries)
  }

  #enter(array: PhpArray, depth: number): void {
    if (this.#inside.has(array)) throw new PhpError("Cyclic", "an array holds itself")
    if (depth > maxDepth) throw new PhpError("TooDeep", `nested deeper than ${maxDepth}`)
    if (this.#met.has(array) && ++this.#repeats > maxRepeats) {
      throw new PhpError("OutOfRange", "the same arrays stand in too many places")
    }
    this.#met.add(array)
    this.#inside.add(array)
  }
}
