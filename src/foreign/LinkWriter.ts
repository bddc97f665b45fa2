/**
 * The writing half of a channel over a link: message -> framer -> buffer -> link.
 *
 * Rule 1: messages leave whole and in the order they were sent. While the link is full, senders wait in line; one that is
 * interrupted in the line has sent nothing. Rule 2: what one tick says leaves in one chunk at its end, a large batch
 * earlier.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { IpcError } from "../peer/IpcError.ts"
import type { Link } from "../transport/Link.ts"
import type { Framer, Refusal } from "../wire/Format.ts"
import { WriteBuffer } from "../wire/WriteBuffer.ts"

/** Gathered bytes leave at once from here on: waiting for the end of the tick would make the two ends take turns. */
const flushBytes = 2048

interface Waiting<M> {
  readonly message: M
  readonly resume: (sent: Exit.Exit<void, IpcError>) => void
}

export class LinkWriter<M> {
  readonly #link: Link
  readonly #framer: Framer<M>
  readonly #refused: (reason: Refusal) => IpcError
  readonly #buffer = new WriteBuffer()
  readonly #line = new Set<Waiting<M>>()
  #flushSoon = false
  #full = false
  #over: IpcError | undefined

  constructor(link: Link, framer: Framer<M>, refused: (reason: Refusal) => IpcError) {
    this.#link = link
    this.#framer = framer
    this.#refused = refused
  }

  /** Whether who sends has to wait. */
  get congested(): boolean {
    return this.#full || this.#line.size > 0
  }

  send(message: M): Effect.Effect<void, IpcError> {
    return Effect.suspend(() => (this.congested ? this.#wait(message) : this.#write(message)))
  }

  /** Offers the link all that was said. */
  readonly flush = (): void => {
    this.#flushSoon = false
    if (this.#buffer.bytes > 0) this.#buffer.flush(this.#offer)
    if (this.#link.queuedBytes === 0) this.#buffer.reuse()
  }

  /** The link has room again: who waits in line goes on, in order, as far as there is. */
  drained(): void {
    this.#full = false
    this.flush()
    for (const waiting of this.#line) {
      if (this.#full) return
      this.#line.delete(waiting)
      waiting.resume(this.#write(waiting.message))
    }
  }

  /** Says that nothing can be sent any more, to those in line too. Only the first end counts. */
  end(error: IpcError): void {
    if (this.#over !== undefined) return
    this.#over = error
    const line = [...this.#line]
    this.#line.clear()
    for (const { resume } of line) resume(Exit.fail(error))
  }

  #wait(message: M): Effect.Effect<void, IpcError> {
    return Effect.callback((resume) => {
      if (this.#over !== undefined || !this.congested) return resume(this.#write(message))
      const waiting = { message, resume }
      this.#line.add(waiting)
      return Effect.sync(() => void this.#line.delete(waiting))
    })
  }

  #write(message: M): Exit.Exit<void, IpcError> {
    if (this.#over !== undefined) return Exit.fail(this.#over)
    const written = this.#framer.write(message, this.#buffer)
    if (typeof written !== "number") return Exit.fail(this.#refused(written))
    if (this.#buffer.bytes >= flushBytes) {
      this.flush()
    } else if (!this.#flushSoon) {
      this.#flushSoon = true
      queueMicrotask(this.flush)
    }
    return Exit.void
  }

  readonly #offer = (chunk: Uint8Array): void => {
    if (!this.#link.offer(chunk)) this.#full = true
  }
}
