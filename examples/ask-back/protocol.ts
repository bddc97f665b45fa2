/**
 * A protocol with requests in both directions.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "effect-ipc/Protocol"
import * as Request from "effect-ipc/Request"

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
