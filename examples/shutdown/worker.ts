/**
 * The store: it gives what runs one second to finish when it closes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Stdio from "effect-ipc/node/Stdio"
import * as Handlers from "effect-ipc/Handlers"
import * as RpcServer from "effect-ipc/RpcServer"
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
