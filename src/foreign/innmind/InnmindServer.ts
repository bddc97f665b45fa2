/**
 * A server of innmind/ipc: a step for each message, with what it carries from one to the next.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { InnmindMessage, InnmindServer } from "effect-ipc/foreign"
 * import { InnmindSocket } from "effect-ipc/node"
 *
 * // Answers 42 pings, each from whatever client, and ends with their number.
 * export const program = InnmindServer.serve(0, (count, message) =>
 *   Effect.sync(() => {
 *     if (InnmindMessage.text(message) !== "ping") return InnmindServer.go(count)
 *     const pong = InnmindMessage.of("text/plain", "pong")
 *     return count === 41 ? InnmindServer.stop(42, pong) : InnmindServer.respond(count + 1, pong)
 *   })
 * ).pipe(Effect.provide(InnmindSocket.layerListener({ name: "demo" })))
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import type { Verdict } from "../../peer/Fold.ts"
import type { IpcError } from "../../peer/IpcError.ts"
import { Permits } from "../../peer/Permits.ts"
import { fromTransport } from "../../peer/Reason.ts"
import { Listener } from "../../transport/Transport.ts"
import { Client } from "./Client.ts"
import type { Continuation } from "./Continuation.ts"
import type { InnmindMessage } from "./InnmindMessage.ts"
import { inbox, Serving } from "./Serving.ts"
import * as Terms from "./Terms.ts"

export { close, type Continuation, go, respond, stop } from "./Continuation.ts"

/**
 * What may be set of a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<S, E = never, RM = never> extends Terms.Options {
  /**
   * Ends the server with the goodbye to each client once no client has said anything for so long, and no step runs. The
   * heartbeats of a client that waits count. Default: never.
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * Gives each client a carry of its own, which begins as `initial`, and lets the steps of different clients run side by
   * side. When a connection ends, however it does, `combine` joins its carry to that of the server, which begins as
   * `initial` too: let that be what changes nothing, as 0 in a sum.
   */
  readonly perConnection?:
    | {
        /** Joins the carry of a client that has left to that of the server. */
        readonly combine: (total: S, ofClient: S) => S
        /** Sees the carry of the server after each client that has left; it may replace it, or end the server. */
        readonly monitor?: ((total: S) => Effect.Effect<Verdict<S>, E, RM>) | undefined
      }
    | undefined
  /** Clients at a time; others wait to be accepted. Default: 1024. */
  readonly maxConnections?: number | undefined
  /** Hears of what cannot be read, and of answers that cannot be sent. Default: a log line (warning). */
  readonly onFault?: ((error: IpcError) => Effect.Effect<void>) | undefined
}

/**
 * Serves until a step stops it, a monitor ends it, its clients are silent for too long, or the listener ends, and
 * succeeds with what it carries then.
 *
 * A message is acknowledged when it comes, before its step runs. Steps give `go`, `respond`, `close` or `stop`. At the end
 * every client gets a goodbye, and has `closeTimeout` to answer it; so it is when the server is interrupted, as
 * `NodeRuntime.runMain` does on SIGINT and SIGTERM. Fails with the error of a step or monitor, which ends the server in
 * the same way, and with `ListenFailed` when the listener breaks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = <S, E = never, R = never, RM = never>(
  initial: S,
  step: (carry: S, message: InnmindMessage) => Effect.Effect<Continuation<S>, E, R>,
  options: Options<NoInfer<S>, E, RM> = {}
): Effect.Effect<S, E | IpcError, Listener | R | RM> =>
  Effect.scoped(
    Effect.gen(function* () {
      const listener = yield* Listener
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      const report = options.onFault ?? ((error: IpcError) => Effect.logWarning(error.message))
      const serving = new Serving<S, E, R, RM>(
        {
          initial,
          step,
          combine: options.perConnection?.combine,
          monitor: options.perConnection?.monitor,
          onFault: (error) =>
            void run(
              Effect.ignoreCause(
                Effect.suspend(() => report(error)),
                { log: "Error" }
              )
            ),
          clock: yield* Clock.Clock
        },
        yield* inbox
      )
      const connections = yield* FiberSet.make<void>()
      yield* Effect.addFinalizer(() => goodbye(serving, connections, options))
      const accepting = yield* Effect.forkScoped(accept(listener, serving, connections, options))
      yield* Effect.forkScoped(serving.work)
      const { idleTimeout } = options
      if (idleTimeout !== undefined) yield* Effect.forkScoped(serving.whenIdle(Duration.toMillis(idleTimeout)))
      yield* Effect.raceFirst(serving.finished, Fiber.join(accepting))
      yield* Fiber.interrupt(accepting)
      yield* goodbye(serving, connections, options)
      return serving.total
    })
  )

/** Says goodbye to every client, and lets what runs for them end, for a bounded time. */
const goodbye = <S, E, R, RM>(
  serving: Serving<S, E, R, RM>,
  connections: FiberSet.FiberSet<void>,
  options: Terms.Options
): Effect.Effect<void> =>
  Effect.suspend(() => {
    serving.finish()
    const left = Effect.forEach([...serving.clients], (client) => client.leave, {
      concurrency: "unbounded",
      discard: true
    })
    const { closeTimeout } = Terms.times(options)
    return Effect.andThen(
      left,
      Effect.ignore(Effect.timeout(Effect.interruptible(FiberSet.awaitEmpty(connections)), closeTimeout))
    )
  })

/** Accepts clients, and succeeds once the listener has ended and the last client has left. */
const accept = <S, E, R, RM>(
  listener: Listener["Service"],
  serving: Serving<S, E, R, RM>,
  connections: FiberSet.FiberSet<void>,
  options: Options<S, E, RM>
): Effect.Effect<void, IpcError, R | RM> => {
  const room = new Permits(options.maxConnections ?? 1024)
  const terms = Terms.dialogue("acceptor", options)
  const times = Terms.times(options)
  const next = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(roomIn(room))
      const scope = yield* Scope.make()
      const link = yield* restore(Scope.provide(listener.accept, scope)).pipe(
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      const leave = Effect.andThen(
        Scope.close(scope, Exit.void),
        Effect.sync(() => room.release())
      )
      const served = Effect.suspend(() => serving.serve(new Client(link, terms, times, serving)))
      yield* FiberSet.run(connections, Effect.ensuring(served, leave))
    })
  )
  return Effect.forever(next).pipe(
    Effect.catchIf(Cause.isDone, () => FiberSet.awaitEmpty(connections)),
    Effect.mapError(fromTransport)
  )
}

const roomIn = (room: Permits): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const leaveLine = room.take(() => resume(Effect.void))
    return Effect.sync(leaveLine)
  })
