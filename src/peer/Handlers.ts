/**
 * What a side answers: a handler per request, and on a server one per event.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Answers, AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import type * as Request from "../protocol/Request.ts"
import type { Answers as Built, Handler } from "./Answering.ts"
import type { Client } from "./Client.ts"
import type { IpcError } from "./IpcError.ts"

/**
 * The second argument of every handler.
 *
 * `caller` is a client of the peer that asked, `headers` are those of the call. `input` is what the caller streams in;
 * it is read once. `report` tells the caller of progress; it never waits, and while the link is full the latest wins.
 *
 * @category models
 * @since 0.1.0
 */
export type HandlerContext<P extends AnyProtocol, X extends Side, R extends Member> = {
  readonly caller: Client<P, X>
  readonly headers: Readonly<Record<string, string>>
} & (R extends Request.Any
  ? ([Request.Input<R>] extends [never] ? {} : { readonly input: Stream.Stream<Request.Input<R>, IpcError> }) &
      ([Request.Progress<R>] extends [never]
        ? {}
        : {
            /** Tells the caller of progress. */
            readonly report: (progress: Request.Progress<R>) => Effect.Effect<void>
          })
  : {})

/** What a handler of `R` gives back. */
type Result<R extends Member> = R extends Request.Any
  ? // `any`: what handlers need is read off the record by `Services`.
    [Request.Item<R>] extends [never]
    ? Effect.Effect<Request.Success<R>, Request.Fault<R>, any>
    : Stream.Stream<Request.Item<R>, Request.Fault<R>, any>
  : Effect.Effect<void, never, any>

/**
 * A record of handlers for side `X`: all its requests, and on a server its events. (A client listens to `events`.)
 *
 * @category models
 * @since 0.1.0
 */
export type HandlersFrom<P extends AnyProtocol, X extends Side> = {
  readonly [R in Answers<P, X> as R extends Request.Any ? R["tag"] : X extends "server" ? R["tag"] : never]: (
    message: InstanceType<R>,
    context: HandlerContext<P, X, R>
  ) => Result<R>
}

/**
 * The services that a record of handlers needs.
 *
 * @category models
 * @since 0.1.0
 */
export type Services<H> = {
  [K in keyof H]: H[K] extends (...args: any) => Stream.Stream<any, any, infer R>
    ? R
    : H[K] extends (...args: any) => Effect.Effect<any, any, infer R>
      ? R
      : never
}[keyof H]

/**
 * The service that stands for the handlers of side `X` of `P`.
 *
 * @category services
 * @since 0.1.0
 */
export interface HandlersOf<in out P extends AnyProtocol, in out X extends Side> {
  readonly "~effect-ipc/Handlers": { readonly protocol: P; readonly side: X }
}

/**
 * The handlers a client needs: those of the requests that the server may ask, if there are any.
 *
 * @category models
 * @since 0.1.0
 */
export type NeedsHandlers<P extends AnyProtocol> = [Extract<P["~client"], Request.Any>] extends [never]
  ? never
  : HandlersOf<P, "client">

/**
 * Answers the key of the handlers of one side of a protocol.
 *
 * @internal
 */
export const key = <P extends AnyProtocol, X extends Side>(
  protocol: P,
  side: X
): Context.Key<HandlersOf<P, X>, Built> =>
  Context.Service<HandlersOf<P, X>, Built>(`effect-ipc/Handlers/${side}/${protocol.name}`)

/**
 * Provides what a server of `protocol` answers.
 *
 * Takes the record of handlers, or an Effect that builds it. Each call runs in a fiber of its own, which is interrupted
 * when the caller cancels, leaves, or its deadline passes. A handler that dies ends its own call only (`RemoteDefect`)
 * and is logged. What the handlers need, the layer needs.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer =
  <P extends AnyProtocol>(protocol: P) =>
  <H extends HandlersFrom<P, "server">, EX = never, RX = never>(
    build: H | Effect.Effect<H, EX, RX>
  ): Layer.Layer<HandlersOf<P, "server">, EX, Services<H> | Exclude<RX, Scope.Scope>> =>
    layerOf(protocol, "server", build)

/**
 * Provides what a client of `protocol` answers when the server asks. As {@link layer}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient =
  <P extends AnyProtocol>(protocol: P) =>
  <H extends HandlersFrom<P, "client">, EX = never, RX = never>(
    build: H | Effect.Effect<H, EX, RX>
  ): Layer.Layer<HandlersOf<P, "client">, EX, Services<H> | Exclude<RX, Scope.Scope>> =>
    layerOf(protocol, "client", build)

const layerOf = <P extends AnyProtocol, X extends Side, H extends object, EX, RX>(
  protocol: P,
  side: X,
  build: H | Effect.Effect<H, EX, RX>
): Layer.Layer<HandlersOf<P, X>, EX, Services<H> | Exclude<RX, Scope.Scope>> =>
  Layer.effect(
    key(protocol, side),
    Effect.gen(function* () {
      const context = yield* Effect.context<Services<H> | RX>()
      const handlers = Effect.isEffect(build) ? yield* build : build
      // The record was checked by type against the protocol; from here on it is looked up by tag.
      return {
        handlers: handlers as unknown as Readonly<Record<string, Handler>>,
        context: context as Context.Context<never>
      }
    })
  ) as Layer.Layer<HandlersOf<P, X>, EX, Services<H> | Exclude<RX, Scope.Scope>>
