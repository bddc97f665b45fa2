/**
 * A worker: `node worker.ts <number>`. It knows its number, and does one job after another.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { TaskWorker } from "./protocol.ts"

const [, , id] = process.argv

const handlers = Handlers.layer(TaskWorker)({
  RunJob: Effect.fnUntraced(function* ({ job }, { report }) {
    yield* report("starting")
    yield* Effect.sleep("200 millis")
    yield* report("halfway")
    yield* Effect.sleep("200 millis")
    return `${job} was done by worker ${id}`
  })
})

RpcServer.run(TaskWorker, { concurrency: 1 }).pipe(
  Effect.provide(handlers),
  Effect.provide(Stdio.layerListener()),
  NodeRuntime.runMain
)
