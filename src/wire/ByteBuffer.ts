/**
 * The bytes of one frame that has begun and is not whole.
 *
 * Law 1: it holds what arrived, and allocates at most sixteen times that (or 1 KiB), so a length that a peer only
 * claims costs nothing. Law 2: growing copies each byte a bounded number of times. Law 3: once emptied it holds no memory.
 *
 * @since 0.1.0
 */
import { allocate } from "./Bytes.ts"

const none = new Uint8Array(0)
const smallestBytes = 1024
const growth = 16

export class ByteBuffer {
  #bytes: Uint8Array = none
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The memory; the first `length` bytes of it are held. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /**
   * Copies from `chunk`, starting at `start`, until `wanted` bytes are held or the chunk ends. Answers how many bytes
   * it took.
   */
  fill(chunk: Uint8Array, start: number, wanted: number): number {
    const taken = Math.min(wanted - this.#length, chunk.length - start)
    const length = this.#length + taken
    if (length > this.#bytes.length) {
      const roomBytes = Math.min(Math.max(wanted, smallestBytes), Math.max(length * growth, smallestBytes))
      const bytes = allocate(roomBytes)
      bytes.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = bytes
    }
    this.#bytes.set(chunk.subarray(start, start + taken), this.#length)
    this.#length = length
    return taken
  }

  /** Forgets the first `bytes`. */
  drop(bytes: number): void {
    if (bytes >= this.#length) return this.clear()
    this.#bytes = this.#bytes.slice(bytes, this.#length)
    this.#length -= bytes
  }

  /** Forgets everything, and the memory with it: whoever kept a part of it owns it. */
  clear(): void {
    this.#bytes = none
    this.#length = 0
  }
}
