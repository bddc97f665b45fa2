/**
 * Reads strings and numbers of PHP's `serialize` from bytes, at a cursor.
 *
 * Law: a function reads what `PhpReader` would, or leaves the cursor at -1. It may look behind the end of what is read, so
 * who reads compares the cursor with that.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import type { Cursor } from "./JsonScan.ts"
import * as Floats from "./PhpFloats.ts"
import { textOf } from "./PhpText.ts"

const letterD = 0x64
const letterI = 0x69
const letterS = 0x73
const quote = 0x22
const colon = 0x3a
const semicolon = 0x3b
const openBrace = 0x7b
const minus = 0x2d
const zero = 0x30
const firstNonAscii = 0x80

/** As many digits as every integer may have and still be exact. */
const exactDigits = 15
const mostFloatBytes = 40
/** The bytes of longer strings are looked at by native code. */
const shortBytes = 64

const fail = (cursor: Cursor): undefined => {
  cursor.at = -1
  return undefined
}

/** Reads digits, and passes over them and the byte behind them, which has to be this one; answers -1 where they are none. */
export const digits = (bytes: Uint8Array, cursor: Cursor, ending: number): number => {
  const start = cursor.at
  let at = start
  let value = 0
  let digit = bytes[at]! - zero
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = bytes[++at]! - zero
  }
  if (at === start || at - start > exactDigits || bytes[at] !== ending) {
    cursor.at = -1
    return -1
  }
  cursor.at = at + 1
  return value
}

/** Reads how many entries follow, and passes over the brace that opens them. */
export const count = (bytes: Uint8Array, cursor: Cursor): number => {
  const value = digits(bytes, cursor, colon)
  if (value < 0 || bytes[cursor.at++] === openBrace) return value
  cursor.at = -1
  return -1
}

/** Passes over the key of an item, which has to be its place. */
export const place = (bytes: Uint8Array, cursor: Cursor, index: number): void => {
  const { at } = cursor
  if (bytes[at] === letterI && bytes[at + 1] === colon) {
    cursor.at = at + 2
    if (digits(bytes, cursor, semicolon) === index) return
  }
  cursor.at = -1
}

/** Reads a string. */
export const string = (bytes: Uint8Array, cursor: Cursor): string | undefined => {
  const { at } = cursor
  if (bytes[at] !== letterS || bytes[at + 1] !== colon) return fail(cursor)
  cursor.at = at + 2
  const length = digits(bytes, cursor, colon)
  const start = cursor.at + 1
  const end = start + length
  if (length < 0 || bytes[start - 1] !== quote || bytes[end] !== quote || bytes[end + 1] !== semicolon) {
    return fail(cursor)
  }
  cursor.at = end + 2
  if (isAscii(bytes, start, end)) return Utf8.read(bytes, start, end)
  return textOf(bytes, start, end) ?? fail(cursor)
}

/** Whether there is nothing but ASCII between two offsets; also false where they are far apart. */
const isAscii = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start > shortBytes) return false
  for (let at = start; at < end; at++) if (bytes[at]! >= firstNonAscii) return false
  return true
}

/** Reads an integer. */
export const integer = (bytes: Uint8Array, cursor: Cursor): number | undefined => {
  const { at } = cursor
  if (bytes[at] !== letterI || bytes[at + 1] !== colon) return fail(cursor)
  const negative = bytes[at + 2] === minus
  cursor.at = negative ? at + 3 : at + 2
  const value = digits(bytes, cursor, semicolon)
  return negative && value > 0 ? -value : value
}

/** Reads an integer, or a float that is finite. */
export const number = (bytes: Uint8Array, cursor: Cursor): number | undefined => {
  const { at } = cursor
  if (bytes[at] !== letterD) return integer(bytes, cursor)
  let end = at + 2
  while (bytes[end] !== semicolon && end < at + mostFloatBytes) end++
  const value = bytes[at + 1] === colon && bytes[end] === semicolon ? Floats.read(Utf8.read(bytes, at + 2, end)) : NaN
  if (value === undefined || !Number.isFinite(value)) return fail(cursor)
  cursor.at = end + 1
  return value
}
