/**
 * How a server lets go of one client: by the caller that its handlers know.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/** Where a client keeps how its connection is drained: no tag of a protocol can be in the way, and a copy has it too. */
export const key = Symbol.for("effect-ipc/Leaving")

/** Drains the connection of a client, and does not wait for that. */
export const disconnect = (client: object): Effect.Effect<void> =>
  Effect.sync(() => (client as { readonly [key]?: () => void })[key]?.())
