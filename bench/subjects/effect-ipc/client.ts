import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import type { Transport } from "../../../src/transport/Transport.ts"
import type { Client, ClientPlace } from "../../subject.ts"
import { held } from "../kit/fibers.ts"
import { clientOf } from "./operations.ts"
import { Bench } from "./protocol.ts"

const transportAt = async (place: ClientPlace): Promise<Layer.Layer<Transport>> => {
  if (place.transport === "stdio") {
    const ChildProcess = await import("../../../src/node/ChildProcess.ts")
    return ChildProcess.layer({ command: place.command, args: place.args, stderr: "inherit" })
  }
  const UnixSocket = await import("../../../src/node/UnixSocket.ts")
  return UnixSocket.layer({ path: place.path })
}

/** Answers once the link is open. The connection lives as long as the process. */
export const connectBy = (transport: Layer.Layer<Transport>): Promise<Client> =>
  held(Effect.map(RpcClient.make(Bench), clientOf), transport)

export const connect = async (place: ClientPlace): Promise<Client> => connectBy(await transportAt(place))
