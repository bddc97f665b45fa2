import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Operation } from "../../subject.ts"

/** Callers that are long-lived fibers. */
export const byFiber =
  <I, O, E>(call: (input: I) => Effect.Effect<O, E>): Operation<I, O> =>
  (callers, load) => {
    const caller = Effect.suspend(() => {
      let input = load.next()
      return Effect.whileLoop({
        while: () => input !== undefined,
        body: () => call(input!),
        step: (output) => {
          load.done(input!, output)
          input = load.next()
        }
      })
    })
    return Effect.runPromise(
      Effect.all(
        Array.from({ length: callers }, () => caller),
        { concurrency: "unbounded", discard: true }
      )
    )
  }

/**
 * Answers what `made` makes, and keeps it and its layer while `use` runs, which is for ever unless given. What breaks
 * later ends the process.
 */
export const held = <A, E, EL, R>(
  made: Effect.Effect<A, E, R | Scope.Scope>,
  layer: Layer.Layer<R, EL>,
  use: Effect.Effect<unknown, unknown, R | Scope.Scope> = Effect.never
): Promise<A> =>
  new Promise((resolve, reject) => {
    const kept = Effect.flatMap(made, (value) =>
      Effect.andThen(
        Effect.sync(() => resolve(value)),
        use
      )
    )
    Effect.runPromise(Effect.scoped(Effect.provide(kept, layer))).catch((error) => {
      reject(error)
      throw error
    })
  })
