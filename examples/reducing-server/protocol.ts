/**
 * A counter of messages: some want to know the count, some just say that they were there.
 */
import { Schema } from "effect"
import { Event, Protocol, Request } from "effect-ipc"

/** Counts as one, and is answered with the count. */
export class Count extends Request.Class<Count>()("Count", { success: Schema.Int }) {}

/** Counts as one. */
export class Passed extends Event.Class<Passed>()("Passed") {}

export const Turnstile = Protocol.make("turnstile", { version: "1.0.0", server: [Count, Passed] })
