/**
 * Calls of the system, which fail with its errors.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

export const attempt = <A>(call: () => A): Effect.Effect<A, NodeJS.ErrnoException> =>
  Effect.try({ try: call, catch: (error) => error as NodeJS.ErrnoException })
