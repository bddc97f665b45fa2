/**
 * A bank whose every request can go wrong in a way of its own.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** An error of the application. It is an instance of this class on the other side too. */
export class InsufficientFunds extends Schema.TaggedError<InsufficientFunds>()("InsufficientFunds", {
  missing: Schema.Int
}) {
  override get message(): string {
    return `${this.missing} more are needed`
  }
}

const Amount = Schema.Int.check(Schema.isGreaterThan(0))

export class Withdraw extends Request.Class<Withdraw>()("Withdraw", {
  payload: { amount: Amount },
  success: Schema.Int,
  error: InsufficientFunds
}) {}

/** Never answers. */
export class Audit extends Request.Class<Audit>()("Audit") {}

/** Has a bug. */
export class Interest extends Request.Class<Interest>()("Interest", { success: Schema.Number }) {}

/** Ends the process. */
export class Rob extends Request.Class<Rob>()("Rob") {}

export class Note extends Request.Class<Note>()("Note", { payload: { text: Schema.String } }) {}

export const Bank = Protocol.make("bank", { version: "1.0.0", server: [Withdraw, Audit, Interest, Rob, Note] })
