import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import type { Listener } from "../../../src/transport/Transport.ts"
import type { TransportError } from "../../../src/transport/TransportError.ts"
import type { ServerPlace } from "../../subject.ts"
import { held } from "../kit/fibers.ts"
import type * as Streams from "../kit/streams.ts"
import { handlers } from "./handlers.ts"
import { Bench } from "./protocol.ts"

const listenerAt = async (place: ServerPlace): Promise<Layer.Layer<Listener, TransportError>> => {
  if (place.transport === "stdio") {
    const Stdio = await import("../../../src/node/Stdio.ts")
    return Stdio.layerListener()
  }
  const UnixSocket = await import("../../../src/node/UnixSocket.ts")
  return UnixSocket.layerListener({ path: place.path })
}

/** Answers once it listens. */
export const serveAt = <E>(listener: Layer.Layer<Listener, E>, streams: typeof Streams | undefined): Promise<void> =>
  held(Effect.void, Layer.merge(handlers(streams), listener), RpcServer.run(Bench))

export const serve = async (place: ServerPlace, only?: "calls"): Promise<void> => {
  const listener = await listenerAt(place)
  return serveAt(listener, only === "calls" ? undefined : await import("../kit/streams.ts"))
}
