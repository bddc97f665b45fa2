/**
 * A protocol with requests in both directions.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** What the client asks: answers whether it was deployed. */
export class Deploy extends Request.Class<Deploy>()("Deploy", {
  payload: { target: Schema.String },
  success: Schema.Boolean
}) {}

/** What the server asks meanwhile. */
export class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.Boolean
}) {}

export const Deployment = Protocol.make("deployment", { version: "1.0.0", server: [Deploy], client: [Confirm] })
