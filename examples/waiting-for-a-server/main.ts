/**
 * A client that starts before its server, and waits for it; and one whose server never comes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import { Greeter } from "./protocol.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "greeter-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const greet = (path: string, reconnect: Schedule.Schedule<unknown>) =>
  Effect.gen(function* () {
    const greeter = yield* RpcClient.make(Greeter, { reconnect })
    yield* Console.log(yield* greeter.Greet({ name: "you who waited" }))
  }).pipe(Effect.scoped, Effect.provide(UnixSocket.layer({ path })))

const program = Effect.gen(function* () {
  const folder = yield* directory

  const path = Path.join(folder, "greeter.sock")
  const greeted = yield* Effect.forkChild(greet(path, Schedule.spaced("20 millis")), { startImmediately: true })
  yield* Console.log("the client waits")
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [fileURLToPath(new URL("server.ts", import.meta.url)), path])),
    (server) => Effect.sync(() => server.kill("SIGKILL"))
  )
  yield* Fiber.join(greeted)

  yield* greet(Path.join(folder, "nobody.sock"), Schedule.upTo(Schedule.spaced("20 millis"), { times: 3 })).pipe(
    Effect.catchReason("IpcError", "ConnectFailed", ({ detail }) =>
      Console.log(`nobody came: ${detail.replace(/ within .*?:/, ":")}`)
    )
  )
})

NodeRuntime.runMain(Effect.scoped(program))
