/**
 * Three clients of a server that counts them all in one state, and ends at 42 messages.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import { Passed, Turnstile } from "./protocol.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "turnstile-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const program = Effect.gen(function* () {
  const path = Path.join(yield* directory, "turnstile.sock")
  const server = spawn(process.execPath, [fileURLToPath(new URL("server.ts", import.meta.url)), path], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  // Kept until the end, so that what the two programs print stands in one order.
  let printed = ""
  server.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text))
  yield* Effect.addFinalizer(() => Effect.sync(() => server.kill("SIGKILL")))
  const ended = once(server, "close")

  // The socket appears once the server listens.
  const connect = RpcClient.make(Turnstile).pipe(
    Effect.retry({
      schedule: Schedule.spaced("20 millis"),
      times: 250,
      while: ({ reason }) => reason._tag === "ConnectFailed"
    }),
    Effect.provide(UnixSocket.layer({ path }))
  )
  const clients = [yield* connect, yield* connect, yield* connect]

  for (let round = 0; round < 7; round++) {
    for (const client of clients) {
      yield* client.emit(new Passed())
      // The state is one for all clients, and their messages change it in the order in which they come.
      const count = yield* client.Count()
      if (count % 14 === 0) yield* Console.log(`${count} messages`)
    }
  }

  // The 42nd was answered, and that was the last. A call made before the server is gone is refused: it never started.
  const reason = yield* clients[0]!.Count().pipe(
    Effect.as("answered"),
    Effect.catchTag("IpcError", (error) => Effect.succeed(error.reason._tag))
  )
  yield* Console.log(reason === "answered" ? "the server goes on" : "the server takes no more")
  const [code] = yield* Effect.promise(() => ended)
  yield* Console.log(`${printed.trimEnd()}\nit exits with ${code}`)
})

NodeRuntime.runMain(Effect.scoped(program))
