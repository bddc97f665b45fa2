/**
 * A worker thread: answers over the port to the thread that started it.
 *
 * Four of these start at once, so it imports modules, not all of Effect: it begins sooner.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Handlers from "effect-ipc/Handlers"
import * as MessagePort from "effect-ipc/node/MessagePort"
import * as RpcServer from "effect-ipc/RpcServer"
import { Primes } from "./protocol.ts"

const isPrime = (n: number): boolean => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return n > 1
}

const handlers = Handlers.layer(Primes)({
  CountPrimes: ({ from, to }) =>
    Effect.sync(() => {
      let count = 0
      for (let n = from; n < to; n++) if (isPrime(n)) count++
      return count
    })
})

RpcServer.run(Primes).pipe(Effect.provide(handlers), Effect.provide(MessagePort.layerListener()), NodeRuntime.runMain)
