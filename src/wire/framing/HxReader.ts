/**
 * Messages of hx/interop in a stream of bytes that is cut anywhere.
 *
 * ```
 * message = *( name ":" value LF ) LF body LF
 * ```
 * With a `Content-Length` the body has that many bytes; without one it is the lines up to an empty one, each with its
 * line end. CR LF is read as LF. Nothing marks where a message begins, so nothing can be found again once that is lost:
 *
 * Law 1: what leaves it unclear where a message ends loses the framing (a line without a colon, a length that is no
 * number, two lengths); a guess could make headers of a body. What is only too large is skipped. Law 2: sizes are checked
 * before anything is kept, and each byte is looked at a bounded number of times.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import { ByteBuffer } from "../ByteBuffer.ts"
import { indexOf } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"
import { HxHead } from "./HxHead.ts"
import { shown } from "./HxMessage.ts"
import { HxSkip } from "./HxSkip.ts"
import { Known, knownAt, knownBytes, unknown } from "./HxText.ts"

/** Where a reader tells what it found. Bytes and heads are borrowed, unless `HxReader.own` is asked for them. */
export interface HxSink {
  /**
   * Takes the message that begins at `at` in one go, and answers its bytes; 0, and has taken nothing, where it is to be read
   * header by header.
   */
  whole(bytes: Uint8Array, at: number, end: number): number
  /** A whole message; its body is `bytes` from `start` to `end`. */
  message(head: HxHead, bytes: Uint8Array, start: number, end: number): void
  junk(bytes: Uint8Array): void
  /** A message that cannot be taken; its headers are there as far as they were read. The next one can be read. */
  refuse(reason: Refusal, head: HxHead): void
  /** Nothing more is read. */
  lost(reason: Refusal): void
}

/** How much a reader takes. */
export interface HxLimits {
  /** Headers and body together. */
  readonly maxFrameBytes: number
  readonly maxHeaderBytes: number
  readonly maxHeaders: number
}

const lf = 0x0a
const cr = 0x0d
const colonByte = 0x3a
/** The bytes of CR LF. */
const longestBlank = 2

/** A body larger than this is not waited for: who announces it means something else. */
const longestSkip = 2 ** 32

/** What the next byte belongs to. */
type Phase = "head" | "counted" | "paragraph" | "skip" | "lost"

export class HxReader {
  readonly #sink: HxSink
  readonly #limits: HxLimits
  readonly #head = new HxHead()
  readonly #held = new ByteBuffer()
  #phase: Phase = "head"
  // Offsets count from the message's first byte.
  /** Where the line that is being read begins. */
  #line = 0
  /** Up to where it was looked at. */
  #scanned = 0
  /** Where its first colon stands, or -1. */
  #colon = -1
  #bodyStart = 0
  #bodyEnd = 0
  readonly #skip = new HxSkip()

  constructor(sink: HxSink, limits: HxLimits) {
    this.#sink = sink
    this.#limits = limits
  }

  get unfinished(): boolean {
    return this.#held.length > 0 || this.#phase === "skip"
  }

  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && this.#phase !== "lost") {
      if (this.#held.length > 0) at = this.#readOn(chunk, at)
      else if (this.#phase === "skip") at = this.#passOver(chunk, at)
      else at = this.#readNext(chunk, at)
    }
  }

  /** No more bytes will come: a message that has begun is junk. */
  end(): void {
    if (this.#held.length > 0) this.#sink.junk(this.#held.bytes.subarray(0, this.#held.length))
    this.#held.clear()
    this.#phase = "lost"
  }

  /** Answers the bytes between two offsets of a body, for keeping. */
  own(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const part = bytes.subarray(start, end)
    // Held memory is forgotten once its message was read, so that a large body needs no second copy.
    return bytes === this.#held.bytes && part.length * 2 > bytes.length ? part : new Uint8Array(part)
  }

  /** Reads a message that begins at `at`, and answers where it ends; what is not whole is held. */
  #readNext(chunk: Uint8Array, at: number): number {
    const taken = this.#sink.whole(chunk, at, chunk.length)
    if (taken > 0) return at + taken
    const size = this.#advance(chunk, at, chunk.length)
    if (size > 0) return at + size
    if (this.#phase === "lost") return chunk.length
    return this.#hold(chunk, at, chunk.length)
  }

  /** Reads on in a message that is held. Takes no byte of the next one. */
  #readOn(chunk: Uint8Array, at: number): number {
    const next = this.#hold(chunk, at, this.#reach(chunk, at))
    const held = this.#held
    if (this.#advance(held.bytes, 0, held.length) > 0 || this.#phase === "lost") held.clear()
    return next
  }

  #hold(chunk: Uint8Array, at: number, end: number): number {
    const length = this.#held.length + end - at
    const wanted = this.#phase === "counted" ? Math.max(length, this.#bodyEnd + 2) : length * 2
    return at + this.#held.fill(chunk.subarray(0, end), at, wanted)
  }

  /** Up to where the chunk certainly belongs to the message that is held: a line's end, or the end of a counted body. */
  #reach(chunk: Uint8Array, at: number): number {
    if (this.#phase === "counted") {
      const left = this.#bodyEnd - this.#held.length
      return Math.min(chunk.length, at + (left >= 0 ? left + 1 : 1))
    }
    const end = indexOf(chunk, lf, at)
    return end < 0 ? chunk.length : end + 1
  }

  /** Reads on in the message that begins at `base`, and answers its size, or 0 while it is not whole. */
  #advance(bytes: Uint8Array, base: number, end: number): number {
    this.#head.bytes = bytes
    this.#head.base = base
    if (this.#phase === "head" && !this.#readHead(bytes, base, end)) return 0
    switch (this.#phase) {
      case "counted":
        return this.#readCounted(bytes, base, end)
      case "paragraph":
        return this.#readParagraph(bytes, base, end)
      case "lost":
        return 0
      default:
        return this.#bodyStart
    }
  }

  /** Reads header lines, and answers whether the empty line after them has come. */
  #readHead(bytes: Uint8Array, base: number, end: number): boolean {
    const stop = Math.min(end, base + this.#limits.maxHeaderBytes)
    let line = base + this.#line
    let at = base + this.#scanned
    let colon = this.#colon < 0 ? -1 : base + this.#colon
    let name: Known | typeof unknown = unknown
    while (at < stop) {
      if (at === line) {
        name = knownAt(bytes, at, stop)
        if (name !== unknown) colon = at + knownBytes[name]!
      }
      if (colon >= 0) {
        // Nothing but the line's end matters any more.
        at = Math.max(at, colon + 1)
        while (at < stop && bytes[at] !== lf) at++
        if (at === stop) break
      }
      const byte = bytes[at++]!
      if (byte === colonByte && colon < 0) colon = at - 1
      if (byte !== lf) continue
      if (isBlank(bytes, line, at)) return this.#headEnds(at - base)
      if (colon < 0) return this.#lose(`a header line has no colon: ${shown(Utf8.read(bytes, line, at - 1))}`)
      if (this.#head.count === this.#limits.maxHeaders) {
        return this.#lose(`a message has more than ${this.#limits.maxHeaders} headers`)
      }
      this.#head.add(bytes, base, line, colon, at - 1, name)
      line = at
      colon = -1
    }
    if (at - base >= this.#limits.maxHeaderBytes) {
      return this.#lose(`a message has more than ${this.#limits.maxHeaderBytes} bytes of headers`)
    }
    this.#line = line - base
    this.#scanned = at - base
    this.#colon = colon < 0 ? -1 : colon - base
    return false
  }

  #headEnds(bodyStart: number): boolean {
    this.#bodyStart = bodyStart
    this.#line = bodyStart
    this.#scanned = bodyStart
    const length = this.#head.bodyLength
    if (length === "unclear") {
      return this.#lose(`expected one Content-Length, a decimal number, got ${this.#lengths()}`)
    }
    if (length === "paragraph") {
      this.#phase = "paragraph"
      return true
    }
    if (length > longestSkip) return this.#lose(`a Content-Length of ${this.#lengths()} bytes`)
    this.#bodyEnd = bodyStart + length
    this.#phase = "counted"
    if (this.#bodyEnd > this.#limits.maxFrameBytes) this.#tooLarge(this.#bodyEnd, length)
    return true
  }

  #lengths(): string {
    return this.#head.values(Known.contentLength).slice(0, 2).map(shown).join(" and ")
  }

  /** Waits for the line end after the body. */
  #readCounted(bytes: Uint8Array, base: number, end: number): number {
    const bodyEnd = base + this.#bodyEnd
    if (end <= bodyEnd) return 0
    if (bytes[bodyEnd] === lf) return this.#whole(bytes, base, this.#bodyEnd, this.#bodyEnd + 1)
    if (bytes[bodyEnd] === cr && end === bodyEnd + 1) return 0
    if (bytes[bodyEnd] === cr && bytes[bodyEnd + 1] === lf) {
      return this.#whole(bytes, base, this.#bodyEnd, this.#bodyEnd + 2)
    }
    this.#lose(`expected a line end after ${this.#bodyEnd - this.#bodyStart} bytes of a body`)
    return 0
  }

  /** Reads lines up to an empty one, which is no part of the body. */
  #readParagraph(bytes: Uint8Array, base: number, end: number): number {
    const lastLine = base + this.#limits.maxFrameBytes
    let line = base + this.#line
    let at = base + this.#scanned
    while (line <= lastLine) {
      const found = at < end ? indexOf(bytes, lf, at) : -1
      if (found < 0 || found >= end) break
      at = found + 1
      if (isBlank(bytes, line, at)) return this.#whole(bytes, base, line - base, at - base)
      line = at
    }
    this.#line = line - base
    this.#scanned = end - base
    // An empty line has at most two bytes: only after them it is certain, however the bytes are cut.
    if (line <= lastLine && end < lastLine + longestBlank) return 0
    this.#tooLarge(this.#limits.maxFrameBytes + 1, undefined)
    return this.#passOver(bytes.subarray(0, end), line) - base
  }

  /** Refuses the message, whose body is passed over: `length` bytes, or lines up to an empty one. */
  #tooLarge(bytes: number, length: number | undefined): void {
    this.#sink.refuse({ _tag: "Oversized", bytes, maxBytes: this.#limits.maxFrameBytes }, this.#head)
    this.#phase = "skip"
    this.#skip.begin(length)
  }

  /** Passes over what a chunk has of the body that is skipped, and answers where the chunk goes on. */
  #passOver(chunk: Uint8Array, start: number): number {
    const at = this.#skip.take(chunk, start)
    if (this.#skip.state === "over") this.#restart()
    if (this.#skip.state === "broken") this.#lose("expected a line end after a body that was skipped")
    return at
  }

  #whole(bytes: Uint8Array, base: number, bodyEnd: number, size: number): number {
    this.#sink.message(this.#head, bytes, base + this.#bodyStart, base + bodyEnd)
    this.#restart()
    return size
  }

  #lose(detail: string): false {
    this.#phase = "lost"
    this.#sink.lost({ _tag: "Malformed", detail })
    return false
  }

  #restart(): void {
    this.#head.clear()
    this.#phase = "head"
    this.#line = 0
    this.#scanned = 0
    this.#colon = -1
  }
}

/** Whether nothing but a line end stands between two offsets. */
const isBlank = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start === 1 || (end - start === longestBlank && bytes[start] === cr)
