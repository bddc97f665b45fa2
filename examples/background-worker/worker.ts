/**
 * The worker: it begins once its monitor is there, says how it goes, and ends by itself.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Latch } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Background, Status } from "./protocol.ts"

const steps = 5
const finished = Latch.makeUnsafe()

const server = RpcServer.run(Background, {
  onConnection: Effect.fnUntraced(function* (monitor) {
    for (let step = 1; step <= steps; step++) {
      yield* Effect.sleep("100 millis")
      yield* monitor.emit(new Status({ level: "info", text: `step ${step} of ${steps} is complete` }))
    }
    yield* monitor.emit(new Status({ level: "success", text: "the task is finished" }))
    yield* finished.open
  })
})

server.pipe(
  Effect.race(finished.await),
  Effect.provide(Handlers.layer(Background)({})),
  Effect.provide(Stdio.layerListener()),
  NodeRuntime.runMain
)
