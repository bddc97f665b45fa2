/**
 * The server: `node server.ts <socket>`. It needs its time before it listens.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import { Greeter } from "./protocol.ts"

const handlers = Handlers.layer(Greeter)({ Greet: ({ name }) => Effect.succeed(`Hello, ${name}!`) })

const [, , path = ""] = process.argv
RpcServer.run(Greeter).pipe(
  Effect.provide(handlers),
  Effect.provide(UnixSocket.layerListener({ path })),
  Effect.delay("300 millis"),
  NodeRuntime.runMain
)
