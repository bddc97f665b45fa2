/**
 * Two clients of a daemon that listens on a Unix socket, and what they get when it does not.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Schedule } from "effect"
import { RpcClient } from "effect-ipc"
import { UnixSocket } from "effect-ipc/node"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Counter } from "./protocol.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "counter-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Connects, adds, and leaves. */
const add = (path: string, n: number) =>
  Effect.gen(function* () {
    const counter = yield* RpcClient.make(Counter)
    yield* Console.log(`the count is ${yield* counter.Add({ n })}`)
  }).pipe(Effect.scoped, Effect.provide(UnixSocket.layer({ path })))

const program = Effect.gen(function* () {
  const path = Path.join(yield* directory, "counter.sock")

  yield* add(path, 1).pipe(
    Effect.catchReason("IpcError", "ConnectFailed", ({ detail }) => Console.log(`no daemon: ${detail}`))
  )

  const daemon = spawn(process.execPath, [`${import.meta.dirname}/daemon.ts`, path], {
    stdio: "inherit"
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => daemon.kill("SIGKILL")))
  // The socket appears once the daemon listens.
  yield* add(path, 2).pipe(
    Effect.retry({
      schedule: Schedule.spaced("20 millis"),
      times: 250,
      while: ({ reason }) => reason._tag === "ConnectFailed"
    })
  )
  yield* add(path, 40)

  daemon.kill("SIGTERM")
  yield* Effect.promise(() => once(daemon, "exit"))
  yield* Console.log(`the daemon is gone, and its socket ${Fs.existsSync(path) ? "is still there" : "too"}`)
})

NodeRuntime.runMain(Effect.scoped(program))
