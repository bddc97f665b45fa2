/**
 * A protocol for those who know a secret.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

export class Read extends Request.Class<Read>()("Read", { payload: { page: Schema.Int }, success: Schema.String }) {}

export const Diary = Protocol.make("diary", { version: "1.0.0", server: [Read] })
