/**
 * A session over a channel: it joins requests, listeners and handlers, and knows how all of them end.
 *
 * Rule 1: one fiber reads; it waits for nobody but handlers of messages that are far behind, and a full link that has to
 * take a refusal. Rule 2: when the link ends, every request of ours fails and every handler of a request is interrupted,
 * however far behind handlers of messages are; what came before the end is still heard of.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { IpcError } from "../../peer/IpcError.ts"
import type { StreamIpcMessage } from "../../wire/framing/StreamIpcFormat.ts"
import type { PhpObject } from "../../wire/payload/PhpValue.ts"
import type { Channel } from "../Channel.ts"
import { done } from "../Mailbox.ts"
import { Answering } from "./Answering.ts"
import { Asking, errorOf, invalid } from "./Asking.ts"
import { Listeners } from "./Listeners.ts"
import { Registry } from "./Registry.ts"
import { Requests } from "./Requests.ts"
import type { MessageHandler, Options as SessionOptions, RequestHandler, Session } from "./SessionModel.ts"
import * as Message from "./StreamIpcMessage.ts"

const defaults = { maxRequests: 1024, messageBuffer: 1024 } as const

/** Makes the session, registers its first handlers, and begins to read. */
export const over = <A, R>(
  channel: Channel<StreamIpcMessage>,
  options: SessionOptions<A, R>
): Effect.Effect<Session<A>, never, Scope.Scope | R> =>
  Effect.gen(function* () {
    const limit = options.messageBuffer ?? defaults.messageBuffer
    const registry = new Registry<A>(options.classes ?? [])
    const answering = new Answering<A>({
      registry,
      respond: (id, message) => channel.send({ _tag: "Response", id, message }),
      answersFailures: options.answerFailures ?? options.generation !== "old",
      exposeStacks: options.exposeStacks ?? false,
      maxRequests: options.maxRequests ?? defaults.maxRequests,
      fibers: yield* FiberSet.make<void>()
    })
    const listeners = yield* Listeners.make<PhpObject | A>(limit, () =>
      errorOf(channel, { _tag: "Overloaded", what: "messages in wait for a listener", limit })
    )
    const speaking = new Speaking(channel, options, registry, answering, listeners)
    yield* Effect.forEach(options.onRequest ?? [], (handler) => speaking.session.onRequest(handler))
    yield* Effect.forEach(options.onMessage ?? [], (handler) => speaking.session.onMessage(handler))
    yield* speaking.start
    return speaking.session
  })

class Speaking<A> {
  readonly session: Session<A>
  readonly #channel: Channel<StreamIpcMessage>
  readonly #options: SessionOptions<A, any>
  readonly #registry: Registry<A>
  readonly #answering: Answering<A>
  readonly #listeners: Listeners<PhpObject | A>
  readonly #requests = new Requests()
  readonly #finished = Deferred.makeUnsafe<void, IpcError>()

  constructor(
    channel: Channel<StreamIpcMessage>,
    options: SessionOptions<A, any>,
    registry: Registry<A>,
    answering: Answering<A>,
    listeners: Listeners<PhpObject | A>
  ) {
    this.#channel = channel
    this.#options = options
    this.#registry = registry
    this.#answering = answering
    this.#listeners = listeners
    const asking = new Asking(channel, registry, this.#requests, options)
    this.session = {
      address: channel.address,
      notify: (message) => asking.notify(message),
      request: (message, options) => asking.request(message, options),
      messages: listeners.stream,
      onMessage: (handler) => this.#onMessage(handler),
      onRequest: (handler) => this.#onRequest(handler),
      finished: Deferred.await(this.#finished),
      counts: Effect.sync(() => ({
        waiting: this.#requests.size,
        unmatched: this.#requests.unmatched,
        dropped: listeners.dropped
      }))
    }
  }

  /** Reads until the link is over, or the scope closes. */
  get start(): Effect.Effect<void, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      const handling = yield* Effect.forkScoped(this.#listeners.run)
      const reading = Effect.flatMap(Effect.exit(this.#read), (exit) => this.#over(exit, handling))
      yield* Effect.addFinalizer(() => this.#closed)
      yield* Effect.forkScoped(
        Effect.andThen(
          this.#channel.ended,
          Effect.sync(() => this.#listeners.hurry())
        )
      )
      yield* Effect.forkScoped(reading)
    })
  }

  // Who hears

  #onMessage<R>(handler: MessageHandler<A, R>): Effect.Effect<Effect.Effect<void>, never, R | Scope.Scope> {
    return Effect.flatMap(Effect.context<R>(), (context) =>
      asLong(() =>
        this.#listeners.handle((message) =>
          Effect.provide(
            Effect.suspend(() => handler(message, this.session)),
            context
          ).pipe(
            Effect.catchCause((cause) => Effect.logError("a handler of messages of php-stream-ipc failed", cause)),
            Effect.asVoid
          )
        )
      )
    )
  }

  #onRequest<R>(handler: RequestHandler<A, R>): Effect.Effect<Effect.Effect<void>, never, R | Scope.Scope> {
    return Effect.flatMap(Effect.context<R>(), (context) =>
      asLong(() =>
        this.#answering.handle((message) =>
          Effect.provide(
            Effect.suspend(() => handler(message, this.session)),
            context
          )
        )
      )
    )
  }

  // What comes

  get #read(): Effect.Effect<never, IpcError | Cause.Done> {
    // `forever` gives way after each message: who hears of one does so before the next, such as an answer, is read.
    return Effect.forever(Effect.flatMap(this.#channel.receive, (message) => this.#received(message)))
  }

  #received(message: StreamIpcMessage): Effect.Effect<void> {
    switch (message._tag) {
      case "Notification":
        return this.#heard(message.message)
      case "Request":
        return this.#answering.start(message.id, message.message)
      case "Response":
        return Effect.sync(() => this.#requests.settle(message.id, message.message))
      case "Undecodable":
        return this.#listeners.publish(Message.log(message.bytes, "error"))
    }
  }

  #heard(object: PhpObject): Effect.Effect<void> {
    const message = this.#registry.decode(object)
    if (Result.isSuccess(message)) return this.#listeners.publish(message.success)
    const error = errorOf(this.#channel, invalid("payload", message.failure), object.class)
    const told = this.#options.onFault?.(error) ?? Effect.logWarning(error.message)
    return Effect.ignoreCause(told, { log: "Error" })
  }

  // How it ends

  #over(exit: Exit.Exit<never, IpcError | Cause.Done>, handling: Fiber.Fiber<void>): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const failure = Exit.isFailure(exit) ? Cause.findError(exit.cause) : undefined
      const error = failure !== undefined && Result.isSuccess(failure) ? failure.success : undefined
      const broke = error instanceof IpcError ? error : undefined
      // A channel that has ended well does not tell why where it is read.
      this.#requests.end(broke ?? (yield* this.#channel.ended))
      this.#listeners.end(broke === undefined ? done : Exit.fail(broke))
      yield* this.#answering.stop
      // Nobody hears of what nobody has asked for yet.
      if (!this.#listeners.hasEarly) yield* Fiber.await(handling)
      Deferred.doneUnsafe(this.#finished, broke === undefined ? Exit.void : Exit.fail(broke))
    })
  }

  get #closed(): Effect.Effect<void> {
    return Effect.sync(() => {
      const error = errorOf(this.#channel, { _tag: "Disconnected", detail: "closed by this side" })
      this.#requests.end(error)
      this.#listeners.end(done)
      Deferred.doneUnsafe(this.#finished, Exit.void)
    })
  }
}

/** Keeps something added until the scope closes, or earlier. */
const asLong = (add: () => () => void): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(Effect.sync(add), (remove) => Effect.sync(remove)),
    (remove) => Effect.sync(remove)
  )
