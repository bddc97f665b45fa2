/**
 * Turns a socket server of Effect's, which hands each socket to a handler, into an `accept` that hands out links.
 *
 * A socket that nobody has accepted yet is not read: what its peer sends waits in the system, or in the socket.
 *
 * @internal
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Socket } from "effect/socket/Socket"
import type { SocketServer } from "effect/socket/SocketServer"
import type { Link } from "../transport/Link.ts"
import { TransportError } from "../transport/TransportError.ts"
import * as Whole from "./Whole.ts"

/** A socket whose handler waits to hear that it may go. */
interface Waiting {
  readonly socket: Socket
  readonly gone: Deferred.Deferred<void>
  accepted: boolean
}

type Open = (socket: Socket) => Effect.Effect<Link, TransportError, Scope.Scope>
type Accept = Effect.Effect<Link, TransportError | Cause.Done, Scope.Scope>
type Line = Queue.Queue<Waiting, TransportError | Cause.Done>

/** Takes sockets from the server for as long as the scope. */
export const make = (options: {
  readonly server: SocketServer["Service"]
  readonly address: string
  readonly backlog: number
  readonly open: Open
}): Effect.Effect<Accept, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { address, backlog, open, server } = options
    const line: Line = yield* Queue.unbounded<Waiting, TransportError | Cause.Done>()
    const handle = (socket: Socket): Effect.Effect<void> =>
      Effect.suspend(() => {
        const waiting: Waiting = { socket, gone: Deferred.makeUnsafe<void>(), accepted: false }
        if (Queue.sizeUnsafe(line) >= backlog || !Queue.offerUnsafe(line, waiting)) return drop(socket)
        return Effect.onInterrupt(Deferred.await(waiting.gone), () => (waiting.accepted ? Effect.void : drop(socket)))
      })
    const taking = Effect.catch(server.run(handle), (cause) =>
      Queue.fail(line, new TransportError({ stage: "listen", address, detail: "the socket server failed", cause }))
    )
    yield* Effect.forkScoped(taking)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        // Their handlers, which are interrupted next, drop those that nobody took.
        while (Queue.takeUnsafe(line)?._tag === "Success");
        Queue.endUnsafe(line)
      })
    )
    return accept(line, open)
  })

/** `peek` waits without taking, so an interruption never loses a socket between the line and the scope. */
const accept = (line: Line, open: Open): Accept =>
  Effect.flatMap(Queue.peek(line), () => Effect.catch(Whole.wholly(next(line, open)), () => accept(line, open)))

/** Opens the socket that waits first. Fails if another accept has just taken it, or if it is gone. */
const next = (line: Line, open: Open): Effect.Effect<Link, "skipped", Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = yield* Effect.acquireRelease(take(line), letGo)
    if (waiting === undefined) return yield* Effect.fail("skipped" as const)
    const link = yield* Effect.mapError(open(waiting.socket), () => "skipped" as const)
    waiting.accepted = true
    return link
  })

const take = (line: Line): Effect.Effect<Waiting | undefined> =>
  Effect.sync(() => {
    const taken = Queue.takeUnsafe(line)
    return taken?._tag === "Success" ? taken.value : undefined
  })

const letGo = (waiting: Waiting | undefined): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (waiting === undefined || !Deferred.doneUnsafe(waiting.gone, Effect.void)) return Effect.void
    return waiting.accepted ? Effect.void : drop(waiting.socket)
  })

/** Only who reads a socket can close it. */
const drop = (socket: Socket): Effect.Effect<void> => Effect.ignoreCause(Effect.scoped(socket.reader))
