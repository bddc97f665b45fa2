/**
 * Frames of php-stream-ipc: a mark, a length, a payload.
 *
 * ```
 * 0  4  F3 4A 9D E2
 * 4  4  length of the payload, big-endian
 * 8     payload
 * ```
 * What stands between frames is junk, told once per chunk and place, before the frame that follows it. Of a chunk without a
 * frame up to three bytes are kept that may be the beginning of a mark.
 *
 * A payload above the limit is skipped whole, and the frame after it is read. A length of 512 MiB or more is not believed
 * unless the limit is higher: its first byte would be that of text that stands behind a stray mark. Then the mark is junk.
 *
 * Law: every split of the same bytes reads the same, but for where junk is cut.
 *
 * @since 0.1.0
 */
import { ByteBuffer } from "../ByteBuffer.ts"
import { indexOf } from "../Bytes.ts"
import { readUint32, writeUint32 } from "./MarkedFrame.ts"

export const headerBytes = 8
export const magic: ReadonlyArray<number> = [0xf3, 0x4a, 0x9d, 0xe2]
const first = magic[0]!

/** As many bytes of a payload that is skipped are told. */
export const keptBytes = 256

/** From here on a length is four bytes of text. */
export const unbelievableBytes = 0x2000_0000

/** Where a reader tells what it found. Bytes are borrowed, unless `Reader.own` is asked for them. */
export interface MagicSink {
  /** A whole frame; its payload is `bytes` from `start` to `end`. */
  frame(bytes: Uint8Array, start: number, end: number): void
  /** A frame whose payload is larger than the limit, and is skipped. `head` is its beginning, as far as `keptBytes` go. */
  oversized(payloadBytes: number, head: Uint8Array): void
  junk(bytes: Uint8Array): void
}

/** Writes the header of a frame at `at`. */
export const writeHeader = (bytes: Uint8Array, at: number, payloadBytes: number): void => {
  for (let index = 0; index < magic.length; index++) bytes[at + index] = magic[index]!
  writeUint32(bytes, at + magic.length, payloadBytes)
}

/** Whether a mark may begin at `at`: all of it is there, or all that is there before `end` is of one. */
export const beginsMagic = (bytes: Uint8Array, at: number, end: number): boolean => {
  const known = Math.min(magic.length, end - at)
  for (let index = 0; index < known; index++) if (bytes[at + index] !== magic[index]) return false
  return true
}

/** Where the next frame may begin, or `end`. */
export const nextMagic = (bytes: Uint8Array, start: number, end: number): number => {
  // Mostly it is where the last frame has ended, and a search costs more than a look.
  if (start < end && beginsMagic(bytes, start, end)) return start
  for (let at = indexOf(bytes, first, start); at >= 0 && at < end; at = indexOf(bytes, first, at + 1)) {
    if (beginsMagic(bytes, at, end)) return at
  }
  return end
}

/** Reads frames from chunks that are cut anywhere. */
export class Reader {
  readonly #sink: MagicSink
  readonly #maxBytes: number
  readonly #held = new ByteBuffer()
  /** Bytes of an oversized payload still to skip. */
  #skip = 0

  constructor(sink: MagicSink, maxPayloadBytes: number) {
    this.#sink = sink
    this.#maxBytes = maxPayloadBytes
  }

  get unfinished(): boolean {
    return this.#held.length > 0 || this.#skip > 0
  }

  read(chunk: Uint8Array): void {
    let at = this.#skipped(chunk, 0)
    while (this.#held.length > 0 && at < chunk.length) {
      at += this.#held.fill(chunk, at, this.#wanted())
      this.#readHeld()
      at = this.#skipped(chunk, this.#returned(at))
    }
    if (at === chunk.length) return
    at = this.#search(chunk, at, chunk.length)
    if (at < chunk.length) this.#held.fill(chunk, at, chunk.length - at)
  }

  /** Gives up the frame that has begun: its first byte is junk, and what was held of the rest is searched. */
  abandon(): void {
    this.#skip = 0
    if (this.#held.length === 0) return
    this.#sink.junk(this.#held.bytes.subarray(0, 1))
    this.#held.drop(1)
    this.#readHeld()
  }

  /** No more bytes will come: what is held is junk. */
  end(): void {
    this.#skip = 0
    if (this.#held.length === 0) return
    this.#sink.junk(this.#held.bytes.subarray(0, this.#held.length))
    this.#held.clear()
  }

  /** Answers the bytes between two offsets of a payload, for keeping. They are no `Buffer`, whatever the link reads into. */
  own(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const part = bytes.subarray(start, end)
    // Held memory is forgotten once its frame was read, so that a large payload needs no second copy.
    return bytes === this.#held.bytes ? part : new Uint8Array(part)
  }

  /** Passes over what is left of an oversized payload, and answers where the chunk goes on. */
  #skipped(chunk: Uint8Array, at: number): number {
    const bytes = Math.min(this.#skip, chunk.length - at)
    this.#skip -= bytes
    return at + bytes
  }

  /** Gives back what is held when all of it came from this chunk, where it is cheaper to search: after junk. */
  #returned(at: number): number {
    const bytes = this.#held.length
    if (bytes > at) return at
    this.#held.clear()
    return at - bytes
  }

  /** How many bytes the frame that has begun is known to need. */
  #wanted(): number {
    const { bytes, length } = this.#held
    if (length < magic.length) return magic.length
    return length < headerBytes ? headerBytes : headerBytes + this.#needed(readUint32(bytes, magic.length))
  }

  /** How much of a payload is waited for. */
  #needed(payloadBytes: number): number {
    return payloadBytes > this.#maxBytes ? Math.min(payloadBytes, keptBytes) : payloadBytes
  }

  #readHeld(): void {
    while (this.#held.length > 0) {
      const read = this.#search(this.#held.bytes, 0, this.#held.length)
      if (read === 0) return
      this.#held.drop(read)
    }
  }

  /** Reads what is whole between two offsets, and answers where it stopped: at `end`, or at a frame that has begun. */
  #search(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    /** Where the junk begins that has not been told. */
    let junk = start
    while (at < end) {
      at = nextMagic(bytes, at, end)
      if (end - at >= headerBytes && !this.#isBelieved(bytes, at)) {
        at += magic.length
        continue
      }
      if (at > junk) this.#sink.junk(bytes.subarray(junk, at))
      junk = at
      if (end - at < headerBytes) return at
      const next = this.#frame(bytes, at, end)
      if (next === at) return at
      at = next
      junk = next
    }
    if (at > junk) this.#sink.junk(bytes.subarray(junk, at))
    return end
  }

  #isBelieved(bytes: Uint8Array, at: number): boolean {
    const payloadBytes = readUint32(bytes, at + magic.length)
    return payloadBytes < unbelievableBytes || payloadBytes <= this.#maxBytes
  }

  /** Reads the frame at `at`, and answers where the search goes on: at `at` itself when the frame is not whole. */
  #frame(bytes: Uint8Array, at: number, end: number): number {
    const payloadBytes = readUint32(bytes, at + magic.length)
    const start = at + headerBytes
    const next = start + payloadBytes
    const kept = start + this.#needed(payloadBytes)
    if (kept > end) return at
    if (payloadBytes > this.#maxBytes) {
      this.#skip = Math.max(0, next - end)
      this.#sink.oversized(payloadBytes, bytes.subarray(start, kept))
      return Math.min(next, end)
    }
    this.#sink.frame(bytes, start, next)
    return next
  }
}
