/**
 * The server: it asks who called it before it acts. The second argument of a handler has a client of the caller, and the
 * headers of the call.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Deployment } from "./protocol.ts"

const handlers = Handlers.layer(Deployment)({
  Deploy: Effect.fnUntraced(function* ({ target }, { caller, headers }) {
    if (target === "staging") return true
    const question = `${headers.user ?? "someone"}, do you want to deploy to ${target}?`
    // Where the caller does not answer in time, that is a no.
    return yield* caller.Confirm({ question }, { timeout: "1 minute" }).pipe(Effect.orElseSucceed(() => false))
  })
})

RpcServer.run(Deployment).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
