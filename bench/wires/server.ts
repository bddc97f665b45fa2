import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import type { ServerPlace } from "../subject.ts"
import { held } from "../subjects/kit/fibers.ts"
import { answer } from "../workload.ts"
import { Calls } from "./protocol.ts"
import { type Name, wires } from "./wires.ts"

const handlers = Handlers.layer(Calls)({ Add: (request) => Effect.succeed(answer(request)) })

export const serve = (place: ServerPlace, name: Name): Promise<void> => {
  if (place.transport !== "unix") throw new Error("only over Unix sockets")
  const listener = UnixSocket.layerListener({ path: place.path, wire: wires[name]() })
  return held(Effect.void, Layer.merge(handlers, listener), RpcServer.run(Calls))
}
