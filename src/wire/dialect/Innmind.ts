/**
 * The wire of innmind/ipc, a library for PHP: a client of ours talks to its servers, its clients to a server of ours.
 *
 * Requests are answered in order, one at a time; a message of a user is acknowledged; both sides say when they close.
 * `docs/wire/innmind-ipc.md` says what is supported, and how requests and events are mapped to its messages.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { Can, Lexicon, Wire } from "../Wire.ts"
import { InnmindCodec, type Terms } from "./InnmindCodec.ts"
import type { Version } from "./InnmindControl.ts"
import * as Mapping from "./InnmindMapping.ts"

export type { Version } from "./InnmindControl.ts"
export { annotations, type Content, type Mapping } from "./InnmindMapping.ts"

const can: Can = {
  correlate: "order",
  cancel: false,
  stream: false,
  input: false,
  progress: false,
  events: { toServer: true, toClient: false },
  fault: true,
  deadline: false,
  heartbeat: false,
  ask: false,
  goodbye: true
}

/**
 * What may be set of the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The line of innmind/ipc at the other end; the two do not understand each other. Default: 4. */
  readonly version?: Version | undefined
  /** After how long a silence this side says that it is there; a client does while it waits. Default: 1 second. */
  readonly heartbeat?: Duration.Input | undefined
  /**
   * The largest frame written, in bytes; a call or event that needs a larger one fails with `Oversized`. A peer of the 4.x
   * line reads a frame at once, and breaks over one that does not fit the buffer of a socket. Default: 204800 (200 KiB)
   * for version 4, no limit for 5.
   */
  readonly maxWriteBytes?: number | undefined
}

/** What a socket takes at once, on Linux as it comes. */
const socketBytes = 200 * 1024

/**
 * Makes the wire of innmind/ipc.
 *
 * Calls are asked one at a time, and one that has no timeout ends after 30 seconds; a call that was sent and ends without
 * its answer closes the connection, as the answer could not be told from that to the next: those in line fail with
 * `Draining`. Streams, inputs, progress, requests and
 * events of the server cannot be said: a client or server that needs them fails with `Unsayable` when it is built.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Innmind from "effect-ipc/Innmind"
 * import * as Protocol from "effect-ipc/Protocol"
 * import * as Request from "effect-ipc/Request"
 * import * as UnixSocket from "effect-ipc/node/UnixSocket"
 *
 * class Ping extends Request.Class<Ping>()("Ping", {
 *   success: Schema.String,
 *   annotations: Innmind.annotations({ literal: "ping", success: { content: "text" } })
 * }) {}
 * const Pinger = Protocol.make("pinger", { version: "1.0.0", server: [Ping] })
 *
 * const transport = UnixSocket.layer({ path: "/tmp/innmind/ipc/demo.sock", wire: Innmind.wire() })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const wire = (options: Options = {}): Wire => {
  const version = options.version ?? 4
  const maxWriteBytes = options.maxWriteBytes ?? (version === 4 ? socketBytes : Infinity)
  const termsOf = new WeakMap<Lexicon, Terms>()
  return {
    name: "innmind",
    can,
    abandonAfterMillis: 0,
    heartbeatMillis: Duration.toMillis(options.heartbeat ?? "1 second"),
    eventWindow: 1,
    objection: (lexicon) => Mapping.objection(lexicon, version),
    open: (lexicon, codecOptions) => {
      let terms = termsOf.get(lexicon)
      if (terms === undefined) {
        const methods = codecOptions.role === "dialer" ? lexicon.says : lexicon.answers
        termsOf.set(lexicon, (terms = { version, maxWriteBytes, plans: methods.map(Mapping.plan) }))
      }
      return new InnmindCodec(lexicon, codecOptions, terms)
    }
  }
}
