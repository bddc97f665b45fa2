/**
 * A server of innmind/ipc that runs: its clients, what it carries, and its end.
 *
 * Law 1: a step gets the carry that the one before has given. With one carry, steps run one at a time in the order in
 * which messages came from all clients; with one for each client, in the order of that client's.
 * Law 2: a message that was acknowledged is stepped on although its client has left meanwhile, unless the server ends.
 * Law 3: once the server ends no step begins.
 *
 * @internal
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type { Verdict } from "../../peer/Fold.ts"
import type { IpcError } from "../../peer/IpcError.ts"
import { Line } from "../../peer/Line.ts"
import type { MediaMessage } from "../../wire/framing/MediaFrame.ts"
import type { Client, Desk } from "./Client.ts"
import type { Continuation } from "./Continuation.ts"
import type { InnmindMessage } from "./InnmindMessage.ts"

/** What a user says of the server. */
export interface Parts<S, E, R, RM> {
  readonly initial: S
  readonly step: (carry: S, message: InnmindMessage) => Effect.Effect<Continuation<S>, E, R>
  readonly combine: ((total: S, ofClient: S) => S) | undefined
  readonly monitor: ((total: S) => Effect.Effect<Verdict<S>, E, RM>) | undefined
  readonly onFault: (error: IpcError) => void
  readonly clock: Clock.Clock
}

/** What is carried, from step to step. */
interface Carried<S> {
  carry: S
}

interface Sent {
  readonly client: Client
  readonly message: MediaMessage
}

type Inbox = Queue.Queue<Sent, Cause.Done>

/** Makes an inbox. What is in it is bounded by the clients, which are read no more when they have sent too much. */
export const inbox: Effect.Effect<Inbox> = Queue.unbounded<Sent, Cause.Done>()

export class Serving<S, E, R, RM> implements Desk {
  readonly #parts: Parts<S, E, R, RM>
  readonly #total: Carried<S>
  readonly #shared: Inbox
  /** The inboxes of clients that have a carry of their own. */
  readonly #own = new Map<Client, Inbox>()
  readonly #line = new Line()
  readonly #finished = Deferred.makeUnsafe<void, E | IpcError>()
  readonly clients = new Set<Client>()
  #ends = false
  #steps = 0
  #activeMillis: number

  constructor(parts: Parts<S, E, R, RM>, shared: Inbox) {
    this.#parts = parts
    this.#total = { carry: parts.initial }
    this.#shared = shared
    this.#activeMillis = parts.clock.currentTimeMillisUnsafe()
  }

  /** Succeeds when a step, a monitor or a long silence ends the server; fails with what broke it. */
  get finished(): Effect.Effect<void, E | IpcError> {
    return Deferred.await(this.#finished)
  }

  /** What it carries. */
  get total(): S {
    return this.#total.carry
  }

  /** Ends the server. */
  finish(exit: Exit.Exit<void, E | IpcError> = Exit.void): void {
    this.#ends = true
    Deferred.doneUnsafe(this.#finished, exit)
  }

  /** Steps on what all clients send. */
  get work(): Effect.Effect<void, never, R> {
    return this.#parts.combine === undefined ? this.#workOn(this.#shared, this.#total) : Effect.void
  }

  /** Serves a client until its connection is over, and what it has sent was stepped on. */
  serve(client: Client): Effect.Effect<void, never, R | RM> {
    this.active()
    this.clients.add(client)
    const leave = Effect.sync(() => {
      this.clients.delete(client)
      this.active()
    })
    return Effect.ensuring(this.#parts.combine === undefined ? client.life : this.#serveOwn(client), leave)
  }

  #serveOwn(client: Client): Effect.Effect<void, never, R | RM> {
    return Effect.gen({ self: this }, function* () {
      const own = yield* inbox
      const carried: Carried<S> = { carry: this.#parts.initial }
      this.#own.set(client, own)
      const ended = Effect.andThen(
        client.life,
        Effect.sync(() => {
          this.#own.delete(client)
          Queue.endUnsafe(own)
        })
      )
      const joined = Effect.uninterruptible(this.#join(carried))
      yield* Effect.ensuring(Effect.all([ended, this.#workOn(own, carried)], { concurrency: 2, discard: true }), joined)
    })
  }

  /** Joins what a client has carried to what the server does, and shows the monitor. */
  #join(own: Carried<S>): Effect.Effect<void, never, RM> {
    const { combine, monitor } = this.#parts
    const joined = Effect.suspend(() => {
      this.#total.carry = combine!(this.#total.carry, own.carry)
      return monitor === undefined || this.#ends ? Effect.void : Effect.map(monitor(this.#total.carry), this.#judge)
    })
    const leave = Effect.sync(() => this.#line.leave())
    return this.#ending(Effect.andThen(this.#line.turn, Effect.ensuring(joined, leave)))
  }

  readonly #judge = ({ ends, state }: Verdict<S>): void => {
    this.#total.carry = state
    if (ends) this.finish()
  }

  #workOn(from: Inbox, carried: Carried<S>): Effect.Effect<void, never, R> {
    const next = Effect.flatMap(Queue.take(from), (sent) => this.#stepOn(sent, carried))
    return Effect.ignore(Effect.forever(next))
  }

  #stepOn({ client, message }: Sent, carried: Carried<S>): Effect.Effect<void, never, R> {
    return this.#ending(
      Effect.suspend(() => {
        client.taken(message)
        if (this.#ends) return Effect.void
        this.#steps++
        return Effect.flatMap(this.#parts.step(carried.carry, message), ({ carry, next, responses }) => {
          carried.carry = carry
          client.respond(responses)
          if (next === "stop") this.finish()
          return next === "close" ? Effect.asVoid(Effect.forkDetach(client.leave)) : Effect.void
        }).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              this.#steps--
              this.active()
            })
          )
        )
      })
    )
  }

  /** What breaks ends the server with it; an interruption is the server's own. */
  #ending<RX>(effect: Effect.Effect<void, E, RX>): Effect.Effect<void, never, RX> {
    return Effect.catchCause(effect, (cause) => Effect.sync(() => this.finish(Exit.failCause(cause))))
  }

  /** Ends the server once nobody has said anything for so long. */
  whenIdle(afterMillis: number): Effect.Effect<void> {
    const look = Effect.suspend(() => {
      if (this.#steps > 0) this.active()
      const leftMillis = this.#activeMillis + afterMillis - this.#parts.clock.currentTimeMillisUnsafe()
      if (leftMillis <= 0) this.finish()
      return leftMillis <= 0 ? Effect.never : Effect.sleep(leftMillis)
    })
    return Effect.forever(look)
  }

  // What clients tell

  message(client: Client, message: MediaMessage): void {
    Queue.offerUnsafe(this.#own.get(client) ?? this.#shared, { client, message })
  }

  active(): void {
    this.#activeMillis = this.#parts.clock.currentTimeMillisUnsafe()
  }

  fault(error: IpcError): void {
    this.#parts.onFault(error)
  }
}
