/**
 * Renders, and cleans up when it is stopped.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Studio } from "./protocol.ts"

const handlers = Handlers.layer(Studio)({
  Render: ({ film, millis }) =>
    Effect.sleep(millis).pipe(
      Effect.as(`${film} is ready`),
      Effect.onInterrupt(() => Console.log(`${film} was stopped, its files are removed`))
    )
})

RpcServer.run(Studio).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
