/**
 * Middleware: what happens around every call, on the side that asks and on the side that answers.
 *
 * A middleware is a function of a call and of `next`, which runs what comes after it to its end: the next middleware, at
 * last the handler or the question to the peer. It may answer without `next`, fail, change payload and headers, provide
 * services, or measure. Of several the first is outermost. `RpcServer` and `RpcClient` take them as `handlerMiddleware`
 * (around what a side answers) and `callMiddleware` (around what it asks). A client with `reconnect` holds a call first; a
 * `next` that runs once its connection is over waits for the one after it, within the deadline of the call.
 *
 * Where the answer is a stream its items flow past: `next()` is over when the stream is, and an answer without `next` is
 * an empty stream. `next` may run again, e.g. to retry, where the answer is one value; a handler's, besides, where it
 * takes no input, as that is read once. Where it may not, the call dies and says so.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Middleware from "effect-ipc/Middleware"
 * import * as RpcServer from "effect-ipc/RpcServer"
 * import { Calculator } from "./protocol.ts"
 *
 * // For one protocol: `call` is known by its tag.
 * const careful = Middleware.handler(Calculator)((call, next) =>
 *   call.tag === "Divide" && call.headers.role !== "admin" ? Middleware.unauthorized(call, "admins only") : next()
 * )
 *
 * // For any protocol, and either side.
 * const logged: Middleware.Any = (call, next) =>
 *   Effect.onExit(next(), (exit) => Effect.logDebug(`${call.protocol.name}/${call.tag}: ${exit._tag}`))
 *
 * RpcServer.run(Calculator, { handlerMiddleware: [logged, careful] })
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Event from "../protocol/Event.ts"
import type { Answers, AnyProtocol, Member, Says, Side } from "../protocol/Protocol.ts"
import type * as Request from "../protocol/Request.ts"
import type { Client } from "./Client.ts"
import { IpcError, Overloaded, Unauthorized } from "./IpcError.ts"

/**
 * String pairs that travel with a request.
 *
 * @category models
 * @since 0.1.0
 */
export type Headers = Readonly<Record<string, string>>

/**
 * What middleware of any protocol knows of a call. `request`, or `event`, is the class, with its spec and annotations.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyCall = {
  readonly protocol: AnyProtocol
  readonly tag: string
  readonly payload: unknown
  /** Those of the caller; none for an event. */
  readonly headers: Headers
} & (
  | { readonly kind: "request"; readonly request: Request.Any }
  | { readonly kind: "event"; readonly event: Event.Any }
)

/**
 * A call of one request.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestCall<P extends AnyProtocol, R extends Request.Any, Payload> {
  readonly protocol: P
  readonly tag: R["tag"]
  readonly kind: "request"
  readonly request: R
  readonly payload: Payload
  readonly headers: Headers
}

/**
 * An event that has come to a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventCall<P extends AnyProtocol, E extends Event.Any> {
  readonly protocol: P
  readonly tag: E["tag"]
  readonly kind: "event"
  readonly event: E
  readonly payload: InstanceType<E>
  readonly headers: Headers
}

/** What has a handler on side `X`. */
type Handled<P extends AnyProtocol, X extends Side> = X extends "server"
  ? Answers<P, X>
  : Extract<Answers<P, X>, Request.Any>

/** What side `X` may ask. */
type Asked<P extends AnyProtocol, X extends Side> = Extract<Says<P, X>, Request.Any>

type HandledCall<P extends AnyProtocol, M extends Member> = M extends Request.Any
  ? RequestCall<P, M, InstanceType<M>>
  : M extends Event.Any
    ? EventCall<P, M>
    : never

type AskedCall<P extends AnyProtocol, R extends Request.Any> = R extends Request.Any
  ? RequestCall<P, R, Request.MakeIn<R>>
  : never

type Payload<M extends Member> = M extends Member ? Request.MakeIn<M> : never

type Answer<M extends Member> = M extends Request.Any
  ? [Request.Item<M>] extends [never]
    ? Request.Success<M>
    : void
  : void

type Fault<M extends Member> = M extends Request.Any ? Request.Fault<M> : never

/**
 * What changes for what comes after: what is left out stays. The payload is validated again; headers replace all of the
 * call's, so spread those to keep them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes<out Payload> {
  readonly payload?: Payload | undefined
  readonly headers?: Headers | undefined
}

/**
 * Runs what comes after a middleware, to its end. Over a stream it is done when the stream is.
 *
 * @category models
 * @since 0.1.0
 */
export type Next<M extends Member> = (changes?: Changes<Payload<M>>) => Effect.Effect<Answer<M>, Fault<M> | IpcError>

/**
 * Middleware around the handlers of side `X`. `caller` is a client of the peer that asked.
 *
 * What it fails with, the caller gets: an application error as its class; an `IpcError` about this call, of reason
 * `Unauthorized`, `Overloaded` or `InvalidPayload`, as that reason; any other as a `RemoteDefect`. It runs as the handler
 * does: within the limits of concurrency, interrupted when nobody waits for the answer any more. Where it dies, so does
 * its call.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler<P extends AnyProtocol, X extends Side = "server", R = never> = (
  call: HandledCall<P, Handled<P, X>> & { readonly caller: Client<P, X> },
  next: Next<Handled<P, X>>
) => Effect.Effect<Answer<Handled<P, X>>, Fault<Handled<P, X>> | IpcError, R>

/**
 * Middleware around the requests that side `X` asks.
 *
 * It runs in the fiber of who asks (over a stream, in one beside the reader, which ends it by leaving), within the
 * deadline of the call: `next` has what is left of it. What an input fails with passes through it.
 *
 * @category models
 * @since 0.1.0
 */
export type Call<P extends AnyProtocol, X extends Side = "client", R = never> = (
  call: AskedCall<P, Asked<P, X>>,
  next: Next<Asked<P, X>>
) => Effect.Effect<Answer<Asked<P, X>>, Fault<Asked<P, X>> | IpcError, R>

/**
 * Middleware that goes around the calls of any protocol, on either side.
 *
 * @category models
 * @since 0.1.0
 */
export type Any<R = never> = <A, E>(
  call: AnyCall,
  next: (changes?: Changes<never>) => Effect.Effect<A, E>
) => Effect.Effect<A, E | IpcError, R>

/**
 * The services that middleware needs.
 *
 * @category models
 * @since 0.1.0
 */
export type Services<M> = M extends (...args: any) => Effect.Effect<any, any, infer R> ? R : never

/**
 * Any middleware around the handlers of side `X`, whatever it needs.
 *
 * @category models
 * @since 0.1.0
 */
// `any`: what it needs is read off it by `Services`.
export type Handlers<P extends AnyProtocol, X extends Side, R = any> = ReadonlyArray<Handler<P, X, R>>

/**
 * Any middleware around the requests that side `X` asks, whatever it needs.
 *
 * @category models
 * @since 0.1.0
 */
// `any`: what it needs is read off it by `Services`.
export type Calls<P extends AnyProtocol, X extends Side, R = any> = ReadonlyArray<Call<P, X, R>>

/**
 * Options that take middleware: `H` around what a side answers, `C` around what it asks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<H extends ReadonlyArray<unknown>, C extends ReadonlyArray<unknown>> {
  /** Goes around every handler of this side; the first is outermost. Default: none. */
  readonly handlerMiddleware?: H | undefined
  /** Goes around every request that this side asks; the first is outermost. Default: none. */
  readonly callMiddleware?: C | undefined
}

/**
 * Options that take the middleware of side `X` of `P`; where the protocol is left open, middleware of any protocol.
 *
 * @category models
 * @since 0.1.0
 */
export type OptionsOf<P extends AnyProtocol, X extends Side, R> = AnyProtocol extends P
  ? Options<ReadonlyArray<Any<R>>, ReadonlyArray<Any<R>>>
  : Options<Handlers<P, X, R>, Calls<P, X, R>>

/**
 * Types middleware around the handlers of a protocol's server, or of its client.
 *
 * @category constructors
 * @since 0.1.0
 */
export const handler =
  <P extends AnyProtocol, X extends Side = "server">(_protocol: P, _side?: X) =>
  <R = never>(middleware: Handler<P, X, R>): Handler<P, X, R> =>
    middleware

/**
 * Types middleware around what a protocol's client asks, or its server.
 *
 * @category constructors
 * @since 0.1.0
 */
export const call =
  <P extends AnyProtocol, X extends Side = "client">(_protocol: P, _side?: X) =>
  <R = never>(middleware: Call<P, X, R>): Call<P, X, R> =>
    middleware

/** What an error of middleware says of where it happened. The caller knows the address of a handler by itself. */
const address = "middleware"

/**
 * Fails a call with `Unauthorized`. `detail` says what is missing.
 *
 * @category errors
 * @since 0.1.0
 */
export const unauthorized = ({ tag }: { readonly tag: string }, detail: string): Effect.Effect<never, IpcError> =>
  Effect.fail(new IpcError({ reason: new Unauthorized({ address, method: tag, side: "local", detail }) }))

/**
 * Fails a call with `Overloaded`, before it started. `what` has reached its `limit`, e.g. `"calls a second"`.
 *
 * @category errors
 * @since 0.1.0
 */
export const overloaded = (
  { tag }: { readonly tag: string },
  what: string,
  limit: number
): Effect.Effect<never, IpcError> =>
  Effect.fail(new IpcError({ reason: new Overloaded({ address, method: tag, side: "local", what, limit }) }))
