/**
 * A hub: the serving side of many channels, which knows who is connected and can tell all of them something.
 *
 * @example
 * ```ts
 * import { Effect, Schedule, Stream } from "effect"
 * import { HxFormat, HxMessage, Hub } from "effect-ipc/foreign"
 * import { UnixSocket } from "effect-ipc/node"
 *
 * const clock = Effect.gen(function* () {
 *   const hub = yield* Hub.make(HxFormat.format(), (connection) => Stream.runDrain(connection.messages))
 *   yield* hub.broadcast(HxMessage.event("tick")).pipe(Effect.repeat(Schedule.spaced("1 second")))
 * })
 *
 * export const program = clock.pipe(
 *   Effect.scoped,
 *   Effect.provide(UnixSocket.layerListener({ path: "/tmp/clock.sock" }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { IpcError } from "../peer/IpcError.ts"
import { fromRefusal } from "../peer/Reason.ts"
import type { Listener } from "../transport/Transport.ts"
import type { Format } from "../wire/Format.ts"
import * as Channel from "./Channel.ts"
import * as Intercept from "./Intercept.ts"
import type { LinkChannel } from "./LinkChannel.ts"
import * as Serving from "./Serving.ts"

/**
 * One connection of a hub.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection<M> extends Channel.Channel<M> {
  /** Its number: the first is 1. */
  readonly id: number
  /** Ends it: its handler is interrupted, what was sent is handed over, and its link closes. Waits for that. */
  readonly close: Effect.Effect<void>
  /** How many broadcasts did not reach it. */
  readonly missed: Effect.Effect<number>
}

/**
 * A hub that runs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Hub<M> {
  /**
   * Sends a message to every connection, and answers how many took it. One that is full, or broken, misses it, and holds
   * up none: it gets `patience` to take it. Fails as `send` does when the format cannot say the message, or an interceptor
   * fails.
   */
  readonly broadcast: (message: M) => Effect.Effect<number, IpcError>
  /** Who is connected, in the order they came. */
  readonly connections: Effect.Effect<ReadonlyArray<Connection<M>>>
  /** Waits until the listener has ended, and the last connection. Fails with `ListenFailed` when the listener breaks. */
  readonly finished: Effect.Effect<void, IpcError>
}

/**
 * Options of a hub.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<M> extends Channel.ServeOptions {
  /** How long a broadcast waits for a connection that is full. Default: not at all. */
  readonly patience?: Duration.Input | undefined
  /** Around every connection; the first is the outermost. Default: none. */
  readonly interceptors?: ReadonlyArray<Intercept.Interceptor<M>> | undefined
}

/**
 * Serves the `Listener` in the context for as long as the scope is open. The handler runs for each connection, in a fiber
 * and a scope of its own, and is given the hub too; when it is through, the connection closes. One that fails is logged,
 * unless with `Disconnected`; the others go on.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <M, E, R>(
  format: Format<M>,
  handler: (connection: Connection<M>, hub: Hub<M>) => Effect.Effect<unknown, E, R>,
  options: Options<M> = {}
): Effect.Effect<Hub<M>, never, Listener | Scope.Scope | Exclude<R, Scope.Scope>> =>
  Effect.gen(function* () {
    const members = new Set<Member<M>>()
    const finished = Deferred.makeUnsafe<void, IpcError>()
    const hub: Hub<M> = {
      broadcast: (message) => Effect.suspend(() => broadcast([...members], message, options.patience)),
      connections: Effect.sync(() => Array.from(members, ({ connection }) => connection)),
      finished: Deferred.await(finished)
    }
    let connections = 0
    const serve = (accepted: Serving.Accepted) =>
      Effect.gen(function* () {
        const member = yield* join(format, accepted, ++connections, options)
        yield* Effect.acquireRelease(
          Effect.sync(() => void members.add(member)),
          () => Effect.sync(() => void members.delete(member))
        )
        yield* Effect.raceFirst(handler(member.connection, hub), member.closing)
      })
    yield* Effect.forkScoped(
      Effect.onExit(Serving.run(serve, options.maxConnections), (exit) => Deferred.done(finished, exit))
    )
    return hub
  })

/** What the hub knows of a connection. */
interface Member<M> {
  readonly connection: Connection<M>
  /** Sends what the link takes now, and fails with `Overloaded` else. */
  readonly offer: (message: M) => Effect.Effect<void, IpcError>
  /** Waits until somebody wants the connection to end. */
  readonly closing: Effect.Effect<void>
  missed: number
}

const join = <M>(
  format: Format<M>,
  { gone, link, linkScope }: Serving.Accepted,
  id: number,
  options: Options<M>
): Effect.Effect<Member<M>> =>
  Effect.gen(function* () {
    const raw = yield* Channel.over(format, link, linkScope, options)
    const interceptors = options.interceptors ?? []
    const channel = yield* Intercept.wrap(Channel.publicly(raw), ...interceptors)
    const offering = yield* Intercept.wrap(offerOnly(raw), ...interceptors)
    const ending = Deferred.makeUnsafe<void>()
    const member: Member<M> = {
      connection: {
        ...channel,
        id,
        close: Effect.andThen(Deferred.succeed(ending, undefined), gone),
        missed: Effect.sync(() => member.missed)
      },
      offer: offering.send,
      closing: Deferred.await(ending),
      missed: 0
    }
    return member
  })

const offerOnly = <M>(raw: LinkChannel<M>): Channel.Channel<M> => ({
  ...Channel.publicly(raw),
  send: (message) => Effect.suspend(() => (raw.congested ? Effect.fail(full(raw.address)) : raw.send(message)))
})

const full = (address: string): IpcError =>
  fromRefusal({ _tag: "Overloaded", what: "bytes on the way to this peer", limit: 0 }, "local", { address })

const broadcast = <M>(
  members: ReadonlyArray<Member<M>>,
  message: M,
  patience: Duration.Input | undefined
): Effect.Effect<number, IpcError> =>
  Effect.flatMap(
    Effect.forEach(members, (member) => tell(member, message, patience), { concurrency: "unbounded" }),
    (told) => {
      const error = told.find((each) => typeof each === "object")
      return error === undefined
        ? Effect.succeed(told.filter((reached) => reached === true).length)
        : Effect.fail(error)
    }
  )

/** Answers whether the message is on its way, or why nobody can be told it. */
const tell = <M>(
  member: Member<M>,
  message: M,
  patience: Duration.Input | undefined
): Effect.Effect<boolean | IpcError> => {
  const sent =
    patience === undefined
      ? Effect.as(member.offer(message), true)
      : Effect.map(Effect.timeoutOption(member.connection.send(message), patience), Option.isSome)
  return Effect.map(
    Effect.catch(sent, (error) =>
      Effect.succeed(error.reason._tag === "Overloaded" || error.reason._tag === "Disconnected" ? false : error)
    ),
    (told) => {
      if (told === false) member.missed++
      return told
    }
  )
}
