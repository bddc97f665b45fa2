/**
 * A line in which one is served at a time, in the order they came.
 *
 * Law: who is next begins once the one before is over and out, its answer said: never inside the end of another.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

export class Line {
  readonly #waiting = new Set<() => void>()
  #busy = false
  #serving = false

  /** Waits for a turn, which lasts until `leave`. Who is interrupted while it waits is out of the line. */
  readonly turn: Effect.Effect<void> = Effect.callback((resume) => {
    const start = () => resume(Effect.void)
    this.#waiting.add(start)
    this.#serve()
    return Effect.sync(() => void this.#waiting.delete(start))
  })

  /** Ends the turn. */
  leave(): void {
    if (this.#serving || this.#waiting.size === 0) {
      this.#busy = false
      return
    }
    queueMicrotask(() => {
      this.#busy = false
      this.#serve()
    })
  }

  /** Serves from one loop: who is over at once hands on to the loop, not to the next from within. */
  #serve(): void {
    if (this.#serving || this.#busy) return
    this.#serving = true
    for (const start of this.#waiting) {
      this.#waiting.delete(start)
      this.#busy = true
      start()
      if (this.#busy) break
    }
    this.#serving = false
  }
}
