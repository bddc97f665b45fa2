/**
 * Waiting in real time. What the system and other processes do does not follow a test clock.
 *
 * @internal
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Node ends a longer timer at once. */
const longestMillis = 2 ** 31 - 1

/** How long a timer is to wait; for ever is 24 days. */
export const timerMillis = (duration: Duration.Input): number => Math.min(Duration.toMillis(duration), longestMillis)

export const wait = (millis: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })
