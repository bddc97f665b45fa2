/**
 * What clients may ask the counting server, and under which name both find each other.
 */
import { Schema } from "effect"
import { Innmind, Protocol, Request } from "effect-ipc"

/** The text `ping`, answered by a text. */
export class Ping extends Request.Class<Ping>()("Ping", {
  success: Schema.String,
  annotations: Innmind.annotations({ literal: "ping", success: { content: "text" } })
}) {}

export const Counter = Protocol.make("counter", { version: "1.0.0", server: [Ping] })

/**
 * `IPC_VERSION=5` speaks to programs of the 5.x line. `IPC_DIRECTORY` is where the sockets are; without it, where the 4.x
 * line has them.
 */
export const socket = {
  name: "counter",
  directory: process.env.IPC_DIRECTORY,
  wire: Innmind.wire({ version: process.env.IPC_VERSION === "5" ? 5 : 4 })
}
