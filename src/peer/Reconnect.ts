/**
 * A client that outlives its connections: it opens another by a schedule, and holds the calls meanwhile.
 *
 * `RpcClient` loads it for the option `reconnect`. A session dies with its link, so each connection has a peer of its
 * own; the record of methods, the subscriptions to events and the status are the client's.
 *
 * Law: whatever ends the loop that opens connections closes the client with an error, so nothing is held for ever.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import { Holding } from "./Holding.ts"
import { Disconnected, IpcError } from "./IpcError.ts"
import type { AnyClient } from "./Methods.ts"
import * as Options from "./Options.ts"
import * as Peer from "./Peer.ts"
import { Permits } from "./Permits.ts"
import { fromTransport } from "./Reason.ts"
import * as ReconnectMethods from "./ReconnectMethods.ts"
import type { Role } from "./Role.ts"
import { type Ready, type Status, Statuses } from "./Status.ts"
import { Subscriptions } from "./Subscriptions.ts"
import * as Trials from "./Trials.ts"

export interface Parts {
  readonly transport: Transport["Service"]
  readonly role: Role
  readonly schedule: Schedule.Schedule<unknown, IpcError>
}

/** Gives a client once a link is open. Fails with the last error when the schedule ends before that. */
export const make = (parts: Parts): Effect.Effect<AnyClient, IpcError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const keeper = new Keeper(parts)
    return yield* keeper.start(scope).pipe(Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))))
  })

/** What no further attempt would change. */
const finalReasons: ReadonlyArray<string> = ["Incompatible", "Unauthorized", "Unsayable"]

class Keeper {
  readonly #parts: Parts
  readonly #holding: Holding
  readonly #subscriptions: Subscriptions
  readonly #statuses = new Statuses()
  readonly #opened = Deferred.makeUnsafe<void, IpcError>()
  /** Peers whose connection is over, until their handlers are through. */
  readonly #leaving = new Set<Fiber.Fiber<void>>()
  /** Waits until the link of the last connection is closed. */
  #linkClosed: Effect.Effect<unknown> = Effect.void
  /** Whether there was a connection that was ready: at all, and since the last attempt. */
  #wasReady = false
  #isHealthy = false
  #isClosing = false

  constructor(parts: Parts) {
    const { options } = parts.role
    const { address } = parts.transport
    this.#subscriptions = Subscriptions.of(options, address)
    const most = options.maxCallsHeld ?? Options.defaults.maxCallsHeld
    this.#holding = new Holding({ address, most, why: () => whyNone(this.#statuses.now) })
    this.#parts = { ...parts, role: outliving(parts.role, this.#holding) }
  }

  start(scope: Scope.Scope): Effect.Effect<AnyClient, IpcError> {
    return Effect.gen({ self: this }, function* () {
      yield* Scope.addFinalizer(scope, this.#leave)
      const looped = Effect.onExit(this.#loop, (exit) => Effect.sync(() => this.#close(this.#whyOver(exit))))
      yield* Effect.forkIn(looped, scope)
      // It runs first of the three: what is held is not worth waiting for.
      yield* Scope.addFinalizer(
        scope,
        Effect.sync(() => {
          this.#isClosing = true
          this.#holding.close(this.#disconnected("closed by this side"))
        })
      )
      yield* Deferred.await(this.#opened)
      return ReconnectMethods.make({
        role: this.#parts.role,
        holding: this.#holding,
        subscriptions: this.#subscriptions,
        statuses: this.#statuses
      })
    })
  }

  /** Opens connections, one after the other. Ends with the error after which there is no other. */
  get #loop(): Effect.Effect<IpcError> {
    return Effect.gen({ self: this }, function* () {
      const { schedule } = this.#parts
      let trials = yield* Trials.make(schedule)
      while (true) {
        trials.count++
        const error = yield* this.#connection
        if (finalReasons.includes(error.reason._tag)) return error
        if (this.#isHealthy) trials = yield* Trials.make(schedule)
        this.#isHealthy = false
        const waitMillis = yield* this.#whenNext(trials, error)
        if (waitMillis === undefined) return yield* trials.gaveUp(error)
        yield* Effect.andThen(Effect.sleep(waitMillis), this.#linkClosed)
        // A schedule without delay and a transport that fails at once must leave others their turn.
        yield* Effect.yieldNow
      }
    })
  }

  /** Asks the schedule, and says what it answers; when it takes its time, that there is no connection. */
  #whenNext(trials: Trials.Trials, error: IpcError): Effect.Effect<number | undefined> {
    return Effect.gen({ self: this }, function* () {
      const say = (waitMillis: number | undefined): void =>
        this.#statuses.set({ _tag: "Reconnecting", error, attempt: trials.count + 1, waitMillis })
      const asking = yield* Effect.forkChild(trials.next(error), { startImmediately: true })
      if (asking.pollUnsafe() === undefined) say(undefined)
      const waitMillis = yield* Fiber.join(asking)
      if (waitMillis !== undefined) say(waitMillis)
      return waitMillis
    })
  }

  /** One connection, from opening its link to its end. Answers why it ended, or did not come about. */
  get #connection(): Effect.Effect<IpcError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const { role, transport } = this.#parts
        const linkScope = yield* Scope.make()
        const opened = yield* Effect.exit(restore(Scope.provide(transport.open, linkScope)))
        if (Exit.isFailure(opened)) {
          yield* Scope.close(linkScope, opened)
          return yield* unopened(opened.cause, transport.address)
        }
        const { concurrency } = role.options
        const permits = concurrency === undefined ? [] : [new Permits(concurrency)]
        const peer = new Peer.Peer({ role, link: opened.value, linkScope, permits, subscriptions: this.#subscriptions })
        Deferred.doneUnsafe(this.#opened, Exit.void)
        return yield* Effect.ensuring(
          restore(this.#end(peer)),
          Effect.sync(() => this.#part(peer))
        )
      })
    )
  }

  /** Waits for the end of a connection, and tells when it is ready. */
  #end(peer: Peer.Peer): Effect.Effect<IpcError> {
    return Effect.callback((resume) => {
      const look = (status: Status): void => {
        if (status._tag === "Ready") this.#ready(peer, status)
        if (status._tag === "Closed") resume(Effect.succeed(status.error))
      }
      const stop = peer.statuses.watch(look)
      look(peer.statuses.now)
      return Effect.sync(stop)
    })
  }

  #ready(peer: Peer.Peer, status: Ready): void {
    if (this.#wasReady) this.#onReconnect()
    this.#wasReady = true
    this.#isHealthy = true
    this.#statuses.set(status)
    this.#holding.opened(peer)
  }

  /** A connection is ready in the place of one that was. */
  #onReconnect(): void {
    this.#subscriptions.gap()
    this.#parts.role.reopened?.()
  }

  /** Lets what the peer still runs come to its end, beside what follows. */
  #part(peer: Peer.Peer): void {
    this.#linkClosed = peer.ended
    const leaving = this.#parts.role.runLocal(peer.close)
    this.#leaving.add(leaving)
    leaving.addObserver(() => void this.#leaving.delete(leaving))
  }

  get #leave(): Effect.Effect<void> {
    return Effect.suspend(() => Fiber.awaitAll(Array.from(this.#leaving))).pipe(
      Effect.andThen(Effect.sync(() => this.#over(this.#disconnected("closed by this side"))))
    )
  }

  /** The loop has ended. While this side closes, the last connection drains; it is over when that is done. */
  #close(error: IpcError): void {
    if (!this.#isClosing) this.#over(error)
  }

  #over(error: IpcError): void {
    this.#statuses.set({ _tag: "Closed", error })
    this.#holding.close(error)
    this.#subscriptions.close(error)
    Deferred.doneUnsafe(this.#opened, Exit.fail(error))
  }

  #whyOver(exit: Exit.Exit<IpcError>): IpcError {
    if (Exit.isSuccess(exit)) return exit.value
    return this.#disconnected(`opening connections died: ${String(Cause.squash(exit.cause))}`)
  }

  #disconnected(detail: string): IpcError {
    return new IpcError({ reason: new Disconnected({ address: this.#parts.transport.address, detail }) })
  }
}

/** Lets middleware that runs `next` when its connection is over ask on the one after it. */
const outliving = (role: Role, holding: Holding): Role => {
  const { around, options } = role
  // Without middleware nobody keeps the deadline of a call that waits there.
  if (around === undefined || options.callMiddleware === undefined || options.callMiddleware.length === 0) return role
  return {
    ...role,
    around: (request, route, question) => {
      const successor = Effect.map(holding.peer(route.tag), ({ connection }) => connection)
      return around(request, { ...route, successor }, question)
    }
  }
}

/** A transport that dies has a bug, which may well be gone at the next attempt. */
const unopened = (cause: Cause.Cause<TransportError>, address: string): Effect.Effect<IpcError> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
  const error = Cause.squash(cause)
  if (error instanceof TransportError) return Effect.succeed(fromTransport(error))
  const detail = `the transport died while it opened: ${String(error)}`
  return Effect.succeed(fromTransport(new TransportError({ stage: "open", address, detail })))
}

const whyNone = (status: Status): string => {
  switch (status._tag) {
    case "Reconnecting":
    case "Closed":
      return status.error.message
    case "Connecting":
      return "the server has said no Hello yet"
    case "Ready":
      return "the server is closing and takes no new calls"
  }
}
