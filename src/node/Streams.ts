/**
 * How the links of this room are made of streams, and closed, with the options they all take.
 *
 * @internal
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Net from "node:net"
import type { Readable, Writable } from "node:stream"
import type { Intake } from "./Intake.ts"
import * as RealTime from "./RealTime.ts"
import { StreamLink, type StreamLinkOptions } from "./StreamLink.ts"

export interface Options {
  /** Bytes held for a peer that reads too slowly before `offer` answers false. Default: 262144 (256 KiB). */
  readonly outgoingHighBytes?: number | undefined
  /** How long closing waits, in real time, for what was offered to leave. Default: 2 seconds. */
  readonly flushFor?: Duration.Input | undefined
}

/** How long a closed socket waits in the background for the peer to close too, in milliseconds. */
const lingerMillis = 2000

/** Makes a link of its two ways. */
export const join = (
  readable: Readable,
  writable: Writable,
  options: Options & {
    readonly address: string
    readonly intake?: Intake | undefined
    readonly explain?: StreamLinkOptions["explain"]
  }
): StreamLink =>
  new StreamLink({
    address: options.address,
    readable,
    writable,
    intake: options.intake,
    explain: options.explain,
    outgoingHighBytes: highBytes(options),
    // The system has copied what a socket has written. Other streams may pass the same memory on.
    copies: !(writable instanceof Net.Socket),
    shutdown: true
  })

/** Flushes and ends the link. Its streams are destroyed once the peer has ended too, or after two seconds. */
export const close = (link: StreamLink, options: Options): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    link.close(flushMillis(options), () => {
      link.linger(lingerMillis)
      resume(Effect.void)
    })
  })

export const highBytes = (options: Options): number => options.outgoingHighBytes ?? 256 * 1024

export const flushMillis = (options: Options): number => RealTime.timerMillis(options.flushFor ?? 2000)
