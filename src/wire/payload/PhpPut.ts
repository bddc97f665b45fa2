/**
 * Writes strings and numbers of PHP's `serialize` as bytes, at an offset.
 *
 * Law: a function writes what `PhpWriter` would and answers the offset after it, or answers -1: the value is not of its
 * type, PHP cannot say it, or there may be no room before `end`. Bytes from its offset on may then have changed.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import * as Floats from "./PhpFloats.ts"

const letterD = 0x64
const letterI = 0x69
const letterS = 0x73
const quote = 0x22
const colon = 0x3a
const semicolon = 0x3b
const minus = 0x2d
const zero = 0x30
const firstNonAscii = 0x80

/** Shorter strings are written character by character, which takes less than one call of native code. */
const shortLength = 64
/** What is around the bytes of a string: `s:`, a length, two quotes, and what parts them. */
const aroundBytes = 24

/** Writes a number's digits, and answers the offset after them. */
export const digits = (value: number, bytes: Uint8Array, start: number): number => {
  let after = start + 1
  for (let power = 10; power <= value; power *= 10) after++
  let rest = value
  for (let at = after - 1; at >= start; at--) {
    const tens = Math.floor(rest / 10)
    // The difference comes first: beyond 2^53 the sum would not be exact.
    bytes[at] = zero + (rest - tens * 10)
    rest = tens
  }
  return after
}

/** Writes a string. */
export const string = (value: unknown, bytes: Uint8Array, start: number, end: number): number => {
  if (typeof value !== "string") return -1
  const { length } = value
  if (length > shortLength) return long(value, bytes, start, end)
  let at = quoted(length, bytes, start)
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    if (code >= firstNonAscii) return long(value, bytes, start, end)
    bytes[at++] = code
  }
  bytes[at] = quote
  bytes[at + 1] = semicolon
  return at + 2
}

/** Writes what is before the bytes of a string. */
const quoted = (length: number, bytes: Uint8Array, start: number): number => {
  bytes[start] = letterS
  bytes[start + 1] = colon
  const at = digits(length, bytes, start + 2)
  bytes[at] = colon
  bytes[at + 1] = quote
  return at + 2
}

const long = (value: string, bytes: Uint8Array, start: number, end: number): number => {
  // What surely has no room is not worth a look.
  if (start + aroundBytes + value.length > end || !value.isWellFormed()) return -1
  const length = Utf8.byteLength(value)
  if (start + aroundBytes + length > end) return -1
  const from = quoted(length, bytes, start)
  const at = from + Utf8.write(bytes, value, from)
  bytes[at] = quote
  bytes[at + 1] = semicolon
  return at + 2
}

/** Writes a number that is a safe integer. */
export const integer = (value: unknown, bytes: Uint8Array, start: number): number => {
  if (!Number.isSafeInteger(value)) return -1
  bytes[start] = letterI
  bytes[start + 1] = colon
  let at = start + 2
  if ((value as number) < 0) bytes[at++] = minus
  at = digits(Math.abs(value as number), bytes, at)
  bytes[at] = semicolon
  return at + 1
}

/** Writes a number that is finite. */
export const number = (value: unknown, bytes: Uint8Array, start: number): number => {
  if (!Number.isFinite(value)) return -1
  if (Number.isSafeInteger(value)) return integer(value, bytes, start)
  const text = Floats.write(value as number, "E")
  bytes[start] = letterD
  bytes[start + 1] = colon
  let at = start + 2
  for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index)
  bytes[at] = semicolon
  return at + 1
}

/** Writes the key of an item, which is its place. */
export const place = (index: number, bytes: Uint8Array, start: number): number => {
  bytes[start] = letterI
  bytes[start + 1] = colon
  const at = digits(index, bytes, start + 2)
  bytes[at] = semicolon
  return at + 1
}
