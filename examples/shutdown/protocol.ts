/**
 * A store that can be told to close.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

export class Save extends Request.Class<Save>()("Save", {
  payload: { file: Schema.String, millis: Schema.Int },
  success: Schema.String
}) {}

/** Asks the server to close. */
export class Stop extends Request.Class<Stop>()("Stop") {}

export const Store = Protocol.make("store", { version: "1.0.0", server: [Save, Stop] })
