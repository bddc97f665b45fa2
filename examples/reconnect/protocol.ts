/**
 * A shop that counts what is bought. Looking may be done twice, buying may not.
 */
import * as Schema from "effect/Schema"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

/** Answers the price. It may be asked again when the connection is lost before the answer. */
export class Price extends Request.Class<Price>()("Price", {
  payload: { item: Schema.String },
  success: Schema.Int,
  idempotent: true
}) {}

/** Buys, and answers how many were sold since the server started. */
export class Buy extends Request.Class<Buy>()("Buy", { payload: { item: Schema.String }, success: Schema.Int }) {}

/** A server says which run of it this is. */
export class Opened extends Event.Class<Opened>()("Opened", { run: Schema.String }) {}

export const Shop = Protocol.make("shop", { version: "1.0.0", server: [Price, Buy], client: [Opened] })
