/**
 * When a call is given up, over all the questions that it takes: through middleware, or of a reconnecting client.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Options from "./Options.ts"

export class Deadline {
  /** How long the call may take in all. */
  readonly totalMillis: number
  readonly #clock: Clock.Clock
  readonly #endMillis: number

  /** @param timeout undefined is for ever. */
  constructor(clock: Clock.Clock, timeout: Duration.Input | undefined) {
    this.#clock = clock
    this.totalMillis = Options.millis(timeout, Infinity)
    this.#endMillis = this.isEndless ? Infinity : this.#nowMillis + this.totalMillis
  }

  get isEndless(): boolean {
    return this.totalMillis === Infinity
  }

  /** What is left of it, and 0 once it has passed. */
  get leftMillis(): number {
    return this.isEndless ? Infinity : Math.max(0, this.#endMillis - this.#nowMillis)
  }

  get #nowMillis(): number {
    return Number(this.#clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}
