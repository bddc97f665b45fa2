/**
 * The handlers that are tested.
 */
import { Effect } from "effect"
import { Handlers } from "effect-ipc"
import { Kitchen } from "./protocol.ts"

export const handlers = Handlers.layer(Kitchen)({
  Brew: Effect.fnUntraced(function* ({ tea }, { report }) {
    for (let minutesLeft = 2; minutesLeft >= 0; minutesLeft--) {
      yield* Effect.sleep("1 minute")
      yield* report({ minutesLeft })
    }
    return `a cup of ${tea}`
  })
})
