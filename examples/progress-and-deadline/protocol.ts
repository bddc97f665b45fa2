/**
 * A request that reports progress and has a deadline.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "effect-ipc/Protocol"
import * as Request from "effect-ipc/Request"

/** Long work. It has ten seconds unless the caller says otherwise. */
export class Render extends Request.Class<Render>()("Render", {
  payload: { frames: Schema.Int, millisPerFrame: Schema.Int },
  progress: Schema.Struct({ frame: Schema.Int }),
  success: Schema.String,
  timeout: "10 seconds"
}) {}

export const Studio = Protocol.make("studio", { version: "1.0.0", server: [Render] })
