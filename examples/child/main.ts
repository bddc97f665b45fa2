/**
 * Starts a worker process and calls it. What the worker prints arrives as text, beside the protocol.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { fileURLToPath } from "node:url"
import * as ChildProcess from "effect-ipc/node/ChildProcess"
import * as RpcClient from "effect-ipc/RpcClient"
import { Primes } from "./protocol.ts"

const program = Effect.gen(function* () {
  const printed = yield* Queue.unbounded<string>()
  const worker = ChildProcess.layer({
    command: process.execPath,
    args: [fileURLToPath(new URL("worker.ts", import.meta.url))],
    stderr: (text) => Queue.offerUnsafe(printed, text)
  })

  yield* Effect.gen(function* () {
    const primes = yield* RpcClient.make(Primes)
    const count = yield* primes.CountPrimes({ below: 100_000 })
    yield* Console.log(`the worker answers: ${count}`)
    yield* Console.log(`the worker printed: ${(yield* Queue.take(printed)).trim()}`)
  }).pipe(Effect.scoped, Effect.provide(worker))

  yield* Console.log("the scope is closed and the worker has exited")
})

NodeRuntime.runMain(program)
