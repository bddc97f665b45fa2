/**
 * The client: writes the FIFO `a`, reads the FIFO `b`, and closes `a` after the fifth tick.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { RpcClient } from "effect-ipc"
import { Fifo } from "effect-ipc/node"
import { Tick, Ticking } from "./protocol.ts"

const program = Effect.gen(function* () {
  const server = yield* RpcClient.make(Ticking)
  yield* Effect.forkScoped(server.Countdown({ ticks: 5 }))
  yield* server.events(Tick).pipe(
    Stream.takeUntil(({ n }) => n === 5),
    Stream.runForEach(({ n }) => Console.log(`Tick ${n}`))
  )
})

// Leaving the scope closes `a`, and waits until the server has closed `b`.
program.pipe(
  Effect.scoped,
  Effect.andThen(Console.log("b is closed, that is the end")),
  Effect.provide(Fifo.layer({ read: "b", write: "a", create: true })),
  NodeRuntime.runMain
)
