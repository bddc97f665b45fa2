/** A user's first program: one protocol, both ends in this process. Compiled and run by `scripts/pack-check.ts`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Event, Handlers, Memory, Native, Protocol, Request, RpcClient, RpcServer } from "effect-ipc"
import type { IpcError } from "effect-ipc/IpcError"

class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}

class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: DivisionByZero
}) {}

class Count extends Request.Class<Count>()("Count", { payload: { to: Schema.Int }, stream: Schema.Int }) {}

class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}

const Calculator = Protocol.make("calculator", { version: "1.0.0", server: [Divide, Count], client: [Tick] })

const handlers = Handlers.layer(Calculator)({
  Divide: ({ dividend, divisor }, { caller }) =>
    divisor === 0
      ? Effect.fail(new DivisionByZero())
      : Effect.as(Effect.orDie(caller.emit(new Tick({ n: 1 }))), dividend / divisor),
  Count: ({ to }) => Stream.range(1, to)
})

const program = Effect.gen(function* () {
  yield* Effect.forkScoped(RpcServer.run(Calculator))
  const calculator = yield* RpcClient.make(Calculator)

  const half: Effect.Effect<number, DivisionByZero | IpcError.IpcError> = calculator.Divide({ dividend: 1, divisor: 2 })
  // @ts-expect-error the payload is typed
  calculator.Divide({ dividend: "1", divisor: 2 })
  // @ts-expect-error so is the client
  void calculator.Multiply

  const caught = yield* Effect.flip(calculator.Divide({ dividend: 1, divisor: 0 }))
  return {
    half: yield* half,
    error: caught._tag,
    ticks: yield* calculator.events(Tick).pipe(Stream.take(1), Stream.runCollect),
    counted: yield* calculator.Count({ to: 3 }).pipe(Stream.runCollect)
  }
})

const live = handlers.pipe(Layer.provideMerge(Memory.layer({ wire: Native.wire() })))

const said = JSON.stringify(await program.pipe(Effect.scoped, Effect.provide(live), Effect.runPromise))
const expected = `{"half":0.5,"error":"DivisionByZero","ticks":[{"_tag":"Tick","n":1}],"counted":[1,2,3]}`
if (said !== expected) throw new Error(`expected ${expected}\n     got ${said}`)
