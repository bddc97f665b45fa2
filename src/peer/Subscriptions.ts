/**
 * Events that have come, and who listens to them.
 *
 * The latest events of a tag that nobody has ever listened to wait for the first subscriber. A subscriber that lags is
 * let go with an error rather than holding up the others or growing memory.
 *
 * @since 0.1.0
 */
import * as Exit from "effect/Exit"
import { Inbox } from "./Inbox.ts"
import { IpcError, Overloaded } from "./IpcError.ts"
import * as Options from "./Options.ts"

/** Events of a tag that wait for the first subscriber, the gaps between them included. */
const earlyEvents = 64

/** Stands among the events for those that may have been missed between two connections. */
export const gap = Symbol("gap")

type Subscriber = Inbox<unknown, IpcError>

interface Topic {
  /** Events before the first subscriber came; undefined from then on. */
  early: Array<unknown> | undefined
  readonly subscribers: Set<Subscriber>
}

export class Subscriptions {
  readonly #buffer: number
  readonly #lagged: () => IpcError
  #topics: Map<string, Topic> | undefined
  #closed: Exit.Exit<never, IpcError> | undefined
  /** Early events that had to make place for later ones. */
  dropped = 0

  /** @param buffer events a subscriber may lag behind. */
  constructor(buffer: number, lagged: () => IpcError) {
    this.#buffer = buffer
    this.#lagged = lagged
  }

  /** Those of a client with these options, of the peer at `address`. */
  static of(options: Options.PeerOptions, address: string): Subscriptions {
    const limit = options.eventBuffer ?? Options.defaults.eventBuffer
    const what = "events in wait for a subscriber"
    return new Subscriptions(
      limit,
      () => new IpcError({ reason: new Overloaded({ address, side: "local", what, limit }) })
    )
  }

  publish(tag: string, event: unknown): void {
    const { early, subscribers } = this.#topic(tag)
    if (early !== undefined) return this.#keep(early, event)
    // Who hears of it may subscribe again at once: to what comes after it.
    for (const subscriber of Array.from(subscribers)) {
      if (subscriber.length < this.#buffer) {
        subscriber.push([event], 0)
      } else {
        subscribers.delete(subscriber)
        subscriber.end(Exit.fail(this.#lagged()))
      }
    }
  }

  /** Whether somebody listens to the tag. */
  isHeard(tag: string): boolean {
    return (this.#topics?.get(tag)?.subscribers.size ?? 0) > 0
  }

  subscribe(tag: string): Subscriber {
    const topic = this.#topic(tag)
    const subscriber: Subscriber = new Inbox(() => {})
    for (const batch of batches(topic.early ?? [])) subscriber.push(batch, 0)
    topic.early = undefined
    topic.subscribers.add(subscriber)
    if (this.#closed !== undefined) subscriber.end(this.#closed)
    return subscriber
  }

  unsubscribe(tag: string, subscriber: Subscriber): void {
    this.#topics?.get(tag)?.subscribers.delete(subscriber)
  }

  /** Puts a gap behind the events of every tag, unless the last that waits is one. */
  gap(): void {
    for (const { early, subscribers } of this.#topics?.values() ?? []) {
      if (early !== undefined && early.length > 0 && early.at(-1) !== gap) this.#keep(early, gap)
      for (const subscriber of subscribers) if (subscriber.latest?.[0] !== gap) subscriber.push([gap], 0)
    }
  }

  /** Ends every stream of events, and those that are still to be opened. */
  close(error: IpcError): void {
    this.#closed = Exit.fail(error)
    for (const { subscribers } of this.#topics?.values() ?? []) {
      for (const subscriber of subscribers) subscriber.end(this.#closed)
      subscribers.clear()
    }
  }

  #keep(early: Array<unknown>, event: unknown): void {
    if (early.push(event) > earlyEvents && early.shift() !== gap) this.dropped++
  }

  #topic(tag: string): Topic {
    const topics = (this.#topics ??= new Map())
    let topic = topics.get(tag)
    if (topic === undefined) topics.set(tag, (topic = { early: [], subscribers: new Set() }))
    return topic
  }
}

/** The events in one piece, or cut so that every gap is a batch of its own. */
const batches = (early: ReadonlyArray<unknown>): ReadonlyArray<ReadonlyArray<unknown>> => {
  const cut = early.indexOf(gap)
  if (cut < 0) return early.length === 0 ? [] : [early]
  return [...batches(early.slice(0, cut)), [gap], ...batches(early.slice(cut + 1))]
}
