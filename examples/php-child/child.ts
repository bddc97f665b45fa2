/**
 * `child.php` in TypeScript.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Importer, Progress, wire } from "./protocol.ts"

const handlers = Handlers.layer(Importer)({
  Import: Effect.fnUntraced(function* (_, { caller }) {
    for (let done = 1; done <= 3; done++) {
      yield* Effect.sleep("50 millis")
      yield* Effect.orDie(caller.emit(new Progress({ done, total: 3 })))
    }
    return { rows: 300, pid: process.pid }
  })
})

RpcServer.run(Importer).pipe(
  Effect.provide(handlers),
  Effect.provide(Stdio.layerListener({ wire })),
  NodeRuntime.runMain
)
