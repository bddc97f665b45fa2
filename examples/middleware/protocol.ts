/**
 * A library: anyone may search, members may borrow.
 */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

/** Marks the requests that only members may make. */
export class MembersOnly extends Context.Service<MembersOnly, boolean>()("library/MembersOnly") {}

export class Search extends Request.Class<Search>()("Search", {
  payload: { word: Schema.String },
  stream: Schema.String
}) {}

export class Borrow extends Request.Class<Borrow>()("Borrow", {
  payload: { title: Schema.String },
  success: Schema.String,
  annotations: Context.make(MembersOnly, true)
}) {}

export const Library = Protocol.make("library", { version: "1.0.0", server: [Search, Borrow] })
