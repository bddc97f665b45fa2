/**
 * A user's first program: the same calls to a server in this process and to a child process. Compiled against the
 * shipped types and run by `scripts/pack-check.ts`.
 */
import assert from "node:assert"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Memory, Native, RpcClient, RpcServer } from "effect-ipc"
import type { IpcError } from "effect-ipc/IpcError"
import { ChildProcess } from "effect-ipc/node"
import { Calculator, handlers, Tick, type DivisionByZero } from "./Calculator.ts"

const ask = Effect.gen(function* () {
  const calculator = yield* RpcClient.make(Calculator)

  const half: Effect.Effect<number, DivisionByZero | IpcError> = calculator.Divide({ dividend: 1, divisor: 2 })
  // @ts-expect-error the payload is typed
  calculator.Divide({ dividend: "1", divisor: 2 })
  // @ts-expect-error and so are the names
  void calculator.Multiply

  return {
    half: yield* half,
    error: (yield* Effect.flip(calculator.Divide({ dividend: 1, divisor: 0 })))._tag,
    ticks: yield* calculator.events(Tick).pipe(Stream.take(1), Stream.runCollect),
    counted: yield* calculator.Count({ to: 3 }).pipe(Stream.runCollect)
  }
})

const overMemory = Effect.andThen(Effect.forkScoped(RpcServer.run(Calculator)), ask).pipe(
  Effect.scoped,
  Effect.provide(Layer.provideMerge(handlers, Memory.layer({ wire: Native.wire() })))
)

const overChild = ask.pipe(
  Effect.scoped,
  Effect.provide(ChildProcess.layer({ command: process.execPath, args: ["child.ts"] }))
)

const expected = { half: 0.5, error: "DivisionByZero", ticks: [new Tick({ n: 1 })], counted: [1, 2, 3] }

for (const [link, program] of Object.entries({ memory: overMemory, child: overChild })) {
  const said = await Effect.runPromise(Effect.timeout(program, "20 seconds"))
  assert.deepStrictEqual(said, expected, `over ${link}`)
}
