/**
 * A server of hx/interop, on the level of messages: routes by class, and events to one client or to all.
 *
 * For typed requests, `RpcServer` with the wire `HxInterop` is the better tool; this is for classes and headers that are
 * not known before, and for whoever ports a program that works with messages.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HxMessage, HxServer } from "effect-ipc/foreign"
 * import { UnixSocket } from "effect-ipc/node"
 *
 * const routes = [
 *   HxServer.route("ping", () => HxMessage.json("pong")),
 *   HxServer.route(/^count-/, (request, connection) =>
 *     Effect.gen(function* () {
 *       yield* connection.send(HxMessage.event("tick", { body: "1" }))
 *       return HxMessage.text(`counted ${HxMessage.classOf(request)}`)
 *     })
 *   )
 * ]
 *
 * export const program = HxServer.run(routes).pipe(Effect.provide(UnixSocket.layerListener({ path: "/tmp/hx.sock" })))
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { IpcError } from "../../peer/IpcError.ts"
import { fromRefusal } from "../../peer/Reason.ts"
import type { Listener } from "../../transport/Transport.ts"
import * as HxFormat from "../../wire/framing/HxFormat.ts"
import * as Dispatch from "../Dispatch.ts"
import * as Hub from "../Hub.ts"
import * as HxAnswer from "./HxAnswer.ts"
import * as HxMessage from "./HxMessage.ts"

/**
 * A client's connection, as its handlers see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface HxConnection {
  /** Its number: the first is 1. */
  readonly id: number
  /** What a person would call the client. */
  readonly address: string
  /** Sends an event to this client. Fails with `Unsayable` when it has an id, and as `send` of a channel does. */
  readonly send: (event: HxMessage.HxMessage) => Effect.Effect<void, IpcError>
  /** As `broadcast` of the server: to every client, this one too. */
  readonly broadcast: (event: HxMessage.HxMessage) => Effect.Effect<number, IpcError>
  /**
   * Ends the connection; its handlers may finish, for as long as `drainTimeout`. Waits for that, but in a handler, which
   * would wait for itself.
   */
  readonly close: Effect.Effect<void>
}

/** A request and where it came from. */
interface Inbound {
  readonly request: HxMessage.HxMessage
  readonly connection: HxConnection
}

/** What a handler answers: a message, or nothing, which is the empty one. */
type Answer = HxMessage.HxMessage | void

/**
 * Which requests a handler answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Route<out E = never, out R = never> extends Dispatch.Route<Inbound, Answer, E, R> {}

type ServicesOf<T> = T extends Route<any, infer R> ? R : never
type Services<Routes> = Routes extends Iterable<infer T> ? ServicesOf<T> : never

/**
 * Makes a route. The handler is given the request and its connection; it answers a message, or nothing. When it fails,
 * the answer is one `Interop-Error`: a text as it is, a tagged error as `Tag: message`; what it dies of is also logged. When
 * the client leaves, a handler is interrupted, unless its message had no id: then nobody waited for it, and it may finish
 * within `drainTimeout`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const route = <E, R>(
  matcher: Dispatch.Matcher<HxMessage.HxMessage>,
  handler: (request: HxMessage.HxMessage, connection: HxConnection) => Effect.Effect<Answer, E, R>
): Route<E, R> => {
  const matches = Dispatch.compile(matcher)
  return {
    matches: ({ request }, name) => matches(request, name),
    handle: ({ connection, request }) => handler(request, connection)
  }
}

/**
 * A server that runs.
 *
 * @category models
 * @since 0.1.0
 */
export interface HxServer {
  /**
   * Sends an event to every client, and answers how many take it: one that is full misses it, unless it takes it within
   * `patience`. Fails with `Unsayable` when the event has an id, or a header that cannot be written.
   */
  readonly broadcast: (event: HxMessage.HxMessage) => Effect.Effect<number, IpcError>
  /** Who is connected, in the order they came. */
  readonly connections: Effect.Effect<ReadonlyArray<HxConnection>>
  /** Waits until the listener has ended, and the last connection. Fails with `ListenFailed` when the listener breaks. */
  readonly finished: Effect.Effect<void, IpcError>
}

/**
 * Options of a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Hub.Options<HxMessage.HxMessage>, HxFormat.HxOptions {
  /**
   * What a request gets that no route matches: an empty answer, as from the other implementations, or an `Interop-Error`.
   * Default: `"empty"`.
   */
  readonly unknownClass?: "empty" | "error" | undefined
  /** Whether messages without an id are answered, as the other implementations do. Default: true. */
  readonly answersEvents?: boolean | undefined
  /** Handlers of one connection that run at a time; the next request is read when one is through. Default: 1024. */
  readonly concurrency?: number | undefined
  /** How long handlers may go on when this side closes; those of messages without an id, also when the client does.
   * Default: 10 seconds. */
  readonly drainTimeout?: Duration.Input | undefined
}

const defaults = { concurrency: 1024, drainTimeout: "10 seconds" } as const

/**
 * Serves the `Listener` in the context for as long as the scope is open. Closing it takes no more requests, lets handlers
 * finish within `drainTimeout` and sends their answers, then closes the connections.
 *
 * Each request runs in a fiber of its own, and the first route that matches answers it. The routes are read anew for
 * each.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Routes extends Iterable<Route<any, any>>>(
  routes: Routes,
  options: Options = {}
): Effect.Effect<HxServer, never, Listener | Scope.Scope | Services<Routes>> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<Services<Routes>>()
    const answer = Dispatch.first(classOf, routes, () => otherwise(options))
    const handle = (inbound: Inbound) => Effect.provide(answer(inbound), context) as Effect.Effect<Answer, unknown>
    const hub = yield* Hub.make(
      HxFormat.format(options),
      (connection, hub) => serve(connection, forHandlers(publicly(connection, hub)), handle, options),
      options
    )
    return {
      broadcast: (event) => broadcast(hub, event),
      connections: Effect.map(hub.connections, (all) => all.map((connection) => publicly(connection, hub))),
      finished: hub.finished
    }
  })

/**
 * Serves until the listener ends, as that of stdio does with its one link. Fails with `ListenFailed` when the listener
 * breaks. When it is interrupted, it closes as `make` does with its scope.
 *
 * @category constructors
 * @since 0.1.0
 */
export const run = <Routes extends Iterable<Route<any, any>>>(
  routes: Routes,
  options: Options = {}
): Effect.Effect<void, IpcError, Listener | Services<Routes>> =>
  Effect.scoped(Effect.flatMap(make(routes, options), ({ finished }) => finished)) as Effect.Effect<
    void,
    IpcError,
    Listener | Services<Routes>
  >

const classOf = ({ request }: Inbound): string | undefined => HxMessage.classOf(request)

const otherwise = ({ unknownClass = "empty" }: Options): Effect.Effect<void, string> =>
  unknownClass === "empty" ? Effect.void : Effect.fail("unknown class")

const broadcast = (hub: Hub.Hub<HxMessage.HxMessage>, event: HxMessage.HxMessage): Effect.Effect<number, IpcError> =>
  Effect.andThen(checkEvent(event, "all clients"), hub.broadcast(event))

const publicly = (
  connection: Hub.Connection<HxMessage.HxMessage>,
  hub: Hub.Hub<HxMessage.HxMessage>
): HxConnection => ({
  id: connection.id,
  address: connection.address,
  send: (event) => Effect.andThen(checkEvent(event, connection.address), connection.send(event)),
  broadcast: (event) => broadcast(hub, event),
  close: connection.close
})

const forHandlers = (connection: HxConnection): HxConnection => ({
  ...connection,
  close: Effect.asVoid(Effect.forkDetach(connection.close, { startImmediately: true }))
})

const checkEvent = (event: HxMessage.HxMessage, address: string): Effect.Effect<void, IpcError> => {
  if (HxMessage.idOf(event) === undefined) return Effect.void
  const detail = "an event has no id: a client would take it for an answer"
  return Effect.fail(fromRefusal({ _tag: "Unsayable", detail }, "local", { address }))
}

/** Answers what one client asks, until it ends. */
const serve = (
  connection: Hub.Connection<HxMessage.HxMessage>,
  seen: HxConnection,
  handle: (inbound: Inbound) => Effect.Effect<Answer, unknown>,
  options: Options
): Effect.Effect<void, IpcError, Scope.Scope> =>
  Effect.gen(function* () {
    const calls = yield* FiberSet.make<void>()
    const others = yield* FiberSet.make<void>()
    const room = Semaphore.makeUnsafe(options.concurrency ?? defaults.concurrency)
    const start = (request: HxMessage.HxMessage) =>
      FiberSet.run(
        HxMessage.idOf(request) === undefined ? others : calls,
        Effect.ensuring(answering(connection, { request, connection: seen }, handle, options), room.release(1))
      )
    // Nobody waits for these answers any more, and they may hold the room that what came last is waiting for.
    yield* Effect.forkScoped(Effect.andThen(connection.ended, FiberSet.clear(calls)))
    yield* Effect.andThen(room.take(1), connection.receive).pipe(
      Effect.flatMap(start),
      Effect.forever({ disableYield: true }),
      Effect.onExit((exit) => drain(Exit.hasInterrupts(exit) ? [calls, others] : [others], options)),
      Effect.catchIf(Cause.isDone, () => Effect.void)
    )
  })

/** Waits for the handlers that run, at the end. */
const drain = (
  running: ReadonlyArray<FiberSet.FiberSet<void>>,
  { drainTimeout = defaults.drainTimeout }: Options
): Effect.Effect<unknown> =>
  Effect.timeoutOption(Effect.interruptible(Effect.forEach(running, FiberSet.awaitEmpty)), drainTimeout)

const answering = (
  connection: Hub.Connection<HxMessage.HxMessage>,
  inbound: Inbound,
  handle: (inbound: Inbound) => Effect.Effect<Answer, unknown>,
  { answersEvents = true }: Options
): Effect.Effect<void> => {
  const { request } = inbound
  const told = Effect.onExit(
    Effect.suspend(() => handle(inbound)),
    (exit) => (Exit.isFailure(exit) && Cause.hasDies(exit.cause) ? logDeath(request, exit.cause) : Effect.void)
  )
  if (!answersEvents && HxMessage.idOf(request) === undefined) return Effect.ignoreCause(told)
  return Effect.flatMap(Effect.exit(told), (exit) =>
    connection.send(HxAnswer.of(request, exit)).pipe(
      // An answer that cannot be written is answered with why, so that nobody waits for ever.
      Effect.catch((error) => connection.send(HxAnswer.of(request, Exit.fail(error)))),
      Effect.ignore
    )
  )
}

const logDeath = (request: HxMessage.HxMessage, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.logError(`the handler of ${HxMessage.classOf(request) ?? "a message without a class"} died`, cause)
