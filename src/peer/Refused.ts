/**
 * What this library dies with around a handler when its call is to be refused: no bug, so nothing to log, and the caller
 * gets the reason as it is.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Refusal } from "../session/Message.ts"

class Refused {
  readonly reason: Refusal

  constructor(reason: Refusal) {
    this.reason = reason
  }
}

/** Refuses the call that is being answered. */
export const refuse = (reason: Refusal): Effect.Effect<never> => Effect.die(new Refused(reason))

/** Why a handler refused, if it did. */
export const reasonOf = (cause: Cause.Cause<unknown>): Refusal | undefined => {
  const died = cause.reasons.find(Cause.isDieReason)
  return died?.defect instanceof Refused ? died.defect.reason : undefined
}
