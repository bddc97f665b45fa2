/**
 * Values as JSON text in place, by the shapes of a lexicon. No bytes at all stand for `undefined`.
 *
 * Law: text that nests deeper than `maxDepth` is refused before it is parsed, because what decodes, shows or stores a
 * value may recurse into it.
 *
 * @since 0.1.0
 */
import { indexOf } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"
import { type Shape, unread } from "../Wire.ts"

/** Answers the text of a value. Throws when the shape does not fit it. */
export const text = (shape: Shape, value: unknown): string => stringify(shape.encode(value))

/** Answers the text of a list of values. Throws when the shape does not fit one of them. */
export const listText = (shape: Shape, values: ReadonlyArray<unknown>): string => stringify(values.map(shape.encode))

/** Reads a value. Throws when the bytes are not JSON or the shape does not fit them. */
export const read = (shape: Shape, bytes: Uint8Array, start: number, end: number): unknown => {
  const value = shape.json === undefined ? unread : shape.json.read(bytes, start, end)
  return value === unread ? shape.decode(start === end ? undefined : parse(bytes, start, end)) : value
}

/** Reads a list of values. Throws when the bytes are none or the shape does not fit one of them. */
export const readList = (shape: Shape, bytes: Uint8Array, start: number, end: number): ReadonlyArray<unknown> => {
  const values = shape.json === undefined ? unread : shape.json.readList(bytes, start, end)
  if (values !== unread) return values
  const list: unknown = parse(bytes, start, end)
  if (!Array.isArray(list) || list.length === 0) throw new Error("expected a list of at least one item")
  for (let index = 0; index < list.length; index++) list[index] = shape.decode(list[index])
  return list
}

/** How deep arrays and objects may be nested in one another. */
export const maxDepth = 1000

const quote = 0x22
const backslash = 0x5c
const openers = [0x5b, 0x7b]
/** With this bit, brackets and braces are the same. */
const braceBit = 0x20
const opening = 0x7b
const closing = 0x7d

/** Reads whatever JSON says. Throws when the bytes are none, or nest too deep. */
export const parse = (bytes: Uint8Array, start: number, end: number): unknown => {
  // Whatever opens also closes, so a short text cannot be too deep.
  if (end - start > maxDepth * 2) checkDepth(bytes.subarray(start, end))
  return JSON.parse(Utf8.read(bytes, start, end))
}

const checkDepth = (bytes: Uint8Array): void => {
  if (!opensOften(bytes)) return
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === quote) at = stringEnd(bytes, at)
    else if ((byte | braceBit) === opening && ++depth > maxDepth) throw new Error(`nested deeper than ${maxDepth}`)
    else if ((byte | braceBit) === closing) depth--
  }
}

/** Whether there are enough opening brackets to be too deep. Looks for them by native search: most large text has few. */
const opensOften = (bytes: Uint8Array): boolean => {
  let left = maxDepth
  for (const opener of openers) {
    for (let at = indexOf(bytes, opener, 0); at >= 0; at = indexOf(bytes, opener, at + 1)) if (left-- === 0) return true
  }
  return false
}

/** Where the string that begins at `start` ends. */
const stringEnd = (bytes: Uint8Array, start: number): number => {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

const stringify = (json: unknown): string => (json === undefined ? "" : JSON.stringify(json))
