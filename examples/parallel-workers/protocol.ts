/**
 * A piece of work that keeps a processor busy.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "effect-ipc/Protocol"
import * as Request from "effect-ipc/Request"

/** Counts the primes from `from` up to, but not including, `to`. */
export class CountPrimes extends Request.Class<CountPrimes>()("CountPrimes", {
  payload: { from: Schema.Int, to: Schema.Int },
  success: Schema.Int
}) {}

export const Primes = Protocol.make("primes", { version: "1.0.0", server: [CountPrimes] })
