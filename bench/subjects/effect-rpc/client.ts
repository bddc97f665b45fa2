/** effect/rpc over a Unix socket with ndjson, as its documentation puts the layers together. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import type { Client, ClientPlace } from "../../subject.ts"
import { byFiber, held } from "../kit/fibers.ts"
import { tallied } from "../kit/streams.ts"
import { Bench } from "./group.ts"

export const connectWith = (place: ClientPlace, options?: { readonly disableTracing: boolean }): Promise<Client> => {
  if (place.transport !== "unix") throw new Error("effect/rpc offers no client for this")
  const protocol = RpcClient.layerProtocolSocket().pipe(
    Layer.provide(NodeSocket.layerNet({ path: place.path })),
    Layer.provide(RpcSerialization.layerNdjson)
  )
  const client = Effect.map(RpcClient.make(Bench, options), (rpc): Client => ({
    add: byFiber(rpc.Add),
    items: byFiber((count) => tallied(rpc.Items({ count }))),
    arrays: byFiber((count) => tallied(rpc.Arrays({ count }))),
    echoText: byFiber((text) => rpc.EchoText({ text })),
    echoBytes: byFiber((bytes) => rpc.EchoBytes({ bytes }))
  }))
  return held(client, protocol)
}

export const connect = (place: ClientPlace): Promise<Client> => connectWith(place)
