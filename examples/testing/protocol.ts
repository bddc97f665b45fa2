/**
 * A request that takes minutes.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** Brews for three minutes. */
export class Brew extends Request.Class<Brew>()("Brew", {
  payload: { tea: Schema.String },
  progress: Schema.Struct({ minutesLeft: Schema.Int }),
  success: Schema.String
}) {}

export const Kitchen = Protocol.make("kitchen", { version: "1.0.0", server: [Brew] })
