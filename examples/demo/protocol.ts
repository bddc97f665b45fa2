/**
 * What the demo's two processes may say to each other, declared once.
 */
import { Schema } from "effect"
import { Event, Protocol, Request } from "effect-ipc"

export class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}

export class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: DivisionByZero
}) {}

/** Makes the server emit as many ticks. */
export class Start extends Request.Class<Start>()("Start", { payload: { ticks: Schema.Int } }) {}

/** Long work: it asks before it begins, and reports how far it is. */
export class Index extends Request.Class<Index>()("Index", {
  payload: { path: Schema.String },
  progress: Schema.Struct({ percent: Schema.Int }),
  success: Schema.Int
}) {}

/** The answer is a stream. */
export class Count extends Request.Class<Count>()("Count", {
  payload: { to: Schema.Int },
  stream: Schema.Int
}) {}

/** The caller streams in. */
export class Sum extends Request.Class<Sum>()("Sum", { input: Schema.Int, success: Schema.Int }) {}

export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}

/** The server asks the client. */
export class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.Boolean
}) {}

export const Demo = Protocol.make("demo", {
  version: "1.0.0",
  server: [Divide, Start, Index, Count, Sum],
  client: [Tick, Confirm]
})
