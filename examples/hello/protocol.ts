/**
 * What the parent may ask the child.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

export class SayHello extends Request.Class<SayHello>()("SayHello", {
  payload: { name: Schema.String },
  success: Schema.String
}) {}

export const Greeter = Protocol.make("greeter", { version: "1.0.0", server: [SayHello] })
