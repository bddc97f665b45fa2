/**
 * Renders, reports after each frame, and cleans up when it is stopped.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stdio from "effect-ipc/node/Stdio"
import * as Handlers from "effect-ipc/Handlers"
import * as RpcServer from "effect-ipc/RpcServer"
import { Studio } from "./protocol.ts"

const handlers = Handlers.layer(Studio)({
  Render: ({ frames, millisPerFrame }, { report }) =>
    Effect.gen(function* () {
      for (let frame = 1; frame <= frames; frame++) {
        yield* Effect.sleep(millisPerFrame)
        yield* report({ frame })
      }
      return `a film of ${frames} frames`
    }).pipe(Effect.onInterrupt(() => Console.log("stopped, and cleaned up")))
})

RpcServer.run(Studio).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
