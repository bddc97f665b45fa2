/**
 * The manager: three workers at once, each a process of its own with a job and with updates.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { TaskWorker } from "./protocol.ts"

const processOf = (id: number) =>
  ChildProcess.layer({
    script: new URL("worker.ts", import.meta.url),
    args: [String(id)]
  })

/** Starts a worker, gives it its job, and answers all that it said. */
const employ = (id: number) =>
  Effect.gen(function* () {
    const worker = yield* RpcClient.make(TaskWorker)
    const said: Array<string> = []
    const result = yield* worker.RunJob(
      { job: `job ${id}` },
      { onProgress: (update) => Effect.sync(() => said.push(update)) }
    )
    return [...said, result]
  }).pipe(Effect.scoped, Effect.provide(processOf(id)))

const program = Effect.gen(function* () {
  const ids = [1, 2, 3]
  const reports = yield* Effect.forEach(ids, employ, { concurrency: "unbounded" })
  // They worked at the same time. Printed as it came, their order would differ from run to run.
  for (const [index, said] of reports.entries()) {
    for (const line of said) yield* Console.log(`worker ${ids[index]} says: ${line}`)
  }
})

NodeRuntime.runMain(program)
