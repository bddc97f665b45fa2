/**
 * What the two programs may say to each other.
 */
import { Schema } from "effect"
import { Event, Protocol, Request } from "effect-ipc"

/** Asks for as many ticks. */
export class Countdown extends Request.Class<Countdown>()("Countdown", { payload: { ticks: Schema.Int } }) {}

export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}

export const Ticking = Protocol.make("ticking", { version: "1.0.0", server: [Countdown], client: [Tick] })
