/**
 * The writing half of a link over Node streams: a high-water mark of its own, and a bounded flush.
 *
 * @internal
 * @since 0.1.0
 */
import type { Writable } from "node:stream"

export class Outgoing {
  readonly #stream: Writable
  readonly #highBytes: number
  readonly #copies: boolean
  readonly #shutdown: boolean
  readonly #onDrained: () => void
  #owesDrained = false
  #failed = false
  #closing = false

  constructor(
    options: {
      readonly writable: Writable
      readonly outgoingHighBytes: number
      readonly copies: boolean
      readonly shutdown: boolean
    },
    onDrained: () => void
  ) {
    this.#stream = options.writable
    this.#highBytes = options.outgoingHighBytes
    this.#copies = options.copies
    this.#shutdown = options.shutdown
    this.#onDrained = onDrained
  }

  offer(chunk: Uint8Array): boolean {
    if (this.#failed || this.#closing) return true
    const stream = this.#stream
    const bytes = this.#copies ? Buffer.from(chunk) : chunk
    // The stream's own `drain` follows its own mark, so the callback of a write says when all has left. Most writes
    // are done when `write` returns; those need none.
    if (this.#owesDrained || stream.writableLength + chunk.length > this.#highBytes)
      stream.write(bytes, this.#onWritten)
    else stream.write(bytes)
    if (stream.writableLength <= this.#highBytes) return true
    this.#owesDrained = true
    return false
  }

  get queuedBytes(): number {
    return this.#failed ? 0 : this.#stream.writableLength
  }

  /** Says that the stream takes no more bytes: what it holds is given up, and no one need wait for it to leave. */
  fail(): void {
    if (this.#failed) return
    this.#failed = true
    if (this.#owesDrained) this.#onDrained()
  }

  /** Calls `done` once, when all that was offered has left, or cannot, or `millis` have passed. */
  flush(millis: number, done: () => void): void {
    this.#closing = true
    const finish = (): void => {
      if (timer === undefined) return
      clearTimeout(timer)
      timer = undefined
      done()
    }
    let timer: NodeJS.Timeout | undefined = setTimeout(finish, millis)
    this.#stream.once("close", finish)
    if (this.#failed || this.#stream.destroyed) queueMicrotask(finish)
    else if (this.#shutdown) this.#stream.end(finish)
    // A write of nothing is done when all before it is.
    else if (this.#stream.writableLength > 0) this.#stream.write(Buffer.alloc(0), finish)
    else queueMicrotask(finish)
  }

  readonly #onWritten = (error?: Error | null): void => {
    // While it fails, a stream fails all it has buffered too, and goes on for as long as it is given more.
    if (error) return
    if (!this.#owesDrained || this.#failed || this.#stream.writableLength > 0) return
    this.#owesDrained = false
    this.#onDrained()
  }
}
