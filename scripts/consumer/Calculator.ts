/** A protocol and its handlers, as a user writes them. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Event, Handlers, Protocol, Request } from "effect-ipc"

export class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}

export class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: DivisionByZero
}) {}

export class Count extends Request.Class<Count>()("Count", { payload: { to: Schema.Int }, stream: Schema.Int }) {}

export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}

export const Calculator = Protocol.make("calculator", { version: "1.0.0", server: [Divide, Count], client: [Tick] })

export const handlers = Handlers.layer(Calculator)({
  Divide: ({ dividend, divisor }, { caller }) =>
    divisor === 0
      ? Effect.fail(new DivisionByZero())
      : Effect.as(Effect.orDie(caller.emit(new Tick({ n: 1 }))), dividend / divisor),
  Count: ({ to }) => Stream.range(1, to)
})
