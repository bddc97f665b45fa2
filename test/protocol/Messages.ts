/**
 * Requests and events that the tests of this room share.
 */
import * as Schema from "effect/Schema"
import * as Event from "../../src/protocol/Event.ts"
import * as Request from "../../src/protocol/Request.ts"

export class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}

export class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: DivisionByZero
}) {
  get ratio(): number {
    return this.dividend / this.divisor
  }
}
export class Ping extends Request.Class<Ping>()("Ping") {}
export class Follow extends Request.Class<Follow>()("Follow", {
  payload: { since: Schema.DateFromString },
  stream: Schema.String
}) {}
export class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {
  get loud(): string {
    return this.text.toUpperCase()
  }
}
export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
