/**
 * What clients may ask the daemon.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "effect-ipc/Protocol"
import * as Request from "effect-ipc/Request"

/** Counts, and answers the new count. */
export class Add extends Request.Class<Add>()("Add", { payload: { n: Schema.Int }, success: Schema.Int }) {}

export const Counter = Protocol.make("counter", { version: "1.0.0", server: [Add] })
