/**
 * The types of resolvers: what they answer, and which requests have none.
 */
import * as Effect from "effect/Effect"
import type * as RequestResolver from "effect/RequestResolver"
import * as Schema from "effect/Schema"
import type { Client } from "../../src/peer/Client.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Resolver from "../../src/peer/Resolver.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles without an argument only when both types are the same. */
declare const same: <A, B>(...proof: Equal<A, B> extends true ? [] : [never]) => void

class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}
class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: DivisionByZero
}) {}
class Ping extends Request.Class<Ping>()("Ping") {}
class Follow extends Request.Class<Follow>()("Follow", { stream: Schema.Int }) {}
class Upload extends Request.Class<Upload>()("Upload", { input: Schema.Int, success: Schema.Int }) {}
class Index extends Request.Class<Index>()("Index", { progress: Schema.Int, success: Schema.Int }) {}
class Elsewhere extends Request.Class<Elsewhere>()("Elsewhere") {}

const Calculator = Protocol.make("calculator", { version: "1.0.0", server: [Divide, Ping, Follow, Upload, Index] })
declare const client: Client<typeof Calculator>

// ---- what a program writes

const resolver = Resolver.make(client, Divide)
same<typeof resolver, RequestResolver.RequestResolver<Resolver.Ask<typeof Divide>>>()

const ratio = Effect.request(Resolver.ask(Divide, { dividend: 1, divisor: 2 }), resolver)
same<typeof ratio, Effect.Effect<number, DivisionByZero | IpcError>>()
void Resolver.ask(Divide, new Divide({ dividend: 1, divisor: 2 }))

const pinged = Effect.request(Resolver.ask(Ping), Resolver.make(client, Ping, { timeout: "1 second" }))
same<typeof pinged, Effect.Effect<void, IpcError>>()
void Resolver.make(client, Index)

// ---- what the compiler refuses

// @ts-expect-error the payload does not fit
Resolver.ask(Divide, { dividend: "1", divisor: 2 })
// @ts-expect-error the payload is missing
Resolver.ask(Divide)
// @ts-expect-error its answer is a stream
Resolver.make(client, Follow)
// @ts-expect-error it streams in
Resolver.make(client, Upload)
// @ts-expect-error the protocol of this client does not have it
Resolver.make(client, Elsewhere)
// @ts-expect-error the resolver is one of other requests
Effect.request(Resolver.ask(Ping), resolver)
