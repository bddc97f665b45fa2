/**
 * The parent: `node parent.ts php child.php`. Without arguments its child is `child.ts`, the same in TypeScript.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Importer, Progress, wire } from "./protocol.ts"

const [command = process.execPath, ...args] = process.argv.slice(2)

const child = ChildProcess.layer({
  command,
  args: args.length === 0 ? ["child.ts"] : args,
  cwd: import.meta.dirname,
  wire,
  // PHP may write frames to both. The text between them, such as a warning of PHP, is for the terminal.
  frames: "stdout+stderr",
  stderr: "inherit"
})

const program = Effect.gen(function* () {
  const importer = yield* RpcClient.make(Importer)
  const progress = importer.events(Progress)
  yield* Effect.forkScoped(
    Stream.runForEach(progress, ({ done, total }) => Console.log(`[update] ${done} of ${total}`)),
    { startImmediately: true }
  )

  yield* Console.log("the file is sent")
  // PHP does not answer a request of a class that it does not know, so a call needs a timeout.
  const { pid, rows } = yield* importer.Import({ file: "prices.csv" }, { timeout: "10 seconds" })
  yield* Console.log(`the answer: ${rows} rows`)
  return pid
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

// Leaving the scope ends the child by SIGTERM, and waits until it is gone.
program.pipe(
  Effect.scoped,
  Effect.provide(child),
  Effect.flatMap((pid) => Console.log(`the child ${isRunning(pid) ? "still runs" : "is gone"}`)),
  NodeRuntime.runMain
)
