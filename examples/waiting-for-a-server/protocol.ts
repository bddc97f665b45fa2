/**
 * A server that is slow to start.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

export class Greet extends Request.Class<Greet>()("Greet", {
  payload: { name: Schema.String },
  success: Schema.String
}) {}

export const Greeter = Protocol.make("greeter", { version: "1.0.0", server: [Greet] })
