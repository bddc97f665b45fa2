/**
 * A fold that runs: the state, the line of those who change it, and the end.
 *
 * Law 1: steps, the ends of connections and the monitor take place one at a time, in the order in which they came.
 * Law 2: a step changes the state when it succeeds, and then whole; else the state is what it was.
 * Law 3: once the fold is over no step begins: a call is refused with `Draining`, an event is dropped.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { Handler } from "./Answering.ts"
import { disconnect } from "./Leaving.ts"
import { Line } from "./Line.ts"
import { refuse } from "./Refused.ts"

/** What a step gives, and, without an answer, what a monitor does. */
export interface Change<S> {
  readonly state: S
  readonly ends: boolean
}

/** A step, before its types are put on. */
export type AnyStep<S> = (
  state: S,
  message: unknown,
  context: object
) => Effect.Effect<Change<S> & { readonly answer: unknown; readonly leaves?: boolean | undefined }, unknown>

export interface Parts<S> {
  readonly initial: S
  readonly monitor: ((state: S) => Effect.Effect<Change<S>>) | undefined
  /** Joins the state of a connection that ended to that of the server; undefined where all share one state. */
  readonly combine: ((state: S, ofConnection: S) => S) | undefined
  /** In which monitors run: they are nobody's call. */
  readonly scope: Scope.Scope
}

export class Folding<S> {
  readonly #parts: Parts<S>
  readonly #line = new Line()
  readonly #over = Deferred.makeUnsafe<void>()
  /** The states of connections, by their callers. */
  readonly #own = new Map<object, S>()
  #state: S
  #ended = false

  constructor(parts: Parts<S>) {
    this.#parts = parts
    this.#state = parts.initial
  }

  /**
   * Waits until a step or the monitor ends the fold, and a turn longer: whose step it was is answered before the server
   * drains, and calls that have arrived are refused with `Draining` rather than cut off.
   */
  get over(): Effect.Effect<void> {
    return Effect.andThen(Deferred.await(this.#over), Effect.yieldNow)
  }

  /** The handler that a step makes. */
  handler(step: AnyStep<S>, kind: "request" | "event"): Handler {
    const otherwise = kind === "event" ? Effect.void : draining
    const watched = this.#parts.combine === undefined
    return (message, context) => {
      const { caller } = context as { readonly caller: object }
      const taken = Effect.suspend(() => step(this.#stateOf(caller), message, context)).pipe(
        Effect.map((change) => {
          this.#setState(caller, change.state)
          if (change.ends) this.#end()
          return change
        }),
        Effect.flatMap(({ answer, leaves }) =>
          leaves === true ? Effect.as(disconnect(caller), answer) : Effect.succeed(answer)
        )
      )
      return this.#inTurn(watched ? taken : this.#alsoLate(caller, taken), { otherwise, watched })
    }
  }

  /** Gives a connection a state of its own. */
  joined(caller: object): void {
    this.#own.set(caller, this.#parts.initial)
  }

  /** Joins the state of a connection that ended, once the steps before are through. Waits for nothing. */
  left(caller: object): Effect.Effect<void> {
    const combined = Effect.asVoid(this.#inTurn(this.#combine(caller), { otherwise: Effect.void, watched: true }))
    return Effect.asVoid(Effect.forkIn(combined, this.#parts.scope, { startImmediately: true }))
  }

  /** The last state. To be asked when no connection is left. */
  get result(): Effect.Effect<S> {
    return Effect.andThen(
      this.#line.turn,
      Effect.map(
        Effect.forEach([...this.#own.keys()], (caller) => this.#combine(caller)),
        () => this.#state
      )
    )
  }

  /** An event goes on after its connection; where middleware keeps it until that has left, the connection joins again for it. */
  #alsoLate<A, E>(caller: object, taken: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      if (this.#own.has(caller)) return taken
      this.joined(caller)
      return Effect.ensuring(taken, this.left(caller))
    })
  }

  #stateOf(caller: object): S {
    return this.#parts.combine === undefined ? this.#state : this.#own.get(caller)!
  }

  #setState(caller: object, state: S): void {
    if (this.#parts.combine === undefined) this.#state = state
    else this.#own.set(caller, state)
  }

  #combine(caller: object): Effect.Effect<void> {
    return logged(
      Effect.sync(() => {
        const own = this.#own.get(caller)!
        this.#own.delete(caller)
        this.#state = this.#parts.combine!(this.#state, own)
      }),
      "a state could not be combined: the fold goes on without it"
    )
  }

  /** Runs `change` once it is its turn; `otherwise`, when the fold is over by then. */
  #inTurn<A>(
    change: Effect.Effect<A, unknown>,
    { otherwise, watched }: { readonly otherwise: Effect.Effect<A>; readonly watched: boolean }
  ): Effect.Effect<A, unknown> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(this.#line.turn), () =>
        Effect.onExit(restore(this.#ended ? otherwise : change), (exit) =>
          watched && Exit.isSuccess(exit) ? this.#watch : this.#leave
        )
      )
    )
  }

  /** Shows the monitor the state, in the turn of what changed it. Whoever asked is answered meanwhile. */
  get #watch(): Effect.Effect<void> {
    const { monitor, scope } = this.#parts
    if (monitor === undefined || this.#ended) return this.#leave
    const watched = Effect.suspend(() => monitor(this.#state)).pipe(
      Effect.map((change) => {
        this.#state = change.state
        if (change.ends) this.#end()
      })
    )
    return logged(watched, "the monitor of a fold died: the fold goes on").pipe(
      Effect.ensuring(this.#leave),
      Effect.forkIn(scope, { startImmediately: true }),
      Effect.asVoid
    )
  }

  readonly #leave = Effect.sync(() => this.#line.leave())

  #end(): void {
    this.#ended = true
    Deferred.doneUnsafe(this.#over, Exit.void)
  }
}

const draining = refuse({ _tag: "Draining" })

const logged = (effect: Effect.Effect<unknown>, message: string): Effect.Effect<void> =>
  Effect.ignoreCause(effect, { log: "Error", message })
