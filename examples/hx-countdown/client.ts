/**
 * The client: `node client.ts [ticks]`. It writes `a`, reads `b`, and closes `a` after the last tick.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { HxInterop, RpcClient } from "effect-ipc"
import { Fifo } from "effect-ipc/node"
import { Clock, Tick } from "./protocol.ts"

const ticks = Number(process.argv[2] ?? 5)

const program = Effect.gen(function* () {
  const clock = yield* RpcClient.make(Clock)
  const shown = clock.events(Tick).pipe(
    Stream.take(ticks),
    Stream.runForEach(({ n }) => Console.log(`Tick ${n}`))
  )
  // Listening begins before the call leaves. A server may answer at once and tick later, or answer after the last tick.
  yield* Effect.all([shown, clock.Countdown({ ticks })], { concurrency: 2 })
})

// Leaving the scope closes `a`, and waits until the server has closed `b`.
program.pipe(
  Effect.scoped,
  Effect.andThen(Console.log("b is closed, that is the end")),
  Effect.provide(Fifo.layer({ read: "b", write: "a", create: true, wire: HxInterop.wire() })),
  NodeRuntime.runMain
)
