/** effect/rpc with the payloads of the extras, put together as in `../subjects/effect-rpc`. */
import { EventEmitter } from "node:events"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type { ClientPlace, ServerPlace } from "../subject.ts"
import { Bench } from "../subjects/effect-rpc/group.ts"
import { byFiber, held } from "../subjects/kit/fibers.ts"
import { answer } from "../workload.ts"
import type { ExtraClient } from "./client.ts"
import { Order, Text } from "./schemas.ts"

// Each write that has to wait listens for itself, and Node would warn of more than ten.
EventEmitter.defaultMaxListeners = 0

const Extras = Bench.omit("Items", "Arrays", "EchoText", "EchoBytes").add(
  Rpc.make("Copy", { payload: Text.fields, success: Text }),
  Rpc.make("Place", { payload: { order: Order }, success: Order })
)

const handlers = Extras.toLayer({
  Add: (request) => Effect.succeed(answer(request)),
  Copy: ({ id, text }) => Effect.succeed({ id, text }),
  Place: ({ order }) => Effect.succeed(order)
})

export const serve = (place: ServerPlace): Promise<void> => {
  if (place.transport !== "unix") throw new Error("effect/rpc offers no client for this")
  const protocol = RpcServer.layerProtocolSocketServer.pipe(
    Layer.provide(NodeSocketServer.layer({ path: place.path })),
    Layer.provide(RpcSerialization.layerNdjson)
  )
  return held(Effect.void, RpcServer.layer(Extras).pipe(Layer.provide(handlers), Layer.provide(protocol)))
}

export const connect = (place: ClientPlace): Promise<ExtraClient> => {
  if (place.transport !== "unix") throw new Error("effect/rpc offers no client for this")
  const protocol = RpcClient.layerProtocolSocket().pipe(
    Layer.provide(NodeSocket.layerNet({ path: place.path })),
    Layer.provide(RpcSerialization.layerNdjson)
  )
  const client = Effect.map(RpcClient.make(Extras), (rpc): ExtraClient => ({
    add: byFiber(rpc.Add),
    text: byFiber(rpc.Copy),
    nested: byFiber((order) => rpc.Place({ order }))
  }))
  return held(client, protocol)
}
