/**
 * Reports of progress, for who asked.
 *
 * One runs at a time, and only the latest waits. An answer waits for the last report, so that it is seen before.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"

export type OnProgress = (progress: unknown) => Effect.Effect<void>

/** What to do with progress, and where. */
export interface Reporting {
  readonly onProgress: OnProgress
  readonly runFork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
}

export class Reports {
  readonly #reporting: Reporting
  readonly #died: (cause: Cause.Cause<never>) => void
  #running: Fiber.Fiber<void> | undefined
  #latest: { readonly value: unknown } | undefined
  #next: (() => void) | undefined

  /** @param died hears of a report that died. */
  constructor(reporting: Reporting, died: (cause: Cause.Cause<never>) => void) {
    this.#reporting = reporting
    this.#died = died
  }

  report(value: unknown): void {
    if (this.#running !== undefined) {
      this.#latest = { value }
      return
    }
    const { onProgress, runFork } = this.#reporting
    this.#running = runFork(Effect.suspend(() => onProgress(value)))
    this.#running.addObserver((exit) => this.#reported(exit))
  }

  #reported(exit: Exit.Exit<void>): void {
    this.#running = undefined
    const latest = this.#latest
    this.#latest = undefined
    if (Exit.isFailure(exit)) this.#died(exit.cause)
    else if (latest !== undefined) this.report(latest.value)
    else this.#next?.()
  }

  /** Calls `next` after the last report. */
  afterLast(next: () => void): void {
    if (this.#running === undefined) next()
    else this.#next = next
  }

  /** Interrupts the report that runs, and forgets the one that waits. */
  stop(): void {
    this.#latest = undefined
    this.#running?.interruptUnsafe()
  }
}
