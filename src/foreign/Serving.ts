/**
 * Accepts links and serves each in a fiber and a scope of its own.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { IpcError } from "../peer/IpcError.ts"
import { fromTransport } from "../peer/Reason.ts"
import type { Link } from "../transport/Link.ts"
import { Listener } from "../transport/Transport.ts"

const defaultMaxConnections = 1024

/** A link that was accepted. */
export interface Accepted {
  readonly link: Link
  /** Owns the link. It closes after the scope of who serves. */
  readonly linkScope: Scope.Closeable
  /** Waits until the link is closed. */
  readonly gone: Effect.Effect<void>
}

/** Serves until the listener ends and the last connection is through; interrupted, it interrupts them. */
export const run = <E, R>(
  serve: (accepted: Accepted) => Effect.Effect<unknown, E, R>,
  maxConnections: number = defaultMaxConnections
): Effect.Effect<void, IpcError, Listener | Exclude<R, Scope.Scope>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { accept } = yield* Listener
      const connections = yield* FiberSet.make<void>()
      const room = Semaphore.makeUnsafe(maxConnections)
      const next = Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* restore(room.take(1))
          const linkScope = yield* Scope.make()
          const gone = Deferred.makeUnsafe<void>()
          const leave = (exit: Exit.Exit<unknown, unknown>) =>
            Effect.andThen(
              Scope.close(linkScope, exit),
              Effect.andThen(room.release(1), Deferred.succeed(gone, undefined))
            )
          const link = yield* Effect.onError(restore(Scope.provide(accept, linkScope)), (cause) =>
            leave(Exit.failCause(cause))
          )
          const served = Effect.scoped(restore(serve({ link, linkScope, gone: Deferred.await(gone) })))
          yield* FiberSet.run(connections, quietly(Effect.onExit(served, leave)))
        })
      )
      yield* Effect.forever(next).pipe(
        Effect.catchIf(Cause.isDone, () => FiberSet.awaitEmpty(connections)),
        Effect.mapError(fromTransport)
      )
    })
  ) as Effect.Effect<void, IpcError, Listener | Exclude<R, Scope.Scope>>

/** A peer that leaves is nothing to report. */
const quietly = <E, R>(served: Effect.Effect<unknown, E, R>): Effect.Effect<void, never, R> =>
  Effect.catchCause(served, (cause) => {
    const left = cause.reasons.every(
      (reason) =>
        Cause.isInterruptReason(reason) ||
        (Cause.isFailReason(reason) && reason.error instanceof IpcError && reason.error.reason._tag === "Disconnected")
    )
    return left ? Effect.void : Effect.logWarning("a connection's handler failed", cause)
  }) as Effect.Effect<void, never, R>
