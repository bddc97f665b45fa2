/**
 * What clients may ask the daemon.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** Counts, and answers the new count. */
export class Add extends Request.Class<Add>()("Add", { payload: { n: Schema.Int }, success: Schema.Int }) {}

export const Counter = Protocol.make("counter", { version: "1.0.0", server: [Add] })
