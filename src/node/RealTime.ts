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

/** Gives `use` up, and runs `orElse`, when it is not done in time. */
export const within = <A, E, R, A2, E2, R2>(
  use: Effect.Effect<A, E, R>,
  duration: Duration.Input,
  orElse: Effect.Effect<A2, E2, R2>
): Effect.Effect<A | A2, E | E2, R | R2> =>
  Effect.raceFirst(
    use,
    Effect.suspend(() => Effect.andThen(wait(timerMillis(duration)), orElse))
  )

export const wait = (millis: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })
