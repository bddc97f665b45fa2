/**
 * What a session needs from outside: where it tells what must happen, and what it goes by.
 *
 * @since 0.1.0
 */
import type { Duty, Side } from "./Exchange.ts"
import type { Terms } from "./Greeting.ts"
import type { EventMessage, Hello, Message, Refusal } from "./Message.ts"

/** Where a session tells what must happen. */
export interface Sink {
  /** Writes a message, at once. Answers its payload bytes, or why it cannot be said. */
  send(message: Message): number | Refusal
  /** Makes the entry for a request; the session starts it. */
  duty(method: number): Duty
  event(event: EventMessage): void
  /** More events may be emitted, after `emit` had answered "wait". */
  eventsCredited(): void
  /** So many events wait to be taken that no more bytes should be read (true), or no longer (false). */
  congested(congested: boolean): void
  accepted(hello: Hello): void
  /** The peer did something that concerns no call: a message to report and to drop. */
  fault(reason: Refusal): void
  /** The session is over but for the peer's Bye: it wants to be told when, by `parted`; `tick` or `closed` follows. */
  parting(): void
  /** The session is over; every call was settled and every duty stopped. */
  closed(reason: Refusal, side: Side): void
}

/** Times in milliseconds. */
export interface Options extends Terms {
  /** How an answer finds its call: by id, by order (one call in flight), or not at all. */
  readonly correlate: "id" | "order" | "none"
  /** How many events may be on their way until one was taken; undefined is the first window of a stream, with its credit. */
  readonly eventWindow?: number | undefined
  /** Whether the peer answers a Bye, which is then waited for. */
  readonly goodbye?: boolean | undefined
  /** `Infinity` turns the heartbeat off. */
  readonly heartbeatMillis: number
  /** Whether a peer that does not answer a ping is gone. Default: true. */
  readonly judgesSilence?: boolean | undefined
  readonly handshakeMillis: number
  readonly drainMillis: number
}
