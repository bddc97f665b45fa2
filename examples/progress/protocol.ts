/**
 * A request that reports progress before its answer.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** Long work, in steps. */
export class Work extends Request.Class<Work>()("Work", {
  payload: { job: Schema.String, steps: Schema.Int },
  progress: Schema.Struct({ step: Schema.Int, steps: Schema.Int }),
  success: Schema.String
}) {}

export const Workshop = Protocol.make("workshop", { version: "1.0.0", server: [Work] })
