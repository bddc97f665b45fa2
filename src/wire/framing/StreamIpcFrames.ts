/**
 * One stream of php-stream-ipc as payloads: framed by a mark in the generation "v1", a line each in the one before, "old".
 *
 * Told to detect, it looks for what only one of them can begin with: a mark anywhere, or a line that begins as an object of
 * either serializer does. What comes before is junk.
 *
 * @since 0.1.0
 */
import { ByteBuffer } from "../ByteBuffer.ts"
import * as LineFrame from "./LineFrame.ts"
import * as MagicFrame from "./MagicFrame.ts"
import { type Head, read as headOf } from "./StreamIpcHead.ts"

/** How messages are framed. */
export type Generation = "v1" | "old"

/** Where it tells what it found. Bytes are borrowed. */
export interface PayloadSink {
  /** A whole message, in a frame or a line. */
  payload(bytes: Uint8Array, start: number, end: number, generation: Generation): void
  /** A message is larger than the limit, and is skipped; its beginning says what it is, where it can. */
  oversized(bytes: number, head: Head | undefined): void
  junk(bytes: Uint8Array): void
}

const bytesOf = (text: string): ReadonlyArray<number> => Array.from(text, (character) => character.charCodeAt(0))

/** How a line begins: an object in JSON, or Base64 of `O:` and a digit. */
const lineStarts: ReadonlyArray<ReadonlyArray<number>> = [bytesOf('{"__class"'), bytesOf("Tzo")]
const newline = 0x0a

/** Whether the line at `at` begins so; undefined when too little of it is there to tell. */
const beginsLine = (bytes: Uint8Array, at: number, end: number): boolean | undefined => {
  let isShort = false
  for (const start of lineStarts) {
    const known = Math.min(start.length, end - at)
    let index = 0
    while (index < known && bytes[at + index] === start[index]) index++
    if (index === start.length) return true
    if (index === known) isShort = true
  }
  return isShort ? undefined : false
}

export class StreamIpcFrames implements LineFrame.LineSink {
  readonly #sink: PayloadSink
  readonly #maxBytes: number
  #magic: MagicFrame.Reader | undefined
  #lines: LineFrame.Reader | undefined
  /** What may be the beginning of a frame or line, until it is known which. */
  readonly #held = new ByteBuffer()
  /** Whether what is held begins a line. */
  #atLine = true

  constructor(sink: PayloadSink, generation: Generation | "detect", maxBytes: number) {
    this.#sink = sink
    this.#maxBytes = maxBytes
    if (generation !== "detect") this.#decide(generation)
  }

  /** Whether a frame has begun and is not whole. Of a line no one can tell. */
  get unfinished(): boolean {
    return this.#magic?.unfinished === true
  }

  read(chunk: Uint8Array): void {
    if (this.#magic !== undefined) this.#magic.read(chunk)
    else if (this.#lines !== undefined) this.#lines.read(chunk)
    else this.#detect(chunk)
  }

  abandon(): void {
    this.#magic?.abandon()
  }

  end(): void {
    this.#magic?.end()
    this.#lines?.end()
    this.#junk(this.#held.bytes, 0, this.#held.length)
    this.#held.clear()
  }

  frame(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.payload(bytes, start, end, "v1")
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.payload(bytes, start, end, "old")
  }

  oversized(bytes: number, head: Uint8Array): void {
    this.#sink.oversized(bytes, headOf(head, this.#lines !== undefined))
  }

  junk(bytes: Uint8Array): void {
    this.#sink.junk(bytes)
  }

  #decide(generation: Generation): void {
    if (generation === "v1") this.#magic = new MagicFrame.Reader(this, this.#maxBytes)
    else this.#lines = new LineFrame.Reader(this, this.#maxBytes)
  }

  #detect(chunk: Uint8Array): void {
    let bytes = chunk
    if (this.#held.length > 0) {
      this.#held.fill(chunk, 0, this.#held.length + chunk.length)
      bytes = this.#held.bytes.subarray(0, this.#held.length)
      this.#held.clear()
    }
    const mark = MagicFrame.nextMagic(bytes, 0, bytes.length)
    let at = this.#atLine ? 0 : nextLine(bytes, 0)
    let begins: boolean | undefined = false
    while (at < mark && (begins = beginsLine(bytes, at, bytes.length)) === false) at = nextLine(bytes, at)
    const from = Math.min(at, mark)
    this.#junk(bytes, 0, from)
    if (from === bytes.length) return
    if (at < mark && begins === true) return this.#begin("old", bytes, from)
    if (at >= mark && bytes.length - mark >= MagicFrame.magic.length) return this.#begin("v1", bytes, from)
    this.#held.fill(bytes, from, bytes.length - from)
  }

  #begin(generation: Generation, bytes: Uint8Array, from: number): void {
    this.#decide(generation)
    this.read(bytes.subarray(from))
  }

  #junk(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return
    this.#atLine = bytes[end - 1] === newline
    this.#sink.junk(bytes.subarray(start, end))
  }
}

/** Where the line after `at` begins; the end where there is none yet. */
const nextLine = (bytes: Uint8Array, at: number): number => {
  const end = bytes.indexOf(newline, at)
  return end < 0 ? bytes.length : end + 1
}
