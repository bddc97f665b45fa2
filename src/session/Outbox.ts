/**
 * What the parts of a session send through, and close it by.
 *
 * @since 0.1.0
 */
import type { Message, Refusal } from "./Message.ts"

export interface Outbox {
  /** False while the link is above its high-water mark: then only control messages are sent. */
  readonly writable: boolean
  /** False until the peer's Hello: then frames are small, and what is too large for one waits. */
  readonly greeted: boolean
  /**
   * Writes a message and answers its payload bytes, or why it cannot be said. The link may end, or become full, while
   * it is written to: what is in the tables before need not be there after.
   */
  send(message: Message): number | Refusal
  close(reason: Refusal): void
}
