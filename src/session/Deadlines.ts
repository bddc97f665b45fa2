/**
 * The deadlines of many exchanges, of which only the earliest is known at any time.
 *
 * What ends before its deadline is not taken out: when the earliest has passed, the exchanges that are left are looked
 * through. Keeping them sorted would cost every call; looking through them costs the few that are late.
 *
 * @since 0.1.0
 */
import type { Exchange } from "./Exchange.ts"

export class Deadlines {
  #earliestMillis = Infinity

  /** When to ask for what has `passed` next. */
  get earliestMillis(): number {
    return this.#earliestMillis
  }

  set(exchange: Exchange, deadlineMillis: number): void {
    exchange.deadlineMillis = deadlineMillis
    if (deadlineMillis < this.#earliestMillis) this.#earliestMillis = deadlineMillis
  }

  /** Those of `exchanges` whose deadline has passed at `nowMillis` and that are not settled. */
  passed<E extends Exchange>(nowMillis: number, exchanges: () => ReadonlyArray<E>): ReadonlyArray<E> {
    if (nowMillis < this.#earliestMillis) return []
    const late: Array<E> = []
    let earliest = Infinity
    for (const exchange of exchanges()) {
      if (exchange.state === "settled") continue
      if (exchange.deadlineMillis <= nowMillis) late.push(exchange)
      else if (exchange.deadlineMillis < earliest) earliest = exchange.deadlineMillis
    }
    this.#earliestMillis = earliest
    return late
  }
}
