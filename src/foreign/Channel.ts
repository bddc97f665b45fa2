/**
 * A channel: messages in and messages out, to one peer, without requests and answers.
 *
 * For who works below requests: with a system that others wrote, whose messages are taken and sent as they are. What a
 * message is, its `Format` says; what carries it, any `Transport` or `Listener`.
 *
 * @example
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { Channel, HxFormat, HxMessage } from "effect-ipc/foreign"
 * import { Fifo } from "effect-ipc/node"
 *
 * export const program = Effect.gen(function* () {
 *   const channel = yield* Channel.open(HxFormat.format())
 *   yield* channel.send(HxMessage.event("tick", { headers: { Count: "1" } }))
 *   yield* channel.messages.pipe(Stream.runForEach((message) => Console.log(HxMessage.classOf(message))))
 * }).pipe(Effect.scoped, Effect.provide(Fifo.layer({ read: "/tmp/in", write: "/tmp/out" })))
 * ```
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { IpcError } from "../peer/IpcError.ts"
import { fromTransport } from "../peer/Reason.ts"
import type { Link } from "../transport/Link.ts"
import { type Listener, Transport } from "../transport/Transport.ts"
import type { Format } from "../wire/Format.ts"
import { LinkChannel } from "./LinkChannel.ts"
import * as Serving from "./Serving.ts"

/**
 * Messages of the kind `M`, both ways.
 *
 * @category models
 * @since 0.1.0
 */
export interface Channel<M> {
  /** What a person would call the other end. */
  readonly address: string
  /**
   * Sends a message: whole, after those that were sent before. Waits while the link is full; who is interrupted
   * while it waits has sent nothing. The message must not change any more. Fails with `Disconnected` once the channel is
   * over, and with `InvalidPayload`, `Oversized` or `Unsayable` when the format cannot say this message: nothing was
   * sent then, and the channel goes on.
   */
  readonly send: (message: M) => Effect.Effect<void, IpcError>
  /**
   * Takes the next message, and waits for it. Each message goes to one who takes, in the order they came. Fails with
   * `Cause.Done` once the peer has ended and everything was taken, with `Disconnected` when the link broke, or the
   * peer's process failed, with `Malformed` or `Oversized` when it is not known any more where messages begin.
   */
  readonly receive: Effect.Effect<M, IpcError | Cause.Done>
  /**
   * Waits until the channel is over, and tells why: what `send` fails with from then on. That is `Disconnected`, with exit
   * code or signal and the end of stderr of a process, or why it is not known any more where messages begin. Messages that
   * came before may still be there to receive; once `receive` fails, this is through.
   */
  readonly ended: Effect.Effect<IpcError>
  /** Everything that `receive` gives, until the peer ends. Two streams of one channel share the messages. */
  readonly messages: Stream.Stream<M, IpcError>
}

/**
 * Options of a channel over a link.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The largest message read, in bytes. Default: 16777216 (16 MiB). */
  readonly maxFrameBytes?: number | undefined
  /** Messages that may wait to be taken; the link is paused then, until half of them are. Default: 256. */
  readonly inboxMessages?: number | undefined
  /** As `inboxMessages`, by the bytes they came in. Default: 1048576 (1 MiB). */
  readonly inboxBytes?: number | undefined
  /** Hears of what is no message, and of a message that nobody can understand. Default: a log line (warning). */
  readonly onFault?: ((error: IpcError) => Effect.Effect<void>) | undefined
  /** Hears of bytes that belong to no message. Default: they are quoted to `onFault`. */
  readonly onJunk?: ((bytes: Uint8Array) => Effect.Effect<void>) | undefined
}

/**
 * Makes a channel of its two halves, and what tells of the end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <M>(halves: Omit<Channel<M>, "messages">): Channel<M> => ({
  address: halves.address,
  ended: halves.ended,
  send: halves.send,
  receive: halves.receive,
  // One by one: a stream that is left early leaves the rest to whoever takes next.
  messages: Stream.fromPull(Effect.succeed(Effect.map(halves.receive, (message) => [message] as const)))
})

/**
 * Opens a channel over the `Transport` in the context. The transport's own wire has no part in it.
 *
 * Fails with `ConnectFailed` when no link can be opened. Closing the scope hands over what was sent, then closes the
 * link; who still waits for a message then gets the end, who sends, `Disconnected`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = <M>(
  format: Format<M>,
  options: Options = {}
): Effect.Effect<Channel<M>, IpcError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const linkScope = yield* Scope.fork(yield* Scope.Scope)
    const link = yield* transport.open.pipe(
      Scope.provide(linkScope),
      Effect.mapError(fromTransport),
      // Who tries again and again in one scope must not fill it.
      Effect.onError((cause) => Scope.close(linkScope, Exit.failCause(cause)))
    )
    return publicly(yield* over(format, link, linkScope, options))
  })

/**
 * Makes a channel over a link that is open and not started. The link is its owner's, who closes it: closing the scope of
 * the channel only hands over what was sent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromLink = <M>(
  format: Format<M>,
  link: Link,
  options: Options = {}
): Effect.Effect<Channel<M>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Scope.Scope)
    return publicly(yield* over(format, link, scope, options))
  })

/**
 * Options of a side that is dialled.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServeOptions extends Options {
  /** Connections served at a time; further ones wait to be accepted. Default: 1024. */
  readonly maxConnections?: number | undefined
}

/**
 * Serves every connection of the `Listener` in the context, each with a fiber and a scope of its own: when the handler is
 * through, its connection closes. A handler that fails is logged, unless with `Disconnected`; the others go on.
 *
 * Ends once the listener has and all handlers are through; the listener of stdio ends with its one link. Fails with
 * `ListenFailed` when the listener breaks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = <M, E, R>(
  format: Format<M>,
  handler: (channel: Channel<M>) => Effect.Effect<unknown, E, R>,
  options: ServeOptions = {}
): Effect.Effect<void, IpcError, Listener | Exclude<R, Scope.Scope>> =>
  Serving.run(
    ({ link, linkScope }) => Effect.flatMap(over(format, link, linkScope, options), (raw) => handler(publicly(raw))),
    options.maxConnections
  )

/**
 * What users see of a channel over a link.
 *
 * @internal
 */
export const publicly = <M>(raw: LinkChannel<M>): Channel<M> =>
  make({
    address: raw.address,
    ended: Deferred.await(raw.ended),
    send: (message) => raw.send(message),
    receive: raw.receive
  })

/**
 * Makes a channel over a link that `linkScope` owns, and closes it when the framing is lost.
 *
 * @internal
 */
export const over = <M>(
  format: Format<M>,
  link: Link,
  linkScope: Scope.Closeable,
  options: Options
): Effect.Effect<LinkChannel<M>> =>
  Effect.gen(function* () {
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const close = Scope.close(linkScope, Exit.void)
    const raw = new LinkChannel(format, link, options, {
      run: (effect) => {
        const fiber = run(effect)
        return () => fiber.interruptUnsafe()
      },
      close: () => void run(close)
    })
    // Before the link's own finalizer, which sends what it was offered.
    yield* Scope.addFinalizer(
      linkScope,
      Effect.sync(() => raw.flush())
    )
    return raw
  })
