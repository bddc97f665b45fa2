/**
 * The daemon: `node daemon.ts <socket>`. It keeps one count for all clients, until SIGTERM or Ctrl-C.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Ref } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { UnixSocket } from "effect-ipc/node"
import { Counter } from "./protocol.ts"

const handlers = Handlers.layer(Counter)(
  Effect.gen(function* () {
    const count = yield* Ref.make(0)
    return { Add: ({ n }) => Ref.updateAndGet(count, (sum) => sum + n) }
  })
)

const [, , path = ""] = process.argv
RpcServer.run(Counter).pipe(
  Effect.provide(handlers),
  Effect.provide(UnixSocket.layerListener({ path })),
  NodeRuntime.runMain
)
