/**
 * Events, in both directions: they have no id, and one credit for all of a connection's.
 *
 * @since 0.1.0
 */
import { firstWindow, Inflow, Outflow } from "./Flow.ts"
import type { Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"

export class Events {
  readonly #outbox: Outbox
  readonly #credited: () => void
  readonly #outflow = new Outflow()
  readonly #inflow = new Inflow()
  #held = false

  /** @param credited hears, once, that events may be emitted after `emit` had answered "wait". */
  constructor(outbox: Outbox, credited: () => void) {
    this.#outbox = outbox
    this.#credited = credited
  }

  /** Lets every event wait until `letGo`. */
  holdBack(): void {
    this.#outflow.granted(-firstWindow.items, -firstWindow.bytes)
  }

  letGo(): void {
    this.#outflow.granted(firstWindow.items, firstWindow.bytes)
  }

  /** Sends an event. Answers "wait" while the peer or the link takes no more, or why it cannot be said. */
  emit(method: number, payload: unknown): "sent" | "wait" | Refusal {
    if (this.#outbox.writable && this.#outflow.allows(1) > 0) {
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

  /** Counts an event that arrived, by its payload's size. Answers false when the peer had no credit for it. */
  arrived(bytes: number): boolean {
    return this.#inflow.arrived(1, bytes)
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
    if (!this.#held || !this.#outbox.writable || this.#outflow.allows(1) === 0) return
    this.#held = false
    this.#credited()
  }

  /** Nobody waits any more. */
  close(): void {
    this.#held = false
  }
}
