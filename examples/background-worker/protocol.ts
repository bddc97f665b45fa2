/**
 * What a background worker says of itself.
 */
import { Schema } from "effect"
import { Event, Protocol } from "effect-ipc"

export class Status extends Event.Class<Status>()("Status", {
  level: Schema.Literals(["info", "success"]),
  text: Schema.String
}) {}

/** Nobody asks anything: the worker works, and says how it goes. */
export const Background = Protocol.make("background", { version: "1.0.0", server: [], client: [Status] })
