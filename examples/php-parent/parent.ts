/**
 * `parent.php` in TypeScript.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Counted, Counting, wire } from "./protocol.ts"

const child = ChildProcess.layer({
  script: new URL("child.ts", import.meta.url),
  wire,
  frames: "stdout+stderr",
  stderr: "inherit",
  // Unlike a child in PHP, this one ends with its input.
  shutdown: { endInputFor: "5 seconds" }
})

const program = Effect.gen(function* () {
  const counting = yield* RpcClient.make(Counting)
  yield* Effect.forkScoped(
    Stream.runForEach(counting.events(Counted), ({ index, words }) => Console.log(`text ${index}: ${words}`)),
    { startImmediately: true }
  )
  const { words } = yield* counting.CountWords({ texts: ["ein Wort", "und noch drei Wörter"] })
  yield* Console.log(`${words} words`)
  yield* counting
    .CountWords({ texts: ["..."] })
    .pipe(Effect.catchTag("NoWords", (error) => Console.log(`${error._tag}: ${error.message}`)))
})

program.pipe(
  Effect.scoped,
  Effect.provide(child),
  Effect.andThen(Console.log("the child has ended")),
  NodeRuntime.runMain
)
