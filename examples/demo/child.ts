/**
 * The demo's child process: it serves the protocol over its stdin and stdout, and ends at the end of its input.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Stream } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Demo, DivisionByZero, Tick } from "./protocol.ts"

const handlers = Handlers.layer(Demo)({
  Divide: ({ dividend, divisor }) =>
    divisor === 0 ? Effect.fail(new DivisionByZero()) : Effect.succeed(dividend / divisor),

  Start: Effect.fnUntraced(function* ({ ticks }, { caller }) {
    for (let n = 1; n <= ticks; n++) yield* Effect.orDie(caller.emit(new Tick({ n })))
  }),

  Index: Effect.fnUntraced(function* ({ path }, { caller, report }) {
    const agreed = yield* Effect.orDie(caller.Confirm({ question: `Shall I index ${path}?` }))
    if (!agreed) return 0
    for (let percent = 10; percent <= 100; percent += 10) {
      yield* Effect.sleep("40 millis")
      yield* report({ percent })
    }
    // Stdout carries the protocol; what is printed goes to stderr, which the parent shows.
    console.log(`indexed ${path}`)
    return 1234
  }),

  Count: ({ to }) => Stream.range(1, to),

  Sum: (_, { input }) =>
    Effect.orDie(
      Stream.runFold(
        input,
        () => 0,
        (sum, n) => sum + n
      )
    )
})

RpcServer.run(Demo).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
