/** effect/rpc over a Unix socket with ndjson, as its documentation puts the layers together. */
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type { ServerPlace } from "../../subject.ts"
import { answer } from "../../workload.ts"
import { held } from "../kit/fibers.ts"
import { itemStream, singleItems } from "../kit/streams.ts"
import { Bench } from "./group.ts"

const handlers = Bench.toLayer({
  Add: (request) => Effect.succeed(answer(request)),
  Items: ({ count }) => singleItems(count),
  Arrays: ({ count }) => itemStream(count),
  EchoText: ({ text }) => Effect.succeed(text),
  EchoBytes: ({ bytes }) => Effect.succeed(bytes)
})

export const serveWith = (place: ServerPlace, options?: { readonly disableTracing: boolean }): Promise<void> => {
  if (place.transport !== "unix") throw new Error("effect/rpc offers no client for this")
  const protocol = RpcServer.layerProtocolSocketServer.pipe(
    Layer.provide(NodeSocketServer.layer({ path: place.path })),
    Layer.provide(RpcSerialization.layerNdjson)
  )
  const server = RpcServer.layer(Bench, options).pipe(Layer.provide(handlers), Layer.provide(protocol))
  return held(Effect.void, server)
}

export const serve = (place: ServerPlace): Promise<void> => serveWith(place)
