/**
 * The answers we wait for: ids, the wait for room, settling once, deadlines, cancelling.
 *
 * Law: a call that was asked is settled exactly once, by its answer, its deadline, its caller or the end of the
 * session. What arrives for a call that is not in the table is dropped and counted in `late`.
 *
 * @since 0.1.0
 */
import type { Call } from "./Exchange.ts"
import type { Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import { Table } from "./Table.ts"

/** Calls that may be sent before the peer has said how many it answers: a constant of wire version 1. */
export const callsBeforeHello = 16

/** How long a call may take on a wire that correlates by order, when it has no timeout of its own. */
const orderTimeoutMillis = 30_000

export class Calls {
  readonly #outbox: Outbox
  readonly #byOrder: boolean
  readonly #table = new Table<Call>()
  readonly #waiting = new Set<Call>()
  #limit: number
  #earliestMillis = Infinity
  /** A call waits that is too large for what may be sent before the peer's Hello. */
  #needsHello = false
  late = 0

  constructor(outbox: Outbox, byOrder: boolean) {
    this.#outbox = outbox
    this.#byOrder = byOrder
    this.#limit = byOrder ? 1 : callsBeforeHello
  }

  /** When `expire` wants to be called next. */
  get deadlineMillis(): number {
    return this.#earliestMillis
  }

  /** Sends `call`, or lets it wait while the link is full, or as many are in flight as the peer answers. */
  ask(call: Call, nowMillis: number): void {
    const timeoutMillis = call.timeoutMillis > 0 || !this.#byOrder ? call.timeoutMillis : orderTimeoutMillis
    if (timeoutMillis > 0) {
      call.deadlineMillis = nowMillis + timeoutMillis
      if (call.deadlineMillis < this.#earliestMillis) this.#earliestMillis = call.deadlineMillis
    }
    if (this.#waiting.size === 0 && this.#room()) return this.#send(call, nowMillis)
    call.state = "waiting"
    this.#waiting.add(call)
  }

  /** Sends the calls that wait, as far as there is room. */
  release(nowMillis: number): void {
    if (this.#waiting.size === 0) return
    for (const call of this.#waiting) {
      if (!this.#room()) return
      this.#waiting.delete(call)
      this.#send(call, nowMillis)
    }
  }

  /** The peer has said how many calls it answers at a time. */
  greeted(limit: number): void {
    this.#needsHello = false
    if (!this.#byOrder) this.#limit = Math.max(callsBeforeHello, limit)
  }

  #room(): boolean {
    return this.#outbox.writable && this.#table.size < this.#limit && !this.#needsHello
  }

  #send(call: Call, nowMillis: number): void {
    call.state = "open"
    this.#table.claim(call)
    const sent = this.#outbox.send({
      _tag: "Request",
      id: call.id,
      method: call.method,
      payload: call.payload,
      timeoutMillis: call.deadlineMillis === Infinity ? 0 : Math.max(1, Math.ceil(call.deadlineMillis - nowMillis)),
      headers: call.headers
    })
    if (typeof sent === "number") return call.credited()
    this.#table.take(call.id)
    if (sent._tag === "Oversized" && !this.#outbox.greeted) {
      this.#needsHello = true
      call.state = "waiting"
      this.#waiting.add(call)
    } else {
      call.state = "settled"
      call.refused(sent, "local")
    }
  }

  /** The call that a message of the answer belongs to. */
  find(id: number): Call | undefined {
    const call = this.#byOrder ? this.#table.all()[0] : this.#table.get(id)
    if (call === undefined) this.late++
    return call
  }

  /** Takes the call out, so that it can be told how it ended. */
  settle(call: Call): void {
    this.#table.take(call.id)
    call.state = "settled"
  }

  /** Forgets a call that its caller, or its deadline, has given up. Answers whether the peer has to be told. */
  forget(call: Call): boolean {
    const open = call.state === "open"
    if (open) this.#table.take(call.id)
    else this.#waiting.delete(call)
    call.state = "settled"
    return open
  }

  /** The calls whose deadline has passed at `nowMillis`. */
  expired(nowMillis: number): ReadonlyArray<Call> {
    if (nowMillis < this.#earliestMillis) return []
    const late: Array<Call> = []
    let earliest = Infinity
    for (const call of this.all()) {
      if (call.deadlineMillis <= nowMillis) late.push(call)
      else if (call.deadlineMillis < earliest) earliest = call.deadlineMillis
    }
    this.#earliestMillis = earliest
    return late
  }

  /** Settles every call that was never sent. */
  refuseWaiting(reason: Refusal, side: "local" | "remote"): void {
    for (const call of this.#waiting) {
      this.forget(call)
      call.refused(reason, side)
    }
  }

  /** Settles every call. */
  refuseAll(reason: Refusal, side: "local" | "remote"): void {
    for (const call of this.all()) {
      if (call.state === "settled") continue
      this.forget(call)
      call.refused(reason, side)
    }
  }

  all(): Array<Call> {
    return this.#table.all().concat(Array.from(this.#waiting))
  }
}
