/**
 * The server: `node server.ts [milliseconds between ticks]`. It reads `a`, writes `b`, and ends when `a` is closed.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Handlers, HxInterop, RpcServer } from "effect-ipc"
import { Fifo } from "effect-ipc/node"
import { Clock, Tick } from "./protocol.ts"

const millis = Number(process.argv[2] ?? 1000)

const handlers = Handlers.layer(Clock)({
  Countdown: Effect.fnUntraced(function* ({ ticks }, { caller }) {
    yield* Console.log(`asked for ${ticks} ticks`)
    for (let n = 1; n <= ticks; n++) {
      yield* Effect.sleep(millis)
      yield* Effect.orDie(caller.emit(new Tick({ n })))
    }
  })
})

RpcServer.run(Clock).pipe(
  Effect.andThen(Console.log("a is closed, that is the end")),
  Effect.provide(handlers),
  Effect.provide(Fifo.layerListener({ read: "a", write: "b", create: true, wire: HxInterop.wire() })),
  NodeRuntime.runMain
)
