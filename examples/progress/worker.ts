/**
 * The worker: reports after each step, then answers.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Workshop } from "./protocol.ts"

const handlers = Handlers.layer(Workshop)({
  Work: Effect.fnUntraced(function* ({ job, steps }, { report }) {
    for (let step = 1; step <= steps; step++) {
      yield* Effect.sleep("100 millis")
      yield* report({ step, steps })
    }
    return `${job} is finished`
  })
})

RpcServer.run(Workshop).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
