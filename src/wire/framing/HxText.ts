/**
 * The text of hx/interop's headers: which names are known, what white space is, and what may be written.
 *
 * @since 0.1.0
 */

/** The headers that say what a message is and where it ends, by number. */
export const Known = { class: 0, id: 1, error: 2, contentType: 3, contentLength: 4 } as const
export type Known = (typeof Known)[keyof typeof Known]

/** No known name. */
export const unknown = -1

const lowerCase = (name: string): Uint8Array => new TextEncoder().encode(name.toLowerCase())

const classBytes = lowerCase("Interop-Rpc-Class")
const idBytes = lowerCase("Interop-Rpc-Id")
const errorBytes = lowerCase("Interop-Error")
const contentTypeBytes = lowerCase("Content-Type")
const contentLengthBytes = lowerCase("Content-Length")

const hyphen = 0x2d
const caseBit = 0x20
const lowerC = 0x63

/** Which of the known names stands between two offsets, whatever its case. */
export const known = (bytes: Uint8Array, start: number, end: number): Known | typeof unknown => {
  switch (end - start) {
    case classBytes.length:
      return isName(bytes, start, classBytes) ? Known.class : unknown
    case idBytes.length:
      if ((bytes[start]! | caseBit) === lowerC) {
        return isName(bytes, start, contentLengthBytes) ? Known.contentLength : unknown
      }
      return isName(bytes, start, idBytes) ? Known.id : unknown
    case errorBytes.length:
      return isName(bytes, start, errorBytes) ? Known.error : unknown
    case contentTypeBytes.length:
      return isName(bytes, start, contentTypeBytes) ? Known.contentType : unknown
    default:
      return unknown
  }
}

const colon = 0x3a
const lowerI = 0x69

/**
 * Which of the known names begins at an offset and ends with a colon: without looking for the colon, as most lines of
 * most messages have one of them.
 */
export const knownAt = (bytes: Uint8Array, at: number, end: number): Known | typeof unknown => {
  if (end - at <= classBytes.length) return unknown
  const first = bytes[at]! | caseBit
  if (first === lowerI) {
    if (bytes[at + idBytes.length] === colon) return isName(bytes, at, idBytes) ? Known.id : unknown
    if (bytes[at + classBytes.length] === colon) return isName(bytes, at, classBytes) ? Known.class : unknown
  } else if (first === lowerC) {
    if (bytes[at + contentLengthBytes.length] === colon) {
      return isName(bytes, at, contentLengthBytes) ? Known.contentLength : unknown
    }
    if (bytes[at + contentTypeBytes.length] === colon) {
      return isName(bytes, at, contentTypeBytes) ? Known.contentType : unknown
    }
  }
  return unknown
}

/** How many bytes each known name has. */
export const knownBytes: ReadonlyArray<number> = [
  classBytes.length,
  idBytes.length,
  errorBytes.length,
  contentTypeBytes.length,
  contentLengthBytes.length
]

const isName = (bytes: Uint8Array, start: number, name: Uint8Array): boolean => {
  for (let index = 0; index < name.length; index++) {
    const wanted = name[index]!
    const byte = bytes[start + index]!
    if (byte !== wanted && (wanted === hyphen || (byte | caseBit) !== wanted)) return false
  }
  return true
}

const space = 0x20
const firstControl = 0x09
const lastControl = 0x0d
const firstWide = 0x80

/** Where the text between two offsets begins, after white space as Unicode has it: Go takes all of that away. */
export const trimStart = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  while (at < end) {
    const width = spaceBytes(bytes, at, end)
    if (width === 0) return at
    at += width
  }
  return at
}

/** Where the text between two offsets ends, before white space. */
export const trimEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (at > start) {
    const byte = bytes[at - 1]!
    if (isSpace(byte)) at--
    else if (byte < firstWide) return at
    else if (at - 2 >= start && spaceBytes(bytes, at - 2, at) === 2) at -= 2
    else if (at - 3 >= start && spaceBytes(bytes, at - 3, at) === 3) at -= 3
    else return at
  }
  return at
}

const isSpace = (byte: number): boolean => byte === space || (byte >= firstControl && byte <= lastControl)

/** How many bytes of white space stand at an offset: 1, or 2 or 3 in UTF-8. */
const spaceBytes = (bytes: Uint8Array, at: number, end: number): number => {
  const first = bytes[at]!
  if (first < firstWide) return isSpace(first) ? 1 : 0
  if (at + 1 >= end) return 0
  const second = bytes[at + 1]!
  if (first === 0xc2) return second === 0x85 || second === 0xa0 ? 2 : 0
  if (at + 2 >= end) return 0
  return isWideSpace((first << 16) | (second << 8) | bytes[at + 2]!) ? 3 : 0
}

/** U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000. */
const isWideSpace = (utf8: number): boolean =>
  utf8 === 0xe19a80 ||
  (utf8 >= 0xe28080 && utf8 <= 0xe2808a) ||
  utf8 === 0xe280a8 ||
  utf8 === 0xe280a9 ||
  utf8 === 0xe280af ||
  utf8 === 0xe2819f ||
  utf8 === 0xe38080

const cleanName = /^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/

/** Whether every implementation reads a name as the same one. */
export const nameIsClean = (name: string): boolean => cleanName.test(name)

// JavaScript's white space has U+FEFF, Unicode's has U+0085: a reader may take either away.
const unclean = /[\0\r\n]|^[\s\u0085]|[\s\u0085]$/

/** Whether every implementation reads a value as it was written. */
export const valueIsClean = (value: string): boolean => !unclean.test(value) && value.isWellFormed()

const zero = 0x30
const nine = 0x39

/** Reads digits, and nothing else, as a number, or answers -1. What is beyond 2^53 is not exact. */
export const readDigits = (bytes: Uint8Array, start: number, end: number): number => {
  let value = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte < zero || byte > nine) return -1
    value = value * 10 + byte - zero
  }
  return start === end ? -1 : value
}
