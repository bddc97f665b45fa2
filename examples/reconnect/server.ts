/**
 * The server: `node server.ts <socket> <run>`. It crashes when it is asked for the price of dynamite in its first run.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import { Opened, Shop } from "./protocol.ts"

const [, , path = "", run = ""] = process.argv
let sold = 0

const handlers = Handlers.layer(Shop)({
  Price: ({ item }) =>
    item === "dynamite" && run === "first" ? Effect.sync(() => process.exit(1)) : Effect.succeed(item.length),
  Buy: () => Effect.sync(() => ++sold)
})

RpcServer.run(Shop, { onConnection: (client) => client.emit(new Opened({ run })) }).pipe(
  Effect.provide(handlers),
  Effect.provide(UnixSocket.layerListener({ path })),
  NodeRuntime.runMain
)
