/**
 * The items of streams, in both directions: sending as far as credit goes, taking what arrives, giving credit back.
 *
 * Law: an exchange that could send nothing is told when it can (`credited`), once for each time; one that is over is
 * told nothing.
 *
 * @since 0.1.0
 */
import { Call, type Duty, type Exchange } from "./Exchange.ts"
import { Inflow, Outflow } from "./Flow.ts"
import type { Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"

export class Items {
  readonly #outbox: Outbox
  /** Exchanges that had items to send and may not yet. */
  #held: Set<Exchange> | undefined

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /**
   * Sends items of a call's input, or of a duty's answer. Answers how many it took, or why the first cannot be said.
   * After 0 the exchange will be told.
   */
  send(exchange: Call | Duty, items: ReadonlyArray<unknown>): number | Refusal {
    const outflow = (exchange.outflow ??= new Outflow())
    let count = exchange.state === "open" && this.#outbox.writable ? outflow.allows(items.length) : 0
    while (count > 0) {
      const sent = this.#outbox.send({
        _tag: exchange instanceof Call ? "Input" : "Chunk",
        id: exchange.id,
        method: exchange.method,
        items: count === items.length ? items : items.slice(0, count),
        bytes: 0
      })
      if (typeof sent === "number") {
        outflow.sent(count, sent)
        return count
      }
      if (sent._tag === "Oversized" && count === 1 && !this.#outbox.greeted) break
      if (count === 1) return sent
      // An item that cannot be said must not take those before it along: half as many, down to the one.
      count = count >> 1
    }
    ;(this.#held ??= new Set()).add(exchange)
    return 0
  }

  /** Hands over items that arrived. Answers false when the peer had no credit for them. */
  arrived(exchange: Call | Duty, items: ReadonlyArray<unknown>, bytes: number): boolean {
    const inflow = (exchange.inflow ??= new Inflow())
    if (!inflow.arrived(items.length, bytes)) return false
    // No items cost the peer no credit, so they must cost this side no memory.
    if (items.length === 0) this.consumed(exchange, 0, bytes)
    else exchange.items(items, bytes)
    return true
  }

  /** Counts items that were consumed, and gives the peer credit for as many. */
  consumed(exchange: Call | Duty, items: number, bytes: number): void {
    const grant = exchange.inflow?.used(items, bytes)
    if (grant === undefined || exchange.state !== "open") return
    this.#outbox.send({ _tag: "Credit", of: exchange instanceof Call ? "answer" : "input", id: exchange.id, ...grant })
  }

  /** The peer takes more of what the exchange sends. */
  granted(exchange: Call | Duty, items: number, bytes: number): void {
    ;(exchange.outflow ??= new Outflow()).granted(items, bytes)
    this.wake(exchange)
  }

  /** Tells an exchange that had to wait and may send again. */
  wake(exchange: Exchange): void {
    if (!this.#outbox.writable || exchange.outflow === undefined || exchange.outflow.allows(1) === 0) return
    if (exchange.state === "open" && this.#held?.delete(exchange) === true) exchange.credited()
  }

  /** The link takes more, or larger frames. */
  release(): void {
    if (this.#held !== undefined) for (const exchange of Array.from(this.#held)) this.wake(exchange)
  }

  /** Forgets an exchange that is over. */
  forget(exchange: Exchange): void {
    if (exchange.outflow !== undefined) this.#held?.delete(exchange)
  }
}
