/**
 * The answers we owe: admission, answering once, in order where the wire asks for it, stopping.
 *
 * Law: a duty is answered at most once, and not at all once it was stopped. While the link is full, or an earlier
 * answer is missing on a wire that correlates by order, the answer is parked; the duty counts as running until it left.
 *
 * @since 0.1.0
 */
import type { Duty } from "./Exchange.ts"
import type { Message, Refusal, RequestMessage } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import { Table } from "./Table.ts"

export class Duties {
  readonly #outbox: Outbox
  readonly #table = new Table<Duty>()
  readonly #parked = new Set<Duty>()
  /** Duties whose latest progress waits for the link. */
  readonly #reporting = new Set<Duty>()
  /** The duties in the order of their requests, on a wire that correlates by order. */
  readonly #line: Array<Duty> | undefined
  #earliestMillis = Infinity

  constructor(outbox: Outbox, byOrder: boolean) {
    this.#outbox = outbox
    this.#line = byOrder ? [] : undefined
  }

  get size(): number {
    return this.#table.size
  }

  /** When `expired` wants to be called next. */
  get deadlineMillis(): number {
    return this.#earliestMillis
  }

  get(id: number): Duty | undefined {
    return this.#table.get(id)
  }

  /** Takes a duty on. Answers false when one with its id is running. */
  accept(duty: Duty, request: RequestMessage, nowMillis: number): boolean {
    duty.id = request.id
    if (!this.#table.put(duty)) return false
    duty.state = "open"
    if (request.timeoutMillis > 0) {
      duty.timeoutMillis = request.timeoutMillis
      duty.deadlineMillis = nowMillis + request.timeoutMillis
      if (duty.deadlineMillis < this.#earliestMillis) this.#earliestMillis = duty.deadlineMillis
    }
    this.#line?.push(duty)
    return true
  }

  /** Reports progress; while the link is full the latest one waits. Answers why it cannot be said. */
  progress(duty: Duty, value: unknown): Refusal | undefined {
    if (duty.state !== "open") return undefined
    duty.latestProgress = { value }
    if (this.#outbox.writable) return this.#report(duty)
    this.#reporting.add(duty)
    return undefined
  }

  #report(duty: Duty): Refusal | undefined {
    const { latestProgress } = duty
    if (latestProgress === undefined) return undefined
    duty.latestProgress = undefined
    this.#reporting.delete(duty)
    const { id, method } = duty
    const sent = this.#outbox.send({ _tag: "Progress", id, method, value: latestProgress.value })
    return typeof sent === "number" ? undefined : sent
  }

  /** Sends the answer, or parks it. Answers false when nobody waits for it any more. */
  settle(duty: Duty, answer: Message): boolean {
    if (duty.state !== "open") return false
    duty.state = "settled"
    if (this.#mayLeave(duty)) {
      this.#leave(duty, answer)
      if (this.#line !== undefined) this.release()
    } else {
      duty.parked = answer
      this.#parked.add(duty)
    }
    return true
  }

  /** Sends the progress and the parked answers that may leave. */
  release(): void {
    for (const duty of this.#reporting) {
      if (!this.#outbox.writable) return
      this.#report(duty)
    }
    let left: boolean
    do {
      left = false
      for (const duty of this.#parked) {
        if (!this.#mayLeave(duty)) continue
        this.#parked.delete(duty)
        this.#leave(duty, duty.parked!)
        left = true
      }
    } while (left && this.#parked.size > 0)
  }

  #mayLeave(duty: Duty): boolean {
    return this.#outbox.writable && (this.#line === undefined || this.#line[0] === duty)
  }

  #leave(duty: Duty, answer: Message): void {
    this.#table.take(duty.id)
    this.#line?.shift()
    this.#report(duty)
    const sent = this.#outbox.send(answer)
    if (typeof sent !== "number") this.refuse(duty.id, duty.method, sent)
  }

  /** Answers that the application has no answer, and why. */
  refuse(id: number, method: number, reason: Refusal): void {
    this.#outbox.send({ _tag: "Defect", id, method, reason })
  }

  /** Takes a running duty out, because nobody waits for it. Answers undefined when it is not running. */
  drop(id: number): Duty | undefined {
    const duty = this.#table.take(id)
    if (duty === undefined) return undefined
    this.#parked.delete(duty)
    this.#reporting.delete(duty)
    const place = this.#line?.indexOf(duty) ?? -1
    if (place >= 0) this.#line!.splice(place, 1)
    if (duty.state === "settled") return undefined
    duty.state = "settled"
    return duty
  }

  /** The running duties whose deadline has passed at `nowMillis`. */
  expired(nowMillis: number): ReadonlyArray<Duty> {
    if (nowMillis < this.#earliestMillis) return []
    const late: Array<Duty> = []
    let earliest = Infinity
    for (const duty of this.#table.all()) {
      if (duty.state !== "open") continue
      if (duty.deadlineMillis <= nowMillis) late.push(duty)
      else if (duty.deadlineMillis < earliest) earliest = duty.deadlineMillis
    }
    this.#earliestMillis = earliest
    return late
  }

  all(): Array<Duty> {
    return this.#table.all()
  }
}
