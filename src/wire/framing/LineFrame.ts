/**
 * Lines: what stands before each `\n`, without a `\r` at its end.
 *
 * A line that nothing ends is read when the input ends. One that is longer than the limit is told as soon as it is, and
 * skipped.
 *
 * Law 1: every split of the same bytes reads the same. Law 2: each byte is copied a bounded number of times.
 *
 * @since 0.1.0
 */
import { ByteBuffer } from "../ByteBuffer.ts"
import { indexOf } from "../Bytes.ts"

const newline = 0x0a
const carriageReturn = 0x0d

/** As many bytes of a line that is skipped are told. */
export const keptBytes = 256

/** Where a reader tells what it found. Bytes are borrowed. */
export interface LineSink {
  line(bytes: Uint8Array, start: number, end: number): void
  /** A line is longer than the limit; `bytes` of it have come. `head` is its beginning, as far as `keptBytes` go. */
  oversized(bytes: number, head: Uint8Array): void
}

/** Reads lines from chunks that are cut anywhere. */
export class Reader {
  readonly #sink: LineSink
  readonly #maxBytes: number
  readonly #held = new ByteBuffer()
  #skipping = false

  constructor(sink: LineSink, maxLineBytes: number) {
    this.#sink = sink
    this.#maxBytes = maxLineBytes
  }

  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      const end = indexOf(chunk, newline, at)
      if (end < 0) return this.#hold(chunk, at, chunk.length)
      if (this.#held.length === 0 && !this.#skipping) {
        this.#line(chunk, at, end)
      } else {
        this.#hold(chunk, at, end)
        this.#release()
      }
      at = end + 1
    }
  }

  /** No more bytes will come: what is held is the last line. */
  end(): void {
    if (this.#held.length > 0) this.#release()
    this.#skipping = false
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    if (this.#skipping) return
    const bytes = this.#held.length + end - start
    // A line may be followed by a carriage return that is none of it.
    if (bytes > this.#maxBytes + 1) {
      this.#held.fill(chunk.subarray(0, end), start, Math.max(keptBytes, this.#held.length))
      const head = this.#held.bytes.subarray(0, Math.min(this.#held.length, keptBytes))
      this.#held.clear()
      this.#skipping = true
      return this.#sink.oversized(bytes, head)
    }
    // What a line may come to need is said, and not what it needs yet: room for that alone would be made anew each time.
    this.#held.fill(chunk.subarray(0, end), start, this.#maxBytes + 1)
  }

  #release(): void {
    if (this.#skipping) {
      this.#skipping = false
      return
    }
    const { bytes, length } = this.#held
    this.#line(bytes, 0, length)
    this.#held.clear()
  }

  #line(bytes: Uint8Array, start: number, ending: number): void {
    const end = ending > start && bytes[ending - 1] === carriageReturn ? ending - 1 : ending
    if (end - start > this.#maxBytes) {
      return this.#sink.oversized(end - start, bytes.subarray(start, Math.min(end, start + keptBytes)))
    }
    this.#sink.line(bytes, start, end)
  }
}
