/**
 * The server asks the client while it answers it. A client that the server may ask needs handlers, by type.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Handlers, RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Deployment } from "./protocol.ts"

const answers = Handlers.layerClient(Deployment)({
  Confirm: ({ question }) => Effect.as(Console.log(`asked: ${question} Yes.`), true)
})

const worker = ChildProcess.layer({ script: new URL("worker.ts", import.meta.url) })

const program = Effect.gen(function* () {
  // These headers travel with every call; a call may add its own.
  const deployment = yield* RpcClient.make(Deployment, { headers: { user: "Ada" } })
  yield* Console.log(`staging: ${yield* deployment.Deploy({ target: "staging" })}`)
  yield* Console.log(`production: ${yield* deployment.Deploy({ target: "production" })}`)
  yield* Console.log(
    `production: ${yield* deployment.Deploy({ target: "production" }, { headers: { user: "Grace" } })}`
  )
})

program.pipe(Effect.scoped, Effect.provide(answers), Effect.provide(worker), NodeRuntime.runMain)
