/**
 * Writes strings and numbers of JSON as bytes, at an offset.
 *
 * Law: a function writes what `JSON.stringify` would and answers the offset after it, or answers -1: the value is not of
 * its type, or there may be no room before `end`. Bytes from its offset on may then have changed.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"

const quoteByte = 0x22
const backslash = 0x5c
const minus = 0x2d
const zero = 0x30
const firstPrintable = 0x20
const firstNonAscii = 0x80

/** Shorter strings are written character by character, which takes less than one call of native code. */
const shortLength = 64

/** Whatever JSON may have to escape; half a surrogate pair is of that, so a whole one looks suspect too. */
// oxlint-disable-next-line no-control-regex
const suspect = /["\\\u0000-\u001f\ud800-\udfff]/

/** Writes a string. */
export const string = (value: unknown, bytes: Uint8Array, start: number, end: number): number => {
  if (typeof value !== "string") return -1
  const { length } = value
  if (length > shortLength) return long(value, bytes, start, end)
  let at = start
  bytes[at++] = quoteByte
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    if (code >= firstNonAscii || code < firstPrintable || code === quoteByte || code === backslash) {
      return long(value, bytes, start, end)
    }
    bytes[at++] = code
  }
  bytes[at++] = quoteByte
  return at
}

const long = (value: string, bytes: Uint8Array, start: number, end: number): number => {
  // What surely has no room is not worth a look.
  if (start + 2 + value.length > end) return -1
  const isSuspect = suspect.test(value)
  const text = isSuspect ? JSON.stringify(value) : value
  if (start + 2 + text.length * 3 > end) return -1
  if (isSuspect) return start + Utf8.write(bytes, text, start)
  bytes[start] = quoteByte
  const at = start + 1 + Utf8.write(bytes, text, start + 1)
  bytes[at] = quoteByte
  return at + 1
}

/** Writes a number that is a safe integer. */
export const integer = (value: unknown, bytes: Uint8Array, start: number, end: number): number => {
  if (!Number.isSafeInteger(value)) return -1
  return value === ((value as number) | 0) ? int32(value, bytes, start) : ascii(String(value), bytes, start, end)
}

/** Writes a number that is finite. */
export const number = (value: unknown, bytes: Uint8Array, start: number, end: number): number => {
  if (!Number.isFinite(value)) return -1
  return value === ((value as number) | 0) ? int32(value, bytes, start) : ascii(String(value), bytes, start, end)
}

const int32 = (value: number, bytes: Uint8Array, start: number): number => {
  let at = start
  let rest = value
  if (value < 0) {
    bytes[at++] = minus
    rest = -value
  }
  let after = at + 1
  for (let power = 10; power <= rest; power *= 10) after++
  at = after
  do {
    const tens = Math.floor(rest / 10)
    bytes[--at] = zero + rest - tens * 10
    rest = tens
  } while (rest > 0)
  return after
}

const ascii = (text: string, bytes: Uint8Array, start: number, _end: number): number => {
  for (let index = 0; index < text.length; index++) bytes[start + index] = text.charCodeAt(index)
  return start + text.length
}
