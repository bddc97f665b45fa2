/**
 * The error of a request of php-stream-ipc that was answered with one.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The peer has answered a request with an error: nobody there took it, its handler failed, or it said so itself.
 *
 * @category errors
 * @since 0.1.0
 */
export class StreamIpcFailure extends Schema.TaggedError<StreamIpcFailure>("effect-ipc/StreamIpcFailure")(
  "StreamIpcFailure",
  {
    address: Schema.String,
    /** The class of the request. */
    request: Schema.String,
    /** What the peer said; PHP adds the class of its exception, and where it was thrown. */
    text: Schema.String
  }
) {
  override get message(): string {
    return `${this.address} has answered ${this.request} with an error: ${this.text}`
  }

  /** Whether no handler of the peer has taken the request. */
  get isUnhandled(): boolean {
    return this.text.startsWith("Unhandled request")
  }
}
