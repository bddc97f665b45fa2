/** Waiting for what happens in this process, without a clock. */
import * as Effect from "effect/Effect"

/** Gives turns to other fibers until the condition holds. */
export const yieldUntil = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.andThen(turn, yieldUntil(condition))))

/** A turn of the event loop: microtasks, fibers and links within the process have all had theirs. */
export const turn: Effect.Effect<void> = Effect.callback((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Enough turns for whatever is under way within the process to come to rest. */
export const settle: Effect.Effect<void> = Effect.asVoid(Effect.repeat(turn, { times: 20 }))
