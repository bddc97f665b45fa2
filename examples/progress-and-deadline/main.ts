/**
 * Long work in a child: it reports how far it is. A deadline, and a caller that is interrupted, stop it there.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { fileURLToPath } from "node:url"
import * as ChildProcess from "effect-ipc/node/ChildProcess"
import * as RpcClient from "effect-ipc/RpcClient"
import { Studio } from "./protocol.ts"

const program = Effect.gen(function* () {
  const printed = yield* Queue.unbounded<string>()
  const worker = ChildProcess.layer({
    command: process.execPath,
    args: [fileURLToPath(new URL("worker.ts", import.meta.url))],
    stderr: (text) => Queue.offerUnsafe(printed, text.trim())
  })
  const workerPrints = Effect.flatMap(Queue.take(printed), (text) => Console.log(`the worker prints: ${text}`))

  yield* Effect.gen(function* () {
    const studio = yield* RpcClient.make(Studio)

    const film = yield* studio.Render(
      { frames: 3, millisPerFrame: 20 },
      { onProgress: ({ frame }) => Console.log(`frame ${frame}`) }
    )
    yield* Console.log(film)

    // The deadline travels with the call.
    yield* studio
      .Render({ frames: 1, millisPerFrame: 60_000 }, { timeout: "200 millis" })
      .pipe(
        Effect.catchReason("IpcError", "TimedOut", ({ afterMillis }) => Console.log(`no film within ${afterMillis} ms`))
      )
    yield* workerPrints

    // So does the interruption of the caller, here by a race that it loses.
    const call = Effect.asVoid(studio.Render({ frames: 1, millisPerFrame: 60_000 }))
    yield* Effect.race(call, Effect.sleep("100 millis"))
    yield* Console.log("not waiting any longer")
    yield* workerPrints
  }).pipe(Effect.scoped, Effect.provide(worker))
})

NodeRuntime.runMain(program)
