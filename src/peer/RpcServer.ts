/**
 * The side that is dialled: it answers every connection of a listener.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Event from "../protocol/Event.ts"
import type { AnyProtocol } from "../protocol/Protocol.ts"
import type { Link } from "../transport/Link.ts"
import { Listener } from "../transport/Transport.ts"
import * as Native from "../wire/dialect/Native.ts"
import type { TransportError } from "../transport/TransportError.ts"
import type * as Chain from "./Chain.ts"
import type { Client } from "./Client.ts"
import { type HandlersOf, key } from "./Handlers.ts"
import type { IpcError } from "./IpcError.ts"
import type * as Middleware from "./Middleware.ts"
import * as Leaving from "./Leaving.ts"
import type { PeerOptions } from "./Options.ts"
import * as Peer from "./Peer.ts"
import { Permits } from "./Permits.ts"
import { fromTransport } from "./Reason.ts"
import * as Role from "./Role.ts"
import * as Sayable from "./Sayable.ts"

/**
 * Options of a server. Limits hold for each connection, where they do not say otherwise.
 *
 * @category models
 * @since 0.1.0
 */
export type Options<P extends AnyProtocol, R = never> = OwnOptions<P, R> & Middleware.OptionsOf<P, "server", R>

/**
 * Options of a server besides middleware.
 *
 * @category models
 * @since 0.1.0
 */
export interface OwnOptions<P extends AnyProtocol, R = never> extends PeerOptions {
  /** How many handlers run at a time over all connections; the other calls wait. Default: no limit. */
  readonly totalConcurrency?: number | undefined
  /** Connections served at a time; further ones wait to be accepted. Default: 1024. */
  readonly maxConnections?: number | undefined
  /**
   * Runs for each connection once the client's Hello was accepted, in its scope, beside its calls; when it fails or dies,
   * that is logged.
   */
  readonly onConnection?: ((caller: Client<P, "server">) => Effect.Effect<void, unknown, R>) | undefined
}

const defaultMaxConnections = 1024

type Events<P extends AnyProtocol> = InstanceType<Extract<P["~client"], Event.Any>>

/**
 * A server that runs.
 *
 * @category services
 * @since 0.1.0
 */
export interface Running<P extends AnyProtocol> {
  /**
   * Says an event to every client. It waits for none: a client that is too slow to take it misses it. Answers how many
   * clients it was sent to.
   */
  readonly broadcast: (event: Events<P>) => Effect.Effect<number>
  /** A client of each peer that is connected and was accepted. */
  readonly clients: Effect.Effect<ReadonlyArray<Client<P, "server">>>
}

/**
 * The service that stands for a server of `P` that runs.
 *
 * @category services
 * @since 0.1.0
 */
export interface Of<in out P extends AnyProtocol> {
  readonly "~effect-ipc/RpcServer": P
}

/**
 * Answers the key of the running server of `protocol`, which `layer` provides.
 *
 * @category services
 * @since 0.1.0
 */
export const of = <P extends AnyProtocol>(protocol: P): Context.Service<Of<P>, Running<P>> =>
  Context.Service<Of<P>, Running<P>>(`effect-ipc/RpcServer/${protocol.name}`)

/** What a server needs: with its handlers' layer, what `onConnection` and the middleware need. */
type Needs<P extends AnyProtocol, R, H extends ReadonlyArray<unknown>, C extends ReadonlyArray<unknown>> =
  | Listener
  | HandlersOf<P, "server">
  | R
  | Middleware.Services<H[number] | C[number]>

/**
 * Serves until the listener ends.
 *
 * The listener of stdio ends with its one link, so a child process ends at the end of its input. Fails with
 * `ListenFailed` when the listener breaks, with `Unsayable` when its wire cannot say the protocol or would
 * give the secret away. When it is
 * interrupted, every connection drains: no new calls, what runs may finish within `drainTimeout`, then Bye.
 *
 * @category constructors
 * @since 0.1.0
 */
export const run = <
  P extends AnyProtocol,
  R = never,
  H extends Middleware.Handlers<P, "server"> = Middleware.Handlers<P, "server", never>,
  C extends Middleware.Calls<P, "server"> = Middleware.Calls<P, "server", never>
>(
  protocol: P,
  options: OwnOptions<P, R> & Middleware.Options<H, C> = {}
): Effect.Effect<void, IpcError, Needs<P, R, H, C>> =>
  Effect.scoped(Effect.flatMap(start(protocol, options), (server) => server.finished))

/**
 * Serves for as long as the layer lives, and provides what a program may do with a server that runs.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <
  P extends AnyProtocol,
  R = never,
  H extends Middleware.Handlers<P, "server"> = Middleware.Handlers<P, "server", never>,
  C extends Middleware.Calls<P, "server"> = Middleware.Calls<P, "server", never>
>(
  protocol: P,
  options: OwnOptions<P, R> & Middleware.Options<H, C> = {}
): Layer.Layer<Of<P>, IpcError, Needs<P, R, H, C>> =>
  Layer.effect(
    of(protocol),
    Effect.gen(function* () {
      const server = yield* start(protocol, options)
      yield* Effect.forkScoped(Effect.ignore(server.finished, { log: "Error" }))
      return server
    })
  )

/**
 * Lets go of one client, while the server goes on: its connection drains. It takes no new calls, what runs may finish
 * within `drainTimeout` and is answered, then this side says Bye and closes.
 *
 * `caller` is what a handler, `onConnection` and `clients` know of it. Does not wait, so a handler may do it to who asks,
 * and is still answered. Nothing happens where the connection is over.
 *
 * @category combinators
 * @since 0.1.0
 */
export const disconnect: (caller: object) => Effect.Effect<void> = Leaving.disconnect

interface Started<P extends AnyProtocol> extends Running<P> {
  /** Ends with the listener and its last connection. */
  readonly finished: Effect.Effect<void, IpcError>
}

/** What the connections of one server share. */
interface House<P extends AnyProtocol, R> {
  readonly options: OwnOptions<P, R>
  readonly listener: Listener["Service"]
  readonly role: Role.Role
  /** What `onConnection` runs in. */
  readonly context: Context.Context<R>
  readonly connections: FiberSet.FiberSet<void>
  /** The peers whose Hello was accepted, each with what `onConnection` runs for it. */
  readonly peers: Map<Peer.Peer, Fiber.Fiber<void> | undefined>
  /** One for each connection that may be served. */
  readonly room: Permits
  /** For the handlers of all connections. */
  readonly permits: ReadonlyArray<Permits>
}

const start = <P extends AnyProtocol, R>(
  protocol: P,
  options: OwnOptions<P, R> & Chain.Options
): Effect.Effect<Started<P>, IpcError, Listener | HandlersOf<P, "server"> | Scope.Scope | R> =>
  Effect.gen(function* () {
    const listener = yield* Listener
    const { address, overheard, wire = Native.wire() } = listener
    const unsayable =
      Sayable.check(protocol, "server", wire, address) ?? Sayable.checkSecret({ address, overheard, wire }, options)
    if (unsayable !== undefined) return yield* unsayable
    const answers = yield* key(protocol, "server")
    const house: House<P, R> = {
      options,
      listener,
      role: yield* Role.make({ protocol, side: "server", wire, answers, options }),
      context: yield* Effect.context<R>(),
      connections: yield* FiberSet.make<void>(),
      peers: new Map(),
      room: new Permits(options.maxConnections ?? defaultMaxConnections),
      permits: permitsOf(options.totalConcurrency)
    }
    return {
      finished: Effect.forever(acceptNext(house)).pipe(
        Effect.catchIf(Cause.isDone, () => FiberSet.awaitEmpty(house.connections)),
        Effect.mapError(fromTransport)
      ),
      broadcast: (event) => Effect.sync(() => broadcast(house.peers.keys(), event)),
      clients: Effect.sync(() => Array.from(house.peers.keys(), callerOf<P>))
    }
  })

const permitsOf = (most: number | undefined): ReadonlyArray<Permits> => (most === undefined ? [] : [new Permits(most)])

/** Accepts one link, once there is room for it, and serves it in a fiber of its own. */
const acceptNext = <P extends AnyProtocol, R>(house: House<P, R>): Effect.Effect<void, TransportError | Cause.Done> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { connections, listener, room } = house
      yield* restore(waitForRoom(room))
      const linkScope = yield* Scope.make()
      const link = yield* restore(Scope.provide(listener.accept, linkScope)).pipe(
        Effect.onError((cause) => Scope.close(linkScope, Exit.failCause(cause)))
      )
      const leave = Effect.andThen(
        Scope.close(linkScope, Exit.void),
        Effect.sync(() => room.release())
      )
      yield* FiberSet.run(connections, Effect.ensuring(serve(house, link, linkScope), leave))
    })
  )

const waitForRoom = (room: Permits): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const leaveLine = room.take(() => resume(Effect.void))
    return Effect.sync(leaveLine)
  })

/** One connection, from its link to its end. */
const serve = <P extends AnyProtocol, R>(
  house: House<P, R>,
  link: Link,
  linkScope: Scope.Closeable
): Effect.Effect<void> => {
  const { options, permits, role } = house
  const own = permitsOf(options.concurrency)
  const accepted = (peer: Peer.Peer) => welcome(house, peer)
  return Effect.acquireUseRelease(
    Effect.sync(() => new Peer.Peer({ role, link, linkScope, permits: [...own, ...permits], accepted })),
    reportEnd,
    (peer) => Effect.andThen(forget(house, peer), peer.close)
  )
}

/** Nothing is told to a peer before it was accepted: it may not know the secret. */
const welcome = <P extends AnyProtocol, R>({ context, options, peers, role }: House<P, R>, peer: Peer.Peer): void => {
  const { onConnection } = options
  peers.set(peer, undefined)
  if (onConnection === undefined) return
  const met = role.runLocal(
    Effect.ignoreCause(
      Effect.suspend(() => Effect.provide(onConnection(callerOf<P>(peer)), context)),
      { log: "Warn" }
    )
  )
  // It has begun, and what it did first may have ended its connection, or the server.
  if (peers.has(peer)) peers.set(peer, met)
  else met.interruptUnsafe()
}

/** Ends what met the peer, and knows it no more. */
const forget = <P extends AnyProtocol, R>({ peers }: House<P, R>, peer: Peer.Peer): Effect.Effect<void> =>
  Effect.suspend(() => {
    const met = peers.get(peer)
    peers.delete(peer)
    return met === undefined ? Effect.void : Fiber.interrupt(met)
  })

/** A peer that leaves is nothing to report; one that was refused, or broke the rules, is. */
const reportEnd = (peer: Peer.Peer): Effect.Effect<void> =>
  Effect.map(peer.ended, (error) => {
    if (error.reason._tag !== "Disconnected") peer.fault(error)
  })

// The record was built by the protocol, tag by tag.
const callerOf = <P extends AnyProtocol>(peer: Peer.Peer): Client<P, "server"> =>
  peer.client as unknown as Client<P, "server">

const broadcast = (peers: Iterable<Peer.Peer>, event: { readonly _tag: string }): number => {
  let sent = 0
  for (const peer of peers) if (peer.offer(event)) sent++
  return sent
}
