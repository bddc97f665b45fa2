/**
 * The short way: how a serializer puts a payload into an envelope, and finds it there, byte by byte.
 *
 * It knows the one order in which PHP and this side write. Anything else is read by the general way.
 *
 * @since 0.1.0
 */
import { putCount } from "../payload/PhpTranscode.ts"
import type { JsonShape } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"

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

/** What of a message is known before it is written. */
export interface Frame {
  readonly kind: Kind
  /** What precedes the id. */
  readonly open: Uint8Array
  /** What is between the id and the fields. */
  readonly head: Uint8Array
}

/** An id: the text of one of the peer's, or, where that is empty, what precedes the number of one of ours, and that. */
export interface Id {
  readonly prefix: Uint8Array
  readonly number: number
  readonly text: string
}

/** One serializer's short way. */
export interface Form {
  /** The bytes of a class, as it names it. */
  readonly nameOf: (phpClass: string) => Uint8Array
  /** What precedes the fields of an object of this class. */
  readonly frameOf: (kind: Kind, phpClass: string) => Frame
  /** Writes a frame whole and answers the bytes of its payload, or -1: nothing was written. */
  readonly write: (frame: Frame, id: Id, json: JsonShape, value: unknown, buffer: WriteBuffer) => number
  /** Finds the parts of a message, or answers false. */
  readonly read: (bytes: Uint8Array, start: number, end: number, found: Found) => boolean
}

/** What stands for an answer that is no object begins like this in JSON. */
export const valueStart: Uint8Array = new TextEncoder().encode('{"value":')

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

/** Larger payloads are read the general way: what is copied on the short way keeps its memory. */
export const mostBytes = 64 * 1024

/** Longer ids, and those that need an escape, go the general way. */
export const mostIdBytes = 64

/** How many bytes an id takes; -1 for one that goes the general way. */
export const idBytes = ({ number, prefix, text }: Id): number => {
  if (text === "") {
    let digits = 1
    for (let most = 10; most <= number; most *= 10) digits++
    return prefix.length + digits <= mostIdBytes && isPlain(prefix) ? prefix.length + digits : -1
  }
  if (text.length > mostIdBytes) return -1
  for (let index = 0; index < text.length; index++) if (!isPlainByte(text.charCodeAt(index))) return -1
  return text.length
}

const isPlain = (bytes: Uint8Array): boolean => {
  for (let index = 0; index < bytes.length; index++) if (!isPlainByte(bytes[index]!)) return false
  return true
}

const isPlainByte = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c

/** Puts an id at `at`, and answers the offset after it. */
export const putId = ({ number, prefix, text }: Id, into: Uint8Array, at: number): number => {
  if (text === "") {
    for (let index = 0; index < prefix.length; index++) into[at + index] = prefix[index]!
    return putCount(into, at + prefix.length, number)
  }
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index)
  return at + text.length
}
