/**
 * Turns a listening `net.Server` into an `accept` that hands out links one by one.
 *
 * A socket that nobody has accepted yet is paused: what its peer sends waits in the system, and is not lost.
 *
 * @internal
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import type { Link } from "../transport/Link.ts"
import * as Intake from "./Intake.ts"
import type { StreamLink } from "./StreamLink.ts"
import * as Streams from "./Streams.ts"

export interface Acceptor {
  readonly server: Net.Server
  readonly accept: Effect.Effect<Link, Cause.Done, Scope.Scope>
}

/**
 * Makes a server that is not bound yet. Closing the scope stops listening, and drops the sockets nobody accepted;
 * accepted links live in their own scopes.
 */
export const make = (
  options: Streams.Options & { readonly address: string; readonly backlog: number }
): Effect.Effect<Acceptor, never, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = yield* Queue.unbounded<Net.Socket, Cause.Done>()
    const server = Net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      // It may fail before it is a link.
      socket.on("error", () => {})
      if (Queue.sizeUnsafe(waiting) >= options.backlog || !Queue.offerUnsafe(waiting, socket)) socket.destroy()
    })
    const log = Effect.runForkWith(yield* Effect.context())
    server.on("error", (error) => {
      // One connection could not be taken, e.g. for want of descriptors (EMFILE). The server listens on.
      if (server.listening) log(Effect.logWarning(`${options.address} could not accept a connection`, error))
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        server.close()
        for (let taken = Queue.takeUnsafe(waiting); taken?._tag === "Success"; taken = Queue.takeUnsafe(waiting)) {
          taken.value.destroy()
        }
        Queue.endUnsafe(waiting)
      })
    )
    return { server, accept: accept(waiting, options) }
  })

const linkOf = (accepted: Net.Socket, options: Streams.Options & { readonly address: string }): StreamLink => {
  const { intake, socket } = Intake.adopt(accepted)
  return Streams.join(socket, socket, { ...options, intake })
}

/** `peek` waits without taking, so an interruption never loses a socket between the queue and the scope. */
const accept = (
  waiting: Queue.Queue<Net.Socket, Cause.Done>,
  options: Streams.Options & { readonly address: string }
): Effect.Effect<Link, Cause.Done, Scope.Scope> =>
  Effect.flatMap(Queue.peek(waiting), () =>
    Effect.flatMap(
      Effect.acquireRelease(
        Effect.sync(() => {
          const taken = Queue.takeUnsafe(waiting)
          return taken?._tag === "Success" ? linkOf(taken.value, options) : undefined
        }),
        (link) => (link === undefined ? Effect.void : Streams.close(link, options))
      ),
      (link) => (link === undefined ? accept(waiting, options) : Effect.succeed(link))
    )
  )
