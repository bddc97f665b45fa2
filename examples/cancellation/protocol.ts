/**
 * Long work, with a deadline of its own.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** It has ten seconds, unless the caller says otherwise. */
export class Render extends Request.Class<Render>()("Render", {
  payload: { film: Schema.String, millis: Schema.Int },
  success: Schema.String,
  timeout: "10 seconds"
}) {}

export const Studio = Protocol.make("studio", { version: "1.0.0", server: [Render] })
