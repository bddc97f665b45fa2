/**
 * The parts of PHP's `serialize` that hold no other values: numbers, strings, names and lengths, from left to right.
 *
 * Law 1: a length is believed only as far as there are bytes for it. Law 2: it throws a `PhpError`, nothing else.
 *
 * @since 0.1.0
 */
import { indexOf } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"
import * as Floats from "./PhpFloats.ts"
import { textOf } from "./PhpText.ts"
import { float, integer, PhpError, type PhpValue } from "./PhpValue.ts"

const code = (character: string): number => character.charCodeAt(0)
const colon = code(":")
const semicolon = code(";")
const quote = code('"')
const minus = code("-")
const plus = code("+")
const zero = code("0")

/** A longer number is none that PHP wrote. */
const mostNumberBytes = 512
const mostLengthDigits = 15
/** Up to here an integer is exact while it is read digit by digit. */
const exactDigits = 15

/** Reads at an offset, and passes over what it has read. */
export class PhpScalars {
  protected readonly bytes: Uint8Array
  protected readonly start: number
  protected readonly end: number
  protected at: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.at = start
    this.end = end
  }

  protected boolean(): boolean {
    const digit = this.bytes[this.at]! - zero
    if (digit !== 0 && digit !== 1) this.fail("Malformed", "a boolean is 0 or 1")
    this.at++
    this.expect(semicolon)
    return digit === 1
  }

  protected integer(): number | bigint {
    const bytes = this.bytes
    const start = this.at
    let at = start
    const negative = bytes[at] === minus
    if (negative || bytes[at] === plus) at++
    const from = at
    let value = 0
    for (; at < this.end; at++) {
      const digit = bytes[at]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const digits = at - from
    if (digits === 0) this.fail("Malformed", "an integer has no digit")
    if (digits > mostNumberBytes) this.fail("OutOfRange", "an integer is too long")
    this.at = at
    this.expect(semicolon)
    if (digits > exactDigits)
      return integer(Utf8.read(bytes, bytes[start] === plus ? from : start, at), start - this.start)
    return negative && value !== 0 ? -value : value
  }

  protected float(): PhpValue {
    const start = this.at
    const end = indexOf(this.bytes, semicolon, start)
    if (end < 0 || end >= this.end) this.fail("Truncated", "a float has no end")
    if (end - start > mostNumberBytes) this.fail("Malformed", "a float is too long")
    const value = Floats.read(Utf8.read(this.bytes, start, end))
    if (value === undefined) this.fail("Malformed", "there is no float")
    this.at = end + 1
    return float(value)
  }

  protected string(): string | Uint8Array {
    const start = this.quoted()
    const end = this.at - 1
    this.expect(semicolon)
    return textOf(this.bytes, start, end) ?? copyOf(this.bytes, start, end)
  }

  /** Passes over a length and that many bytes between quotes, and answers where they begin; they end before the quote. */
  protected quoted(): number {
    const length = this.length()
    this.expect(colon)
    this.expect(quote)
    const start = this.at
    if (length > this.end - start) this.fail("Truncated", `${length} bytes are claimed that are not there`)
    this.at = start + length
    this.expect(quote)
    return start
  }

  /** Reads the name of a class. */
  protected name(what: string): string {
    const start = this.quoted()
    const name = textOf(this.bytes, start, this.at - 1)
    if (name === undefined) this.failAt(start, "NotText", `the name of ${what} is no UTF-8`)
    return name
  }

  /** Reads a key that is text. Bytes that are no UTF-8 become U+FFFD: PHP takes any for a key, and here keys are text. */
  protected keyText(): string {
    const start = this.quoted()
    const key = Utf8.read(this.bytes, start, this.at - 1)
    this.expect(semicolon)
    return key
  }

  protected length(): number {
    const start = this.at
    let length = 0
    for (; this.at < this.end; this.at++) {
      const digit = this.bytes[this.at]! - zero
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
    }
    const digits = this.at - start
    if (digits === 0 || digits > mostLengthDigits) this.failAt(start, "Malformed", "there is no length")
    return length
  }

  protected expect(byte: number): void {
    if (this.at >= this.end) this.fail("Truncated", "the value ends too early")
    if (this.bytes[this.at] !== byte) this.fail("Malformed", `expected ${String.fromCharCode(byte)}`)
    this.at++
  }

  protected fail(reason: PhpError["reason"], detail: string): never {
    return this.failAt(this.at, reason, detail)
  }

  protected failAt(at: number, reason: PhpError["reason"], detail: string): never {
    throw new PhpError(reason, detail, at - this.start)
  }
}

/** A `Buffer` would share its memory with what it calls a slice. */
export const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.subarray(start, end))
