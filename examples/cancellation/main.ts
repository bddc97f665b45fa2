/**
 * A deadline, and a caller that no longer waits, stop the work in the other process.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Queue } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Studio } from "./protocol.ts"

const program = Effect.gen(function* () {
  const printed = yield* Queue.unbounded<string>()
  const worker = ChildProcess.layer({
    script: new URL("worker.ts", import.meta.url),
    stderr: (text) => Queue.offerUnsafe(printed, text.trim())
  })
  const workerPrints = Effect.flatMap(Queue.take(printed), (text) => Console.log(`the worker prints: ${text}`))

  yield* Effect.gen(function* () {
    const studio = yield* RpcClient.make(Studio)

    yield* Console.log(yield* studio.Render({ film: "Intolerance", millis: 10 }))

    // The deadline travels with the call.
    yield* studio
      .Render({ film: "Metropolis", millis: 60_000 }, { timeout: "200 millis" })
      .pipe(
        Effect.catchReason("IpcError", "TimedOut", ({ afterMillis }) => Console.log(`no film within ${afterMillis} ms`))
      )
    yield* workerPrints

    // So does the interruption of the caller, here by a race that it loses.
    const film = studio.Render({ film: "Nosferatu", millis: 60_000 })
    yield* Effect.race(Effect.asVoid(film), Effect.sleep("200 millis"))
    yield* Console.log("not waiting any longer")
    yield* workerPrints
  }).pipe(Effect.scoped, Effect.provide(worker))
})

NodeRuntime.runMain(program)
