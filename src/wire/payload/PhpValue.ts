/**
 * The values of PHP, as far as they can be sent: nothing of them is lost on the way in or out.
 *
 * A `number` that is a safe integer is an integer of PHP, and any other `number` (with `-0`, NaN and the infinities) a float;
 * a float that looks like an integer is a `PhpFloat`. A `bigint` is an integer of 64 bits. A string of PHP is bytes: one
 * that is UTF-8 is a `string` here, any other a `Uint8Array`.
 *
 * @since 0.1.0
 */

/**
 * Whatever a value of PHP can be.
 *
 * @category models
 * @since 0.1.0
 */
export type PhpValue = PhpPlain | PhpReference

/**
 * Whatever a value of PHP can be but a reference.
 *
 * @category models
 * @since 0.1.0
 */
export type PhpPlain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PhpFloat
  | PhpArray
  | PhpObject
  | PhpEnum
  | PhpCustom

/**
 * A key of an array: PHP makes an integer of text that is one, such as "10".
 *
 * @category models
 * @since 0.1.0
 */
export type PhpKey = number | bigint | string

/**
 * Why a value of PHP could not be read or written.
 *
 * @category models
 * @since 0.1.0
 */
export type PhpReason =
  /** The bytes end before the value does, or claim more than there is. */
  | "Truncated"
  /** The bytes are no value. */
  | "Malformed"
  /** Arrays and objects are nested in one another deeper than the limit. */
  | "TooDeep"
  /** A reference points nowhere, or to what cannot be pointed to. */
  | "BadReference"
  /** Text is no UTF-8, or no Unicode, where it has to be. */
  | "NotText"
  /** A number does not fit into what it has to fit. */
  | "OutOfRange"
  /** A value holds itself, where it may not. */
  | "Cyclic"
  /** A value has no form there. */
  | "Unsayable"

/**
 * A value of PHP could not be read or written.
 *
 * `offset` is where in the value's bytes, or JSON's characters, reading stopped; -1 where there are none.
 *
 * @category errors
 * @since 0.1.0
 */
export class PhpError extends Error {
  readonly _tag = "PhpError"
  readonly reason: PhpReason
  readonly offset: number

  constructor(reason: PhpReason, detail: string, offset = -1) {
    super(offset < 0 ? detail : `${detail}, at byte ${offset}`)
    this.name = "PhpError"
    this.reason = reason
    this.offset = offset
  }
}

/**
 * A float, where the number alone would look like an integer.
 *
 * @category models
 * @since 0.1.0
 */
export class PhpFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** Answers the value of PHP that is this float. */
export const float = (value: number): number | PhpFloat => (isInteger(value) ? new PhpFloat(value) : value)

/** Whether a number of ours is an integer of PHP. */
export const isInteger = (value: number): boolean => Number.isSafeInteger(value) && !Object.is(value, -0)

/**
 * A case of an enum.
 *
 * @category models
 * @since 0.1.0
 */
export class PhpEnum {
  readonly class: string
  readonly case: string

  constructor(phpClass: string, name: string) {
    this.class = phpClass
    this.case = name
  }
}

/**
 * An object of a class that makes its own bytes (`Serializable`).
 *
 * @category models
 * @since 0.1.0
 */
export class PhpCustom {
  readonly class: string
  readonly data: Uint8Array

  constructor(phpClass: string, data: Uint8Array) {
    this.class = phpClass
    this.data = data
  }
}

/**
 * A reference of PHP (`&`): whoever holds the same one sees the same value. Its value is never a reference.
 *
 * @category models
 * @since 0.1.0
 */
export class PhpReference {
  value: PhpPlain

  constructor(value: PhpPlain) {
    this.value = value
  }
}

/** Answers what a value is, past the reference that it may be. */
export const dereference = (value: PhpValue): PhpPlain => (value instanceof PhpReference ? value.value : value)

const integerText = /^(?:0|-?[1-9][0-9]{0,18})$/
const leastInteger = -(2n ** 63n)
const mostInteger = 2n ** 63n - 1n

/** Whether an integer fits into the 64 bits that one has in PHP. */
export const fits = (value: bigint): boolean => value >= leastInteger && value <= mostInteger

/** Answers an integer as a `number` where that is exact. Throws where PHP would not hold it. */
export const integer = (text: string, offset = -1): number | bigint => {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value + 0
  const exact = BigInt(text)
  if (!fits(exact)) throw new PhpError("OutOfRange", `${text.slice(0, 40)} does not fit into 64 bits`, offset)
  return exact
}

/** Names of classes, each part of which is one in PHP. */
const className = /^[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:\\[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)*$/

/** Whether a class of PHP can have this name, which has no backslash before it. */
export const isClassName = (name: string): boolean => className.test(name)

/** Answers the key that PHP makes of one of ours. */
const known = (key: PhpKey): PhpKey => {
  if (typeof key === "string") return keyOf(key)
  return typeof key === "bigint" && Number.isSafeInteger(Number(key)) ? Number(key) : key
}

/** Answers the key that PHP makes of text. */
export const keyOf = (text: string): PhpKey => {
  if (!integerText.test(text)) return text
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  const exact = BigInt(text)
  return fits(exact) ? exact : text
}

/**
 * An ordered map, as every array of PHP is; a list where its keys are 0, 1, 2, and so on.
 *
 * @category models
 * @since 0.1.0
 */
export class PhpArray {
  /** The values, as long as the keys are 0, 1, 2. */
  #list: Array<PhpValue> | undefined = []
  #map: Map<PhpKey, PhpValue> | undefined

  /** Makes a list. */
  static list(values: Iterable<PhpValue>): PhpArray {
    const array = new PhpArray()
    array.#list = [...values]
    return array
  }

  /** Makes an array of keys and values. */
  static of(entries: Iterable<readonly [PhpKey, PhpValue]>): PhpArray {
    const array = new PhpArray()
    for (const [key, value] of entries) array.set(key, value)
    return array
  }

  get size(): number {
    return this.#list?.length ?? this.#map!.size
  }

  /** Whether the keys are 0, 1, 2, and so on, in that order. So is an empty array, which may also mean an empty map. */
  get isList(): boolean {
    if (this.#list !== undefined) return true
    let next = 0
    for (const key of this.#map!.keys()) if (key !== next++) return false
    return true
  }

  /** Answers the value of a key, which PHP takes for a number where it is the text of one. */
  get(given: PhpKey): PhpValue | undefined {
    const key = known(given)
    if (this.#list === undefined) return this.#map!.get(key)
    return typeof key === "number" ? this.#list[key] : undefined
  }

  /** Puts a value at a key: in the place of the one that is there, or last. */
  set(given: PhpKey, value: PhpValue): void {
    const key = known(given)
    const list = this.#list
    if (list === undefined) {
      this.#map!.set(key, value)
    } else if (typeof key === "number" && Number.isInteger(key) && key >= 0 && key <= list.length) {
      list[key] = value
    } else {
      this.#map = new Map<PhpKey, PhpValue>(list.entries())
      this.#map.set(key, value)
      this.#list = undefined
    }
  }

  /** The keys and values, in order. */
  entries(): IterableIterator<[PhpKey, PhpValue]> {
    return this.#list?.entries() ?? this.#map!.entries()
  }

  /** The values, in order. */
  values(): IterableIterator<PhpValue> {
    return this.#list?.values() ?? this.#map!.values()
  }

  /** As `entries`. */
  [Symbol.iterator](): IterableIterator<[PhpKey, PhpValue]> {
    return this.entries()
  }
}

/**
 * A property of an object. Who may see it travels in its name; a private one belongs to the class that declares it.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhpProperty {
  /** A number only in objects that make their own properties, as `ArrayObject` does. */
  readonly name: string | number
  readonly visibility: "public" | "protected" | "private"
  /** The class that declares a private property. */
  readonly declaredIn?: string | undefined
  value: PhpValue
}

/**
 * An object: its class, and its properties in their order.
 *
 * @category models
 * @since 0.1.0
 */
export class PhpObject {
  readonly class: string
  readonly properties: Array<PhpProperty>

  constructor(phpClass: string, properties: Array<PhpProperty> = []) {
    this.class = phpClass
    this.properties = properties
  }

  /** Makes an object of public properties. */
  static of(phpClass: string, properties: Readonly<Record<string, PhpValue>>): PhpObject {
    return new PhpObject(
      phpClass,
      Object.entries(properties).map(([name, value]) => ({ name, visibility: "public", value }))
    )
  }

  /** Answers the property of that name, whoever may see it: the last, where a parent class has a private one too. */
  get(name: string): PhpValue | undefined {
    const property = this.properties.findLast((property) => property.name === name)
    return property && dereference(property.value)
  }
}
