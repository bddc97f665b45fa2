/**
 * A server of innmind/ipc as its clients see it: another process, to send messages to and to wait for those it sends.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { InnmindMessage, InnmindProcess } from "effect-ipc/foreign"
 * import { InnmindSocket } from "effect-ipc/node"
 *
 * export const program = Effect.gen(function* () {
 *   const demo = yield* InnmindProcess.connect()
 *   yield* demo.send(InnmindMessage.of("text/plain", "ping"))
 *   const pong = yield* demo.wait({ timeout: "2 seconds" })
 *   yield* Console.log(InnmindMessage.text(pong))
 * }).pipe(Effect.scoped, Effect.provide(InnmindSocket.layer({ name: "demo", wait: "5 seconds" })))
 * ```
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Cause from "effect/Cause"
import * as Scope from "effect/Scope"
import { IpcError } from "../../peer/IpcError.ts"
import { Line } from "../../peer/Line.ts"
import { fromTransport } from "../../peer/Reason.ts"
import type { Link } from "../../transport/Link.ts"
import { Transport } from "../../transport/Transport.ts"
import type { MediaMessage } from "../../wire/framing/MediaFrame.ts"
import { Dialogue, type Port, type Terms as DialogueTerms } from "./Dialogue.ts"
import type { InnmindMessage } from "./InnmindMessage.ts"
import * as Terms from "./Terms.ts"

/**
 * What may be set of a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Terms.Options {}

/**
 * How long one step of a client may take.
 *
 * @category models
 * @since 0.1.0
 */
export interface Patience {
  /** Fails with `TimedOut` after this long from its beginning, whatever the server's heart beats. Default: for ever. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A server, connected to.
 *
 * @category models
 * @since 0.1.0
 */
export interface InnmindProcess {
  /** What a person would call the server. */
  readonly address: string
  /**
   * Sends messages, one after the other, each once the server has acknowledged the one before; succeeds when it has
   * acknowledged all. That says that it has them, not what becomes of them. `timeout` is for each. What the server sends
   * meanwhile is there for `wait`.
   *
   * Stops at the first that fails: with `Oversized` or `Unsayable` when the message itself cannot be sent (the connection
   * goes on), with `TimedOut` without an acknowledgement, with `Disconnected` when the connection is over.
   */
  readonly send: (
    messages: InnmindMessage | Iterable<InnmindMessage>,
    options?: Patience
  ) => Effect.Effect<void, IpcError>
  /**
   * Takes the next message that the server has sent, and waits for it. Fails with `TimedOut`; with `Malformed` or
   * `Oversized` for one that nobody can read, after which there may be others; with the reason of the end once the
   * connection is over and everything was taken. When more than 1024 messages or 1 MiB wait to be taken no
   * more is read, acknowledgements neither.
   */
  readonly wait: (options?: Patience) => Effect.Effect<InnmindMessage, IpcError>
  /**
   * Says goodbye and waits for the server's, at most `closeTimeout`; then the connection is closed either way. Fails with
   * `TimedOut` when the server has not answered. Closed already, it succeeds. The end of the scope does the same, and fails never.
   */
  readonly close: Effect.Effect<void, IpcError>
  /** Whether the connection is over. */
  readonly closed: Effect.Effect<boolean>
}

/**
 * Connects to a server, and waits for its greeting.
 *
 * Fails with `ConnectFailed` when nobody listens, or the server has not greeted within `handshakeTimeout`, and with
 * `Disconnected` when it ends meanwhile. The end of the scope closes the connection with a goodbye, without which a server of the 4.x line forgets what it has carried.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = (options: Options = {}): Effect.Effect<InnmindProcess, IpcError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const { open } = yield* Transport
    const times = Terms.times(options)
    const scope = yield* Effect.acquireRelease(Scope.make(), (own, exit) => Scope.close(own, exit))
    const link = yield* Effect.mapError(Scope.provide(open, scope), fromTransport)
    const inbox = yield* Queue.unbounded<Received, IpcError>()
    const process = yield* Effect.acquireRelease(
      Effect.sync(() => new Connected(link, Terms.dialogue("dialer", options), times, inbox)),
      (own) => Effect.ignore(own.close)
    )
    yield* Effect.forkScoped(Effect.andThen(process.ended, Scope.close(scope, Exit.void)))
    yield* process.greeted
    return process
  })

/** A message, or what is wrong with one that nobody can read. */
type Received = MediaMessage | IpcError

class Connected implements InnmindProcess, Port {
  readonly address: string
  readonly #dialogue: Dialogue
  readonly #times: Terms.Times
  readonly #opened = Deferred.makeUnsafe<void, IpcError>()
  readonly #ended = Deferred.makeUnsafe<void>()
  readonly #line = new Line()
  readonly #inbox: Queue.Queue<Received, IpcError>
  /** Who waits for an acknowledgement, in the order of the messages; who does no more keeps its place. */
  readonly #waiting: Array<Deferred.Deferred<void, IpcError>> = []
  #heard = false

  constructor(link: Link, terms: DialogueTerms, times: Terms.Times, inbox: Queue.Queue<Received, IpcError>) {
    this.address = link.address
    this.#times = times
    this.#inbox = inbox
    this.#dialogue = new Dialogue(link, terms, this)
    this.#dialogue.start()
  }

  get greeted(): Effect.Effect<void, IpcError> {
    const { handshakeTimeout } = this.#times
    return Effect.timeoutOrElse(Deferred.await(this.#opened), {
      duration: handshakeTimeout,
      orElse: () => {
        const reason = { _tag: "HandshakeTimedOut", afterMillis: Duration.toMillis(handshakeTimeout) } as const
        this.#dialogue.giveUp(reason)
        return Effect.fail(this.#dialogue.errorOf(reason, "local"))
      }
    })
  }

  get ended(): Effect.Effect<void> {
    return Deferred.await(this.#ended)
  }

  get closed(): Effect.Effect<boolean> {
    return Effect.sync(() => this.#dialogue.error !== undefined)
  }

  send(messages: InnmindMessage | Iterable<InnmindMessage>, options: Patience = {}): Effect.Effect<void, IpcError> {
    const all = Symbol.iterator in messages ? messages : [messages]
    return Effect.forEach(all, (message) => this.#sendOne(message, options), { discard: true })
  }

  #sendOne(message: InnmindMessage, { timeout }: Patience): Effect.Effect<void, IpcError> {
    const sent = Effect.suspend(() => {
      const error = this.#dialogue.send(message)
      if (error !== undefined) return Effect.fail(error)
      const acknowledged = Deferred.makeUnsafe<void, IpcError>()
      this.#waiting.push(acknowledged)
      return Deferred.await(acknowledged)
    })
    const leave = Effect.sync(() => this.#line.leave())
    const inTurn = Effect.uninterruptibleMask((restore) =>
      Effect.andThen(restore(this.#line.turn), Effect.ensuring(restore(sent), leave))
    )
    return this.#patiently(inTurn, timeout)
  }

  wait({ timeout }: Patience = {}): Effect.Effect<InnmindMessage, IpcError> {
    return this.#patiently(this.#take, timeout)
  }

  /** `peek` waits without taking, so an interruption never loses a message. */
  get #take(): Effect.Effect<MediaMessage, IpcError> {
    return Effect.flatMap(Queue.peek(this.#inbox), () => {
      const taken = Queue.takeUnsafe(this.#inbox)
      if (taken === undefined) return this.#take
      if (taken._tag === "Failure") return Effect.failCause(taken.cause)
      const received = taken.value
      this.#dialogue.taken(received instanceof IpcError ? 0 : received.content.length)
      return received instanceof IpcError ? Effect.fail(received) : Effect.succeed(received)
    })
  }

  get close(): Effect.Effect<void, IpcError> {
    return Effect.suspend(() => {
      if (this.#dialogue.error !== undefined) return this.ended
      this.#dialogue.close()
      const { closeTimeout } = this.#times
      // The end of a scope is not interrupted, and must not last for ever.
      return Effect.timeoutOrElse(Effect.interruptible(this.#beating(this.ended)), {
        duration: closeTimeout,
        orElse: () => {
          this.#dialogue.giveUp({ _tag: "Disconnected", detail: "closed by this side; the peer has not answered" })
          return Effect.fail(this.#timedOut(closeTimeout))
        }
      })
    })
  }

  #patiently<A>(waiting: Effect.Effect<A, IpcError>, timeout: Duration.Input | undefined): Effect.Effect<A, IpcError> {
    const beating = this.#beating(waiting)
    if (timeout === undefined) return beating
    const duration = Duration.fromInputUnsafe(timeout)
    return Effect.timeoutOrElse(beating, { duration, orElse: () => Effect.fail(this.#timedOut(duration)) })
  }

  #timedOut(after: Duration.Duration): IpcError {
    return this.#dialogue.errorOf({ _tag: "TimedOut", afterMillis: Duration.toMillis(after) }, "local")
  }

  /** Says that this side is there after each period in which nothing came, while it waits. */
  #beating<A, E>(waiting: Effect.Effect<A, E>): Effect.Effect<A, E> {
    const beat = Effect.sync(() => {
      if (!this.#heard) this.#dialogue.beat()
      this.#heard = false
    })
    const beating = Effect.forever(Effect.andThen(Effect.sleep(this.#times.heartbeat), beat))
    return Effect.suspend(() => {
      this.#heard = false
      return Effect.raceFirst(waiting, beating)
    })
  }

  // What the dialogue tells

  opened(): void {
    Deferred.doneUnsafe(this.#opened, Effect.void)
  }

  user(message: MediaMessage): void {
    Queue.offerUnsafe(this.#inbox, message)
  }

  acknowledged(): void {
    const first = this.#waiting.shift()
    if (first !== undefined) Deferred.doneUnsafe(first, Effect.void)
  }

  heard(): void {
    this.#heard = true
  }

  fault(error: IpcError): void {
    this.#dialogue.waits(0)
    Queue.offerUnsafe(this.#inbox, error)
  }

  over(error: IpcError): void {
    Deferred.doneUnsafe(this.#opened, Effect.fail(error))
    for (const waiting of this.#waiting.splice(0)) Deferred.doneUnsafe(waiting, Effect.fail(error))
    Queue.failCauseUnsafe(this.#inbox, Cause.fail(error))
    Deferred.doneUnsafe(this.#ended, Effect.void)
  }
}
