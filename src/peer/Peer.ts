/**
 * One side of a protocol over one link: what it says, what it answers, and its end.
 *
 * Both sides are this file. A peer lives in a scope: closing it drains (no new work, what runs may finish for a bounded
 * time), says Bye, and closes the link.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import type { Duty } from "../session/Exchange.ts"
import type { EventMessage } from "../session/Message.ts"
import type { Link } from "../transport/Link.ts"
import type * as Wire from "../wire/Wire.ts"
import { Answering, type Desk, type Handler, type Task } from "./Answering.ts"
import { Connection, type Port } from "./Connection.ts"
import { Emitter } from "./Emitter.ts"
import type { IpcError } from "./IpcError.ts"
import * as LazyStreams from "./LazyStreams.ts"
import * as Lexicon from "./Lexicon.ts"
import * as Methods from "./Methods.ts"
import * as Options from "./Options.ts"
import type { Permits } from "./Permits.ts"
import { Subscriptions } from "./Subscriptions.ts"

/** Handlers as a layer built them, with the context they run in. */
export interface Answers {
  readonly handlers: Readonly<Record<string, Handler>>
  readonly context: Context.Context<never>
}

export interface Parts {
  readonly protocol: AnyProtocol
  readonly side: Side
  readonly wire: Wire.Wire
  readonly link: Link
  /** Closed when the connection is over. */
  readonly linkScope: Scope.Closeable
  readonly answers: Answers
  readonly permits: ReadonlyArray<Permits>
  readonly options: Options.PeerOptions & Methods.ClientOptions
}

/** Opens a peer in the scope. It says Hello at once, and does not wait for the other's. */
export const make = (parts: Parts): Effect.Effect<Peer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const clock = yield* Clock.Clock
      return new Peer(parts, context, clock)
    }),
    (peer) => peer.close
  )

export class Peer implements Port, Desk, Methods.Speaker {
  readonly connection: Connection
  readonly client: Methods.AnyClient
  readonly context: object
  readonly permits: ReadonlyArray<Permits>
  readonly subscriptions: Subscriptions
  readonly emitter: Emitter
  readonly lexicon: Wire.Lexicon
  readonly numbers: ReadonlyMap<string, number>
  readonly #parts: Parts
  readonly #members: ReadonlyArray<Member>
  readonly #tasks: ReadonlyArray<Task | undefined>
  readonly #runLocal: (effect: Effect.Effect<unknown>) => Fiber.Fiber<unknown>
  readonly #runHandler: (effect: Effect.Effect<unknown, unknown>) => Fiber.Fiber<unknown, unknown>
  readonly #met = Deferred.makeUnsafe<void>()
  readonly #ended = Deferred.makeUnsafe<IpcError>()
  readonly #running = new Set<Fiber.Fiber<unknown, unknown>>()

  constructor(parts: Parts, context: Context.Context<never>, clock: Clock.Clock) {
    const { answers, link, options, protocol, side, wire } = parts
    const role = side === "client" ? "dialer" : "acceptor"
    const lexicon = Lexicon.compile(protocol, side)
    this.#parts = parts
    this.lexicon = lexicon
    this.permits = parts.permits
    this.#runLocal = Effect.runForkWith(context)
    this.#runHandler = Effect.runForkWith(Context.merge(context, answers.context))
    this.#members = protocol[side]
    this.numbers = new Map(lexicon.says.map((method, number) => [method.tag, number]))
    this.connection = new Connection(
      {
        link,
        wire,
        lexicon,
        session: Options.session(options, lexicon, wire, role),
        codec: { role, maxFrameBytes: Options.maxFrameBytes(options) },
        outgoingMaxBytes: options.outgoingMaxBytes ?? Options.defaults.outgoingMaxBytes,
        context,
        clock
      },
      this
    )
    const eventBuffer = options.eventBuffer ?? Options.defaults.eventBuffer
    this.subscriptions = new Subscriptions(eventBuffer, () =>
      this.connection.error(
        { _tag: "Overloaded", what: "events in wait for a subscriber", limit: eventBuffer },
        "local"
      )
    )
    this.emitter = new Emitter(this.connection)
    this.client = Methods.make(this, protocol, side, options)
    this.context = Object.freeze({ caller: this.client, headers: Object.freeze({}) })
    this.#tasks = this.#members.map((member, method) => this.#task(member, method))
    this.connection.start()
  }

  /** Waits until the other's Hello was accepted: for ever, when it is not. */
  get met(): Effect.Effect<void> {
    return Deferred.await(this.#met)
  }

  /** Waits for the end of the connection, and tells why it ended. */
  get ended(): Effect.Effect<IpcError> {
    return Deferred.await(this.#ended)
  }

  /** Drains, closes, and waits for every handler to be through. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.connection.drain()
      return Effect.andThen(this.ended, this.#waitForHandlers)
    })
  }

  /** Emits an event if the peer takes it now. Answers whether it did. */
  offer(event: { readonly _tag: string }): boolean {
    return this.emitter.offer(this.numbers.get(event._tag)!, event._tag, event)
  }

  // What the connection tells

  duty(method: number): Duty {
    return new Answering(method, this, this.#tasks[method]!)
  }

  event(event: EventMessage): void {
    const { tag } = this.#members[event.method]!
    const handler = this.#parts.answers.handlers[tag]
    if (handler === undefined || this.subscriptions.isHeard(tag)) this.subscriptions.publish(tag, event.payload)
    if (handler === undefined) return this.connection.session.eventTaken(event)
    const handled = Effect.suspend(() => handler(event.payload, this.context) as Effect.Effect<unknown, unknown>)
    this.run(handled).addObserver((exit) => {
      if (Exit.isFailure(exit)) this.died(tag, exit.cause)
      this.connection.session.eventTaken(event)
    })
  }

  eventsCredited(): void {
    this.emitter.credited()
  }

  accepted(): void {
    Deferred.doneUnsafe(this.#met, Exit.void)
  }

  fault(error: IpcError): void {
    const { onFault } = this.#parts.options
    // It is told in the middle of reading, so whatever it does wrong must not get there.
    const told = Effect.suspend(() => (onFault === undefined ? Effect.logWarning(error.message) : onFault(error)))
    this.#runLocal(Effect.ignoreCause(told, { log: "Error" }))
  }

  closed(error: IpcError): void {
    this.subscriptions.close(error)
    this.emitter.close(error)
    const closed = Effect.andThen(Scope.close(this.#parts.linkScope, Exit.void), Deferred.succeed(this.#ended, error))
    this.#runLocal(closed)
  }

  // What duties need

  run(effect: Effect.Effect<unknown, unknown>): Fiber.Fiber<unknown, unknown> {
    const fiber = this.#runHandler(effect)
    if (fiber.pollUnsafe() !== undefined) return fiber
    this.#running.add(fiber)
    fiber.addObserver(() => void this.#running.delete(fiber))
    return fiber
  }

  died(tag: string, cause: Cause.Cause<unknown>): void {
    this.#runHandler(Effect.logError(`the handler of ${tag} died`, cause))
  }

  /** Handlers of calls were interrupted with their calls; those of events may finish, as nobody took them back. */
  get #waitForHandlers(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#running.size === 0) return Effect.void
      const { drainTimeout } = this.#parts.options
      const finished = Effect.interruptible(Fiber.awaitAll(this.#running))
      return finished.pipe(
        Effect.timeoutOption(drainTimeout ?? Options.defaults.timeoutMillis),
        Effect.andThen(Effect.suspend(() => Fiber.interruptAll(this.#running)))
      )
    })
  }

  #task(member: Member, method: number): Task | undefined {
    const handler = this.#parts.answers.handlers[member.tag]
    if (member.kind === "event" || handler === undefined) return undefined
    const { input, progress, stream } = member.spec
    const { connection } = this
    const perMessage = Lexicon.itemsPerMessage(this.lexicon.answers[method]!.item)
    return {
      tag: member.tag,
      handler,
      hasInput: input !== undefined,
      hasProgress: progress !== undefined,
      stream:
        stream === undefined
          ? undefined
          : (duty, items) =>
              Effect.flatMap(LazyStreams.load, (streams) =>
                streams.answer(connection, duty, items as never, perMessage)
              ) as never,
      input: input === undefined ? undefined : (inbox) => LazyStreams.stream((streams) => streams.fromInbox(inbox))
    }
  }
}
