/**
 * Links over streams that a program already has: a `net.Socket`, any `Duplex`, or a `Readable` and a `Writable`.
 *
 * The link owns its streams: nothing else may read, write or end them.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import type { Duplex, Readable, Writable } from "node:stream"
import type { Link } from "../transport/Link.ts"
import type { Intake } from "./Intake.ts"
import { StreamLink } from "./StreamLink.ts"

/**
 * What every link over streams can be told.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Bytes held for a peer that reads too slowly before `offer` answers false. Default: 262144 (256 KiB). */
  readonly outgoingHighBytes?: number | undefined
  /** How long closing waits, in real time, for what was offered to leave. Default: 2 seconds. */
  readonly flushFor?: Duration.Input | undefined
}

/**
 * Makes a link of one stream that goes both ways.
 *
 * Never fails: a stream that is already destroyed ends the link. Closing the scope flushes, ends the stream, and
 * destroys it once the peer has ended too, at the latest two seconds later.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromDuplex = (
  duplex: Duplex,
  options: Options & { readonly address: string }
): Effect.Effect<Link, never, Scope.Scope> => fromStreams(duplex, duplex, options)

/**
 * Makes a link of a stream to read and one to write.
 *
 * Never fails, and closes, as `fromDuplex` does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromStreams = (
  readable: Readable,
  writable: Writable,
  options: Options & { readonly address: string }
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => makeUnsafe(readable, writable, options)),
    (link) => close(link, options)
  )

/** How long a closed socket waits in the background for the peer to close too, in milliseconds. */
const lingerMillis = 2000

/** @internal */
export const makeUnsafe = (
  readable: Readable,
  writable: Writable,
  options: Options & { readonly address: string; readonly intake?: Intake | undefined }
): StreamLink =>
  new StreamLink({
    address: options.address,
    readable,
    writable,
    intake: options.intake,
    outgoingHighBytes: highBytes(options),
    // The system has copied what a socket has written. Other streams may pass the same memory on.
    copies: !(writable instanceof Net.Socket),
    shutdown: true
  })

/** @internal */
export const close = (link: StreamLink, options: Options): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    link.close(flushMillis(options), () => {
      link.linger(lingerMillis)
      resume(Effect.void)
    })
  })

/** @internal */
export const highBytes = (options: Options): number => options.outgoingHighBytes ?? 256 * 1024

/** @internal */
export const flushMillis = (options: Options): number => Duration.toMillis(options.flushFor ?? 2000)
