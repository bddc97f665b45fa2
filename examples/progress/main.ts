/**
 * Gives a worker a job, and shows how far it is until it answers.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Workshop } from "./protocol.ts"

const worker = ChildProcess.layer({ script: new URL("worker.ts", import.meta.url) })

const program = Effect.gen(function* () {
  const workshop = yield* RpcClient.make(Workshop)

  yield* Console.log("the job is sent")
  const answer = yield* workshop.Work(
    { job: "the chair", steps: 3 },
    { onProgress: ({ step, steps }) => Console.log(`[update] step ${step} of ${steps}`) }
  )
  yield* Console.log(`the answer: ${answer}`)
})

program.pipe(Effect.scoped, Effect.provide(worker), NodeRuntime.runMain)
