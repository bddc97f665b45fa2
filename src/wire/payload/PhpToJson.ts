/**
 * The bytes of PHP's `serialize` as those of JSON: `PhpTranscode.ts` says how far.
 *
 * @since 0.1.0
 */
import { textOf } from "./PhpText.ts"
import { exactDigits, isDigit, maxDepth, Transcoder } from "./PhpTranscode.ts"

const code = (character: string): number => character.charCodeAt(0)
const quote = code('"')
const backslash = code("\\")
const colon = code(":")
const semicolon = code(";")
const comma = code(",")
const point = code(".")
const minus = code("-")
const zero = code("0")
const openBrace = code("{")
const closeBrace = code("}")
const openBracket = code("[")
const closeBracket = code("]")
const firstPrintable = 0x20
const firstNonAscii = 0x80
const mostFloatBytes = 32

export class PhpToJson extends Transcoder {
  /** Writes `count` properties as an object, and passes over the brace that ends them. */
  properties(count: number): void {
    this.#entries(count, false, 0)
  }

  value(depth: number): void {
    const { at, from } = this
    if (depth > maxDepth || at + 2 > this.end || this.to + 8 > this.room) return this.fail()
    const kind = from[at]
    if (kind === 0x4e) {
      if (from[at + 1] !== semicolon) return this.fail()
      return this.#word(2, "null")
    }
    if (from[at + 1] !== colon) return this.fail()
    switch (kind) {
      case 0x73:
        return this.#string()
      case 0x69:
        return this.#integer()
      case 0x62:
        return this.#boolean()
      case 0x64:
        return this.#float()
      case 0x61:
        return this.#array(depth)
      default:
        return this.fail()
    }
  }

  /** Reads a number that ends with this byte, and passes over both; -1 where there is none. */
  count(ending: number): number {
    const { from } = this
    const start = this.at
    let count = 0
    let at = start
    while (at < this.end && isDigit(from[at])) count = count * 10 + from[at++]! - zero
    if (at === start || at - start > 9 || at >= this.end || from[at] !== ending) {
      this.fail()
      return -1
    }
    this.at = at + 1
    return count
  }

  #word(bytes: number, text: string): void {
    this.at += bytes
    for (let at = 0; at < text.length; at++) this.into[this.to++] = text.charCodeAt(at)
  }

  #boolean(): void {
    const digit = this.from[this.at + 2]
    if (this.at + 4 > this.end || this.from[this.at + 3] !== semicolon) return this.fail()
    if (digit === zero + 1) this.#word(4, "true")
    else if (digit === zero) this.#word(4, "false")
    else this.fail()
  }

  #string(): void {
    this.at += 2
    const length = this.count(colon)
    const start = this.at + 1
    const end = start + length
    const { from, into } = this
    if (length < 0 || end + 2 > this.end || this.to + length + 2 > this.room) return this.fail()
    if (from[start - 1] !== quote || from[end] !== quote || from[end + 1] !== semicolon) return this.fail()
    let isAscii = true
    let to = this.to
    into[to++] = quote
    for (let at = start; at < end; at++) {
      const byte = from[at]!
      if (byte < firstPrintable || byte === quote || byte === backslash) return this.fail()
      if (byte >= firstNonAscii) isAscii = false
      into[to++] = byte
    }
    if (!isAscii && textOf(from, start, end) === undefined) return this.fail()
    into[to++] = quote
    this.to = to
    this.at = end + 2
  }

  #integer(): void {
    const { from } = this
    const start = this.at + 2
    let at = from[start] === minus ? start + 1 : start
    const digitsAt = at
    while (at < this.end && isDigit(from[at])) at++
    const digits = at - digitsAt
    if (digits === 0 || digits > exactDigits || at >= this.end || from[at] !== semicolon) return this.fail()
    // JSON has no zero before other digits, and that below zero is none of PHP's integers.
    if (from[digitsAt] === zero && at > start + 1) return this.fail()
    this.copy(start, at)
    if (this.at >= 0) this.at = at + 1
  }

  /** Copies a float as JSON can say it: with digits before its point and after it. */
  #float(): void {
    const { from } = this
    const start = this.at + 2
    let at = from[start] === minus ? start + 1 : start
    while (at < this.end && isDigit(from[at])) at++
    const isWhole = from[at] !== point
    if (!isWhole) at++
    while (at < this.end && isDigit(from[at])) at++
    if (at >= this.end || from[at] !== semicolon || !isDigit(from[at - 1]) || at - start > mostFloatBytes)
      return this.fail()
    if (from[start] === zero ? from[start + 1] !== point && at > start + 1 : !isPlain(from, start)) return this.fail()
    this.copy(start, at)
    if (this.at >= 0) this.at = at + 1
  }

  #array(depth: number): void {
    this.at += 2
    const count = this.count(colon)
    if (this.at < 0 || this.from[this.at] !== openBrace) return this.fail()
    this.at++
    this.#entries(count, this.from[this.at] !== 0x73, depth)
  }

  #entries(count: number, areItems: boolean, depth: number): void {
    const { into } = this
    if (this.to + 2 > this.room) return this.fail()
    into[this.to++] = areItems ? openBracket : openBrace
    for (let entry = 0; entry < count; entry++) {
      if (this.to + 4 > this.room) return this.fail()
      if (entry > 0) into[this.to++] = comma
      if (areItems) this.#index(entry)
      else this.#name()
      if (this.at < 0) return
      this.value(depth + 1)
      if (this.at < 0) return
    }
    if (this.to + 1 > this.room || this.at >= this.end || this.from[this.at] !== closeBrace) return this.fail()
    this.at++
    into[this.to++] = areItems ? closeBracket : closeBrace
  }

  /** Passes over the key of an item, which has to be its place. */
  #index(entry: number): void {
    if (this.from[this.at] !== 0x69 || this.from[this.at + 1] !== colon) return this.fail()
    this.at += 2
    if (this.count(semicolon) !== entry) this.fail()
  }

  /** Writes a key. What begins with a zero byte says who may see it, and a control character is not copied. */
  #name(): void {
    if (this.from[this.at] !== 0x73 || this.from[this.at + 1] !== colon) return this.fail()
    this.#string()
    if (this.at >= 0) this.into[this.to++] = colon
  }
}

/** Whether what begins at `start` is a number below zero with no needless zero, or begins with another digit. */
const isPlain = (bytes: Uint8Array, start: number): boolean => {
  if (bytes[start] !== minus) return isDigit(bytes[start])
  return isDigit(bytes[start + 1]) && bytes[start + 1] !== zero
}
