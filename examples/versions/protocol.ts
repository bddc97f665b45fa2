/**
 * Four versions of one protocol.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

export class Read extends Request.Class<Read>()("Read", { payload: { page: Schema.Int }, success: Schema.String }) {}
export class Write extends Request.Class<Write>()("Write", { payload: { text: Schema.String } }) {}
export class Tear extends Request.Class<Tear>()("Tear", { payload: { page: Schema.Int } }) {}

export const DiaryOlder = Protocol.make("diary", { version: "1.0.0", server: [Read] })

/** What the server speaks. */
export const Diary = Protocol.make("diary", { version: "1.1.0", server: [Read, Write] })

export const DiaryNewer = Protocol.make("diary", { version: "1.2.0", server: [Read, Write, Tear] })

/** Another major version: it does not go with the others. */
export const DiaryBroken = Protocol.make("diary", { version: "2.0.0", server: [Tear] })
