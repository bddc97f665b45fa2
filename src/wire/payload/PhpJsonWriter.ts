/**
 * Writes values as php-stream-ipc's JSON serializer does, byte for byte.
 *
 * An object says its class first, at `__class`, and its properties by their plain names. Of a list and a map that are
 * empty, both are `[]`. A float loses its fraction where that is zero. Nothing says that two objects are the same.
 *
 * Law: it throws a `PhpError`, nothing else.
 *
 * @since 0.1.0
 */
import * as Floats from "./PhpFloats.ts"
import {
  dereference,
  fits,
  isInteger,
  PhpArray,
  PhpEnum,
  PhpError,
  PhpFloat,
  type PhpKey,
  PhpObject,
  type PhpValue
} from "./PhpValue.ts"
import { nameOfClass, wellFormed } from "./PhpWriter.ts"

/** What JavaScript writes as it is and PHP does not. */
const separators = /[\u2028\u2029]/g
/** What the old generation escapes besides. */
const oldEscapes = /[/\u0080-\uffff]/g

const escaped = (character: string): string =>
  character === "/" ? "\\/" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

const classKey = "__class"

/** Longer text is not made: what stands in many places is written as often, and may be written without end. */
const mostChars = 64 * 1024 * 1024

export class PhpJsonWriter {
  readonly #escapes: RegExp
  readonly #maxDepth: number
  #text = ""
  /** What is being written, the outermost first. */
  readonly #inside: Array<PhpArray | PhpObject> = []

  constructor(old: boolean, maxDepth: number) {
    this.#escapes = old ? oldEscapes : separators
    this.#maxDepth = maxDepth
  }

  write(value: PhpValue): string {
    this.#value(value)
    return this.#text
  }

  #value(given: PhpValue): void {
    const value = dereference(given)
    if (typeof value === "string") this.#text += this.#string(value)
    else if (typeof value === "number") this.#text += number(value)
    else if (typeof value === "bigint") this.#text += integer(value)
    else if (value === null || typeof value === "boolean") this.#text += String(value)
    else if (value instanceof PhpFloat) this.#text += number(value.value)
    else if (value instanceof PhpArray) this.#array(value)
    else if (value instanceof PhpObject) this.#object(value)
    else throw unsayable(value)
  }

  #string(text: string): string {
    return JSON.stringify(wellFormed(text)).replace(this.#escapes, escaped)
  }

  #array(array: PhpArray): void {
    this.#enter(array)
    if (array.size === 0) this.#text += "[]"
    else this.#entries(array)
    this.#inside.pop()
  }

  #entries(array: PhpArray): void {
    const isList = array.isList
    let separator = isList ? "[" : "{"
    for (const [key, value] of array) {
      this.#text += separator
      if (!isList) this.#text += this.#name(key)
      this.#value(value)
      separator = ","
    }
    this.#text += isList ? "]" : "}"
  }

  #object(object: PhpObject): void {
    this.#enter(object)
    this.#text += `{"__class":${this.#string(nameOfClass(object.class))}`
    for (const { name, value } of object.properties) {
      this.#text += `,${this.#name(name)}`
      this.#value(value)
    }
    this.#text += "}"
    this.#inside.pop()
  }

  /** What names a class may come from anybody, and its PHP would make an object of it. */
  #name(name: PhpKey): string {
    if (name === classKey) throw new PhpError("Unsayable", `in JSON a value named ${classKey} is a class`)
    return `${this.#string(String(name))}:`
  }

  #enter(value: PhpArray | PhpObject): void {
    if (this.#text.length > mostChars) throw new PhpError("OutOfRange", `more than ${mostChars} characters of JSON`)
    if (this.#inside.length >= this.#maxDepth) {
      if (this.#inside.indexOf(value) >= 0) throw new PhpError("Cyclic", "a value holds itself, which JSON cannot say")
      throw new PhpError("TooDeep", `nested deeper than ${this.#maxDepth}`)
    }
    this.#inside.push(value)
  }
}

const number = (value: number): string => {
  if (isInteger(value)) return String(value)
  if (!Number.isFinite(value))
    throw new PhpError("Unsayable", "JSON has no word for infinity, or for what is no number")
  return Floats.write(value, "e")
}

const integer = (value: bigint): string => {
  if (!fits(value)) throw new PhpError("OutOfRange", `${value} does not fit into 64 bits`)
  return String(value)
}

const unsayable = (value: unknown): PhpError => {
  if (value instanceof Uint8Array) return new PhpError("NotText", "JSON cannot say a string that is no UTF-8")
  // Its PHP writes a case of an enum and cannot read it.
  if (value instanceof PhpEnum)
    return new PhpError("Unsayable", `the peer could not read ${value.class}::${value.case}`)
  return new PhpError("Unsayable", "this has no form in JSON")
}
