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
  accepted(hello: Hello): void
  /** The peer did something that concerns no call: a message to report and to drop. */
  fault(reason: Refusal): void
  /** The session is over; every call was settled and every duty stopped. */
  closed(reason: Refusal, side: Side): void
}

/** Times in milliseconds. */
export interface Options extends Terms {
  /** How an answer finds its call: by id, by order (one call in flight), or not at all. */
  readonly correlate: "id" | "order" | "none"
  /** Whether a cancelled call is worth a message. */
  readonly cancel: boolean
  /** `Infinity` turns the heartbeat off. */
  readonly heartbeatMillis: number
  readonly handshakeMillis: number
  readonly drainMillis: number
}
