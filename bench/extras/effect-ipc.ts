/**
 * effect-ipc with what the extras ask for besides, and its variants: with checksums, with what may stand around a call on
 * both sides, with callers that are promises.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as NodeWire from "../../src/node/NodeWire.ts"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import type { Client as RpcClientOf } from "../../src/peer/Client.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import type * as Middleware from "../../src/peer/Middleware.ts"
import type { PeerOptions } from "../../src/peer/Options.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import type { Client, ClientPlace, Operation, ServerPlace } from "../subject.ts"
import { Add } from "../subjects/effect-ipc/protocol.ts"
import { byFiber, held } from "../subjects/kit/fibers.ts"
import { byPromise } from "../subjects/kit/promises.ts"
import { answer, type Add as Asked, type Sum } from "../workload.ts"
import { links, type ExtraClient } from "./client.ts"
import { Order, Text } from "./schemas.ts"

export interface Variant {
  /** Every frame carries a checksum. */
  readonly crc?: boolean
  /** What both sides set. */
  readonly options?: PeerOptions
  /** One on each side, that only runs what comes after it. */
  readonly middleware?: boolean
  /** A promise per call, instead of fibers that call again. */
  readonly promises?: boolean
}

class Copy extends Request.Class<Copy>()("Copy", { payload: Text.fields, success: Text }) {}

class Place extends Request.Class<Place>()("Place", { payload: { order: Order }, success: Order }) {}

/** Waits until Release, and answers its number. */
class Hold extends Request.Class<Hold>()("Hold", { payload: { number: Schema.Int }, success: Schema.Int }) {}

/** Answers how many wait. */
class Waiting extends Request.Class<Waiting>()("Waiting", { success: Schema.Int }) {}

class Release extends Request.Class<Release>()("Release", {}) {}

const Extras = Protocol.make("bench-extras", { version: "1.0.0", server: [Add, Copy, Place, Hold, Waiting, Release] })

const handlers = () => {
  const waiting: Array<() => void> = []
  return Handlers.layer(Extras)({
    Add: (request) => Effect.succeed(answer(request)),
    Copy: ({ id, text }) => Effect.succeed({ id, text }),
    Place: ({ order }) => Effect.succeed(order),
    Hold: ({ number }) => Effect.callback<number>((resume) => void waiting.push(() => resume(Effect.succeed(number)))),
    Waiting: () => Effect.sync(() => waiting.length),
    Release: () =>
      Effect.sync(() => {
        for (const release of waiting.splice(0)) release()
      })
  })
}

const through: Middleware.Any = (_, next) => next()

const wireOf = ({ crc }: Variant) => (crc === true ? NodeWire.sharedWire() : NodeWire.privateWire())

export const serve = (place: ServerPlace, variant: Variant): Promise<void> => {
  if (place.transport !== "unix") throw new Error("only over Unix sockets")
  const listener = UnixSocket.layerListener({ path: place.path, wire: wireOf(variant) })
  const options = { ...variant.options, handlerMiddleware: variant.middleware === true ? [through] : [] }
  return held(Effect.void, Layer.merge(handlers(), listener), RpcServer.run(Extras, options))
}

type Rpc = RpcClientOf<typeof Extras>

const adding = (rpc: Rpc, variant: Variant): Operation<Asked, Sum> => {
  return variant.promises === true ? byPromise((asked) => Effect.runPromise(rpc.Add(asked))) : byFiber(rpc.Add)
}

/** Calls that wait until they are released. */
const holding = (rpc: Rpc): Pick<Required<ExtraClient>, "hold" | "release"> => {
  let answers: Promise<ReadonlyArray<number>> = Promise.resolve([])
  return {
    hold: async (count) => {
      const calls = Array.from({ length: count }, (_, number) => rpc.Hold({ number }))
      answers = Effect.runPromise(Effect.all(calls, { concurrency: "unbounded" }))
      while ((await Effect.runPromise(rpc.Waiting())) < count);
    },
    release: async () => {
      await Effect.runPromise(rpc.Release())
      for (const [at, number] of (await answers).entries())
        if (at !== number) throw new Error(`call ${at} got ${number}`)
      answers = Promise.resolve([])
    }
  }
}

export const connect = (place: ClientPlace, variant: Variant): Promise<ExtraClient> => {
  if (place.transport !== "unix") throw new Error("only over Unix sockets")
  const options = { ...variant.options, callMiddleware: variant.middleware === true ? [through] : [] }
  const open = <C extends Client>(use: (rpc: Rpc) => C): Promise<C> =>
    held(
      Effect.map(RpcClient.make(Extras, options), use),
      UnixSocket.layer({ path: place.path, wire: wireOf(variant) })
    )
  return open((rpc) => ({
    add: adding(rpc, variant),
    text: byFiber(rpc.Copy),
    nested: byFiber((order) => rpc.Place({ order })),
    links: links(() => open((rpc) => ({ add: adding(rpc, variant) }))),
    ...holding(rpc)
  }))
}
