/**
 * One side of a protocol over one link: what it says, what it answers, and its end.
 *
 * Both sides are this file. A peer lives in a scope: closing it drains (no new work, what runs may finish for a bounded
 * time), says Bye, and closes the link.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Duty } from "../session/Exchange.ts"
import type { EventMessage, Hello } from "../session/Message.ts"
import type { Link } from "../transport/Link.ts"
import { Answering, type Desk } from "./Answering.ts"
import { Connection, type Port } from "./Connection.ts"
import { Emitter } from "./Emitter.ts"
import type { IpcError } from "./IpcError.ts"
import * as Methods from "./Methods.ts"
import * as Options from "./Options.ts"
import type { Permits } from "./Permits.ts"
import type { Role } from "./Role.ts"
import { Statuses } from "./Status.ts"
import { Subscriptions } from "./Subscriptions.ts"

export interface Parts {
  readonly role: Role
  readonly link: Link
  /** Closed when the connection is over. */
  readonly linkScope: Scope.Closeable
  /** What each handler needs one of to run: of the connection, and of the server. */
  readonly permits: ReadonlyArray<Permits>
  /** Told once the other's Hello was accepted. */
  readonly accepted?: (peer: Peer) => void
  /** Those of a client that outlives its connections. Default: its own, which end with the connection. */
  readonly subscriptions?: Subscriptions
}

/** Opens a peer in the scope. It says Hello at once, and does not wait for the other's. */
export const make = (parts: Parts): Effect.Effect<Peer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Peer(parts)),
    (peer) => peer.close
  )

export class Peer implements Port, Desk, Methods.Speaker {
  readonly role: Role
  readonly connection: Connection
  readonly client: Methods.AnyClient
  readonly context: object
  readonly permits: ReadonlyArray<Permits>
  readonly subscriptions: Subscriptions
  readonly emitter: Emitter
  readonly statuses = new Statuses()
  readonly #ownSubscriptions: boolean
  readonly #linkScope: Scope.Closeable
  readonly #accepted: ((peer: Peer) => void) | undefined
  readonly #ended = Deferred.makeUnsafe<IpcError>()
  /** Handlers in fibers of their own; an idle connection has none, and no set of them. */
  #running: Set<Fiber.Fiber<unknown, unknown>> | undefined

  constructor({ accepted, link, linkScope, permits, role, subscriptions }: Parts) {
    this.role = role
    this.permits = permits
    this.#linkScope = linkScope
    this.#accepted = accepted
    this.connection = new Connection(role, link, this)
    role.opened?.(link, linkScope)
    this.#ownSubscriptions = subscriptions === undefined
    this.subscriptions = subscriptions ?? Subscriptions.of(role.options, link.address)
    this.emitter = new Emitter(this.connection)
    this.client = Methods.make(this)
    this.context = Object.freeze({ caller: this.client, headers: noHeaders })
    this.connection.start()
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
    return this.emitter.offer(this.role.numbers.get(event._tag)!, event._tag, event)
  }

  // What the connection tells

  duty(method: number): Duty {
    return new Answering(method, this, this.role.tasks[method]!)
  }

  event(event: EventMessage): void {
    const { tag } = this.role.members[event.method]!
    const handler = this.role.answers.handlers[tag]
    if (handler === undefined || this.subscriptions.isHeard(tag)) this.subscriptions.publish(tag, event.payload)
    if (handler === undefined) return this.connection.session.eventTaken(event)
    const handled = Effect.suspend(() => handler(event.payload, this.context) as Effect.Effect<unknown, unknown>)
    this.run(handled).addObserver((exit) => {
      // One that was interrupted had no more time when this side closed.
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) this.died(tag, exit.cause)
      this.connection.session.eventTaken(event)
    })
  }

  eventsCredited(): void {
    this.emitter.credited()
  }

  accepted({ pid, version }: Hello): void {
    this.statuses.set({ _tag: "Ready", version, pid })
    this.#accepted?.(this)
  }

  fault(error: IpcError): void {
    const { onFault } = this.role.options
    // It is told in the middle of reading, so whatever it does wrong must not get there.
    const told = Effect.suspend(() => (onFault === undefined ? Effect.logWarning(error.message) : onFault(error)))
    this.role.runLocal(Effect.ignoreCause(told, { log: "Error" }))
  }

  closed(error: IpcError): void {
    if (this.#ownSubscriptions) this.subscriptions.close(error)
    this.emitter.close(error)
    this.statuses.set({ _tag: "Closed", error })
    const closed = Effect.andThen(Scope.close(this.#linkScope, Exit.void), Deferred.succeed(this.#ended, error))
    this.role.runLocal(closed)
  }

  // What duties need

  run(effect: Effect.Effect<unknown, unknown>): Fiber.Fiber<unknown, unknown> {
    const fiber = this.role.runHandler(effect)
    if (fiber.pollUnsafe() !== undefined) return fiber
    const running = (this.#running ??= new Set())
    running.add(fiber)
    fiber.addObserver(() => void running.delete(fiber))
    return fiber
  }

  died(tag: string, cause: Cause.Cause<unknown>): void {
    this.role.runHandler(Effect.logError(`the handler of ${tag} died`, cause))
  }

  /** Handlers of calls were interrupted with their calls; those of events may finish, as nobody took them back. */
  get #waitForHandlers(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const running = this.#running
      if (running === undefined || running.size === 0) return Effect.void
      const { drainTimeout } = this.role.options
      const finished = Effect.interruptible(Fiber.awaitAll(running))
      return finished.pipe(
        Effect.timeoutOption(drainTimeout ?? Options.defaults.timeoutMillis),
        Effect.andThen(Effect.suspend(() => Fiber.interruptAll(running)))
      )
    })
  }
}

const noHeaders = Object.freeze({})
