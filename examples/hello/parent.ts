/**
 * The parent: starts the child, asks it, and prints the answer.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Greeter } from "./protocol.ts"

const child = ChildProcess.layer({
  script: new URL("child.ts", import.meta.url),
  stderr: "inherit"
})

const program = Effect.gen(function* () {
  const greeter = yield* RpcClient.make(Greeter)
  yield* Console.log(`the child says: ${yield* greeter.SayHello({ name: "Ada" })}`)
})

program.pipe(
  Effect.scoped,
  Effect.provide(child),
  Effect.andThen(Console.log("the child has ended, as the scope that started it is closed")),
  NodeRuntime.runMain
)
