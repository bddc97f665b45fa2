/**
 * Messages of hx/interop in place into a write buffer, for a dialect: constant headers, a body, an id.
 *
 * Law: what is answered with -1 leaves nothing in the buffer.
 *
 * @since 0.1.0
 */
import { allocate } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import { Reserved } from "./HxMessage.ts"

/** An id as it is written: a number in decimal, or the bytes that a peer has sent. */
export type Id = number | Uint8Array

/** Writes a value between two offsets; answers the offset after it, or -1. */
export type Write<Value> = (value: Value, bytes: Uint8Array, start: number, end: number) => number

/** A body from this size on leaves as a chunk of its own, without a copy. */
const foreignBytes = 16 * 1024
/** With less room than this left, a value is not worth a try. */
const leastRoom = 2 * 1024
/** A value that needs more room is made first. */
const mostRoom = 60 * 1024
const mostDigits = 16

const zero = 0x30
const lf = 0x0a
const encoder = new TextEncoder()
const beforeId = encoder.encode(`\n${Reserved.id}: `)

/** The headers before a body's length, and the name of that. */
export const opening = (headers: string): Uint8Array => encoder.encode(`${headers}${Reserved.contentLength}: `)

/** Writes a decimal number, and answers the offset after it. */
const writeDigits = (bytes: Uint8Array, at: number, value: number): number => {
  const end = at + digitsOf(value)
  let rest = value
  for (let place = end - 1; place >= at; place--) {
    const next = Math.floor(rest / 10)
    bytes[place] = zero + rest - next * 10
    rest = next
  }
  return end
}

const digitsOf = (value: number): number => {
  let digits = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++
  return digits
}

export class HxFrames {
  /** Whether each message leaves as one chunk. */
  readonly inChunks: boolean
  /** How many digits the length of the last body had: that of the next one likely has as many. */
  #digits = 2

  constructor(inChunks: boolean) {
    this.inChunks = inChunks
  }

  /**
   * Writes a message with its body straight in place, behind `opening` headers. Answers the bytes of the body, or -1: it
   * has to be made first.
   */
  place<Value>(
    opening: Uint8Array,
    prefix: Uint8Array,
    id: Id,
    write: Write<Value> | undefined,
    value: Value,
    buffer: WriteBuffer
  ): number {
    if (write === undefined || this.inChunks) return -1
    const idBytes = prefix.length + (typeof id === "number" ? digitsOf(id) : id.length)
    // Behind the length: the id, an empty line. Behind the body: one LF, and room for a length of more digits.
    const headBytes = opening.length + beforeId.length + idBytes + 2
    let room = leastRoom
    for (;;) {
      const at = buffer.reserve(headBytes + room + mostDigits * 2 + 1)
      const { slab } = buffer
      room = Math.min(slab.length - at - headBytes - mostDigits * 2 - 1, mostRoom)
      const start = at + headBytes + this.#digits
      const end = write(value, slab, start, start + room)
      if (end >= 0) return this.#complete(opening, prefix, id, at, start, end, buffer)
      if (room === mostRoom) return -1
      room = mostRoom
    }
  }

  /** Puts the headers before a body, and moves the body where its length needs other digits than were thought. */
  #complete(
    opening: Uint8Array,
    prefix: Uint8Array,
    id: Id,
    at: number,
    start: number,
    end: number,
    buffer: WriteBuffer
  ): number {
    const { slab } = buffer
    const bodyBytes = end - start
    const moved = digitsOf(bodyBytes) - this.#digits
    if (moved !== 0) {
      slab.copyWithin(start + moved, start, end)
      this.#digits += moved
    }
    slab.set(opening, at)
    let next = writeDigits(slab, at + opening.length, bodyBytes)
    slab.set(beforeId, next)
    next = writeId(slab, next + beforeId.length, prefix, id)
    slab[next] = lf
    slab[next + 1] = lf
    slab[end + moved] = lf
    buffer.commit(end + moved + 1 - at)
    return bodyBytes
  }

  /**
   * Writes headers (each with its LF), the length of a body, the id where there is one, and the body.
   * Answers the bytes of the body.
   */
  put(
    headers: string,
    body: Uint8Array | string | undefined,
    prefix: Uint8Array,
    id: Id | undefined,
    buffer: WriteBuffer
  ): number {
    const bodyBytes = body === undefined ? 0 : typeof body === "string" ? Utf8.byteLength(body) : body.length
    // JavaScript reads the LF after an empty body as a body, unless it is told.
    const counts = body !== undefined || this.inChunks
    const text = counts ? `${headers}${Reserved.contentLength}: ${bodyBytes}\n` : headers
    const isForeign = !this.inChunks && typeof body !== "string" && bodyBytes >= foreignBytes
    const most = Utf8.room(text) + beforeId.length + prefix.length + idRoom(id) + 3 + (isForeign ? 0 : bodyBytes)
    const own = this.inChunks ? allocate(most) : undefined
    const at = own === undefined ? buffer.reserve(most) : 0
    const bytes = own ?? buffer.slab
    let end = at + Utf8.write(bytes, text, at)
    if (id !== undefined) {
      // The line before has ended already.
      bytes.set(beforeId.subarray(1), end)
      end = writeId(bytes, end + beforeId.length - 1, prefix, id)
      bytes[end++] = lf
    }
    bytes[end++] = lf
    if (isForeign) return putForeign(body as Uint8Array, end - at, buffer)
    if (typeof body === "string") end += Utf8.write(bytes, body, end)
    else if (body !== undefined) {
      bytes.set(body, end)
      end += body.length
    }
    bytes[end++] = lf
    if (own === undefined) buffer.commit(end - at)
    else buffer.foreign(own.subarray(0, end))
    return bodyBytes
  }
}

const idRoom = (id: Id | undefined): number => (id === undefined ? 0 : typeof id === "number" ? mostDigits : id.length)

const writeId = (bytes: Uint8Array, at: number, prefix: Uint8Array, id: Id): number => {
  let end = at
  if (prefix.length > 0) {
    bytes.set(prefix, end)
    end += prefix.length
  }
  if (typeof id === "number") return writeDigits(bytes, end, id)
  bytes.set(id, end)
  return end + id.length
}

/** Ends a message whose body is a chunk of its own. */
const putForeign = (body: Uint8Array, headBytes: number, buffer: WriteBuffer): number => {
  buffer.commit(headBytes)
  buffer.foreign(body)
  const at = buffer.reserve(1)
  buffer.slab[at] = lf
  buffer.commit(1)
  return body.length
}
