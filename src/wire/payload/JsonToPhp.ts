/**
 * The bytes of JSON as those of PHP's `serialize`: `PhpTranscode.ts` says how far.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import * as Floats from "./PhpFloats.ts"
import { exactDigits, isDigit, maxDepth, putCount, Transcoder } from "./PhpTranscode.ts"

const code = (character: string): number => character.charCodeAt(0)
const quote = code('"')
const backslash = code("\\")
const colon = code(":")
const semicolon = code(";")
const comma = code(",")
const minus = code("-")
const zero = code("0")
const openBrace = code("{")
const closeBrace = code("}")
const openBracket = code("[")
const closeBracket = code("]")

export class JsonToPhp extends Transcoder {
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
