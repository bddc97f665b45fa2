/**
 * Events only, in both directions.
 */
import { Schema } from "effect"
import { Event, Protocol } from "effect-ipc"

/** From the server to each client that comes. */
export class Welcome extends Event.Class<Welcome>()("Welcome", { seat: Schema.Int }) {}

/** From the server to all. */
export class Goal extends Event.Class<Goal>()("Goal", { home: Schema.Int, guests: Schema.Int }) {}

/** From a client to the server. */
export class Cheer extends Event.Class<Cheer>()("Cheer", { text: Schema.String }) {}

export const Stadium = Protocol.make("stadium", { version: "1.0.0", server: [Cheer], client: [Welcome, Goal] })
