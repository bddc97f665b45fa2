/**
 * The short way: how a serializer puts a payload into an envelope, and finds it there, byte by byte.
 *
 * It knows the one order in which PHP and this side write. Anything else is read by the general way.
 *
 * @since 0.1.0
 */

/** What comes with an object. */
export type Kind = "request" | "response" | "notification"

/** Where the parts of a message that was found are. */
export class Found {
  kind: Kind = "notification"
  bytes: Uint8Array = new Uint8Array(0)
  idStart = 0
  idEnd = 0
  classStart = 0
  classEnd = 0
  /** The payload as a JSON object. */
  json: Uint8Array = new Uint8Array(0)
  jsonStart = 0
  jsonEnd = 0
}

/** One serializer's short way. */
export interface Form {
  /** How much longer a payload may become than its JSON. */
  readonly growth: number
  /** The bytes of a class, as it names it. */
  readonly nameOf: (phpClass: string) => Uint8Array
  /** The bytes that precede the payload of an object of this class, as far as it is known without the id. */
  readonly headOf: (kind: Kind, phpClass: string) => Uint8Array
  /**
   * Writes a message and answers the offset after it, or -1. The payload is the object that stands in `json`, which was
   * written for this.
   */
  readonly write: (
    kind: Kind,
    head: Uint8Array,
    id: string,
    json: Uint8Array,
    jsonStart: number,
    jsonEnd: number,
    into: Uint8Array,
    start: number,
    room: number
  ) => number
  /** Finds the parts of a message, or answers false. */
  readonly read: (bytes: Uint8Array, start: number, end: number, found: Found) => boolean
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Whether these bytes are at `at`. */
export const isAt = (bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): boolean => {
  if (at + wanted.length > end) return false
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false
  return true
}

/** Puts bytes at `at`, where there is room, and answers the offset after them. */
export const put = (from: Uint8Array, into: Uint8Array, at: number): number => {
  into.set(from, at)
  return at + from.length
}

/** Ids that need no escape and are not long. */
const mostIdChars = 64

/** Puts an id of plain characters at `at`, and answers the offset after it, or -1. */
export const putId = (id: string, into: Uint8Array, at: number): number => {
  if (id.length > mostIdChars) return -1
  for (let index = 0; index < id.length; index++) {
    const character = id.charCodeAt(index)
    if (character < 0x20 || character > 0x7e || character === 0x22 || character === 0x5c) return -1
    into[at + index] = character
  }
  return at + id.length
}
