/**
 * The server as a reduction: a state, a step for each message, and the last state as its result.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { AnyProtocol, Member } from "../protocol/Protocol.ts"
import type * as Request from "../protocol/Request.ts"
import type { Listener } from "../transport/Transport.ts"
import type { Handler } from "./Answering.ts"
import type { Client } from "./Client.ts"
import { type AnyStep, Folding } from "./Folding.ts"
import { type HandlerContext, key } from "./Handlers.ts"
import type { IpcError } from "./IpcError.ts"
import * as LazyStreams from "./LazyStreams.ts"
import type * as Middleware from "./Middleware.ts"
import * as RpcServer from "./RpcServer.ts"

/**
 * What a step gives: the state from here on, and the answer to who asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Step<out S, out A> {
  readonly state: S
  readonly answer: A
  readonly ends: boolean
  /** Lets go of who asked. Left out: no. */
  readonly leaves?: boolean | undefined
}

/**
 * What a monitor does: let the fold go on with this state, or end it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Verdict<out S> {
  readonly state: S
  readonly ends: boolean
}

/**
 * Answers, and goes on with this state. After an event, or where the answer is void, there is nothing to answer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const next: {
  <S>(state: S): Step<S, void>
  <S, A>(state: S, answer: A): Step<S, A>
} = (state: unknown, answer?: unknown): Step<any, any> => ({ state, answer, ends: false })

/**
 * Answers, and ends the server with this state.
 *
 * @category constructors
 * @since 0.1.0
 */
export const finish: {
  <S>(state: S): Step<S, void>
  <S, A>(state: S, answer: A): Step<S, A>
} = (state: unknown, answer?: unknown): Step<any, any> => ({ state, answer, ends: true })

/**
 * Answers, goes on with this state, and lets go of who asked, as `RpcServer.disconnect` does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const disconnect: {
  <S>(state: S): Step<S, void>
  <S, A>(state: S, answer: A): Step<S, A>
} = (state: unknown, answer?: unknown): Step<any, any> => ({ state, answer, ends: false, leaves: true })

/**
 * Lets the fold go on, with this state.
 *
 * @category constructors
 * @since 0.1.0
 */
export const go = <S>(state: S): Verdict<S> => ({ state, ends: false })

/**
 * Ends the server, with this state.
 *
 * @category constructors
 * @since 0.1.0
 */
export const end = <S>(state: S): Verdict<S> => ({ state, ends: true })

/** What the step of `R` gives back. */
type Result<S, R extends Member> = R extends Request.Any
  ? // `any`: what steps need is read off the record by `Services`.
    [Request.Item<R>] extends [never]
    ? Effect.Effect<Step<S, Request.Success<R>>, Request.Fault<R>, any>
    : Effect.Effect<Step<S, Stream.Stream<Request.Item<R>, Request.Fault<R>, any>>, Request.Fault<R>, any>
  : Effect.Effect<Step<S, void>, never, any>

/**
 * A record of steps: one for each message a server of `P` takes.
 *
 * A step takes the state, the message, and what a handler takes second. Where the answer of a request is a stream, so
 * is that of its step: it flows once the step is through, while the next steps run.
 *
 * @category models
 * @since 0.1.0
 */
export type Steps<P extends AnyProtocol, S> = {
  readonly [R in P["~server"] as R["tag"]]: (
    state: S,
    message: InstanceType<R>,
    context: HandlerContext<P, "server", R>
  ) => Result<S, R>
}

/**
 * The services that a record of steps needs.
 *
 * @category models
 * @since 0.1.0
 */
export type Services<H> = {
  [K in keyof H]: H[K] extends (...args: any) => Effect.Effect<Step<any, infer A>, any, infer R>
    ? R | (A extends Stream.Stream<any, any, infer R2> ? R2 : never)
    : never
}[keyof H]

/**
 * Options of a fold, besides middleware: those of every server, and two of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<P extends AnyProtocol, S, R = never, RM = never> extends RpcServer.OwnOptions<P, R> {
  /**
   * Sees the state after every step, and may replace it, or end the server. The next step waits for it; who asked was
   * answered. When it dies, that is logged, and the fold goes on.
   */
  readonly monitor?: ((state: S) => Effect.Effect<Verdict<S>, never, RM>) | undefined
  /**
   * Gives each connection a state of its own, which begins as `initial`. When the connection ends, or the server,
   * `combine` joins it to the state of the server, which begins as `initial` too: let that be what changes nothing, as 0
   * in a sum. The monitor then sees the state of the server, after each connection that ended.
   */
  readonly perConnection?:
    | {
        /** Joins the state of a connection that has ended to that of the server. */
        readonly combine: (state: S, ofConnection: S) => S
      }
    | undefined
}

/**
 * Serves, one message at a time in the order they come over all connections, each changing the state, and succeeds with
 * the last state once the listener has ended or a step or the monitor ends the server.
 *
 * When a step ends it, its caller is answered, calls that wait in line are refused with `Draining`, events that do are
 * dropped, and the connections drain as those of `RpcServer.run`; a call that is still on its way then may find the
 * connection closed (`Disconnected`). A step that fails with an error of its request, dies, or is interrupted because its
 * caller cancels, leaves or runs out of time, leaves the state as it was. So does a caller that cancels while it waits in
 * line. A step must not wait for a call that comes back to this server: that call waits in line behind it. Fails as
 * `RpcServer.run` does.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Fold from "effect-ipc/Fold"
 * import * as Protocol from "effect-ipc/Protocol"
 * import * as Request from "effect-ipc/Request"
 * import * as UnixSocket from "effect-ipc/node/UnixSocket"
 *
 * class Add extends Request.Class<Add>()("Add", { payload: { n: Schema.Int }, success: Schema.Int }) {}
 * const Adder = Protocol.make("adder", { version: "1.0.0", server: [Add] })
 *
 * // Answers each sum, and ends with the first above 100.
 * const lastSum = Fold.run(Adder, 0, {
 *   Add: (sum, { n }) => Effect.succeed(sum + n > 100 ? Fold.finish(sum + n, sum + n) : Fold.next(sum + n, sum + n))
 * })
 * lastSum.pipe(Effect.provide(UnixSocket.layerListener({ path: "/run/user/1000/adder.sock" })))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const run = <
  P extends AnyProtocol,
  S,
  H extends Steps<P, NoInfer<S>>,
  R = never,
  RM = never,
  MH extends Middleware.Handlers<P, "server"> = Middleware.Handlers<P, "server", never>,
  MC extends Middleware.Calls<P, "server"> = Middleware.Calls<P, "server", never>
>(
  protocol: P,
  initial: S,
  steps: H,
  options: Options<P, NoInfer<S>, R, RM> & Middleware.Options<MH, MC> = {}
): Effect.Effect<S, IpcError, Listener | Services<H> | R | RM | Middleware.Services<MH[number] | MC[number]>> =>
  Effect.contextWith((context) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { monitor, onConnection, perConnection, ...serverOptions } = options
        const scope = yield* Effect.scope
        const folding = new Folding<S>({
          initial,
          monitor: monitor as (state: S) => Effect.Effect<Verdict<S>>,
          combine: perConnection?.combine,
          scope
        })
        const handlers = yield* handlersOf(protocol, steps as never, folding)
        const serving = RpcServer.run(protocol, {
          ...serverOptions,
          onConnection: perConnection === undefined ? onConnection : withState(folding, onConnection)
        })
        const answers = { handlers, context: context as never }
        yield* Effect.raceFirst(Effect.provideService(serving, key(protocol, "server"), answers), folding.over)
        return yield* folding.result
      })
    )
  ) as Effect.Effect<S, IpcError, Listener | Services<H> | R | RM | Middleware.Services<MH[number] | MC[number]>>

const handlersOf = <S>(
  protocol: AnyProtocol,
  steps: Readonly<Record<string, AnyStep<S>>>,
  folding: Folding<S>
): Effect.Effect<Readonly<Record<string, Handler>>> =>
  Effect.gen(function* () {
    const handlers: Record<string, Handler> = {}
    for (const member of protocol.server) {
      const handler = folding.handler(steps[member.tag]!, member.kind)
      handlers[member.tag] = handler
      if (member.kind === "event" || member.spec.stream === undefined) continue
      // Loaded before the first call: one that waited for it would lose its place in line.
      const { unwrap } = yield* LazyStreams.load
      handlers[member.tag] = (message, context) => unwrap(handler(message, context) as never)
    }
    return handlers
  })

/** Gives each connection its state, from its first moment to its end. */
const withState =
  <P extends AnyProtocol, S, R>(folding: Folding<S>, onConnection: RpcServer.OwnOptions<P, R>["onConnection"]) =>
  (caller: Client<P, "server">): Effect.Effect<void, unknown, R> => {
    const connection = caller as object
    folding.joined(connection)
    const met = Effect.suspend(() => onConnection?.(caller) ?? Effect.void)
    return Effect.ignoreCause(met, { log: "Warn" }).pipe(
      Effect.andThen(Effect.never),
      Effect.ensuring(folding.left(connection))
    )
  }
