/**
 * The answers we owe: admission, answering once, in order where the wire asks for it, stopping.
 *
 * Law: a duty is answered at most once, and its handler is told nothing more once it was answered or stopped. While the
 * link is full, or an earlier answer is missing on a wire that correlates by order, the answer is parked; the duty
 * counts as running until it left.
 *
 * @since 0.1.0
 */
import { Deadlines } from "./Deadlines.ts"
import { Duty } from "./Exchange.ts"
import type { Items } from "./Items.ts"
import type { AnswerMessage, Refusal, RequestMessage } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import type { Options } from "./Sink.ts"
import { Table } from "./Table.ts"

/** A turn to answer, and the answer once it is there. A request that was refused at once has no duty. */
type Turn = Pick<Duty, "parked">

export class Duties {
  readonly #outbox: Outbox
  readonly #items: Items
  readonly #byOrder: boolean
  readonly #limit: number
  readonly #table = new Table<Duty>()
  readonly #deadlines = new Deadlines()
  /** Duties whose latest progress waits for the link. */
  #reporting: Set<Duty> | undefined
  /** Duties that are over and have not been told. */
  #untold: Set<Duty> | undefined
  /** Answers that wait for the link; on a wire that correlates by order, a turn for every request. */
  readonly #line = new Set<Turn>()

  constructor(outbox: Outbox, items: Items, options: Options) {
    this.#outbox = outbox
    this.#items = items
    this.#byOrder = options.correlate === "order"
    this.#limit = options.hello.limits.calls
  }

  /** Requests whose answer has not left. */
  get size(): number {
    return this.#byOrder ? this.#line.size : this.#table.size
  }

  get isFull(): boolean {
    return this.size >= this.#limit
  }

  /** When `expire` wants to be called next. */
  get deadlineMillis(): number {
    return this.#deadlines.earliestMillis
  }

  /** The duty with this id, unless it was answered. */
  get(id: number): Duty | undefined {
    const duty = this.#table.get(id)
    return duty?.state === "open" ? duty : undefined
  }

  /** Whether the answer to a request with this id has not left. */
  owes(id: number): boolean {
    return this.#table.get(id) !== undefined
  }

  /** Takes a duty on. */
  start(duty: Duty, request: RequestMessage, nowMillis: number): void {
    duty.id = request.id
    duty.state = "open"
    this.#table.put(duty)
    if (request.timeoutMillis > 0) {
      duty.timeoutMillis = request.timeoutMillis
      this.#deadlines.set(duty, nowMillis + request.timeoutMillis)
    }
    if (this.#byOrder) this.#line.add(duty)
    duty.started(request)
  }

  /** Reports progress; while the link is full the latest one waits. Answers why it cannot be said. */
  progress(duty: Duty, value: unknown): Refusal | undefined {
    if (duty.state !== "open") return undefined
    duty.latestProgress = { value }
    if (this.#outbox.writable) return this.#report(duty)
    ;(this.#reporting ??= new Set()).add(duty)
    return undefined
  }

  #report(duty: Duty): Refusal | undefined {
    const { id, latestProgress, method } = duty
    if (latestProgress === undefined) return undefined
    duty.latestProgress = undefined
    this.#reporting?.delete(duty)
    const sent = this.#outbox.send({ _tag: "Progress", id, method, value: latestProgress.value })
    return typeof sent === "number" ? undefined : sent
  }

  /** Sends the answer, or parks it. Where nobody waits for it any more, it is dropped. */
  settle(duty: Duty, answer: AnswerMessage): void {
    if (duty.state !== "open") return
    duty.state = "settled"
    this.#items.forget(duty)
    this.#answer(duty, answer)
  }

  /** Stops a duty that runs, and answers why. */
  stop(duty: Duty, reason: Refusal): void {
    this.#stopEach([duty], () => reason)
  }

  /** Stops what runs under this id and answers nothing: its caller waits no more. */
  drop(id: number): void {
    const duty = this.#table.take(id)
    if (duty === undefined) return
    this.#line.delete(duty)
    this.#reporting?.delete(duty)
    this.#over([duty])
    this.#tell(duty)
  }

  /** Stops everything, and answers nothing. */
  dropAll(): void {
    this.#over(this.#table.all())
    for (const duty of this.#untold ?? []) this.#tell(duty)
    for (const duty of this.#table.all()) this.drop(duty.id)
    this.#line.clear()
  }

  /** Stops everything, and answers why. */
  stopAll(reason: Refusal): void {
    this.#stopEach(this.#table.all(), () => reason)
  }

  /** Stops the duties whose deadline has passed. */
  expire(nowMillis: number): void {
    const late = this.#deadlines.passed(nowMillis, () => this.#table.all())
    this.#stopEach(late, (duty) => ({ _tag: "TimedOut", afterMillis: duty.timeoutMillis }))
  }

  #stopEach(duties: ReadonlyArray<Duty>, reasonOf: (duty: Duty) => Refusal): void {
    for (const duty of this.#over(duties)) {
      this.#tell(duty)
      const { id, method } = duty
      if (this.owes(id)) this.#answer(duty, { _tag: "Defect", id, method, reason: reasonOf(duty) })
    }
  }

  /**
   * Answers those of the duties that run, which are over from here on. All are over before the first is told: one that
   * waits for its turn must not begin in the place of one that was stopped with it.
   */
  #over(duties: ReadonlyArray<Duty>): ReadonlyArray<Duty> {
    const running = duties.filter(({ state }) => state === "open")
    for (const duty of running) {
      duty.state = "settled"
      this.#items.forget(duty)
      ;(this.#untold ??= new Set()).add(duty)
    }
    return running
  }

  /** Tells a duty that is over so: once, and before the session is. */
  #tell(duty: Duty): void {
    if (this.#untold?.delete(duty) === true) duty.stopped()
  }

  #answer(duty: Duty, answer: AnswerMessage): void {
    if (this.#byOrder || !this.#outbox.writable) {
      duty.parked = answer
      this.#line.add(duty)
      return this.release()
    }
    this.#table.take(duty.id)
    this.#say(answer)
  }

  /** Sends the progress and the parked answers that may leave. */
  release(): void {
    for (const duty of this.#reporting ?? []) {
      if (!this.#outbox.writable) return
      this.#report(duty)
    }
    for (const turn of this.#line) {
      if (turn.parked === undefined || !this.#outbox.writable) return
      this.#line.delete(turn)
      if (turn instanceof Duty) this.#table.take(turn.id)
      this.#say(turn.parked)
    }
  }

  /** Answers a request that no duty was taken on for. */
  refuse(id: number, method: number, reason: Refusal): void {
    const answer: AnswerMessage = { _tag: "Defect", id, method, reason }
    if (!this.#byOrder || this.#line.size === 0) return this.#say(answer)
    // A refusal that waits for its turn has to be kept, and the peer must not make this side keep any number of them.
    if (this.isFull) return this.#outbox.close({ _tag: "Malformed", detail: "too many requests wait for their turn" })
    this.#line.add({ parked: answer })
  }

  /** Sends an answer. Who waits for one that cannot be said is told that, also where the reason is itself too large. */
  #say(answer: AnswerMessage): void {
    const { id, method } = answer
    let said = this.#outbox.send(answer)
    for (let tries = 1; typeof said !== "number" && tries < 3; tries++) {
      said = this.#outbox.send({ _tag: "Defect", id, method, reason: said })
    }
  }
}
