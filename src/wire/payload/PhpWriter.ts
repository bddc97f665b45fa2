/**
 * Writes values as PHP's `serialize` does, byte for byte.
 *
 * An object that was written is written as `r` when it comes again, and a reference as `R`, so what holds itself can be
 * written too; only arrays that hold themselves without a reference are too deep.
 *
 * Law: it throws a `PhpError`, nothing else.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import type { GrowingBytes } from "./GrowingBytes.ts"
import * as Floats from "./PhpFloats.ts"
import {
  fits,
  isClassName,
  isInteger,
  PhpArray,
  PhpCustom,
  PhpEnum,
  PhpError,
  PhpFloat,
  type PhpKey,
  PhpObject,
  type PhpProperty,
  PhpReference,
  type PhpValue
} from "./PhpValue.ts"

export class PhpWriter {
  readonly #out: GrowingBytes
  readonly #maxDepth: number
  #depth = 0
  /** How many values have a number. */
  #count = 0
  /** The numbers of objects and references that were written. Cases of an enum are the same by their name. */
  readonly #numbers = new Map<unknown, number>()

  constructor(out: GrowingBytes, maxDepth: number) {
    this.#out = out
    this.#maxDepth = maxDepth
  }

  write(value: PhpValue): void {
    this.#count++
    this.#content(value)
  }

  #content(value: PhpValue): void {
    switch (typeof value) {
      case "string":
        return this.#string(value)
      case "number":
        return this.#out.ascii(isInteger(value) ? `i:${value};` : `d:${floatText(value)};`)
      case "boolean":
        return this.#out.ascii(value ? "b:1;" : "b:0;")
      case "bigint":
        return this.#out.ascii(`i:${checked(value)};`)
      default:
        return value === null ? this.#out.ascii("N;") : this.#composed(value)
    }
  }

  #composed(value: Exclude<PhpValue, null | boolean | number | bigint | string>): void {
    if (value instanceof PhpArray) return this.#array(value)
    if (value instanceof Uint8Array) return this.#bytes(value)
    if (value instanceof PhpFloat) return this.#out.ascii(`d:${floatText(value.value)};`)
    if (value instanceof PhpReference) return this.#reference(value)
    const identity = identityOf(value)
    if (identity === undefined) throw new PhpError("Unsayable", "this is no value of PHP")
    const number = this.#numbers.get(identity)
    if (number !== undefined) return this.#out.ascii(`r:${number};`)
    this.#numbers.set(identity, this.#count)
    if (value instanceof PhpObject) return this.#object(value)
    if (value instanceof PhpCustom) return this.#custom(value)
    this.#named("E", `${nameOfClass(value.class)}:${value.case}`, ";")
  }

  /** A reference to an object is known by the object. What stands for it, where it was written, has no number. */
  #reference(reference: PhpReference): void {
    const { value } = reference
    const identity = identityOf(value)
    const number = this.#numbers.get(identity ?? reference)
    if (number === undefined) {
      if (identity === undefined) this.#numbers.set(reference, this.#count)
      return this.#content(value)
    }
    this.#count--
    this.#out.ascii(`R:${number};`)
  }

  #object(object: PhpObject): void {
    this.#named("O", nameOfClass(object.class), `:${object.properties.length}:{`)
    this.#deeper()
    for (const property of object.properties) {
      if (typeof property.name === "number") this.#key(property.name)
      else this.#string(mangled(property))
      this.write(property.value)
    }
    this.#close()
  }

  #array(array: PhpArray): void {
    this.#out.ascii(`a:${array.size}:{`)
    this.#deeper()
    for (const [key, value] of array) {
      this.#key(key)
      this.write(value)
    }
    this.#close()
  }

  #key(key: PhpKey): void {
    if (typeof key === "string") this.#string(key)
    else this.#out.ascii(`i:${checkedKey(key)};`)
  }

  #deeper(): void {
    if (++this.#depth > this.#maxDepth) throw new PhpError("TooDeep", `nested deeper than ${this.#maxDepth}`)
  }

  #close(): void {
    this.#depth--
    this.#out.ascii("}")
  }

  #custom({ class: phpClass, data }: PhpCustom): void {
    this.#named("C", nameOfClass(phpClass), `:${data.length}:{`)
    this.#out.bytes(data)
    this.#out.ascii("}")
  }

  /** Writes the kind of a value and its name, and what follows it. */
  #named(kind: string, name: string, rest: string): void {
    this.#out.ascii(`${kind}:${Utf8.byteLength(wellFormed(name))}:"`)
    this.#out.text(name)
    this.#out.ascii(`"${rest}`)
  }

  #string(text: string): void {
    this.#named("s", text, ";")
  }

  #bytes(bytes: Uint8Array): void {
    this.#out.ascii(`s:${bytes.length}:"`)
    this.#out.bytes(bytes)
    this.#out.ascii('";')
  }
}

/** What makes an object the same as another; undefined for what is none. */
const identityOf = (value: PhpValue): unknown => {
  if (value instanceof PhpObject || value instanceof PhpCustom) return value
  return value instanceof PhpEnum ? `${value.class}:${value.case}` : undefined
}

/** The name of a property on the wire. */
export const mangled = ({ declaredIn, name, visibility }: PhpProperty): string => {
  if (visibility === "public") {
    const text = String(name)
    if (text.startsWith("\0"))
      throw new PhpError("Unsayable", "a zero byte begins the name of a property, as if it were private")
    return text
  }
  if (visibility === "protected") return `\0*\0${name}`
  if (declaredIn === undefined) throw new PhpError("Unsayable", `no class is named that declares the private ${name}`)
  return `\0${declaredIn}\0${name}`
}

const floatText = (value: number): string =>
  Number.isFinite(value) ? Floats.write(value, "E") : Number.isNaN(value) ? "NAN" : value > 0 ? "INF" : "-INF"

/** Answers the name of a class that there can be: PHP reads nothing of a message with another. */
export const nameOfClass = (name: string): string => {
  if (!isClassName(name)) throw new PhpError("Unsayable", `${JSON.stringify(name)} is no name of a class in PHP`)
  return name
}

const checkedKey = (key: number | bigint): number | bigint => {
  if (typeof key === "bigint") return checked(key)
  if (!Number.isSafeInteger(key)) throw new PhpError("Unsayable", `${key} is no key of an array in PHP`)
  return key
}

const checked = (value: bigint): bigint => {
  if (!fits(value)) throw new PhpError("OutOfRange", `${value} does not fit into 64 bits`)
  return value
}

/** Answers the text, unless it holds half a surrogate pair. */
export const wellFormed = (text: string): string => {
  if (!text.isWellFormed()) throw new PhpError("NotText", "text holds half a surrogate pair, which UTF-8 cannot say")
  return text
}
