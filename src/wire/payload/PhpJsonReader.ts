/**
 * Reads JSON into values of PHP: integers of 64 bits are exact, floats are known by their point, and the order of keys is
 * kept, all of which `JSON.parse` loses.
 *
 * An object that has a class is an object, whatever the place of `__class` in it; any other is an array. As in PHP, the last
 * of two equal keys counts, and an integer that is too large is a float.
 *
 * Law: it throws a `PhpError`, nothing else.
 *
 * @since 0.1.0
 */
import { textOf } from "./PhpText.ts"
import { fits, float, PhpArray, PhpError, PhpObject, type PhpProperty, type PhpValue } from "./PhpValue.ts"

const blanks = /[ \t\n\r]*/y
const numbers = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?/y
const words: ReadonlyArray<readonly [string, PhpValue]> = [
  ["true", true],
  ["false", false],
  ["null", null]
]
const classKey = "__class"

export class PhpJsonReader {
  readonly #text: string
  readonly #maxDepth: number
  #at = 0
  #depth = 0

  constructor(bytes: Uint8Array, start: number, end: number, maxDepth: number) {
    const text = textOf(bytes, start, end)
    if (text === undefined) throw new PhpError("NotText", "JSON is UTF-8")
    this.#text = text
    this.#maxDepth = maxDepth
  }

  /** Reads the value that is all of the text. */
  read(): PhpValue {
    const value = this.#value()
    this.#blanks()
    if (this.#at < this.#text.length) this.#fail("Malformed", "something follows the value")
    return value
  }

  #value(): PhpValue {
    this.#blanks()
    switch (this.#text[this.#at]) {
      case undefined:
        return this.#fail("Truncated", "the value ends too early")
      case "{":
        return this.#object()
      case "[":
        return this.#list()
      case '"':
        return this.#string()
      default:
        return this.#word()
    }
  }

  #word(): PhpValue {
    for (const [word, value] of words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return value
      }
    }
    return this.#number()
  }

  #number(): PhpValue {
    numbers.lastIndex = this.#at
    const match = numbers.exec(this.#text)
    if (match === null) return this.#fail("Malformed", "there is no value")
    this.#at = numbers.lastIndex
    const [text, digits, fraction, exponent] = match
    const value = Number(text)
    if (fraction !== undefined || exponent !== undefined) return float(value)
    if (Number.isSafeInteger(value)) return value
    // Longer text is no integer of 64 bits, and would take long to make one of.
    if (digits!.length > 20) return value
    const exact = BigInt(digits!)
    return fits(exact) ? exact : value
  }

  #string(): string {
    const start = this.#at
    const end = this.#stringEnd()
    this.#at = end
    const text = this.#unescaped(this.#text.slice(start, end))
    if (!text.isWellFormed()) this.#fail("NotText", "text holds half a surrogate pair")
    return text
  }

  #unescaped(quoted: string): string {
    try {
      return JSON.parse(quoted) as string
    } catch {
      return this.#fail("Malformed", "a string has a character or an escape that JSON does not allow")
    }
  }

  #stringEnd(): number {
    let end = this.#text.indexOf('"', this.#at + 1)
    while (end >= 0 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1)
    if (end < 0) return this.#fail("Truncated", "a string has no end")
    return end + 1
  }

  #isEscaped(at: number): boolean {
    let from = at
    while (this.#text[from - 1] === "\\") from--
    return (at - from) % 2 === 1
  }

  #list(): PhpArray {
    this.#enter()
    const values: Array<PhpValue> = []
    if (!this.#closes("]")) {
      do values.push(this.#value())
      while (this.#goesOn("]"))
    }
    this.#depth--
    return PhpArray.list(values)
  }

  #object(): PhpArray | PhpObject {
    this.#enter()
    const entries = new Map<string, PhpValue>()
    if (!this.#closes("}")) {
      do {
        const name = this.#name()
        entries.set(name, this.#value())
      } while (this.#goesOn("}"))
    }
    this.#depth--
    return made(entries, this.#at)
  }

  #name(): string {
    this.#blanks()
    if (this.#text[this.#at] !== '"') this.#fail("Malformed", "expected a key")
    const name = this.#string()
    this.#blanks()
    if (this.#text[this.#at] !== ":") this.#fail("Malformed", "expected :")
    this.#at++
    return name
  }

  #enter(): void {
    this.#at++
    if (++this.#depth > this.#maxDepth) this.#fail("TooDeep", `nested deeper than ${this.#maxDepth}`)
  }

  #closes(bracket: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== bracket) return false
    this.#at++
    return true
  }

  /** Passes a comma, or the bracket that ends it all. */
  #goesOn(bracket: string): boolean {
    if (this.#closes(bracket)) return false
    if (this.#text[this.#at] !== ",") this.#fail("Malformed", `expected , or ${bracket}`)
    this.#at++
    return true
  }

  #blanks(): void {
    blanks.lastIndex = this.#at
    blanks.exec(this.#text)
    this.#at = blanks.lastIndex
  }

  #fail(reason: PhpError["reason"], detail: string): never {
    throw new PhpError(reason, detail, this.#at)
  }
}

/** Makes an object of what has a class, an array of what has none. PHP takes a class of null for none. */
const made = (entries: Map<string, PhpValue>, at: number): PhpArray | PhpObject => {
  const phpClass = entries.get(classKey) ?? null
  if (phpClass === null) return PhpArray.of(entries)
  if (typeof phpClass !== "string" || phpClass === "") throw new PhpError("Malformed", `${classKey} is no name`, at)
  entries.delete(classKey)
  const properties = Array.from(entries, ([name, value]): PhpProperty => ({ name, visibility: "public", value }))
  return new PhpObject(phpClass.startsWith("\\") ? phpClass.slice(1) : phpClass, properties)
}
