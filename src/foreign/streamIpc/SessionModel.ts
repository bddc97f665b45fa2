/**
 * What a session of php-stream-ipc is, and what may be said of one.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { IpcError } from "../../peer/IpcError.ts"
import type { Serializer } from "../../wire/framing/StreamIpcPayloads.ts"
import type { PhpObject } from "../../wire/payload/PhpValue.ts"
import type * as Channel from "../Channel.ts"
import type { PhpClass } from "./PhpClass.ts"
import type { StreamIpcFailure } from "./StreamIpcFailure.ts"

/**
 * What can be sent and may come: an object of PHP, or an instance of a class that stands for one.
 *
 * @category models
 * @since 0.1.0
 */
export type Message<A = never> = PhpObject | A

/**
 * Hears of messages that nobody asked for. One that fails is logged; the others hear of the message all the same.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageHandler<A = never, R = never> = (
  message: Message<A>,
  session: Session<A>
) => Effect.Effect<unknown, unknown, R>

/**
 * Answers a request with a message, or passes it to the next handler by answering anything else, such as `undefined`. One
 * that fails or dies answers with an error, which has its message and not its stack.
 *
 * @category models
 * @since 0.1.0
 */
export type RequestHandler<A = never, R = never> = (
  request: Message<A>,
  session: Session<A>
) => Effect.Effect<Message<A> | undefined | void, unknown, R>

/**
 * What may be said of one request.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestOptions {
  /** How long to wait for the answer, from the call on; `"Infinity"` is for ever. Default: that of the session. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A session with one peer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Session<A = never> {
  /** What a person would call the other end. */
  readonly address: string
  /**
   * Sends a message that has no answer. Waits while the link is full. Fails with `Disconnected` once the link is over, and
   * with `InvalidPayload` or `Unsayable` when the message cannot be said; then nothing was sent.
   */
  readonly notify: (message: Message<A>) => Effect.Effect<void, IpcError>
  /**
   * Sends a request and waits for its answer. Any number may be on their way; answers come in any order.
   *
   * Fails with `StreamIpcFailure` when the answer is an error; with `TimedOut` when none came in time, and with
   * `Disconnected` when the link ends before: with exit code or signal, and the end of stderr, of a process. Interrupted
   * or timed out, it waits no more. The peer is not told, as the library has no word for that: it goes on, and its answer
   * is dropped.
   */
  readonly request: (
    message: Message<A>,
    options?: RequestOptions
  ) => Effect.Effect<Message<A>, StreamIpcFailure | IpcError>
  /**
   * Messages that nobody asked for, from when it is run, in the order they came. What is no message is one of level
   * `junk`: a warning of PHP between two frames, text on a stderr that carries frames. A payload that cannot be read is an
   * error, or a line of a log of level `error`, as with the library.
   *
   * The latest 256 that come before the first stream or handler wait for it. Fails with `Overloaded` when it lags too far
   * behind (`messageBuffer`), and at the end of a link that breaks, as a channel's messages do.
   */
  readonly messages: Stream.Stream<Message<A>, IpcError>
  /**
   * Adds a handler of such messages, as long as the scope is open; what it answers takes the handler away earlier. Handlers
   * run one after another, one message after another; while they are `messageBuffer` behind, nothing more is read: no
   * answers either, so that a handler that asks while it is so far behind runs into its timeout. Handlers that do not wait
   * have heard of what came before an answer by the time that its request has it.
   */
  readonly onMessage: <R>(handler: MessageHandler<A, R>) => Effect.Effect<Effect.Effect<void>, never, R | Scope.Scope>
  /**
   * Adds a handler of requests, as long as the scope is open; what it answers takes the handler away earlier. Handlers are
   * asked in the order they came. Each request is handled in a fiber of its own; where it has to notify of progress, or
   * ask back, it does. A request that no handler answers is answered with `Unhandled request: <class>`.
   */
  readonly onRequest: <R>(handler: RequestHandler<A, R>) => Effect.Effect<Effect.Effect<void>, never, R | Scope.Scope>
  /**
   * Waits until the link is over and handlers have heard of every message that came. Fails as a channel does when the link
   * breaks, or the peer's process fails.
   */
  readonly finished: Effect.Effect<void, IpcError>
  /** What was counted so far. */
  readonly counts: Effect.Effect<Counts>
}

/**
 * What a session counts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counts {
  /** Requests of ours that wait for an answer. */
  readonly waiting: number
  /** Answers that were dropped, as they came too late or twice, or to no request. */
  readonly unmatched: number
  /** Messages that were dropped, as too many came before there was anybody to hear of them. */
  readonly dropped: number
}

/**
 * Options of a session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A = never, R = never> extends Omit<Channel.Options, "onJunk"> {
  /**
   * Which generation of the library the peer has. `"v1"`, from May 2025 on, frames messages; `"old"`, before it, has one a
   * line. `"detect"` reads both and writes as it has read, `"v1"` at first. Default: `"v1"`.
   */
  readonly generation?: "v1" | "old" | "detect" | undefined
  /**
   * `"php"` is PHP's own `serialize`, the default of the library too; both sides have to be told the same. `"detect"`
   * reads both and writes as it has read, `"php"` at first. Or one of your own. Default: `"php"`.
   */
  readonly serializer?: "php" | "json" | "detect" | Serializer | undefined
  /** Classes of ours that stand for classes of PHP. An object of any other class stays a `PhpObject`. Default: none. */
  readonly classes?: ReadonlyArray<PhpClass<A>> | undefined
  /** How long requests wait. Default: 30 seconds, in the generation `"old"` half a second, as with the library. */
  readonly timeout?: Duration.Input | undefined
  /** Makes the id of each request; the text has to differ from those that wait. Default: a prefix, a dot, a number. */
  readonly makeId?: (() => string) | undefined
  /** What ids begin with. Default: the number of this process, as with the library, where it has one. */
  readonly idPrefix?: string | undefined
  /** Handlers of requests that are there before anything is read. Default: none. */
  readonly onRequest?: ReadonlyArray<RequestHandler<A, R>> | undefined
  /** Handlers of messages that are there before anything is read. Default: none. */
  readonly onMessage?: ReadonlyArray<MessageHandler<A, R>> | undefined
  /** How many requests of the peer run at a time; further ones are answered with an error. Default: 1024. */
  readonly maxRequests?: number | undefined
  /** How many messages a handler or a stream may be behind. Default: 1024. */
  readonly messageBuffer?: number | undefined
  /**
   * Answers requests that fail or that no handler takes with an error; if not, the peer waits until its timeout. Default:
   * true; in the generation `"old"`, which has no errors, false. Told to answer there, it does with a line of a log of
   * level `error`.
   */
  readonly answerFailures?: boolean | undefined
  /** Adds the stack of a failed handler to what the peer is told. Default: false. */
  readonly exposeStacks?: boolean | undefined
}
