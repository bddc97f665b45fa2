/**
 * Four threads share the work. Meanwhile this one is free.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { RpcClient } from "effect-ipc"
import { Worker } from "effect-ipc/node"
import { Primes } from "./protocol.ts"

const thread = Worker.layer({ script: new URL("worker.ts", import.meta.url) })

/** Starts a thread, has it count in one range, and ends it. */
const count = (from: number) =>
  Effect.gen(function* () {
    const primes = yield* RpcClient.make(Primes)
    return yield* primes.CountPrimes({ from, to: from + 100_000 })
  }).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  const ranges = [0, 100_000, 200_000, 300_000]
  // The answers stand in the order of the ranges, whoever was first.
  const counts = yield* Effect.forEach(ranges, count, { concurrency: 4 })

  for (const [index, from] of ranges.entries()) {
    yield* Console.log(`primes from ${from}: ${counts[index]}`)
  }
  yield* Console.log(`primes below 400000: ${counts.reduce((sum, n) => sum + n)}`)
})

program.pipe(Effect.provide(thread), NodeRuntime.runMain)
