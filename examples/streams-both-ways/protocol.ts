/**
 * Streams from the server, from the client, and both ways.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** The answer is a stream that never ends. */
export class Squares extends Request.Class<Squares>()("Squares", {
  payload: { from: Schema.Int },
  stream: Schema.Int
}) {}

/** The caller streams in; the answer is one value. */
export class Longest extends Request.Class<Longest>()("Longest", { input: Schema.String, success: Schema.String }) {}

/** Both ways at once. */
export class Shout extends Request.Class<Shout>()("Shout", { input: Schema.String, stream: Schema.String }) {}

export const Streams = Protocol.make("streams", { version: "1.0.0", server: [Squares, Longest, Shout] })
