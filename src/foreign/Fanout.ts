/**
 * A writer to many: what is sent goes to everybody who is subscribed at that moment.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Fanout } from "effect-ipc/foreign"
 *
 * export const program = Effect.gen(function* () {
 *   const all = yield* Fanout.make<string>()
 *   yield* all.subscribe((text) => Console.log(`one hears ${text}`))
 *   const unsubscribe = yield* all.subscribe((text) => Console.log(`two hears ${text}`))
 *   yield* all.send("hello")
 *   yield* unsubscribe
 *   yield* all.send("you alone")
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { IpcError } from "../peer/IpcError.ts"

/**
 * Some of those who were sent a message did not take it.
 *
 * @category errors
 * @since 0.1.0
 */
export class FanoutError extends Schema.TaggedError<FanoutError>("effect-ipc/FanoutError")("FanoutError", {
  /** How many took it. */
  reached: Schema.Int,
  /** One error for each who did not. */
  errors: Schema.Array(IpcError)
}) {
  override get message(): string {
    return this.errors.map((error) => error.message).join("; ")
  }
}

/**
 * Whoever can be sent a message: a channel, or a function that does what is to be done with it.
 *
 * @category models
 * @since 0.1.0
 */
export type Target<M> = { readonly send: Send<M> } | Send<M>

/**
 * Takes a message.
 *
 * @category models
 * @since 0.1.0
 */
export type Send<M> = (message: M) => Effect.Effect<unknown, IpcError>

/**
 * Those who are sent the same messages.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fanout<M> {
  /**
   * Subscribes for as long as the scope is open, and answers how to leave earlier. Who subscribes twice gets every
   * message twice.
   */
  readonly subscribe: (target: Target<M>) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
  /**
   * Sends to all at the same time, and answers how many that was, once everybody has taken it. Fails with `FanoutError`
   * when some failed; the others have it all the same. Who subscribes or leaves meanwhile changes nothing for this
   * message.
   */
  readonly send: (message: M) => Effect.Effect<number, FanoutError>
  /** How many are subscribed. */
  readonly size: Effect.Effect<number>
}

/**
 * Makes a fan-out with nobody subscribed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <M>(): Effect.Effect<Fanout<M>> =>
  Effect.sync(() => {
    const subscribed = new Set<{ readonly send: Send<M> }>()
    return {
      subscribe: (target) =>
        Effect.suspend(() => {
          const entry = { send: typeof target === "function" ? target : target.send }
          const leave = Effect.sync(() => void subscribed.delete(entry))
          const enter = Effect.sync(() => void subscribed.add(entry))
          return Effect.as(
            Effect.acquireRelease(enter, () => leave),
            leave
          )
        }),
      send: (message) => Effect.suspend(() => sendAll([...subscribed], message)),
      size: Effect.sync(() => subscribed.size)
    }
  })

const sendAll = <M>(
  targets: ReadonlyArray<{ readonly send: Send<M> }>,
  message: M
): Effect.Effect<number, FanoutError> =>
  Effect.flatMap(
    Effect.forEach(targets, ({ send }) => Effect.result(Effect.suspend(() => send(message))), {
      concurrency: "unbounded"
    }),
    (results) => {
      const errors = results.filter(Result.isFailure).map(({ failure }) => failure)
      if (errors.length === 0) return Exit.succeed(results.length)
      return Exit.fail(new FanoutError({ reached: results.length - errors.length, errors }))
    }
  )
