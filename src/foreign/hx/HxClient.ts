/**
 * A client of an hx/interop server, on the level of messages: it calls by class and takes events.
 *
 * For typed requests, `RpcClient` with the wire `HxInterop` is the better tool; this is for classes and headers that are
 * not known before, and for whoever ports a program that works with messages.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { HxClient, HxMessage } from "effect-ipc/foreign"
 * import { ChildProcess } from "effect-ipc/node"
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* HxClient.open({ timeout: "5 seconds" })
 *   yield* client.on("tick", (tick) => Console.log("tick", HxMessage.textOf(tick)))
 *   const answer = yield* client.call("countdown", { headers: { Ticks: "3" } })
 *   yield* Console.log(yield* HxMessage.decode(answer))
 * })
 *
 * export const main = program.pipe(
 *   Effect.scoped,
 *   Effect.provide(ChildProcess.layer({ command: "ruby", args: ["countdown.rb"] }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { IpcError } from "../../peer/IpcError.ts"
import { fromRefusal } from "../../peer/Reason.ts"
import type { Transport } from "../../transport/Transport.ts"
import * as HxFormat from "../../wire/framing/HxFormat.ts"
import * as Channel from "../Channel.ts"
import type * as Dispatch from "../Dispatch.ts"
import * as Intercept from "../Intercept.ts"
import { HxCalls } from "./HxCalls.ts"
import { HxEvents } from "./HxEvents.ts"
import type { HxFailure } from "./HxFailure.ts"
import * as HxMessage from "./HxMessage.ts"

export { HxFailure } from "./HxFailure.ts"

/**
 * What a call is sent with: a message, its parts, or an effect that makes it, as `HxMessage.json(value)` is.
 *
 * @category models
 * @since 0.1.0
 */
export type Content = HxMessage.HxMessage | HxMessage.Parts | Effect.Effect<HxMessage.HxMessage, IpcError>

/**
 * A client of one connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface HxClient {
  /** What a person would call the server. */
  readonly address: string
  /**
   * Calls a class and answers the response. A class or id among the headers is replaced.
   *
   * Fails with `HxFailure`, which has the response, when that has an `Interop-Error`; with `TimedOut` after the timeout;
   * with `Disconnected`, or what else the connection ended with, when no answer can come any more; and as `send` of the
   * channel when it cannot be sent. The server is not told of a call that is given up: hx/interop has no word for that.
   */
  readonly call: (
    name: string,
    content?: Content,
    options?: { readonly timeout?: Duration.Input | undefined }
  ) => Effect.Effect<HxMessage.HxMessage, IpcError | HxFailure>
  /** Sends a message as it is: an event, for one. */
  readonly send: (message: HxMessage.HxMessage) => Effect.Effect<void, IpcError>
  /**
   * Runs a handler for each event that matches, for as long as the scope is open, and answers how to leave earlier. All
   * matching handlers run, in the order they came, event by event; one that fails is logged. A handler may call.
   */
  readonly on: <E, R>(
    matcher: Dispatch.Matcher<HxMessage.HxMessage>,
    handler: (event: HxMessage.HxMessage) => Effect.Effect<unknown, E, R>
  ) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope | R>
  /**
   * What comes and is no answer, while the stream runs. It ends when the server ends the connection, and fails with what
   * else ended it, or with `Overloaded` when it lags by more than `eventBuffer`.
   */
  readonly events: Stream.Stream<HxMessage.HxMessage, IpcError>
  /** Waits for the end of the connection, and tells why it ended. */
  readonly ended: Effect.Effect<IpcError>
}

/**
 * Options of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Pick<Channel.Options, "onFault"> {
  /** How long a call may take that has no timeout of its own. Default: for ever. */
  readonly timeout?: Duration.Input | undefined
  /** What ids begin with; a number from 0 on follows. Default: nothing. */
  readonly idPrefix?: string | undefined
  /**
   * What becomes of a message with an id that no call waits for, as a late answer: it is an event, as in Go, Ruby and PHP,
   * or it is dropped and told to `onFault`. Default: `"event"`.
   */
  readonly unknownIds?: "event" | "drop" | undefined
  /** Events that may wait for their handlers, and that a stream may lag behind. Default: 256. */
  readonly eventBuffer?: number | undefined
}

/**
 * Options of a client and of its channel.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenOptions extends Options, Channel.Options, HxFormat.HxOptions {
  /** Around the channel; the first is the outermost. Default: none. */
  readonly interceptors?: ReadonlyArray<Intercept.Interceptor<HxMessage.HxMessage>> | undefined
}

const defaultEventBuffer = 256

/**
 * Opens a channel over the `Transport` in the context, and makes a client of it. Fails with `ConnectFailed` when no link
 * can be opened.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = (options: OpenOptions = {}): Effect.Effect<HxClient, IpcError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const channel = yield* Channel.open(HxFormat.format(options), options)
    return yield* make(yield* Intercept.wrap(channel, ...(options.interceptors ?? [])), options)
  })

/**
 * Makes a client of a channel, which it reads from now on. Closing the scope fails the calls that wait with
 * `Disconnected`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  channel: Channel.Channel<HxMessage.HxMessage>,
  options: Options = {}
): Effect.Effect<HxClient, never, Scope.Scope> =>
  Effect.gen(function* () {
    const events = new HxEvents(channel.address, options.eventBuffer ?? defaultEventBuffer)
    const calls = new HxCalls(options.idPrefix ?? "", () => events.poke())
    const ended = Deferred.makeUnsafe<IpcError>()
    const end = (error: IpcError, exit: Exit.Exit<never, IpcError | Cause.Done>) => {
      calls.end(error)
      events.end(exit)
      Deferred.doneUnsafe(ended, Exit.succeed(error))
    }
    const disconnected = (detail: string) =>
      fromRefusal({ _tag: "Disconnected", detail }, "local", { address: channel.address })
    const died = () => {
      const error = disconnected("what this side does with received messages died")
      end(error, Exit.fail(error))
    }

    const take = (message: HxMessage.HxMessage): Effect.Effect<void> => {
      if (calls.settle(message)) return Effect.void
      if (options.unknownIds === "drop" && HxMessage.idOf(message) !== undefined) {
        return fault(options, stray(message, channel.address))
      }
      return Effect.flatMap(
        events.offer(message, () => calls.size > 0),
        (error) => (error === undefined ? Effect.void : fault(options, error))
      )
    }
    const read = channel.receive.pipe(
      Effect.flatMap(take),
      Effect.forever({ disableYield: true }),
      Effect.catch((error: IpcError | Cause.Done) =>
        Effect.sync(() => end(Cause.isDone(error) ? disconnected("the peer ended the link") : error, Exit.fail(error)))
      ),
      Effect.onError((cause) =>
        // An interceptor died, and nobody reads any more. Where the scope closes, that is the end.
        Cause.hasDies(cause)
          ? Effect.andThen(Effect.logError("reading messages of hx/interop died", cause), Effect.sync(died))
          : Effect.void
      )
    )
    yield* Effect.forkScoped(events.run)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => end(disconnected("closed by this side"), Exit.fail(Cause.Done())))
    )
    yield* Effect.forkScoped(read, { startImmediately: true })

    return {
      address: channel.address,
      send: channel.send,
      call: (name, content = {}, { timeout = options.timeout } = {}) => {
        const asked = Effect.flatMap(messageOf(content), (message) => calls.ask(name, message, channel.send))
        return timeout === undefined ? asked : within(asked, timeout, { address: channel.address, method: name })
      },
      on: <E, R>(
        matcher: Dispatch.Matcher<HxMessage.HxMessage>,
        handler: (event: HxMessage.HxMessage) => Effect.Effect<unknown, E, R>
      ) =>
        Effect.contextWith((context: Context.Context<R>) =>
          events.on(matcher, (event) => Effect.provide(quietly(Effect.suspend(() => handler(event))), context))
        ),
      events: events.stream,
      ended: Deferred.await(ended)
    }
  })

const messageOf = (content: Content): Effect.Effect<HxMessage.HxMessage, IpcError> => {
  if (Effect.isEffect(content)) return content
  return Effect.sync(() => HxMessage.make(content))
}

const within = <A, E>(
  call: Effect.Effect<A, E>,
  timeout: Duration.Input,
  place: { readonly address: string; readonly method: string }
): Effect.Effect<A, E | IpcError> =>
  Effect.timeoutOrElse(call, {
    duration: timeout,
    orElse: () => {
      const afterMillis = Duration.toMillis(timeout)
      return Effect.fail(fromRefusal({ _tag: "TimedOut", afterMillis }, "local", place))
    }
  })

const stray = (message: HxMessage.HxMessage, address: string): IpcError => {
  const detail = `an answer to a call that nobody waits for, with the id ${JSON.stringify(HxMessage.idOf(message))}`
  return fromRefusal({ _tag: "Malformed", detail }, "local", { address })
}

/** One handler that fails keeps nothing from the others. */
const quietly = <A, E, R>(handled: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.ignoreCause(handled, { log: "Error" })

const fault = ({ onFault }: Options, error: IpcError): Effect.Effect<void> =>
  quietly(Effect.suspend(() => (onFault === undefined ? Effect.logWarning(error.message) : onFault(error))))
