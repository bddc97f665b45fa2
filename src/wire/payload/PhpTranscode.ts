/**
 * The bytes of JSON as those of PHP's `serialize`, and back, without values between: what most payloads hold.
 *
 * Law: what is answered is what the values would have been read or written as. What is rare is not done here, and -1 is
 * answered: escapes, integers of more than 15 digits, objects within objects, bytes that are no UTF-8, deep nesting.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import * as Floats from "./PhpFloats.ts"
import { textOf } from "./PhpReader.ts"

/** Deeper values go the general way. */
const maxDepth = 32
const exactDigits = 15
const mostFloatBytes = 32

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

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= zero + 9

/** Writes a number's digits, and answers the offset after them. */
export const putCount = (bytes: Uint8Array, at: number, count: number): number => {
  if (count < 10) {
    bytes[at] = zero + count
    return at + 1
  }
  let digits = 2
  for (let most = 100; most <= count; most *= 10) digits++
  let left = count
  for (let to = at + digits - 1; to >= at; to--) {
    bytes[to] = zero + (left % 10)
    left = Math.floor(left / 10)
  }
  return at + digits
}

/** Both directions read at `at`, and write at `to`, up to `end` and `room`; `at` is -1 once they have given up. */
abstract class Transcoder {
  from: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  into: Uint8Array = new Uint8Array(0)
  to = 0
  room = 0

  /** Begins with these bytes, and this room. */
  begin(from: Uint8Array, at: number, end: number, into: Uint8Array, to: number, room: number): void {
    this.from = from
    this.at = at
    this.end = end
    this.into = into
    this.to = to
    this.room = room
  }

  protected fail(): void {
    this.at = -1
  }

  /** Copies what is between two offsets. */
  protected copy(start: number, end: number): void {
    const length = end - start
    if (this.to + length > this.room) return this.fail()
    if (length > 32) {
      this.into.set(this.from.subarray(start, end), this.to)
      this.to += length
    } else {
      for (let at = start; at < end; at++) this.into[this.to++] = this.from[at]!
    }
  }
}

/** JSON to PHP. */
export class ToPhp extends Transcoder {
  /** Writes the fields of an object as properties, and answers how many there are; -1 if it gave up. */
  properties(): number {
    return this.#fields(true, 0)
  }

  /** Writes a value. */
  value(depth: number): void {
    if (this.to + 40 > this.room || depth > maxDepth) return this.fail()
    switch (this.from[this.at]) {
      case quote:
        return this.#string()
      case openBrace:
        return this.#composed(depth, openBrace)
      case openBracket:
        return this.#composed(depth, openBracket)
      case 0x74:
        return this.#word(4, "b:1;")
      case 0x66:
        return this.#word(5, "b:0;")
      case 0x6e:
        return this.#word(4, "N;")
      default:
        return this.#number()
    }
  }

  #word(bytes: number, text: string): void {
    this.at += bytes
    this.#ascii(text)
  }

  #ascii(text: string): void {
    for (let at = 0; at < text.length; at++) this.into[this.to++] = text.charCodeAt(at)
  }

  #string(): void {
    const start = this.at + 1
    let at = start
    const { from } = this
    let byte = from[at]
    while (byte !== quote && byte !== backslash && at < this.end) byte = from[++at]
    if (byte !== quote) return this.fail()
    const { into } = this
    if (this.to + at - start + 20 > this.room) return this.fail()
    into[this.to] = 0x73
    into[this.to + 1] = colon
    this.to = putCount(into, this.to + 2, at - start)
    into[this.to++] = colon
    into[this.to++] = quote
    this.copy(start, at)
    into[this.to++] = quote
    into[this.to++] = semicolon
    this.at = at + 1
  }

  #number(): void {
    const { from } = this
    const start = this.at
    let at = from[start] === minus ? start + 1 : start
    const digitsAt = at
    while (isDigit(from[at])) at++
    const next = from[at]
    const isInteger = next === comma || next === closeBrace || next === closeBracket
    const isMinusZero = digitsAt > start && at - digitsAt === 1 && from[digitsAt] === zero
    if (isInteger && !isMinusZero && at > digitsAt && at - digitsAt <= exactDigits) {
      this.into[this.to++] = 0x69
      this.into[this.to++] = colon
      this.copy(start, at)
      this.into[this.to++] = semicolon
      this.at = at
      return
    }
    this.#float(start)
  }

  #float(start: number): void {
    let at = start
    while (at < this.end && !isAfterNumber(this.from[at]!)) at++
    const value = Number(Utf8.read(this.from, start, at))
    if (at === start || !Number.isFinite(value) || Number.isSafeInteger(value)) return this.fail()
    this.#ascii(`d:${Floats.write(value, "E")};`)
    this.at = at
  }

  /** Writes an array. How many entries it has is known last, and may need room for more digits then. */
  #composed(depth: number, opening: number): void {
    const { into } = this
    into[this.to] = 0x61
    into[this.to + 1] = colon
    const countAt = this.to + 2
    this.to += 3
    into[this.to++] = colon
    into[this.to++] = openBrace
    const count = opening === openBrace ? this.#fields(false, depth) : this.#items(depth)
    if (this.at < 0 || this.to + 12 > this.room) return this.fail()
    let shift = 0
    for (let most = 10; most <= count; most *= 10) shift++
    if (shift > 0) into.copyWithin(countAt + 1 + shift, countAt + 1, this.to)
    this.to += shift
    putCount(into, countAt, count)
    into[this.to++] = closeBrace
  }

  #items(depth: number): number {
    const { from, into } = this
    let count = 0
    this.at++
    if (from[this.at] === closeBracket) return this.#passed(0)
    for (;;) {
      if (this.to + 20 > this.room) return this.#failed()
      into[this.to++] = 0x69
      into[this.to++] = colon
      this.to = putCount(into, this.to, count++)
      into[this.to++] = semicolon
      this.value(depth + 1)
      if (this.at < 0) return -1
      const next = from[this.at]
      if (next === closeBracket) return this.#passed(count)
      if (next !== comma) return this.#failed()
      this.at++
    }
  }

  /** Writes fields. A `_tag` stands for a class, and a key that may be a number for one, which is done elsewhere. */
  #fields(areProperties: boolean, depth: number): number {
    const { from } = this
    let count = 0
    if (from[this.at] !== openBrace) return this.#failed()
    this.at++
    if (from[this.at] === closeBrace) return this.#passed(0)
    for (;;) {
      const first = from[this.at + 1]
      if (from[this.at] !== quote || isTag(from, this.at)) return this.#failed()
      if (!areProperties && (isDigit(first) || first === minus)) return this.#failed()
      this.#string()
      if (this.at < 0 || from[this.at] !== colon) return this.#failed()
      this.at++
      this.value(depth + 1)
      if (this.at < 0) return -1
      count++
      const next = from[this.at]
      if (next === closeBrace) return this.#passed(count)
      if (next !== comma) return this.#failed()
      this.at++
    }
  }

  #passed(count: number): number {
    this.at++
    return count
  }

  #failed(): number {
    this.at = -1
    return -1
  }
}

const isAfterNumber = (byte: number): boolean => byte === comma || byte === closeBrace || byte === closeBracket

/** Whether the string at `at` is `"_tag"`. */
const isTag = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] === 0x5f &&
  bytes[at + 2] === 0x74 &&
  bytes[at + 3] === 0x61 &&
  bytes[at + 4] === 0x67 &&
  bytes[at + 5] === quote

/** PHP to JSON. */
export class ToJson extends Transcoder {
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
