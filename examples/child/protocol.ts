/**
 * What the parent may ask its worker.
 */
import * as Schema from "effect/Schema"
import * as Protocol from "effect-ipc/Protocol"
import * as Request from "effect-ipc/Request"

export class CountPrimes extends Request.Class<CountPrimes>()("CountPrimes", {
  payload: { below: Schema.Int },
  success: Schema.Int
}) {}

export const Primes = Protocol.make("primes", { version: "1.0.0", server: [CountPrimes] })
