/**
 * The answers we wait for: ids, the wait for room, settling once, deadlines, giving up.
 *
 * Law: a call that was asked is settled exactly once, by its answer, its deadline, its caller or the end of the
 * session. What arrives for a call that is not in the table is dropped and counted in `late`.
 *
 * @since 0.1.0
 */
import { Deadlines } from "./Deadlines.ts"
import type { Call, Side } from "./Exchange.ts"
import type { Items } from "./Items.ts"
import type { AnswerMessage, Refusal, RequestMessage } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import type { Options } from "./Sink.ts"
import { Table } from "./Table.ts"

/** Calls that may be sent before the peer has said how many it answers: a constant of wire version 1. */
export const callsBeforeHello = 16

/** How long a call may take on a wire that correlates by order, when it has no timeout of its own. */
const orderTimeoutMillis = 30_000

export class Calls {
  readonly #outbox: Outbox
  readonly #items: Items
  readonly #byOrder: boolean
  readonly #table = new Table<Call>()
  readonly #deadlines = new Deadlines()
  /** In the order in which they were asked. */
  #waiting: Set<Call> | undefined
  #limit: number
  /** Calls wait for the peer to be accepted: the first is too large for what may be sent before, or nothing may be. */
  #needsHello: boolean
  /** A call has ended without its answer, on a wire where the next could not be told from it. */
  #lostCount = false
  late = 0

  constructor(outbox: Outbox, items: Items, options: Options) {
    this.#outbox = outbox
    this.#items = items
    this.#byOrder = options.correlate === "order"
    this.#limit = this.#byOrder ? 1 : callsBeforeHello
    // One that was sent cannot be given up without closing, so it is not sent to who may never listen.
    this.#needsHello = this.#byOrder
  }

  /** Lets every call wait until the peer was accepted. */
  holdBack(): void {
    this.#needsHello = true
  }

  /** Calls that have no answer yet. */
  get size(): number {
    return this.#table.size + this.#waitingCount
  }

  get #waitingCount(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.size
  }

  /** When `expire` wants to be called next. */
  get deadlineMillis(): number {
    return this.#deadlines.earliestMillis
  }

  /** Sends `call`, or lets it wait while the link is full, or as many are in flight as the peer answers. */
  ask(call: Call, nowMillis: number): void {
    const endless = !(call.timeoutMillis > 0 && call.timeoutMillis < Infinity)
    if (endless && this.#byOrder) call.timeoutMillis = orderTimeoutMillis
    if (call.timeoutMillis > 0) this.#deadlines.set(call, nowMillis + call.timeoutMillis)
    if (this.#waitingCount === 0 && this.#room()) return this.#send(call, nowMillis)
    call.state = "waiting"
    ;(this.#waiting ??= new Set()).add(call)
  }

  /** Sends the calls that wait, as far as there is room. */
  release(nowMillis: number): void {
    if (this.#waiting === undefined || this.#waiting.size === 0) return
    for (const call of this.#waiting) {
      if (!this.#room()) return
      // Its deadline has passed, which is about to be told: the peer need not begin.
      if (call.deadlineMillis <= nowMillis) continue
      this.#waiting?.delete(call)
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
    const sent = this.#outbox.send(request(call, nowMillis))
    if (this.#table.get(call.id) !== call) return
    if (typeof sent !== "number") return this.#unsaid(call, sent)
    if (call.inputOver) this.#outbox.send({ _tag: "InputEnd", id: call.id, method: call.method })
    this.#items.wake(call)
  }

  /** The request could not be said: it waits for the peer's Hello, first in line as it was, or it is over. */
  #unsaid(call: Call, reason: Refusal): void {
    if (reason._tag !== "Oversized" || this.#outbox.greeted) return this.#refuse(call, reason, "local")
    this.#table.take(call.id)
    this.#needsHello = true
    call.state = "waiting"
    this.#waiting = new Set([call, ...(this.#waiting ?? [])])
  }

  /** Says that the input of `call` is complete: at once, or behind its request. */
  endInput(call: Call): void {
    call.inputOver = true
    if (call.state === "open") this.#outbox.send({ _tag: "InputEnd", id: call.id, method: call.method })
  }

  /** The call that a message of the answer belongs to. */
  find(id: number): Call | undefined {
    const call = this.#byOrder ? this.#table.all()[0] : this.#table.get(id)
    if (call?.state === "open") return call
    this.late++
    return undefined
  }

  /** The call that a message of the answer belongs to, when it names the method that was asked. */
  findOf(id: number, method: number, nowMillis: number): Call | undefined {
    const call = this.find(id)
    if (call === undefined || call.method === method) return call
    this.giveUp(call, nowMillis, { _tag: "Malformed", detail: "the answer is one to another method" })
    return undefined
  }

  /** Settles the call that is answered. */
  answered(answer: AnswerMessage, nowMillis: number): void {
    // Who refuses a request may not have understood its method.
    const { id, method } = answer
    const call = answer._tag === "Defect" ? this.find(id) : this.findOf(id, method, nowMillis)
    if (call === undefined) return
    this.#table.take(call.id)
    this.#settle(call)
    tell(call, answer)
    this.release(nowMillis)
  }

  /**
   * Ends a call without its answer, and sees to it that the peer stops working on it and its answer settles nothing.
   * The call is told `reason`; without one it was its caller's wish.
   */
  giveUp(call: Call, nowMillis: number, reason?: Refusal): void {
    if (call.state !== "open" && call.state !== "waiting") return
    const sent = call.state === "open"
    this.#settle(call)
    if (reason !== undefined) call.refused(reason, "local")
    if (!sent) return
    this.#outbox.send({ _tag: "Cancel", id: call.id, method: call.method })
    // Only behind the Cancel is there room for another: the peer counts what it runs.
    this.#table.take(call.id)
    if (!this.#byOrder) return this.release(nowMillis)
    this.#lostCount = true
    this.#outbox.close({ _tag: "Disconnected", detail: lostCount })
  }

  /** Ends a call whose answer came but cannot be understood. The peer is through with it. */
  misread(call: Call, reason: Refusal, nowMillis: number): void {
    this.#table.take(call.id)
    this.#settle(call)
    call.refused(reason, "local")
    this.release(nowMillis)
  }

  /** Gives up the calls whose deadline has passed. */
  expire(nowMillis: number): void {
    const late = this.#deadlines.passed(nowMillis, () => this.#all())
    // By order, giving up the one that was sent, which is the first, ends all others.
    for (const call of this.#byOrder ? late.toReversed() : late) {
      this.giveUp(call, nowMillis, { _tag: "TimedOut", afterMillis: call.timeoutMillis })
    }
  }

  /** Settles every call that was never sent. */
  refuseWaiting(reason: Refusal, side: Side): void {
    for (const call of this.#waiting ?? []) this.#refuse(call, reason, side)
  }

  /** Settles every call. */
  refuseAll(reason: Refusal, side: Side): void {
    // Behind a call that had to take the connection with it, the others never began.
    if (this.#lostCount) this.refuseWaiting({ _tag: "Draining" }, "local")
    for (const call of this.#all()) this.#refuse(call, reason, side)
  }

  #refuse(call: Call, reason: Refusal, side: Side): void {
    if (call.state === "settled") return
    if (call.state === "open") this.#table.take(call.id)
    this.#settle(call)
    call.refused(reason, side)
  }

  #settle(call: Call): void {
    if (call.state === "waiting") this.#waiting?.delete(call)
    call.state = "settled"
    this.#items.forget(call)
  }

  #all(): Array<Call> {
    return this.#table.all().concat(Array.from(this.#waiting ?? []))
  }
}

const lostCount = "a call ended without its answer, on a wire that answers by order"

const request = (call: Call, nowMillis: number): RequestMessage => ({
  _tag: "Request",
  id: call.id,
  method: call.method,
  payload: call.payload,
  timeoutMillis: call.deadlineMillis === Infinity ? 0 : Math.max(1, Math.ceil(call.deadlineMillis - nowMillis)),
  headers: call.headers
})

const tell = (call: Call, answer: AnswerMessage): void => {
  switch (answer._tag) {
    case "Success":
      return call.succeeded(answer.value)
    case "Failure":
      return call.failed(answer.error)
    case "Defect":
      return call.refused(answer.reason, "remote")
  }
}
