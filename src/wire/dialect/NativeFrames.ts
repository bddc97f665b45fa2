/**
 * Native frames, in place into a write buffer.
 *
 * Law: what is refused, or answered with -1, leaves nothing in the buffer.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import type { Sum } from "../framing/Crc32.ts"
import * as Frame from "../framing/MarkedFrame.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import { bodyBytesBeforeHello, Flag, Kind } from "./NativeKind.ts"

/** A raw value from this size on leaves as a chunk of its own, without a copy. */
const foreignBytes = 16 * 1024

/** With less room than this left, a value is not worth a try. */
const leastRoom = 2 * 1024
/** A value that needs more room is made first. Every peer reads what needs no more. */
const mostRoom = 60 * 1024

/** Room for what precedes a value in a body (deadline, length of the headers) and for the CRC that follows it. */
const besidesBytes = 4 + 4 + Frame.crcBytes

const comma = 0x2c
const closingBracket = 0x5d

/** Writes a value between two offsets; answers the offset after it, or -1. */
export type Write<Value> = (value: Value, bytes: Uint8Array, start: number, end: number) => number

/** A frame of items that more may be added to. Offsets are in its slab. */
interface ListFrame {
  readonly slab: Uint8Array
  readonly at: number
  end: number
  readonly kind: number
  readonly form: number
  readonly id: number
  /** The sum of its body as far as `summedTo`. */
  sum: number
  summedTo: number
}

export class NativeFrames {
  /** Seals what is sent with a CRC, where it does. */
  readonly #seal: Sum | undefined
  readonly #sealBytes: number
  /** The frame of items that was written last, if nothing was written after it. */
  #last: ListFrame | undefined
  /** The largest body that the peer reads. */
  maxBodyBytes = bodyBytesBeforeHello

  constructor(seal: Sum | undefined) {
    this.#seal = seal
    this.#sealBytes = seal === undefined ? 0 : Frame.crcBytes
  }

  /** Writes each item into a frame of its own; none where one is too large. Answers their bytes. */
  rawItems(
    kind: number,
    id: number,
    number: number,
    items: ReadonlyArray<Uint8Array>,
    buffer: WriteBuffer
  ): number | Refusal {
    const large = items.find((item) => item.length + this.#sealBytes > this.maxBodyBytes)
    if (large !== undefined) return this.#oversized(large.length + this.#sealBytes)
    for (const item of items) this.frame(kind, Flag.raw, id, number, item, buffer)
    return items.reduce((bytes, item) => bytes + item.length, 0)
  }

  /** Writes a list into the frame before, where that can be, or into one of its own. Answers as `place`. */
  list<Value>(
    kind: number,
    id: number,
    number: number,
    write: Write<Value>,
    value: Value,
    buffer: WriteBuffer
  ): number {
    const joined = this.#join(kind, 0, id, number, write, value, buffer)
    if (joined >= 0) return joined
    const placed = this.place(kind, id, number, write, value, buffer, 0)
    if (placed >= 0) this.#remember(kind, 0, id, placed, buffer)
    return placed
  }

  /** Writes a list in binary, into the frame before or into one of its own. */
  binaryList(kind: number, id: number, number: number, bytes: Uint8Array, buffer: WriteBuffer): number | Refusal {
    const joined = this.#join(kind, Flag.binary, id, number, copyBytes, bytes, buffer)
    if (joined >= 0) return joined
    const written = this.frame(kind, Flag.binary, id, number, bytes, buffer)
    if (typeof written === "number" && bytes.length < foreignBytes) {
      this.#remember(kind, Flag.binary, id, written, buffer)
    }
    return written
  }

  /** Lets the next items join the frame that was just written. */
  #remember(kind: number, form: number, id: number, valueBytes: number, buffer: WriteBuffer): void {
    const at = buffer.end - this.#sealBytes - valueBytes - Frame.headerBytes
    this.#last = { slab: buffer.slab, at, end: buffer.end, kind, form, id, sum: 0, summedTo: at + Frame.headerBytes }
  }

  /**
   * Adds a list to the last frame, when it is one of the same stream and has not left: items that are sent one by one
   * are read in one go, which doubles their speed. Answers as `place`.
   */
  #join<Value>(
    kind: number,
    form: number,
    id: number,
    number: number,
    write: Write<Value>,
    value: Value,
    buffer: WriteBuffer
  ): number {
    const last = this.#last
    if (last === undefined || last.kind !== kind || last.id !== id || last.form !== form) return -1
    if (!buffer.holds(last.slab, last.at)) return -1
    const { slab } = last
    // Lists in binary stand one behind the other. In JSON, what is written begins with a bracket, where the last list has
    // its own; a comma takes the place of both.
    const shared = form === Flag.binary ? 0 : 1
    const joint = last.end - this.#sealBytes - shared
    const crc = Frame.readUint32(slab, joint + shared)
    const end = write(value, slab, joint, slab.length - this.#sealBytes)
    if (end < 0) {
      if (shared === 1) slab[joint] = closingBracket
      if (this.#seal !== undefined) Frame.writeUint32(slab, joint + shared, crc)
      return -1
    }
    if (shared === 1) slab[joint] = comma
    if (this.#seal !== undefined) {
      last.sum = this.#seal(slab, last.summedTo, end - shared, last.sum)
      last.summedTo = end - shared
      Frame.writeUint32(slab, end, this.#seal(slab, end - shared, end, last.sum))
    }
    const bodyBytes = end - last.at - Frame.headerBytes + this.#sealBytes
    const flags = this.#seal === undefined ? form : form | Flag.crc
    Frame.writeHeader(slab, last.at, kind, flags, bodyBytes, id, number)
    buffer.commit(end + this.#sealBytes - last.end)
    last.end = end + this.#sealBytes
    return end - joint - shared
  }

  /** Writes a frame with its value straight in place. Answers the bytes of the value, or -1: it has to be made first. */
  place<Value>(
    kind: number,
    id: number,
    number: number,
    write: Write<Value> | undefined,
    value: Value,
    buffer: WriteBuffer,
    timeoutMillis: number
  ): number {
    if (write === undefined) return -1
    let room = leastRoom
    for (;;) {
      const at = buffer.reserve(Frame.headerBytes + besidesBytes + room)
      const { slab } = buffer
      room = Math.min(slab.length - at - Frame.headerBytes - besidesBytes, mostRoom)
      const start = at + Frame.headerBytes
      const valueStart = timeoutMillis > 0 ? writeDeadline(slab, start, timeoutMillis) : start
      const end = write(value, slab, valueStart, valueStart + room)
      if (end >= 0) {
        this.#complete(kind, timeoutMillis > 0 ? Flag.deadline : 0, id, number, at, end, buffer)
        return end - valueStart
      }
      if (room === mostRoom) return -1
      room = mostRoom
    }
  }

  /** Writes one frame, and answers the bytes of its value. */
  frame(
    kind: number,
    valueFlags: number,
    id: number,
    number: number,
    value: string | Uint8Array,
    buffer: WriteBuffer,
    timeoutMillis = 0,
    headers = ""
  ): number | Refusal {
    // A value of that many characters is at least as many bytes: no need to write it to know.
    if (value.length > this.maxBodyBytes && kind !== Kind.Hello) {
      return this.#oversized(typeof value === "string" ? Utf8.byteLength(value) : value.length)
    }
    const foreign = typeof value !== "string" && value.length >= foreignBytes
    const valueRoom = typeof value === "string" ? Utf8.room(value) : foreign ? 0 : value.length
    const at = buffer.reserve(Frame.headerBytes + besidesBytes + Utf8.room(headers) + valueRoom)
    const { slab } = buffer
    let flags = valueFlags
    let end = at + Frame.headerBytes
    if (timeoutMillis > 0) {
      flags |= Flag.deadline
      end = writeDeadline(slab, end, timeoutMillis)
    }
    if (headers !== "") {
      flags |= Flag.headers
      const headerBytes = Utf8.write(slab, headers, end + 4)
      Frame.writeUint32(slab, end, headerBytes)
      end += 4 + headerBytes
    }
    const valueStart = end
    if (typeof value === "string") {
      if (value !== "") end += Utf8.write(slab, value, end)
    } else if (!foreign) {
      slab.set(value, end)
      end += value.length
    }
    const valueBytes = foreign ? value.length : end - valueStart
    const bodyBytes = valueStart - at - Frame.headerBytes + valueBytes + this.#sealBytes
    if (bodyBytes > this.maxBodyBytes && kind !== Kind.Hello) return this.#oversized(bodyBytes)
    if (foreign) this.#completeForeign(kind, flags, id, number, at, end, value, buffer)
    else this.#complete(kind, flags, id, number, at, end, buffer)
    return valueBytes
  }

  /** Puts the header before a body that ends at `end`, and the seal behind it. */
  #complete(
    kind: number,
    flags: number,
    id: number,
    number: number,
    at: number,
    end: number,
    buffer: WriteBuffer
  ): void {
    const { slab } = buffer
    const start = at + Frame.headerBytes
    this.#last = undefined
    if (this.#seal === undefined) {
      Frame.writeHeader(slab, at, kind, flags, end - start, id, number)
      return buffer.commit(end - at)
    }
    Frame.writeUint32(slab, end, this.#seal(slab, start, end))
    Frame.writeHeader(slab, at, kind, flags | Flag.crc, end - start + Frame.crcBytes, id, number)
    buffer.commit(end - at + Frame.crcBytes)
  }

  /** The same for a body that goes on with a chunk of its own. */
  #completeForeign(
    kind: number,
    flags: number,
    id: number,
    number: number,
    at: number,
    end: number,
    chunk: Uint8Array,
    buffer: WriteBuffer
  ): void {
    const start = at + Frame.headerBytes
    this.#last = undefined
    const bodyBytes = end - start + chunk.length + this.#sealBytes
    const crcFlag = this.#seal === undefined ? 0 : Flag.crc
    Frame.writeHeader(buffer.slab, at, kind, flags | crcFlag, bodyBytes, id, number)
    buffer.commit(end - at)
    const before = this.#seal?.(buffer.slab, start, end)
    buffer.foreign(chunk)
    if (this.#seal === undefined) return
    const seal = this.#seal(chunk, 0, chunk.length, before)
    const sealAt = buffer.reserve(Frame.crcBytes)
    Frame.writeUint32(buffer.slab, sealAt, seal)
    buffer.commit(Frame.crcBytes)
  }

  #oversized(bytes: number): Refusal {
    return { _tag: "Oversized", bytes, maxBytes: this.maxBodyBytes }
  }
}

const copyBytes: Write<Uint8Array> = (value, bytes, start, end) => {
  if (start + value.length > end) return -1
  bytes.set(value, start)
  return start + value.length
}

/** Writes how long the caller waits, and answers the offset after it. */
const writeDeadline = (slab: Uint8Array, at: number, timeoutMillis: number): number => {
  Frame.writeUint32(slab, at, Math.min(timeoutMillis, 0xffffffff))
  return at + 4
}
