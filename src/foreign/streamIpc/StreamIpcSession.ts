/**
 * A session of php-stream-ipc: messages, requests and answers with one peer, below typed protocols.
 *
 * Both ends are alike: each may notify, ask and answer. A program of PHP with that library is the other end, over any
 * `Transport` (a child process, a socket) or `Listener` (its parent, over stdio). There is no greeting and no goodbye;
 * the end of the link is the end.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { StreamIpcMessage, StreamIpcSession } from "effect-ipc/foreign"
 * import { ChildProcess } from "effect-ipc/node"
 *
 * const child = ChildProcess.layer({ command: "php", args: ["child.php"], shutdown: { endInputFor: 0 } })
 *
 * export const program = Effect.gen(function* () {
 *   const session = yield* StreamIpcSession.make()
 *   yield* session.onMessage((message) => Console.log(`[update] ${StreamIpcMessage.textOf(message)}`))
 *   const reply = yield* session.request(StreamIpcMessage.log("Ping!"), { timeout: "10 seconds" })
 *   yield* Console.log(StreamIpcMessage.textOf(reply))
 * }).pipe(Effect.scoped, Effect.provide(child))
 * ```
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IpcError } from "../../peer/IpcError.ts"
import { fromTransport } from "../../peer/Reason.ts"
import { Listener, type Transport } from "../../transport/Transport.ts"
import type { Format } from "../../wire/Format.ts"
import type { StreamIpcMessage } from "../../wire/framing/StreamIpcFormat.ts"
import * as Channel from "../Channel.ts"
import * as SessionFormat from "./SessionFormat.ts"
import type { Options, Session } from "./SessionModel.ts"
import { over } from "./Speaking.ts"

export type {
  Counts,
  Message,
  MessageHandler,
  Options,
  RequestHandler,
  RequestOptions,
  Session
} from "./SessionModel.ts"
export { StreamIpcFailure } from "./StreamIpcFailure.ts"
export type { Serializer } from "../../wire/framing/StreamIpcPayloads.ts"

/**
 * Opens a session over the `Transport` in the context. The transport's own wire has no part in it.
 *
 * Fails with `ConnectFailed` when no link can be opened. Closing the scope interrupts handlers that run, fails requests
 * that wait with `Disconnected`, hands over what was sent, and closes the link. PHP does not notice the end of its input:
 * a child that loops is best ended with `shutdown: { endInputFor: 0 }` of `ChildProcess`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A = never, R = never>(
  options: Options<A, R> = {}
): Effect.Effect<Session<A>, IpcError, Transport | Scope.Scope | R> =>
  Effect.flatMap(Channel.open(format(options), channelOptions(options)), (channel) => fromChannel(channel, options))

/**
 * Takes the next link of the `Listener` in the context for a session: as a child, that of stdio.
 *
 * Fails with `Cause.Done` when no link will come any more, and with `ListenFailed` when the listener breaks. Closing the
 * scope does what it does with `make`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const accept = <A = never, R = never>(
  options: Options<A, R> = {}
): Effect.Effect<Session<A>, IpcError | Cause.Done, Listener | Scope.Scope | R> =>
  Effect.gen(function* () {
    const listener = yield* Listener
    const link = yield* Effect.mapError(listener.accept, (error) =>
      error._tag === "TransportError" ? fromTransport(error) : error
    )
    const channel = yield* Channel.fromLink(format(options), link, channelOptions(options))
    return yield* fromChannel(channel, options)
  })

/**
 * Serves every link of the `Listener` in the context with a session and a fiber of its own. When the handler is through,
 * its link closes; `(session) => session.finished` serves until the peer ends. A handler that fails is logged, unless
 * with `Disconnected`; the others go on.
 *
 * Ends once the listener has and all handlers are through: over stdio, when the parent ends the link. Fails with
 * `ListenFailed` when the listener breaks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = <A = never, R = never, E = never, R2 = never>(
  options: Options<A, R> & Pick<Channel.ServeOptions, "maxConnections">,
  handler: (session: Session<A>) => Effect.Effect<unknown, E, R2>
): Effect.Effect<void, IpcError, Listener | Exclude<R | R2, Scope.Scope>> =>
  Channel.serve(format(options), (channel) => Effect.scoped(Effect.flatMap(fromChannel(channel, options), handler)), {
    ...channelOptions(options),
    maxConnections: options.maxConnections
  }) as Effect.Effect<void, IpcError, Listener | Exclude<R | R2, Scope.Scope>>

/**
 * Makes a session over a channel: a connection of a `Hub`, one with interceptors around it, a pipe. Nobody else may take
 * its messages. The options that concern bytes (`generation`, `serializer`, `maxFrameBytes`) are the channel's.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromChannel = <A = never, R = never>(
  channel: Channel.Channel<StreamIpcMessage>,
  options: Options<A, R> = {}
): Effect.Effect<Session<A>, never, Scope.Scope | R> => over(channel, options)

/**
 * The format of sessions, for a `Channel` or a `Hub` below them: that of the library, where what is no message becomes a
 * notification that says so.
 *
 * @category formats
 * @since 0.1.0
 */
export const format = (options: Pick<Options, "generation" | "serializer"> = {}): Format<StreamIpcMessage> =>
  SessionFormat.format({ generation: options.generation, serializer: options.serializer })

const channelOptions = ({ inboxBytes, inboxMessages, maxFrameBytes, onFault }: Channel.Options): Channel.Options => ({
  inboxBytes,
  inboxMessages,
  maxFrameBytes,
  onFault,
  // The format has made a message of it.
  onJunk: () => Effect.void
})
