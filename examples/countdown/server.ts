/**
 * The server: reads the FIFO `a`, writes the FIFO `b`, and ends when the client closes `a`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Fifo } from "effect-ipc/node"
import { Tick, Ticking } from "./protocol.ts"

const handlers = Handlers.layer(Ticking)({
  Countdown: Effect.fnUntraced(function* ({ ticks }, { caller }) {
    yield* Console.log(`asked for ${ticks} ticks`)
    for (let n = 1; n <= ticks; n++) {
      yield* Effect.sleep("200 millis")
      yield* Effect.orDie(caller.emit(new Tick({ n })))
    }
  })
})

RpcServer.run(Ticking).pipe(
  Effect.andThen(Console.log("a is closed, that is the end")),
  Effect.provide(handlers),
  Effect.provide(Fifo.layerListener({ read: "a", write: "b", create: true })),
  NodeRuntime.runMain
)
