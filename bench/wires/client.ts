/** effect-ipc over a Unix socket on a wire, and the codecs of that wire by themselves. */
import * as Effect from "effect/Effect"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import type { Client, ClientPlace } from "../subject.ts"
import { byFiber, held } from "../subjects/kit/fibers.ts"
import { makeDecoding, type Decoding } from "./decoding.ts"
import { Calls } from "./protocol.ts"
import { type Name, wires } from "./wires.ts"

export interface WireClient extends Client {
  /** Left out where one call is in flight at a time. */
  readonly decoding?: Decoding
}

export const connect = (place: ClientPlace, name: Name): Promise<WireClient> => {
  if (place.transport !== "unix") throw new Error("only over Unix sockets")
  const wire = wires[name]()
  const transport = UnixSocket.layer({ path: place.path, wire })
  const decoding = wire.can.correlate === "id" ? { decoding: makeDecoding(wire) } : {}
  return held(
    Effect.map(RpcClient.make(Calls), (rpc) => ({ add: byFiber(rpc.Add), ...decoding })),
    transport
  )
}
