/**
 * The link over the two ends of a pair of FIFOs, and how it closes.
 *
 * Node's sockets wait for pipes by polling, so neither end ever occupies a thread of the pool.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import type { Readable } from "node:stream"
import type { Link } from "../transport/Link.ts"
import type { FifoEnds } from "./FifoEnds.ts"
import * as Intake from "./Intake.ts"
import * as Streams from "./Streams.ts"

/** How long closing waits for the peer to close too, in milliseconds. */
const lingerMillis = 2000

/** Takes the ends, which are open. */
export const make = (
  ends: FifoEnds,
  options: Streams.Options & { readonly address: string }
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const { reading, writing } = ends.take()
        const intake = Intake.make()
        const readable = new Net.Socket({ fd: reading, readable: true, writable: false, onread: intake.onread })
        // The constructor has begun to read.
        readable.pause()
        const writable = new Net.Socket({ fd: writing, readable: false, writable: true })
        return { readable, writable, link: Streams.join(readable, writable, { ...options, intake }) }
      }),
      ({ link, readable, writable }) =>
        Effect.callback<void>((resume) => {
          link.close(Streams.flushMillis(options), () => {
            writable.destroy()
            // The next link may go over the same files. This one must not take its bytes, nor leave its own there.
            untilOver(readable, () => {
              link.destroy()
              resume(Effect.void)
            })
          })
        })
    ),
    ({ link }) => link
  )

const untilOver = (readable: Readable, done: () => void): void => {
  if (readable.readableEnded || readable.destroyed) return done()
  const timer = setTimeout(() => readable.destroy(), lingerMillis)
  readable.once("close", () => {
    clearTimeout(timer)
    done()
  })
}
