/**
 * Reads strings and numbers of JSON from bytes, at a cursor.
 *
 * Law: a function reads what `JSON.parse` would, or leaves the cursor at -1.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"

/** Where reading is; -1 once the bytes are not what was expected. */
export interface Cursor {
  at: number
}

const quoteByte = 0x22
const backslash = 0x5c
const minus = 0x2d
const plus = 0x2b
const zero = 0x30
const point = 0x2e
const firstPrintable = 0x20
/** With this bit, upper and lower case are the same. */
const caseBit = 0x20
const letterE = 0x65
/** As many digits as every integer may have and still be exact. */
const exactDigits = 15

/** Longer strings are read faster by `JSON.parse`, and all with them. */
const longestBytes = 1024

const fail = (cursor: Cursor): undefined => {
  cursor.at = -1
  return undefined
}

/** Reads a string. */
export const string = (bytes: Uint8Array, cursor: Cursor): string | undefined => {
  const start = cursor.at + 1
  if (bytes[start - 1] !== quoteByte) return fail(cursor)
  let at = start
  let byte = bytes[at]
  const last = start + longestBytes
  // Past the end there is no byte, and no comparison with it holds.
  while (byte! >= firstPrintable && byte !== quoteByte && byte !== backslash && at < last) byte = bytes[++at]
  if (byte === backslash) return escaped(bytes, cursor, at)
  if (byte !== quoteByte) return fail(cursor)
  cursor.at = at + 1
  return Utf8.read(bytes, start, at)
}

/** Reads a string that has an escape at `at`. */
const escaped = (bytes: Uint8Array, cursor: Cursor, at: number): string | undefined => {
  let end = at
  const last = Math.min(bytes.length, at + longestBytes)
  while (end < last && bytes[end] !== quoteByte) end += bytes[end] === backslash ? 2 : 1
  const value = bytes[end] === quoteByte ? parsed(bytes, cursor.at, end + 1) : undefined
  if (typeof value !== "string") return fail(cursor)
  cursor.at = end + 1
  return value
}

/** What `JSON.parse` makes of some bytes; undefined when they are no JSON. */
const parsed = (bytes: Uint8Array, start: number, end: number): unknown => {
  try {
    return JSON.parse(Utf8.read(bytes, start, end))
  } catch {
    return undefined
  }
}

/** Reads a number that is a safe integer. */
export const integer = (bytes: Uint8Array, cursor: Cursor): number | undefined => {
  const value = number(bytes, cursor)
  return Number.isSafeInteger(value) ? value : fail(cursor)
}

/** Reads a number that is finite. */
export const number = (bytes: Uint8Array, cursor: Cursor): number | undefined => {
  const negative = bytes[cursor.at] === minus
  const start = negative ? cursor.at + 1 : cursor.at
  let at = start
  let value = 0
  let digit = bytes[at]! - zero
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = bytes[++at]! - zero
  }
  const digits = at - start
  if (digits === 0 || digits > exactDigits || (digits > 1 && bytes[start] === zero)) return anyNumber(bytes, cursor)
  const next = bytes[at]!
  if (next === point || (next | caseBit) === letterE) return anyNumber(bytes, cursor)
  cursor.at = at
  return negative ? -value : value
}

/** Reads a number of any form. */
const anyNumber = (bytes: Uint8Array, cursor: Cursor): number | undefined => {
  let end = cursor.at
  while (isOfNumber(bytes[end]!)) end++
  const value = parsed(bytes, cursor.at, end)
  if (typeof value !== "number" || !Number.isFinite(value)) return fail(cursor)
  cursor.at = end
  return value
}

/** Whether a byte is one of `+-.0123456789Ee`. */
const isOfNumber = (byte: number): boolean =>
  (byte >= zero && byte <= zero + 9) ||
  byte === plus ||
  byte === minus ||
  byte === point ||
  (byte | caseBit) === letterE
