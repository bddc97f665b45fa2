/**
 * Passes over a body that is too large, and over the line end after it, so that the next message can be read.
 *
 * @since 0.1.0
 */
import { indexOf } from "../Bytes.ts"

const lf = 0x0a
const cr = 0x0d

/** Of a line that is passed over: nothing yet, a CR alone, or anything else. */
type Line = "nothing" | "cr" | "text"

export class HxSkip {
  /** Whether the body goes on, is over with its line end, or goes on where it should be over. */
  state: "on" | "over" | "broken" = "over"
  /** Bytes of a counted body still to come; undefined for lines up to an empty one. */
  #left: number | undefined
  #line: Line = "nothing"

  /** Begins with a body of so many bytes, or of lines up to an empty one. */
  begin(length: number | undefined): void {
    this.state = "on"
    this.#left = length
    this.#line = "nothing"
  }

  /** Passes over what a chunk has of it, from an offset on, and answers the offset after that. */
  take(chunk: Uint8Array, start: number): number {
    return this.#left === undefined ? this.#takeLines(chunk, start) : this.#takeCounted(chunk, start, this.#left)
  }

  #takeCounted(chunk: Uint8Array, start: number, left: number): number {
    const at = start + Math.min(left, chunk.length - start)
    this.#left = left - (at - start)
    if (at === chunk.length) return at
    if (chunk[at] === lf) this.state = "over"
    else if (chunk[at] === cr && this.#line === "nothing") this.#line = "cr"
    else this.state = "broken"
    return at + 1
  }

  #takeLines(chunk: Uint8Array, start: number): number {
    let at = start
    while (at < chunk.length) {
      const found = indexOf(chunk, lf, at)
      const end = found < 0 ? chunk.length : found
      this.#line = this.#lineWith(chunk, at, end)
      if (found < 0) return end
      at = found + 1
      if (this.#line !== "text") {
        this.state = "over"
        return at
      }
      this.#line = "nothing"
    }
    return at
  }

  /** What the line is with the bytes between two offsets. */
  #lineWith(chunk: Uint8Array, start: number, end: number): Line {
    if (start === end) return this.#line
    return this.#line === "nothing" && end - start === 1 && chunk[start] === cr ? "cr" : "text"
  }
}
