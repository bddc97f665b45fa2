/**
 * The client: waits until the server is there, sends `ping`, and prints the answer.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { RpcClient } from "effect-ipc"
import { InnmindSocket } from "effect-ipc/node"
import { Counter, socket } from "./protocol.ts"

const program = Effect.gen(function* () {
  const counter = yield* RpcClient.make(Counter)
  yield* Console.log(`server responded ${yield* counter.Ping()}`)
})

program.pipe(
  Effect.scoped,
  Effect.catchTag("IpcError", ({ message }) => Console.log(`no response from the server: ${message}`)),
  // Without `wait` it fails at once where nobody listens.
  Effect.provide(InnmindSocket.layer({ ...socket, wait: "5 seconds" })),
  NodeRuntime.runMain
)
