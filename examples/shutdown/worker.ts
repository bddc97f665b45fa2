/**
 * The store: it gives what runs one second to finish when it closes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Store } from "./protocol.ts"

const handlers = Handlers.layer(Store)({
  Save: ({ file, millis }) => Effect.as(Effect.sleep(millis), `${file} is saved`),
  // As a service manager would. `runMain` interrupts the server then, which closes its scope.
  Stop: () => Effect.sync(() => void process.kill(process.pid, "SIGTERM"))
})

RpcServer.run(Store, { drainTimeout: "1 second" }).pipe(
  Effect.provide(handlers),
  Effect.provide(Stdio.layerListener()),
  NodeRuntime.runMain
)
