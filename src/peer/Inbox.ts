/**
 * Items that have arrived and wait for whoever reads them, in the batches they came in.
 *
 * The sender's credit bounds it; a batch is counted as consumed when it is handed out.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"

type Items<A> = readonly [A, ...Array<A>]

export class Inbox<A, E> {
  readonly #consumed: (items: number, bytes: number) => void
  readonly #batches: Array<{ readonly items: Items<A>; readonly bytes: number }> = []
  #end: Exit.Exit<never, E | Cause.Done> | undefined
  #wake: (() => void) | undefined

  /** @param consumed hears of each batch that was handed out. */
  constructor(consumed: (items: number, bytes: number) => void) {
    this.#consumed = consumed
  }

  get length(): number {
    return this.#batches.length
  }

  /** The last batch that no one has read yet. */
  get latest(): Items<A> | undefined {
    return this.#batches.at(-1)?.items
  }

  push(items: ReadonlyArray<unknown>, bytes: number): void {
    if (this.#end !== undefined) return
    this.#batches.push({ items: items as unknown as Items<A>, bytes })
    this.#wake?.()
  }

  /** Ends it, after what has arrived. Only the first end counts. */
  end(exit: Exit.Exit<never, E | Cause.Done>): void {
    this.#end ??= exit
    this.#wake?.()
  }

  /** Hands out the next batch, and waits for it. Fails with `Cause.Done` at the end. */
  readonly pull: Pull.Pull<Items<A>, E> = Effect.suspend(() => this.#next() ?? this.#wait)

  readonly #wait: Pull.Pull<Items<A>, E> = Effect.callback((resume) => {
    // A fiber may yield between any two steps, so something may have come since it was looked for.
    const next = this.#next()
    if (next !== undefined) return resume(next)
    // Two who wait would leave one of them behind for ever.
    if (this.#wake !== undefined)
      return resume(Effect.die(new Error("this stream is being read already: read it once")))
    this.#wake = () => {
      this.#wake = undefined
      resume(this.#next()!)
    }
    return Effect.sync(() => {
      this.#wake = undefined
    })
  })

  #next(): Pull.Pull<Items<A>, E> | undefined {
    const batch = this.#batches.shift()
    if (batch === undefined) return this.#end
    this.#consumed(batch.items.length, batch.bytes)
    return Effect.succeed(batch.items)
  }
}

/** The end of a stream that ends well. */
export const done: Exit.Exit<never, Cause.Done> = Cause.done() as Exit.Exit<never, Cause.Done>
