/**
 * A server that closes while it works: what runs may finish within `drainTimeout`, what is new is refused, what is left
 * then is told so. The callers are never left hanging.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Fiber, Schedule } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Store } from "./protocol.ts"

const worker = ChildProcess.layer({ script: new URL("worker.ts", import.meta.url) })

const program = Effect.gen(function* () {
  const store = yield* RpcClient.make(Store)

  const save = (file: string, millis: number) =>
    store.Save({ file, millis }).pipe(
      Effect.catchTag("IpcError", ({ reason }) => Effect.succeed(`${file} is not saved: ${reason._tag}`)),
      Effect.flatMap(Console.log)
    )

  const short = yield* Effect.forkChild(save("short.txt", 300))
  const long = yield* Effect.forkChild(save("long.txt", 60_000))
  yield* store.Stop()

  // New calls go through until the server says that it closes. `Draining` means that the call never started.
  const refused = yield* store.Save({ file: "new.txt", millis: 0 }).pipe(
    Effect.repeat(Schedule.spaced("10 millis")),
    Effect.catchReason("IpcError", "Draining", (reason) => Effect.succeed(reason._tag))
  )
  yield* Console.log(`new.txt is refused: ${refused}`)

  yield* Fiber.join(short)
  yield* Fiber.join(long)
})

program.pipe(Effect.scoped, Effect.provide(worker), NodeRuntime.runMain)
