/**
 * The child: answers over its own stdin and stdout, and ends at the end of its input.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Stdio from "effect-ipc/node/Stdio"
import * as Handlers from "effect-ipc/Handlers"
import * as RpcServer from "effect-ipc/RpcServer"
import { Primes } from "./protocol.ts"

const isPrime = (n: number): boolean => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return n > 1
}

const handlers = Handlers.layer(Primes)({
  CountPrimes: ({ below }) =>
    Effect.sync(() => {
      // Stdout carries the protocol, so this goes to stderr.
      console.log(`counting the primes below ${below}`)
      let count = 0
      for (let n = 0; n < below; n++) if (isPrime(n)) count++
      return count
    })
})

RpcServer.run(Primes).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
