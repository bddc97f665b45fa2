/**
 * The monitor: starts the worker, and shows what it says of itself until it has ended.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Background, Status } from "./protocol.ts"

const worker = ChildProcess.layer({ script: new URL("worker.ts", import.meta.url) })

const program = Effect.gen(function* () {
  const background = yield* RpcClient.make(Background)

  yield* background.events(Status).pipe(
    Stream.runForEach(({ level, text }) => Console.log(`[${level.toUpperCase()}] ${text}`)),
    Effect.catchReason("IpcError", "Disconnected", ({ detail }) => Console.log(`the worker has ended: ${detail}`))
  )
})

program.pipe(Effect.scoped, Effect.provide(worker), NodeRuntime.runMain)
