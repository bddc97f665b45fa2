/** A small protocol, and handlers that do nothing but what a test asks. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

export class Cold extends Schema.TaggedError<Cold>()("Cold", { degrees: Schema.Int }) {}
export class Echo extends Request.Class<Echo>()("Echo", {
  payload: { text: Schema.String },
  success: Schema.String,
  error: Cold
}) {}
export class Count extends Request.Class<Count>()("Count", { payload: { to: Schema.Int }, stream: Schema.Int }) {}
export class Sum extends Request.Class<Sum>()("Sum", { input: Schema.Int, success: Schema.Int }) {}
export class Poke extends Event.Class<Poke>()("Poke", { n: Schema.Int }) {}
export class Poked extends Event.Class<Poked>()("Poked", { n: Schema.Int }) {}
export const Small = Protocol.make("small", { version: "1.0.0", server: [Echo, Count, Sum, Poke], client: [Poked] })

export const handlers = Handlers.layer(Small)({
  Echo: ({ text }) => (text === "" ? Effect.fail(new Cold({ degrees: -3 })) : Effect.succeed(text)),
  Count: ({ to }) => Stream.range(1, to),
  Sum: (_, { input }) =>
    Effect.orDie(
      Stream.runFold(
        input,
        () => 0,
        (sum, n) => sum + n
      )
    ),
  Poke: ({ n }, { caller }) => Effect.ignore(caller.emit(new Poked({ n })))
})
