/**
 * What a parent in PHP may ask its child. The parent's classes are in the namespace `App`.
 */
import { Schema } from "effect"
import { Event, Protocol, Request, StreamIpc } from "effect-ipc"

/** For PHP it is the text of the exception that `await` throws. */
export class NoWords extends Schema.TaggedError<NoWords>()("NoWords", { index: Schema.Int }) {
  override get message(): string {
    return `text ${this.index} has no words`
  }
}

/** `App\CountWords`, answered by `App\Words`. */
export class CountWords extends Request.Class<CountWords>()("CountWords", {
  payload: { texts: Schema.Array(Schema.String) },
  success: Schema.Struct({ words: Schema.Int }),
  error: NoWords,
  annotations: StreamIpc.annotations({ success: "App\\Words" })
}) {}

/** `App\Counted`. */
export class Counted extends Event.Class<Counted>()("Counted", { index: Schema.Int, words: Schema.Int }) {}

export const Counting = Protocol.make("counting", { version: "1.0.0", server: [CountWords], client: [Counted] })
export const wire = StreamIpc.wire({ namespace: "App" })
