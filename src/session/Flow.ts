/**
 * Credit: how many items and bytes one side may still send on a stream, or as events.
 *
 * Law 1: who sends stops at zero items or zero bytes; the last frame may overdraw the bytes, never the items.
 * Law 2: who receives grants again what was consumed, at the latest when half of the first window was, so a sender
 * with no credit left always has more coming once the receiver has consumed half of it.
 * Law 3: what arrives without credit is refused, so an unread stream holds at most one window and one frame.
 *
 * @since 0.1.0
 */

/**
 * What each stream, each input and the events of a connection start with, without asking: a constant of wire version 1.
 *
 * @category constants
 * @since 0.1.0
 */
export const firstWindow = { items: 1024, bytes: 1024 * 1024 } as const

/** Items are taken to be this large until the first were sent, so that a first frame of large items stays small. */
const firstItemBytes = 64 * 1024

/** The sender's side of one stream. */
export class Outflow {
  #items: number
  #bytes: number
  #itemBytes = firstItemBytes

  constructor(window: Grant = firstWindow) {
    this.#items = window.items
    this.#bytes = window.bytes
  }

  /** How many of `count` items may leave in one frame. */
  allows(count: number): number {
    if (this.#items <= 0 || this.#bytes <= 0) return 0
    return Math.min(count, this.#items, Math.max(1, Math.floor(this.#bytes / this.#itemBytes)))
  }

  sent(items: number, bytes: number): void {
    this.#items -= items
    this.#bytes -= bytes
    this.#itemBytes = Math.max(1, bytes / items)
  }

  granted(items: number, bytes: number): void {
    this.#items += items
    this.#bytes += bytes
  }
}

/**
 * Credit to give back to a sender.
 *
 * @category models
 * @since 0.1.0
 */
export interface Grant {
  readonly items: number
  readonly bytes: number
}

/** The receiver's side of one stream. */
export class Inflow {
  /** Credit waits for no time. */
  readonly deadlineMillis = Infinity
  #openItems: number = firstWindow.items
  #openBytes: number = firstWindow.bytes
  #usedItems = 0
  #usedBytes = 0

  /** Counts what arrived. Answers false when the sender had no credit for it. */
  arrived(items: number, bytes: number): boolean {
    if (this.#openItems < items || this.#openBytes <= 0) return false
    this.#openItems -= items
    this.#openBytes -= bytes
    return true
  }

  /** Counts what was consumed. Answers the credit to give back, once there is enough of it for a message. */
  used(items: number, bytes: number): Grant | undefined {
    this.#usedItems += items
    this.#usedBytes += bytes
    if (this.#usedItems * 2 < firstWindow.items && this.#usedBytes * 2 < firstWindow.bytes) return undefined
    const grant = { items: this.#usedItems, bytes: this.#usedBytes }
    this.#openItems += grant.items
    this.#openBytes += grant.bytes
    this.#usedItems = 0
    this.#usedBytes = 0
    return grant
  }
}
