/**
 * The items of streams, in both directions: sending as far as credit goes, taking what arrives, giving credit back.
 *
 * Law 1: an exchange that could send nothing is told when it can (`credited`), once for each time; one that is over is
 * told nothing.
 * Law 2: items leave in one message with those that follow them in the same tick, and before any other message that
 * this side says after them. A stream that is made item by item is so twice as fast.
 * Law 3: items that were taken and turn out larger than credit reaches for wait for more, and what their exchange says
 * after them waits with them.
 *
 * @since 0.1.0
 */
import { Call, type Duty } from "./Exchange.ts"
import { Inflow, Outflow } from "./Flow.ts"
import type { Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"

/** So many items leave without waiting for more: then both ends work at the same time. */
const gatheredMost = 32

export class Items {
  readonly #outbox: Outbox
  /** Exchanges that had items to send and may not yet. */
  #held: Set<Call | Duty> | undefined
  /** Items that were taken and have not left, and whose they are. */
  #gathered: Array<unknown> = []
  #gatheredOf: Call | Duty | undefined
  /** Items that were taken and need more credit than there is. */
  #owed: Map<Call | Duty, ReadonlyArray<unknown>> | undefined

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /**
   * Takes items of a call's input, or of a duty's answer, and answers how many. After 0 the exchange will be told.
   *
   * @param most how many one message may hold.
   */
  send(exchange: Call | Duty, items: ReadonlyArray<unknown>, most: number): number {
    if (this.#gatheredOf !== exchange) this.flush()
    const before = this.#gathered.length
    if (before + items.length < Math.min(most, gatheredMost) && this.#outbox.greeted) {
      const count = this.#allows(exchange, before + items.length) - before
      if (count > 0) {
        this.#gather(exchange, count === items.length ? items : items.slice(0, count))
        return count
      }
    }
    this.flush()
    // What was gathered may have ended the exchange, or have taken more credit than it was thought to.
    if (exchange.state === "settled") return items.length
    const count = Math.min(most, this.#allows(exchange, items.length))
    const sent = count > 0 ? this.#say(exchange, items, count) : 0
    if (sent === 0) (this.#held ??= new Set()).add(exchange)
    return sent
  }

  /** How many of `count` items may be said. */
  #allows(exchange: Call | Duty, count: number): number {
    const outflow = (exchange.outflow ??= new Outflow())
    return exchange.state === "open" && this.#outbox.writable && !this.owes(exchange) ? outflow.allows(count) : 0
  }

  /** Whether items of the exchange were taken and wait for credit: then nothing that follows them may be said. */
  owes(exchange: object): boolean {
    return this.#owed !== undefined && this.#owed.has(exchange as Call | Duty)
  }

  #gather(exchange: Call | Duty, items: ReadonlyArray<unknown>): void {
    const first = this.#gatheredOf === undefined
    this.#gatheredOf = exchange
    this.#gathered.push(...items)
    if (first) this.#outbox.gathered()
  }

  /** Sends what was gathered. */
  flush(): void {
    const exchange = this.#gatheredOf
    if (exchange === undefined) return
    const items = this.#gathered
    this.#gathered = []
    this.#gatheredOf = undefined
    this.#sayAll(exchange, items)
  }

  /** Sends items for which there was credit: in one message, or where one does not hold them, as far as it reaches. */
  #sayAll(exchange: Call | Duty, items: ReadonlyArray<unknown>): void {
    for (let at = 0; at < items.length;) {
      const left = at === 0 ? items : items.slice(at)
      if (at > 0 && exchange.outflow!.allows(1) === 0) return void (this.#owed ??= new Map()).set(exchange, left)
      at += this.#say(exchange, left, left.length)
    }
  }

  /** Sends what is owed, and what was to follow it. */
  #pay(exchange: Call | Duty): void {
    const items = this.#owed?.get(exchange)
    if (items === undefined) return
    this.#owed!.delete(exchange)
    this.#sayAll(exchange, items)
    if (!this.owes(exchange)) this.#outbox.paid(exchange)
  }

  /** Sends the first `most` items, or fewer, and answers how many it took. */
  #say(exchange: Call | Duty, items: ReadonlyArray<unknown>, most: number): number {
    let count = most
    for (;;) {
      const sent = this.#outbox.send({
        _tag: exchange instanceof Call ? "Input" : "Chunk",
        id: exchange.id,
        method: exchange.method,
        items: count === items.length ? items : items.slice(0, count),
        bytes: 0
      })
      if (typeof sent === "number") {
        exchange.outflow!.sent(count, sent)
        return count
      }
      if (count === 1) return this.#unsaid(exchange, items.length, sent)
      // An item that cannot be said must not take those before it along: half as many, down to the one.
      count = count >> 1
    }
  }

  /** Before Hello, frames are small: an item that is too large for one waits. */
  #unsaid(exchange: Call | Duty, items: number, reason: Refusal): number {
    if (reason._tag === "Oversized" && !this.#outbox.greeted) return 0
    this.#outbox.unsaid(exchange, reason)
    return items
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
  wake(exchange: Call | Duty): void {
    if (!this.#outbox.writable || exchange.outflow === undefined || exchange.outflow.allows(1) === 0) return
    this.#pay(exchange)
    if (!this.#outbox.writable || exchange.outflow.allows(1) === 0) return
    if (exchange.state === "open" && this.#held?.delete(exchange) === true) exchange.credited()
  }

  /** The link takes more, or larger frames. */
  release(): void {
    if (this.#owed !== undefined) for (const exchange of Array.from(this.#owed.keys())) this.wake(exchange)
    if (this.#held !== undefined) for (const exchange of Array.from(this.#held)) this.wake(exchange)
  }

  /** Lets an exchange that was answered wait no more. */
  answered(exchange: Call | Duty): void {
    if (exchange.outflow !== undefined) this.#held?.delete(exchange)
  }

  /** Forgets an exchange that is over, with what it has not sent. */
  forget(exchange: Call | Duty): void {
    if (exchange.outflow === undefined) return
    this.#held?.delete(exchange)
    this.#owed?.delete(exchange)
    if (this.#gatheredOf !== exchange) return
    this.#gathered = []
    this.#gatheredOf = undefined
  }
}
