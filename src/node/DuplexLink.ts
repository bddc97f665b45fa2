/**
 * Links over streams that a program already has: a `net.Socket`, any `Duplex`, or a `Readable` and a `Writable`.
 *
 * The link owns its streams: nothing else may read, write or end them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Duplex, Readable, Writable } from "node:stream"
import type { Link } from "../transport/Link.ts"
import * as Streams from "./Streams.ts"

/**
 * What every link over streams can be told.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Streams.Options

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
    Effect.sync(() => Streams.join(readable, writable, options)),
    (link) => Streams.close(link, options)
  )
