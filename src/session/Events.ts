/**
 * Events, in both directions: they have no id, and one credit for all of a connection's.
 *
 * @since 0.1.0
 */
import { firstWindow, Inflow, Outflow } from "./Flow.ts"
import type { Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import type { Sink } from "./Sink.ts"

/** How long no event may be taken, while reading waits for that and a call for its answer. */
const stallMillis = 1000

/** Windows of events that are kept where reading cannot wait any longer. */
const mostWindows = 64

export class Events {
  readonly #outbox: Outbox
  readonly #sink: Sink
  readonly #outflow: Outflow
  readonly #inflow: Inflow | Backlog
  /** An event waits: `eventsCredited` is to be told. */
  #held = false
  #heldBack: boolean

  /** @param window how many events may be on their way to a peer that grants no credit of its own accord. */
  constructor(outbox: Outbox, sink: Sink, window: number | undefined) {
    this.#outbox = outbox
    this.#sink = sink
    this.#outflow = window === undefined ? new Outflow() : new Outflow({ items: window, bytes: Infinity })
    this.#inflow = window === undefined ? new Inflow() : new Backlog((full) => sink.congested(full))
    // Without credit nobody tells what has become of an event that was said too early.
    this.#heldBack = window !== undefined
  }

  /** Lets every event wait until `letGo`. */
  holdBack(): void {
    this.#heldBack = true
  }

  letGo(): void {
    this.#heldBack = false
  }

  /** Sends an event. Answers "wait" while the peer or the link takes no more, or why it cannot be said. */
  emit(method: number, payload: unknown): "sent" | "wait" | Refusal {
    if (this.#open) {
      const sent = this.#outbox.send({ _tag: "Event", method, payload, bytes: 0 })
      if (typeof sent === "number") {
        this.#outflow.sent(1, sent)
        return "sent"
      }
      if (sent._tag !== "Oversized" || this.#outbox.greeted) return sent
    }
    this.#held = true
    return "wait"
  }

  get #open(): boolean {
    return this.#outbox.writable && !this.#heldBack && this.#outflow.allows(1) > 0
  }

  /** Counts an event that arrived, by its payload's size. Answers false when the peer had no credit for it. */
  arrived(bytes: number, nowMillis: number): boolean {
    return this.#inflow.arrived(1, bytes, nowMillis)
  }

  /** When `tick` wants to be called next. */
  get deadlineMillis(): number {
    return this.#inflow.deadlineMillis
  }

  /** @param awaited whether an answer is awaited, which can only be read with what comes before it. */
  tick(nowMillis: number, awaited: boolean): void {
    if (this.#inflow instanceof Backlog) this.#inflow.tick(nowMillis, awaited)
  }

  /** Counts an event that was taken, and gives the peer credit for another. */
  taken(bytes: number): void {
    const grant = this.#inflow.used(1, bytes)
    if (grant !== undefined) this.#outbox.send({ _tag: "Credit", of: "events", id: 0, ...grant })
  }

  /** The peer takes more. */
  granted(items: number, bytes: number): void {
    this.#outflow.granted(items, bytes)
    this.release()
  }

  /** The link takes more, or larger frames. */
  release(): void {
    if (!this.#held || !this.#open) return
    this.#held = false
    this.#sink.eventsCredited()
  }

  /** Nobody waits any more. What still comes is dropped, and must not hold up the peer's Bye. */
  close(): void {
    this.#held = false
    if (this.#inflow instanceof Backlog) this.#inflow.open()
  }
}

/**
 * Events of a peer that needs no credit, until they are taken: when there are too many, no more is read.
 *
 * Law: what takes an event may wait for an answer that comes behind other events. So where none is taken and a call
 * waits, reading goes on, and what is beyond `mostWindows` then is refused.
 */
class Backlog {
  deadlineMillis = Infinity
  readonly #congested: (full: boolean) => void
  #items = 0
  #bytes = 0
  #state: "open" | "full" | "stalled" = "open"
  #moved = false

  constructor(congested: (full: boolean) => void) {
    this.#congested = congested
  }

  arrived(items: number, bytes: number, nowMillis: number): boolean {
    if (this.#state === "stalled" && this.#over(mostWindows)) return false
    this.#items += items
    this.#bytes += bytes
    if (this.#state !== "open" || !this.#over(1)) return true
    this.#state = "full"
    this.#moved = false
    this.deadlineMillis = nowMillis + stallMillis
    this.#congested(true)
    return true
  }

  used(items: number, bytes: number): undefined {
    this.#items -= items
    this.#bytes -= bytes
    this.#moved = true
    if (!this.#over(0.5)) this.open()
  }

  tick(nowMillis: number, awaited: boolean): void {
    if (nowMillis < this.deadlineMillis) return
    if (awaited && !this.#moved) return this.#readOn("stalled")
    this.#moved = false
    this.deadlineMillis = nowMillis + stallMillis
  }

  open(): void {
    this.#readOn("open")
  }

  #readOn(state: "open" | "stalled"): void {
    const wasFull = this.#state === "full"
    this.#state = state
    this.deadlineMillis = Infinity
    if (wasFull) this.#congested(false)
  }

  #over(windows: number): boolean {
    return this.#items >= firstWindow.items * windows || this.#bytes >= firstWindow.bytes * windows
  }
}
