/**
 * What one side may say to the other, as a record of methods.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type * as Types from "effect/Types"
import type * as Event from "../protocol/Event.ts"
import type { Answers, AnyProtocol, Says, Side } from "../protocol/Protocol.ts"
import type * as Request from "../protocol/Request.ts"
import type { IpcError } from "./IpcError.ts"

/**
 * Options of one call.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /** The deadline, waiting and writing included. It travels with the request. Default: that of the request, or none. */
  readonly timeout?: Duration.Input | undefined
  /** String pairs for the handler, besides those of the client. At most 64, 16 KiB in all. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

type ProgressOptions<R extends Request.Any> = [Request.Progress<R>] extends [never]
  ? {}
  : {
      /** Runs with what the handler reports; while it runs, only the latest report waits. An answer comes after it. */
      readonly onProgress?: ((progress: Request.Progress<R>) => Effect.Effect<void>) | undefined
    }

type Answer<R extends Request.Any, E, Rx> = [Request.Item<R>] extends [never]
  ? Effect.Effect<Request.Success<R>, Request.Fault<R> | IpcError | E, Rx>
  : Stream.Stream<Request.Item<R>, Request.Fault<R> | IpcError | E, Rx>

/**
 * The method of a request: an Effect of its answer, or a Stream where the answer is one. A stream asks each time it runs.
 *
 * Bytes that are a whole payload, input or event are sent without a copy from 16 KiB on: leave them as they are.
 *
 * @category models
 * @since 0.1.0
 */
export type Call<R extends Request.Any> = [Request.Input<R>] extends [never]
  ? (
      ...args: [...payload: Request.PayloadArgs<R>, options?: CallOptions & ProgressOptions<R>]
    ) => Answer<R, never, never>
  : <E, Rx>(
      payload: Request.MakeIn<R>,
      options: CallOptions &
        ProgressOptions<R> & {
          /** What is streamed in. If it fails, so does the call, and the handler is stopped. */
          readonly input: Stream.Stream<Request.Input<R>, E, Rx>
        }
    ) => Answer<R, E, Rx>

type Requests<M> = Extract<M, Request.Any>
type Events<M> = Extract<M, Event.Any>

/** The requests whose answer is one value and that need nothing but their payload. */
type Unary<R extends Request.Any> = R extends Request.Any
  ? [Request.Item<R>] extends [never]
    ? [Request.Input<R>] extends [never]
      ? R
      : never
    : never
  : never

type AnswerTo<R extends Request.Any, I> = R extends Request.Any
  ? I extends InstanceType<R>
    ? Effect.Effect<Request.Success<R>, Request.Fault<R> | IpcError>
    : never
  : never

/** `Methods`, where there is something to use them for. */
type Where<M, Methods> = [M] extends [never] ? {} : Methods

/**
 * Asking with an instance, where the other side takes requests of one value.
 *
 * @category models
 * @since 0.1.0
 */
export interface Send<R extends Request.Any> {
  /** Asks with an instance of a request whose answer is one value. */
  readonly send: <I extends InstanceType<R>>(
    request: I,
    options?: CallOptions
  ) => AnswerTo<Extract<R, { readonly tag: I["_tag"] }>, I>
}

/**
 * Saying events, where the other side takes some.
 *
 * @category models
 * @since 0.1.0
 */
export interface Emit<E extends Event.Any> {
  /**
   * Says an event. Succeeds once it is on its way; waits while the peer takes no more. Fails when the connection is
   * over (`Disconnected`), or the event is too large or does not fit its schema.
   */
  readonly emit: (event: InstanceType<E>) => Effect.Effect<void, IpcError>
}

/**
 * Listening to events, where this side takes some.
 *
 * @category models
 * @since 0.1.0
 */
export interface Listen<A extends Event.Any> {
  /**
   * The events of one class, from now on, and before that the latest 64 that nobody has subscribed to yet. Fails with
   * `Overloaded` when the subscriber lags more than `eventBuffer`, and with `Disconnected` when the connection ends.
   *
   * A client with `reconnect` goes on listening on its next connection.
   */
  readonly events: <E extends A, X = never, Rx = never>(
    event: E,
    options?: {
      /** Runs between the last event before a reconnect and the first after it: some may have been missed. */
      readonly onGap?: Effect.Effect<unknown, X, Rx> | undefined
    }
  ) => Stream.Stream<InstanceType<E>, IpcError | X, Rx>
}

/**
 * What side `X` of `P` may say to the other: a method per request; `send` for requests as instances, `emit` for events
 * and `events` for those that come, each where the protocol has some.
 *
 * @category models
 * @since 0.1.0
 */
export type Client<P extends AnyProtocol, X extends Side = "client"> = Types.Simplify<
  { readonly [R in Requests<Says<P, X>> as R["tag"]]: Call<R> } & Where<
    Unary<Requests<Says<P, X>>>,
    Send<Unary<Requests<Says<P, X>>>>
  > &
    Where<Events<Says<P, X>>, Emit<Events<Says<P, X>>>> &
    Where<Events<Answers<P, X>>, Listen<Events<Answers<P, X>>>>
>
