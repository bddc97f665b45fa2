/**
 * Payloads and answers of a word as objects of PHP, and back.
 *
 * @since 0.1.0
 */
import * as Base64 from "../payload/Base64.ts"
import { integer, PhpArray, PhpError, PhpObject, type PhpProperty, type PhpValue } from "../payload/PhpValue.ts"
import * as Utf8 from "../Utf8.ts"
import type { Shape } from "../Wire.ts"
import { type Classes, folded } from "./StreamIpcClasses.ts"
import type { Word } from "./StreamIpcMapping.ts"
import { Maps } from "./StreamIpcMaps.ts"
import { isJson, type Json, Plain, toObject } from "./StreamIpcPlain.ts"

const encoder = new TextEncoder()

/** The property of an answer that is no object. */
const valueKey = "value"

export class Values {
  readonly #classes: Classes

  constructor(classes: Classes) {
    this.#classes = classes
  }

  /** Makes the object of a payload. */
  payload(word: Word, value: unknown): PhpObject {
    const json = word.payload.encode(value)
    return this.#mapped(word, toObject(word.class, isJson(json) ? json : {}, this.#classes))
  }

  /** Makes the object of an answer. */
  answer(word: Word, value: unknown): PhpObject {
    const json = word.success.encode(value)
    if (json === undefined) return new PhpObject(word.answerClass)
    if (!isJson(json) || (isValueAlone(json) && isMistaken(word, json[valueKey]))) {
      return this.#mapped(word, toObject(word.answerClass, { [valueKey]: json }, this.#classes))
    }
    const tag = json._tag
    const phpClass = typeof tag === "string" && !word.answersOne ? this.#classes.ofTagWithin(tag) : word.answerClass
    return this.#mapped(word, toObject(phpClass, json, this.#classes))
  }

  /** Reads a payload. Throws when it does not fit. */
  readPayload(word: Word, object: PhpObject, bytes: number): unknown {
    return this.#decoded(word.payload, bytes, (plain) => [plain.fields(this.#unmapped(word, object))])
  }

  /** Reads an answer. Throws when it does not fit. */
  readAnswer(word: Word, given: PhpObject, bytes: number): unknown {
    const object = this.#unmapped(word, given)
    const tag = this.#classes.tagOf(object.class)
    const isOne = folded(object.class) === folded(word.answerClass)
    if (!isOne && word.answersOne && !answersNothing(word)) {
      throw new PhpError(
        "Unsayable",
        `the answer is of the class ${object.class}, where ${word.answerClass} was declared`
      )
    }
    if (!isOne && tag === undefined && !answersNothing(word)) {
      throw new PhpError("Unsayable", `the class ${object.class} is unknown: no tag stands for it, and no annotation`)
    }
    return this.#decoded(word.success, bytes, (plain) => {
      const fields = plain.fields(object)
      const tagged = { _tag: tag ?? lastPart(object.class), ...fields }
      if (!isOne) return [tagged]
      if (!isValueAlone(fields)) return [fields, tagged]
      return isStruct(word) ? [fields, fields[valueKey], tagged] : [fields[valueKey], fields, tagged]
    })
  }

  /** Decodes the first of some JSON-safe values that fits, which each are what an object may mean. */
  #decoded(shape: Shape, bytes: number, candidates: (plain: Plain) => ReadonlyArray<unknown>): unknown {
    const maps = new Maps()
    let tries = Math.min(mostTries, leastTries + Math.floor(triedBytes / Math.max(1, bytes)))
    let near = false
    for (;;) {
      const plain = new Plain(this.#classes, bytes, maps, near)
      let failure: unknown
      let learned = false
      for (const json of candidates(plain)) {
        try {
          return shape.decode(json)
        } catch (error) {
          failure ??= error
          learned ||= maps.learn(json, error, plain.arrays)
        }
      }
      if (learned && --tries > 0) continue
      if (plain.sawLarge && !near) near = true
      else throw failure
    }
  }

  #mapped(word: Word, object: PhpObject): PhpObject {
    if (word.integers.length === 0 && word.bytes.length === 0) return object
    return changed(object, (property) => {
      if (word.integers.includes(property.name as string)) return each(property.value, integerOf)
      return word.bytes.includes(property.name as string) ? each(property.value, bytesOf) : property.value
    })
  }

  #unmapped(word: Word, object: PhpObject): PhpObject {
    if (word.integers.length === 0 && word.bytes.length === 0) return object
    return changed(object, (property) => {
      if (word.integers.includes(property.name as string)) return each(property.value, digitsOf)
      return word.bytes.includes(property.name as string) ? each(property.value, base64Of) : property.value
    })
  }
}

/** Whether an object looks like what stands for an answer that is none. */
const isValueAlone = (json: Json): boolean => {
  const keys = Object.keys(json)
  return keys.length === 1 && keys[0] === valueKey
}

/** Whether the fields of an answer are what its class has: it is a struct, or its class is named. */
export const isStruct = ({ answersOne, success }: Word): boolean => answersOne || success.fields !== undefined

/**
 * Whether an object whose one field is this value would be taken for the value, which may be an answer too, where not all of
 * them are structs. Such an object is put into one more, so that both can be told.
 */
const isMistaken = (word: Word, value: unknown): boolean => {
  if (isStruct(word)) return false
  try {
    word.success.decode(value)
    return true
  } catch {
    return false
  }
}

/** Whether any answer at all will do. */
const answersNothing = ({ success }: Word): boolean => {
  try {
    return success.decode({}) === undefined
  } catch {
    return false
  }
}

const lastPart = (phpClass: string): string => phpClass.slice(phpClass.lastIndexOf("\\") + 1)

/** How many bytes may be decoded in all to find out which arrays of a payload are maps, and how often at least and at most. */
const triedBytes = 4 * 1024 * 1024
const leastTries = 16
const mostTries = 1024

const changed = (object: PhpObject, change: (property: PhpProperty) => PhpValue): PhpObject =>
  new PhpObject(
    object.class,
    object.properties.map((property) => ({ ...property, value: change(property) }))
  )

/** Changes a value, or the values of a list. */
const each = (value: PhpValue, change: (value: PhpValue) => PhpValue): PhpValue =>
  value instanceof PhpArray && value.isList ? PhpArray.list(Array.from(value.values(), change)) : change(value)

const digits = /^[+-]?[0-9]{1,20}$/

const integerOf = (value: PhpValue): PhpValue =>
  typeof value === "string" && digits.test(value) ? integer(value) : value

const digitsOf = (value: PhpValue): PhpValue =>
  typeof value === "number" || typeof value === "bigint" ? String(value) : value

const bytesOf = (value: PhpValue): PhpValue => {
  if (typeof value !== "string") return value
  const text = encoder.encode(value)
  return Base64.read(text, 0, text.length) ?? value
}

const base64Of = (value: PhpValue): PhpValue => {
  const bytes = typeof value === "string" ? encoder.encode(value) : value
  if (!(bytes instanceof Uint8Array)) return value
  const text = new Uint8Array(Base64.encodedBytes(bytes.length))
  Base64.write(bytes, bytes.length, text, 0)
  return Utf8.read(text, 0, text.length)
}
