/**
 * Many sessions of php-stream-ipc at once: workers that one program drives, and tells all of them something.
 *
 * Each session has fibers of its own, so there is nothing to turn. Where the peers dial, `Hub` with
 * `StreamIpcSession.fromChannel` does the same.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { StreamIpcMessage, StreamIpcSessions } from "effect-ipc/foreign"
 * import { ChildProcess } from "effect-ipc/node"
 *
 * const worker = (id: number) => ChildProcess.layer({ command: "php", args: ["worker.php", String(id)] })
 *
 * export const program = Effect.gen(function* () {
 *   const workers = yield* StreamIpcSessions.make()
 *   yield* Effect.forEach([1, 2, 3], (id) => Effect.provide(workers.open, worker(id)))
 *   yield* workers.broadcast(StreamIpcMessage.log("Warm up"))
 *   const jobs = yield* Effect.forEach(
 *     yield* workers.sessions,
 *     (session, index) => session.request(StreamIpcMessage.log(`Job ${index}`)),
 *     { concurrency: "unbounded" }
 *   )
 *   yield* Console.log(jobs.map(StreamIpcMessage.textOf))
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { IpcError } from "../../peer/IpcError.ts"
import type { Transport } from "../../transport/Transport.ts"
import * as Fanout from "../Fanout.ts"
import * as StreamIpcSession from "./StreamIpcSession.ts"

/**
 * Sessions that are told the same, and made with the same options.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sessions<A = never, R = never> {
  /**
   * Opens a session over the `Transport` in the context, and counts it in until its link is over or the scope closes; see
   * `StreamIpcSession.make`.
   */
  readonly open: Effect.Effect<StreamIpcSession.Session<A>, IpcError, Transport | Scope.Scope | R>
  /** Counts a session in that was made elsewhere, until its link is over or the scope closes. */
  readonly add: (session: StreamIpcSession.Session<A>) => Effect.Effect<void, never, Scope.Scope>
  /** Those whose link is not over, in the order they came. */
  readonly sessions: Effect.Effect<ReadonlyArray<StreamIpcSession.Session<A>>>
  /**
   * Notifies all at the same time, and answers how many that was. Fails with `FanoutError` when some did not take it; the
   * others have it all the same.
   */
  readonly broadcast: (message: StreamIpcSession.Message<A>) => Effect.Effect<number, Fanout.FanoutError>
}

/**
 * Makes a group with no session in it. The sessions that it opens have these options.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A = never, R = never>(
  options: StreamIpcSession.Options<A, R> = {}
): Effect.Effect<Sessions<A, R>> =>
  Effect.map(Fanout.make<StreamIpcSession.Message<A>>(), (fanout) => {
    const members = new Set<StreamIpcSession.Session<A>>()
    const add = (session: StreamIpcSession.Session<A>): Effect.Effect<void, never, Scope.Scope> =>
      Effect.gen(function* () {
        const membership = yield* Scope.fork(yield* Scope.Scope)
        members.add(session)
        yield* Scope.addFinalizer(
          membership,
          Effect.sync(() => void members.delete(session))
        )
        yield* Scope.provide(fanout.subscribe(session.notify), membership)
        const left = Effect.andThen(Effect.ignore(session.finished), Scope.close(membership, Exit.void))
        yield* Effect.forkScoped(left)
      })
    return {
      open: Effect.tap(StreamIpcSession.make(options), add),
      add,
      sessions: Effect.sync(() => [...members]),
      broadcast: fanout.send
    }
  })
