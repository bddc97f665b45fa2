/**
 * A counter of messages: some want to know the count, some just say that they were there.
 */
import * as Schema from "effect/Schema"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

/** Counts as one, and is answered with the count. */
export class Count extends Request.Class<Count>()("Count", { success: Schema.Int }) {}

/** Counts as one. */
export class Passed extends Event.Class<Passed>()("Passed") {}

export const Turnstile = Protocol.make("turnstile", { version: "1.0.0", server: [Count, Passed] })
