/** Both ends in this process, over the memory link. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NodeWire from "../../../src/node/NodeWire.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import * as Memory from "../../../src/transport/Memory.ts"
import type { Client } from "../../subject.ts"
import { held } from "../kit/fibers.ts"
import * as streams from "../kit/streams.ts"
import { handlers } from "./handlers.ts"
import { clientOf } from "./operations.ts"
import { Bench } from "./protocol.ts"

export const connect = (): Promise<Client> => {
  const memory = Memory.layer({ wire: NodeWire.privateWire() })
  const server = Layer.effectDiscard(Effect.forkScoped(RpcServer.run(Bench))).pipe(Layer.provide(handlers(streams)))
  return held(Effect.map(RpcClient.make(Bench), clientOf), Layer.provideMerge(server, memory))
}
