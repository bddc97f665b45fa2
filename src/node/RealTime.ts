/**
 * Waiting in real time. What the system and other processes do does not follow a test clock.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

export const wait = (millis: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })
