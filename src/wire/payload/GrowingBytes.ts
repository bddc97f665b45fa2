/**
 * Bytes that are written from left to right, and grow as they are.
 *
 * Law: memory that was large is not kept for the next use.
 *
 * @since 0.1.0
 */
import { allocate } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"

const keptBytes = 64 * 1024

export class GrowingBytes {
  /** The memory; the first `length` bytes of it are written. */
  memory: Uint8Array = allocate(1024)
  length = 0

  /** Makes room for more. */
  room(bytes: number): void {
    if (this.length + bytes <= this.memory.length) return
    const memory = allocate(Math.max(this.memory.length * 2, this.length + bytes))
    memory.set(this.memory.subarray(0, this.length))
    this.memory = memory
  }

  /** Writes text of characters below 128 only. */
  ascii(text: string): void {
    this.room(text.length)
    for (let at = 0; at < text.length; at++) this.memory[this.length++] = text.charCodeAt(at)
  }

  text(text: string): void {
    this.room(Utf8.room(text))
    if (text !== "") this.length += Utf8.write(this.memory, text, this.length)
  }

  bytes(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.memory.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Begins again. */
  clear(): void {
    this.length = 0
    if (this.memory.length > keptBytes) this.memory = allocate(1024)
  }
}
