/**
 * The side that dials: a typed client over one connection.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AnyProtocol } from "../protocol/Protocol.ts"
import { Transport } from "../transport/Transport.ts"
import * as Native from "../wire/dialect/Native.ts"
import type { Answers as Built } from "./Answering.ts"
import type { Client } from "./Client.ts"
import { key, type NeedsHandlers } from "./Handlers.ts"
import type { IpcError } from "./IpcError.ts"
import * as LazyStreams from "./LazyStreams.ts"
import type { AnyClient } from "./Methods.ts"
import type * as Middleware from "./Middleware.ts"
import type { ClientOptions, PeerOptions } from "./Options.ts"
import * as Peer from "./Peer.ts"
import { Permits } from "./Permits.ts"
import { fromTransport } from "./Reason.ts"
import * as Role from "./Role.ts"
import * as Sayable from "./Sayable.ts"
import * as Status from "./Status.ts"

export type { AnyClient } from "./Methods.ts"
export type { Closed, Connecting, Ready, Reconnecting, Status } from "./Status.ts"

/**
 * Options of a client. Limits hold for its one connection.
 *
 * @category models
 * @since 0.1.0
 */
export type Options<P extends AnyProtocol = AnyProtocol, R = never> = OwnOptions & Middleware.OptionsOf<P, "client", R>

/**
 * Options of a client besides middleware.
 *
 * @category models
 * @since 0.1.0
 */
export interface OwnOptions extends PeerOptions, ClientOptions {}

/** What a client needs: handlers, where the server may ask, and what the middleware needs. */
type Needs<P extends AnyProtocol, H extends ReadonlyArray<unknown>, C extends ReadonlyArray<unknown>> =
  | Transport
  | NeedsHandlers<P>
  | Middleware.Services<H[number] | C[number]>

/**
 * Opens a connection through the `Transport` and gives a client of it, in a scope.
 *
 * Returns once the link is open, and does not wait for the server's Hello: calls may be made at once. Fails with
 * `ConnectFailed` when nobody answers at the address, and with `Unsayable` when the transport's wire cannot say the
 * protocol, or would give the secret away. Calls fail with `Incompatible` or `Unauthorized` when the server turns out to be another, with
 * `Disconnected` once the connection is over. Closing the scope lets what this side answers finish, fails what it asks,
 * says Bye and closes the link.
 *
 * With `reconnect` the client outlives its connections: it opens them by that schedule, also the first, and holds calls
 * until the server's Hello was accepted. Of what a lost connection cuts it asks again only requests of one value that are
 * `idempotent`. When the schedule ends, `make` and all calls fail with the last error.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as RpcClient from "effect-ipc/RpcClient"
 * import * as UnixSocket from "effect-ipc/node/UnixSocket"
 * import { Calculator } from "./protocol.ts"
 *
 * const program = Effect.gen(function* () {
 *   const calculator = yield* RpcClient.make(Calculator)
 *   return yield* calculator.Divide({ dividend: 1, divisor: 3 }, { timeout: "2 seconds" })
 * })
 * program.pipe(Effect.scoped, Effect.provide(UnixSocket.layer({ path: "/run/user/1000/calculator.sock" })))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  P extends AnyProtocol,
  H extends Middleware.Handlers<P, "client"> = Middleware.Handlers<P, "client", never>,
  C extends Middleware.Calls<P, "client"> = Middleware.Calls<P, "client", never>
>(
  protocol: P,
  options: OwnOptions & Middleware.Options<H, C> = {}
): Effect.Effect<Client<P>, IpcError, Scope.Scope | Needs<P, H, C>> =>
  Effect.gen(function* () {
    const { address, open, overheard, wire = Native.wire() } = yield* Transport
    const unsayable =
      Sayable.check(protocol, "client", wire, address) ?? Sayable.checkSecret({ address, overheard, wire }, options)
    if (unsayable !== undefined) return yield* unsayable
    const answers = asks(protocol) ? yield* key(protocol, "client") : noAnswers
    if (options.reconnect !== undefined) {
      const role = yield* Role.make({ protocol, side: "client", wire, answers, options })
      const reconnect = yield* loadReconnect
      const client = yield* reconnect.make({ transport: { address, open, wire }, role, schedule: options.reconnect })
      return client as unknown as Client<P>
    }
    const linkScope = yield* Scope.fork(yield* Effect.scope)
    const link = yield* open.pipe(
      Scope.provide(linkScope),
      Effect.mapError(fromTransport),
      Effect.onError((cause) => Scope.close(linkScope, Exit.failCause(cause)))
    )
    const permits = options.concurrency === undefined ? [] : [new Permits(options.concurrency)]
    const role = yield* Role.make({ protocol, side: "client", wire, answers, options })
    const peer = yield* Peer.make({ role, link, linkScope, permits })
    // The record was built by the protocol, tag by tag.
    return peer.client as unknown as Client<P>
  }) as Effect.Effect<Client<P>, IpcError, Scope.Scope | Needs<P, H, C>>

/** Who does without it starts sooner. */
const loadReconnect = Effect.promise(() => import("./Reconnect.ts"))

/** Whether the server may ask the client. */
const asks = (protocol: AnyProtocol): boolean => protocol.client.some((member) => member.kind === "request")

const noAnswers: Built = { handlers: {}, context: Context.empty() }

/**
 * What a client is doing: connecting, ready, reconnecting, or closed for good.
 *
 * Of every client, the `caller` of a handler included. A double that a test made is always ready.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 * import * as Stream from "effect/Stream"
 * import * as RpcClient from "effect-ipc/RpcClient"
 * import { Calculator } from "./protocol.ts"
 *
 * const program = Effect.gen(function* () {
 *   const calculator = yield* RpcClient.make(Calculator, { reconnect: Schedule.spaced("1 second") })
 *   yield* RpcClient.statuses(calculator).pipe(
 *     Stream.runForEach((status) =>
 *       status._tag === "Reconnecting" ? Console.log(`attempt ${status.attempt}`) : Console.log(status._tag)
 *     ),
 *     Effect.forkScoped
 *   )
 *   yield* RpcClient.ready(calculator)
 * })
 * ```
 *
 * @category status
 * @since 0.1.0
 */
export const status = (client: AnyClient): Effect.Effect<Status.Status> => Effect.sync(() => Status.of(client).now)

/**
 * The status as it is, and every one that follows; ends after `Closed`. A reader that lags misses the oldest beyond 64.
 *
 * @category status
 * @since 0.1.0
 */
export const statuses = (client: AnyClient): Stream.Stream<Status.Status> =>
  LazyStreams.stream((streams) => streams.ofStatuses(Status.of(client)))

/**
 * Waits until the server's Hello was accepted, and answers what it said. Fails with the error of `Closed` once there will
 * be no connection any more.
 *
 * A server says Hello before it knows the client's: one that refuses the client, for its secret or its version, closes it
 * after this.
 *
 * @category status
 * @since 0.1.0
 */
export const ready = (client: AnyClient): Effect.Effect<Status.Ready, IpcError> =>
  Effect.suspend(() => Status.of(client).ready)

/**
 * Declares a client as a service, so that code depends on it and tests provide another.
 *
 * `layer` opens a connection as {@link make} does and closes it with the layer. It is a function, so that two branches
 * of a program never share a connection by accident.
 *
 * @example
 * ```ts
 * import * as RpcClient from "effect-ipc/RpcClient"
 * import { Calculator } from "./protocol.ts"
 *
 * export class CalculatorClient extends RpcClient.Service<CalculatorClient>()("app/Calculator", Calculator) {}
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const Service =
  <Self>() =>
  <const Id extends string, P extends AnyProtocol>(
    id: Id,
    protocol: P
  ): Context.ServiceClass<Self, Id, Client<P>> & {
    /** Opens a connection, and closes it with the layer. */
    readonly layer: <
      H extends Middleware.Handlers<P, "client"> = Middleware.Handlers<P, "client", never>,
      C extends Middleware.Calls<P, "client"> = Middleware.Calls<P, "client", never>
    >(
      options?: OwnOptions & Middleware.Options<H, C>
    ) => Layer.Layer<Self, IpcError, Needs<P, H, C>>
  } => {
    const service = Context.Service<Self, Client<P>>()(id)
    const layer = <
      H extends Middleware.Handlers<P, "client"> = Middleware.Handlers<P, "client", never>,
      C extends Middleware.Calls<P, "client"> = Middleware.Calls<P, "client", never>
    >(
      options?: OwnOptions & Middleware.Options<H, C>
    ) => Layer.effect(service, make(protocol, options)) as Layer.Layer<Self, IpcError, Needs<P, H, C>>
    return Object.assign(service, { layer })
  }
