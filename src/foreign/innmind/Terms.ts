/**
 * What may be set of a connection of innmind/ipc, with the defaults.
 *
 * @internal
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { Version } from "../../wire/dialect/InnmindControl.ts"
import type * as Dialogue from "./Dialogue.ts"

export interface Options {
  /** The line of innmind/ipc at the other end; the two do not understand each other. Default: 4. */
  readonly version?: Version | undefined
  /** After how long a silence this side says that it is there; a client does while it waits. Default: 1 second. */
  readonly heartbeat?: Duration.Input | undefined
  /** How long the peer may take to greet. Default: 10 seconds. */
  readonly handshakeTimeout?: Duration.Input | undefined
  /** How long a goodbye waits for its answer. Default: 10 seconds. */
  readonly closeTimeout?: Duration.Input | undefined
  /** The largest message read, in bytes. Default: 16777216 (16 MiB). */
  readonly maxFrameBytes?: number | undefined
  /**
   * The largest message written, in bytes: a larger one fails with `Oversized`. Default: 204800 (200 KiB) for version 4,
   * whose peers would break over it; no limit for 5.
   */
  readonly maxWriteBytes?: number | undefined
}

export interface Times {
  readonly heartbeat: Duration.Duration
  readonly handshakeTimeout: Duration.Duration
  readonly closeTimeout: Duration.Duration
}

export const times = ({ closeTimeout, handshakeTimeout, heartbeat }: Options): Times => ({
  heartbeat: Duration.fromInputUnsafe(heartbeat ?? "1 second"),
  handshakeTimeout: Duration.fromInputUnsafe(handshakeTimeout ?? "10 seconds"),
  closeTimeout: Duration.fromInputUnsafe(closeTimeout ?? "10 seconds")
})

export const dialogue = (role: "dialer" | "acceptor", options: Options): Dialogue.Terms => {
  const version = options.version ?? 4
  return {
    role,
    version,
    maxFrameBytes: options.maxFrameBytes ?? 16 * 1024 * 1024,
    maxWriteBytes: options.maxWriteBytes ?? (version === 4 ? 200 * 1024 : Infinity)
  }
}
