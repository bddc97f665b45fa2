/**
 * Frames that can be found again after junk: a marked and checked header, then a body.
 *
 * ```
 *  0  2  magic FA CE                    never valid UTF-8, so text between frames is not taken for one
 *  2  1  kind                           what the frame is; meant for the dialect
 *  3  1  flags                          bit 0: the body ends with a CRC-32 of what precedes it there
 *  4  4  length of the body, big-endian
 *  8  4  id, big-endian
 * 12  2  number, big-endian
 * 14  1  reserved, 0
 * 15  1  check: 5A xor the 15 bytes before it
 * 16     body
 * ```
 * A header that does not check is junk, and the search goes on from its next byte. Every split of the same bytes reads
 * the same, and no byte is checksummed more than twice.
 *
 * @since 0.1.0
 */
import { ByteBuffer } from "../ByteBuffer.ts"
import type { Sum } from "./Crc32.ts"

export const headerBytes = 16
export const crcBytes = 4
const magic0 = 0xfa
const magic1 = 0xce
const checkSeed = 0x5a
const crcFlag = 1
/** A body is summed in parts of this size, at least. */
const partBytes = 32 * 1024

/** Where a reader tells what it found. Bytes are borrowed, unless `Reader.own` is asked for them. */
export interface FrameSink {
  /** A whole frame; its body is `bytes` from `start` to `end`. */
  frame(kind: number, flags: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void
  /** A whole frame whose body is larger than the limit. The body is skipped. */
  oversized(kind: number, id: number, number: number, bodyBytes: number): void
  /** A frame whose header checks and whose body does not. */
  corrupt(kind: number, id: number, number: number, bodyBytes: number): void
  junk(bytes: Uint8Array): void
}

/** Writes the header of a frame at `at`. `bodyBytes` counts what follows the header. */
export const writeHeader = (
  bytes: Uint8Array,
  at: number,
  kind: number,
  flags: number,
  bodyBytes: number,
  id: number,
  number: number
): void => {
  bytes[at] = magic0
  bytes[at + 1] = magic1
  bytes[at + 2] = kind
  bytes[at + 3] = flags
  writeUint32(bytes, at + 4, bodyBytes)
  writeUint32(bytes, at + 8, id)
  bytes[at + 12] = number >>> 8
  bytes[at + 13] = number
  bytes[at + 14] = 0
  bytes[at + 15] = check(bytes, at)
}

export const writeUint32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export const readUint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

const check = (bytes: Uint8Array, at: number): number => {
  let sum = checkSeed
  for (let index = at; index < at + headerBytes - 1; index++) sum ^= bytes[index]!
  return sum
}

const isHeader = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === magic0 && bytes[at + 1] === magic1 && bytes[at + headerBytes - 1] === check(bytes, at)

/** Where the next frame may begin, or `end`. */
const nextMark = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  while (at < end) {
    at = bytes.indexOf(magic0, at)
    if (at < 0 || at >= end) return end
    if (at + 1 >= end || bytes[at + 1] === magic1) return at
    at++
  }
  return end
}

/** Reads frames from chunks that are cut anywhere. */
export class Reader {
  readonly #sink: FrameSink
  readonly #maxBodyBytes: number
  readonly #sum: Sum | undefined
  readonly #held = new ByteBuffer()
  /** Bytes of an oversized body still to skip. */
  #skip = 0
  /** Bytes that have arrived before the chunk that is being read. */
  #arrived = 0
  /** Where in all that has arrived the array that is being searched begins. */
  #origin = 0
  /** The sum of the held body as far as it came, so that a large one is summed while it arrives. */
  #partSum = 0
  /** Where in what is held that sum ends; 0 when there is none. */
  #summedTo = 0
  /** What arrived before here was searched a second time, after a corrupt body, and is not a third time. */
  #searchedTo = 0

  constructor(sink: FrameSink, maxBodyBytes: number, sum: Sum | undefined) {
    this.#sink = sink
    this.#maxBodyBytes = maxBodyBytes
    this.#sum = sum
  }

  get unfinished(): boolean {
    return this.#held.length > 0 || this.#skip > 0
  }

  read(chunk: Uint8Array): void {
    const arrived = this.#arrived
    this.#arrived += chunk.length
    let at = this.#skipped(chunk, 0)
    while (this.#held.length > 0 && at < chunk.length) {
      at += this.#held.fill(chunk, at, this.#wanted())
      this.#sumPart()
      this.#readHeld(arrived + at)
      at = this.#skipped(chunk, this.#returned(at))
    }
    if (at === chunk.length) return
    this.#origin = arrived
    at = this.#search(chunk, at, chunk.length)
    if (at < chunk.length) this.#held.fill(chunk, at, chunk.length - at)
    // A frame that goes on in the next chunk makes room for itself there, now that its length is known.
  }

  /** Gives up the frame that has begun: its first byte is junk, and what was held of the rest is searched. */
  abandon(): void {
    this.#skip = 0
    if (this.#held.length === 0) return
    this.#sink.junk(this.#held.bytes.subarray(0, 1))
    this.#drop(1)
    this.#readHeld(this.#arrived)
  }

  /** No more bytes will come: what is held is junk. */
  end(): void {
    this.#skip = 0
    if (this.#held.length === 0) return
    this.#sink.junk(this.#held.bytes.subarray(0, this.#held.length))
    this.#drop(this.#held.length)
  }

  /** Answers the bytes between two offsets of a frame, for keeping. They are no `Buffer`, whatever the link reads into. */
  own(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const part = bytes.subarray(start, end)
    // Held memory is forgotten once its frame was read, so that a large body needs no second copy.
    return bytes === this.#held.bytes ? part : new Uint8Array(part)
  }

  /** Forgets the first `bytes` of what is held. */
  #drop(bytes: number): void {
    this.#held.drop(bytes)
    this.#summedTo = 0
  }

  /** Passes over what is left of an oversized body, and answers where the chunk goes on. */
  #skipped(chunk: Uint8Array, at: number): number {
    const bytes = Math.min(this.#skip, chunk.length - at)
    this.#skip -= bytes
    return at + bytes
  }

  /** Gives back what is held when all of it came from this chunk, where it is cheaper to search: after junk. */
  #returned(at: number): number {
    const bytes = this.#held.length
    if (bytes > at) return at
    this.#drop(this.#held.length)
    return at - bytes
  }

  /** Sums what has come of a large body that is not whole yet. */
  #sumPart(): void {
    const { bytes, length } = this.#held
    if (this.#sum === undefined || length < partBytes || (bytes[3]! & crcFlag) === 0 || !isHeader(bytes, 0)) return
    const from = this.#summedTo === 0 ? headerBytes : this.#summedTo
    const to = Math.min(length, this.#wanted() - crcBytes)
    if (to - from < partBytes) return
    this.#partSum = this.#sum(bytes, from, to, this.#summedTo === 0 ? 0 : this.#partSum)
    this.#summedTo = to
  }

  /** How many bytes the frame that has begun is known to need. */
  #wanted(): number {
    return this.#held.length < headerBytes ? headerBytes : headerBytes + readUint32(this.#held.bytes, 4)
  }

  /** Reads what is held. `arrived` is where it ends in all that has arrived. */
  #readHeld(arrived: number): void {
    while (this.#held.length > 0) {
      this.#origin = arrived - this.#held.length
      const read = this.#search(this.#held.bytes, 0, this.#held.length)
      if (read === 0) return
      this.#drop(read)
    }
  }

  /** Reads what is whole between two offsets, and answers where it stopped: at `end`, or at a frame that has begun. */
  #search(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end) {
      const mark = nextMark(bytes, at, end)
      if (mark > at) this.#sink.junk(bytes.subarray(at, mark))
      at = mark
      if (end - at < headerBytes) return at
      if (isHeader(bytes, at)) {
        const next = this.#frame(bytes, at, end)
        if (next === at) return at
        at = next
      } else {
        this.#sink.junk(bytes.subarray(at, at + 1))
        at++
      }
    }
    return end
  }

  /** Reads the frame at `at`, and answers where the search goes on: at `at` itself when the frame is not whole. */
  #frame(bytes: Uint8Array, at: number, end: number): number {
    const kind = bytes[at + 2]!
    const flags = bytes[at + 3]!
    const bodyBytes = readUint32(bytes, at + 4)
    const id = readUint32(bytes, at + 8)
    const number = (bytes[at + 12]! << 8) | bytes[at + 13]!
    const start = at + headerBytes
    const next = start + bodyBytes
    if (bodyBytes > this.#maxBodyBytes) {
      this.#skip = Math.max(0, next - end)
      this.#sink.oversized(kind, id, number, bodyBytes)
      return Math.min(next, end)
    }
    if (next > end) return at
    if ((flags & crcFlag) === 0) {
      this.#sink.frame(kind, flags, id, number, bytes, start, next)
    } else if (this.#checks(bytes, start, next)) {
      this.#sink.frame(kind, flags, id, number, bytes, start, next - crcBytes)
    } else {
      return this.#corrupt(kind, id, number, bytes, at, next)
    }
    return next
  }

  /** A header whose body never came hides the frames after it: they are searched for in what was taken for the body. */
  #corrupt(kind: number, id: number, number: number, bytes: Uint8Array, at: number, next: number): number {
    this.#sink.corrupt(kind, id, number, next - at - headerBytes)
    const from = this.#origin + at < this.#searchedTo ? next : at + headerBytes
    this.#searchedTo = Math.max(this.#searchedTo, this.#origin + next)
    this.#sink.junk(bytes.subarray(at, from))
    return from
  }

  #checks(bytes: Uint8Array, start: number, next: number): boolean {
    if (next - start < crcBytes) return false
    if (this.#sum === undefined) return true
    const crc = readUint32(bytes, next - crcBytes)
    const isPart = this.#summedTo > 0 && bytes === this.#held.bytes && start === headerBytes
    const from = isPart ? this.#summedTo : start
    return this.#sum(bytes, from, next - crcBytes, isPart ? this.#partSum : 0) === crc
  }
}
