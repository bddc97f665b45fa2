/**
 * What an answer of hx/interop says went wrong.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { HxMessage } from "../../wire/framing/HxMessage.ts"

/**
 * The answer to a call had one `Interop-Error` or more. The answer is there too: it may have a body.
 *
 * @category errors
 * @since 0.1.0
 */
export class HxFailure extends Data.TaggedError("HxFailure")<{
  /** The class that was called. */
  readonly class: string
  /** Every `Interop-Error`, in order; one may be empty. */
  readonly errors: ReadonlyArray<string>
  readonly response: HxMessage
}> {
  override get message(): string {
    return `call "${this.class}": ${this.errors.join("; ") || "an error without a text"}`
  }
}
