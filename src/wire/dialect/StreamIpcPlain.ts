/**
 * JSON-safe values, which shapes make and read, as values of PHP.
 *
 * An object with a `_tag` is an object of the class that stands for the tag, any other an array; so is a list. What PHP says
 * that JSON does not is made plain: an integer that no number holds is the text of its digits, or the number that comes
 * nearest where the schema wants one, and a case of an enum is its name.
 *
 * Law: a value that holds itself, or the same part very often, does not become an endless or huge one.
 *
 * @since 0.1.0
 */
import {
  dereference,
  isInteger,
  PhpArray,
  PhpEnum,
  PhpError,
  PhpFloat,
  PhpObject,
  type PhpProperty,
  type PhpValue
} from "../payload/PhpValue.ts"
import type { Generation } from "../framing/StreamIpcFrames.ts"
import { type Classes, errorClass, folded, nameIn } from "./StreamIpcClasses.ts"
import type { Maps } from "./StreamIpcMaps.ts"

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** How deep values may be nested in one another. */
const maxDepth = 512

/** Makes a value of PHP of a JSON-safe one. */
export const toPhp = (json: unknown, classes: Classes, depth = 0): PhpValue => {
  if (json === undefined || json === null) return null
  if (typeof json === "string" || typeof json === "boolean") return json
  // JSON has no zero below zero.
  if (typeof json === "number") return json + 0
  if (depth > maxDepth) throw new PhpError("TooDeep", `nested deeper than ${maxDepth}`)
  if (Array.isArray(json)) return PhpArray.list(json.map((each) => toPhp(each, classes, depth + 1)))
  const { _tag: tag } = json as { _tag?: unknown }
  if (typeof tag === "string") return toObject(classes.ofTagWithin(tag), json as Json, classes, depth)
  return PhpArray.of(Object.entries(json).map(([key, each]) => [key, toPhp(each, classes, depth + 1)]))
}

/** Makes an object of the fields of a JSON object; its tag is said by the class. */
export const toObject = (phpClass: string, json: Json, classes: Classes, depth = 0): PhpObject => {
  const properties: Array<PhpProperty> = []
  for (const [name, each] of Object.entries(json)) {
    if (name !== "_tag") properties.push(property(phpClass, name, toPhp(each, classes, depth + 1)))
  }
  return new PhpObject(phpClass, properties)
}

/** The one property of the library's classes that only its class may see. */
const property = (phpClass: string, name: string, value: PhpValue): PhpProperty =>
  name === "errorMessage" && folded(phpClass) === folded(errorClass)
    ? { name, visibility: "private", declaredIn: phpClass, value }
    : { name, visibility: "public", value }

/** Gives an object, and those within it, the names that their classes have in a generation. */
export const inGeneration = (object: PhpObject, generation: Generation): PhpObject =>
  generation === "v1" ? object : renamed(object)

const renamed = ({ class: phpClass, properties }: PhpObject): PhpObject =>
  new PhpObject(
    nameIn(phpClass, "old"),
    properties.map((property) => ({
      ...property,
      ...(property.declaredIn === undefined ? {} : { declaredIn: nameIn(property.declaredIn, "old") }),
      value: within(property.value)
    }))
  )

const within = (value: PhpValue): PhpValue => {
  if (value instanceof PhpObject) return renamed(value)
  return value instanceof PhpArray ? PhpArray.of(Array.from(value, ([key, each]) => [key, within(each)])) : value
}

/** How many values may come of so many bytes: what is there more than once in PHP is there as often in JSON. */
const valuesOf = (bytes: number): number => 10_000 + bytes * 4

/** Makes JSON-safe values of those of one payload. */
export class Plain {
  readonly #classes: Classes
  readonly #inside = new Set<PhpValue>()
  #left: number
  /** Arrays that are to be maps though their keys are those of a list. */
  readonly #maps: Pick<Maps, "has">
  /** Whether large integers are to be numbers, as near as those come. */
  readonly #near: boolean
  /** The arrays that lists were made of, and maps that might have been lists. */
  readonly arrays = new Map<unknown, PhpArray>()
  /** Whether there was an integer that no number holds. */
  sawLarge = false

  constructor(classes: Classes, payloadBytes: number, maps: Pick<Maps, "has">, near: boolean) {
    this.#classes = classes
    this.#left = valuesOf(payloadBytes)
    this.#maps = maps
    this.#near = near
  }

  /** Makes a JSON-safe value. Throws a `PhpError` where there is none. */
  of(given: PhpValue): unknown {
    if (this.#left-- <= 0) throw new PhpError("OutOfRange", "the same objects stand in too many places")
    const value = dereference(given)
    if (value === null || typeof value === "string" || typeof value === "boolean") return value
    if (typeof value === "number") return finite(value)
    if (typeof value === "bigint") return this.#large(value)
    if (value instanceof PhpFloat) return value.value
    if (value instanceof PhpEnum) return value.case
    if (value instanceof PhpArray || value instanceof PhpObject) return this.#within(value)
    throw unsayable(value)
  }

  #large(value: bigint): string | number {
    this.sawLarge = true
    return this.#near ? Number(value) : String(value)
  }

  /** Makes a JSON object of the properties of an object, whoever may see them. */
  fields(object: PhpObject, tag?: string): Record<string, unknown> {
    const json: Record<string, unknown> = tag === undefined ? {} : { _tag: tag }
    for (const { name, value } of object.properties) put(json, String(name), this.of(value))
    return json
  }

  #within(value: PhpArray | PhpObject): unknown {
    if (this.#inside.has(value)) throw new PhpError("Cyclic", "a value holds itself, which JSON cannot say")
    if (this.#inside.size >= maxDepth) throw new PhpError("TooDeep", `nested deeper than ${maxDepth}`)
    this.#inside.add(value)
    const json = value instanceof PhpArray ? this.#array(value) : this.#object(value)
    this.#inside.delete(value)
    return json
  }

  #object(object: PhpObject): unknown {
    const tag = this.#classes.tagOf(object.class)
    if (tag === undefined) throw new PhpError("Unsayable", `the class ${object.class} is unknown: no tag stands for it`)
    return this.fields(object, tag)
  }

  #array(array: PhpArray): unknown {
    if (array.isList && !this.#maps.has(array)) {
      const list = Array.from(array.values(), (each) => this.of(each))
      this.arrays.set(list, array)
      return list
    }
    const json: Record<string, unknown> = {}
    for (const [key, each] of array) put(json, String(key), this.of(each))
    if (array.isList) this.arrays.set(json, array)
    return json
  }
}

/** Numbers that JSON has no word for are text, as a schema of numbers says them. */
const finite = (value: number): number | string => (Number.isFinite(value) || isInteger(value) ? value : String(value))

/** Sets a field of any name. */
const put = (json: Record<string, unknown>, name: string, value: unknown): void => {
  if (name !== "__proto__") json[name] = value
  else Object.defineProperty(json, name, { value, enumerable: true, configurable: true, writable: true })
}

const unsayable = (value: unknown): PhpError =>
  value instanceof Uint8Array
    ? new PhpError(
        "NotText",
        "a string is no UTF-8: name its field in the annotation `bytes` where it may be any bytes"
      )
    : new PhpError("Unsayable", "an object makes its own bytes, which only its class can read")
