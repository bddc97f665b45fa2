/**
 * Messages that have arrived and wait for whoever takes them, one at a time.
 *
 * Law 1: a message goes to one who takes, in the order they came; one whose taking is interrupted has taken nothing.
 * Law 2: the end is told after the last message, to everybody who asks from then on.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { IpcError } from "../peer/IpcError.ts"

/** How a mailbox ends: well, or with an error. */
export type End = Exit.Exit<never, IpcError | Cause.Done>

/** The end of messages that end well. */
export const done: End = Cause.done() as Exit.Exit<never, Cause.Done>

/** How many read messages may stay at the front of the list before it is moved up. */
const keptRead = 256

export class Mailbox<M, A = M> {
  readonly #taken: (message: M) => A
  #messages: Array<M> = []
  #read = 0
  #end: End | undefined
  readonly #waiting = new Set<() => void>()

  /** @param taken hears of each message that is taken, and says what its taker gets. */
  constructor(taken: (message: M) => A) {
    this.#taken = taken
  }

  get length(): number {
    return this.#messages.length - this.#read
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  /** The message that is taken after `index` others. */
  at(index: number): M | undefined {
    return this.#messages[this.#read + index]
  }

  push(messages: ReadonlyArray<M>): void {
    if (this.#end !== undefined || messages.length === 0) return
    for (const message of messages) this.#messages.push(message)
    this.#wakeAll()
  }

  /** Takes a message back that nobody has taken. */
  remove(message: M): void {
    const index = this.#messages.indexOf(message, this.#read)
    if (index >= 0) this.#messages.splice(index, 1)
  }

  /** Ends it, after what has arrived. Only the first end counts. */
  end(end: End): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#wakeAll()
  }

  /** Takes the next message, and waits for it. Fails with `Cause.Done`, or the error, at the end. */
  readonly take: Effect.Effect<A, IpcError | Cause.Done> = Effect.suspend(() => this.#next() ?? this.#wait)

  /** Who is woken looks again: it may have been interrupted, or another may have been quicker. */
  readonly #wait: Effect.Effect<A, IpcError | Cause.Done> = Effect.callback((resume) => {
    const next = this.#next()
    if (next !== undefined) return resume(next)
    const look = () => {
      this.#waiting.delete(look)
      resume(this.take)
    }
    this.#waiting.add(look)
    return Effect.sync(() => void this.#waiting.delete(look))
  })

  #wakeAll(): void {
    for (const look of Array.from(this.#waiting)) look()
  }

  #next(): Effect.Effect<A, IpcError | Cause.Done> | undefined {
    if (this.length === 0) return this.#end
    const message = this.#messages[this.#read++]!
    if (this.#read === this.#messages.length) {
      this.#messages = []
      this.#read = 0
    } else if (this.#read >= keptRead && this.#read * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#read)
      this.#read = 0
    }
    return Effect.succeed(this.#taken(message))
  }
}
