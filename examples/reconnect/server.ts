/**
 * The server: `node server.ts <socket> <run>`. It crashes when it is asked for the price of dynamite in its first run.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { UnixSocket } from "effect-ipc/node"
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
