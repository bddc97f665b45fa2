/**
 * Why there is no link.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * A link could not be opened, or a listener could not listen. What breaks a link that is open is an
 * `EndReason`, not an error.
 *
 * `detail` says in one sentence what is wrong and what to do about it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportError extends Data.TaggedError("TransportError")<{
  readonly stage: "open" | "listen"
  readonly address: string
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `cannot ${this.stage} ${this.address}: ${this.detail}`
  }
}
