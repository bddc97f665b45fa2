/**
 * Three versions of one protocol.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "effect-ipc/Protocol"
import * as Request from "effect-ipc/Request"

export class Read extends Request.Class<Read>()("Read", { payload: { page: Schema.Int }, success: Schema.String }) {}
export class Tear extends Request.Class<Tear>()("Tear", { payload: { page: Schema.Int } }) {}

/** What the server speaks. */
export const Diary = Protocol.make("diary", { version: "1.0.0", server: [Read] })

/** A newer client's: one request more. */
export const DiaryNewer = Protocol.make("diary", { version: "1.1.0", server: [Read, Tear] })

/** A client's that broke with it. */
export const DiaryBroken = Protocol.make("diary", { version: "2.0.0", server: [Tear] })
