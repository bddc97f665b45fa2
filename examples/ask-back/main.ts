/**
 * The server asks the client while it answers it. A client that the server may ask needs handlers, by type.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import * as ChildProcess from "effect-ipc/node/ChildProcess"
import * as Handlers from "effect-ipc/Handlers"
import * as RpcClient from "effect-ipc/RpcClient"
import { Deployment } from "./protocol.ts"

const answers = Handlers.layerClient(Deployment)({
  Confirm: ({ question }) => Effect.as(Console.log(`asked: ${question} Yes.`), true)
})

const worker = ChildProcess.layer({
  command: process.execPath,
  args: [fileURLToPath(new URL("worker.ts", import.meta.url))]
})

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
