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

export interface Options extends Streams.Options {
  readonly address: string
  readonly backlog: number
  /** Names who dialled. Default: the address. */
  readonly nameOf?: ((socket: Net.Socket) => string) | undefined
  /** Says `secureConnection` when a socket is ready. Default: a server whose sockets are ready at once. */
  readonly secure?: Net.Server | undefined
}

export interface Acceptor {
  readonly server: Net.Server
  readonly accept: Effect.Effect<Link, Cause.Done, Scope.Scope>
}

/**
 * Makes a server that is not bound yet. Closing the scope stops listening, and drops the sockets nobody accepted;
 * accepted links live in their own scopes.
 */
export const make = (options: Options): Effect.Effect<Acceptor, never, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = yield* Queue.unbounded<Net.Socket, Cause.Done>()
    const server = options.secure ?? Net.createServer({ ...serverOptions, pauseOnConnect: true })
    server.on(options.secure === undefined ? "connection" : "secureConnection", (socket: Net.Socket) => {
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

/** Binds `server`. Fails with what the system says. */
export const listen = (server: Net.Server, options: Net.ListenOptions): Effect.Effect<void, NodeJS.ErrnoException> =>
  Effect.callback<void, NodeJS.ErrnoException>((resume) => {
    const onError = (error: NodeJS.ErrnoException) => resume(Effect.fail(error))
    server.once("error", onError)
    server.listen({ ...options, exclusive: true }, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

/** What every server has. The last three are for TCP, where a peer may go without a word; others ignore them. */
export const serverOptions = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }

const linkOf = (accepted: Net.Socket, options: Options): StreamLink => {
  const address = options.nameOf?.(accepted) ?? options.address
  // What is encrypted cannot be read past the socket that decrypts it.
  if (options.secure !== undefined) return Streams.join(accepted, accepted, { ...options, address })
  const { intake, socket } = Intake.adopt(accepted)
  return Streams.join(socket, socket, { ...options, address, intake })
}

/** `peek` waits without taking, so an interruption never loses a socket between the queue and the scope. */
const accept = (
  waiting: Queue.Queue<Net.Socket, Cause.Done>,
  options: Options
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
