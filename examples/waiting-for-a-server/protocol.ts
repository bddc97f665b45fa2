/**
 * A server that is slow to start.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

export class Greet extends Request.Class<Greet>()("Greet", {
  payload: { name: Schema.String },
  success: Schema.String
}) {}

export const Greeter = Protocol.make("greeter", { version: "1.0.0", server: [Greet] })
