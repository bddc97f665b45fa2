/**
 * The types of folds: what steps may give, what they need, and what the compiler refuses.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Fold from "../../src/peer/Fold.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import type { Listener } from "../../src/transport/Transport.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles without an argument only when both types are the same. */
declare const same: <A, B>(...proof: Equal<A, B> extends true ? [] : [never]) => void

class TooMuch extends Schema.TaggedError<TooMuch>()("TooMuch", { most: Schema.Int }) {}
class Add extends Request.Class<Add>()("Add", {
  payload: { n: Schema.Int },
  success: Schema.Int,
  error: TooMuch
}) {}
class Reset extends Request.Class<Reset>()("Reset") {}
class Down extends Request.Class<Down>()("Down", { stream: Schema.Int, error: TooMuch }) {}
class Load extends Request.Class<Load>()("Load", { input: Schema.Int, progress: Schema.String, success: Schema.Int }) {}
class Note extends Event.Class<Note>()("Note", { n: Schema.Int }) {}
class Confirm extends Request.Class<Confirm>()("Confirm", { success: Schema.Boolean }) {}

const Sum = Protocol.make("sum", { version: "1.0.0", server: [Add, Reset, Down, Load, Note], client: [Confirm] })
const Small = Protocol.make("small", { version: "1.0.0", server: [Add, Note] })
class Db extends Context.Service<Db, { readonly most: number }>()("test/Db") {}
class Log extends Context.Service<Log, { readonly write: (text: string) => Effect.Effect<void> }>()("test/Log") {}

// ---- what a program writes

const whole = Fold.run(Sum, 0, {
  Add: (sum, { n }, { caller, headers }) =>
    Effect.gen(function* () {
      const { most } = yield* Db
      if (sum + n > most && headers.force === undefined) return yield* new TooMuch({ most })
      const sure: boolean = yield* Effect.orDie(caller.Confirm())
      return sure ? Fold.next(sum + n, sum + n) : Fold.finish(sum, sum)
    }),
  Reset: () => Effect.succeed(Fold.next(0)),
  Down: (sum) =>
    Effect.succeed(
      Fold.next(0, Stream.range(1, sum).pipe(Stream.tap((n) => Effect.flatMap(Log, (log) => log.write(`${n}`)))))
    ),
  Load: (sum, _, { input, report }) =>
    Effect.orDie(Stream.runSum(input)).pipe(
      Effect.tap((n) => report(`${n}`)),
      Effect.map((n) => Fold.next(sum + n, n))
    ),
  Note: (sum, { n }) => Effect.succeed(n === 0 ? Fold.finish(sum) : Fold.next(sum + n))
})
same<typeof whole, Effect.Effect<number, IpcError, Listener | Db | Log>>()

/** The state is what the initial one is, when that says enough. */
const Items = { Add: (all: ReadonlyArray<number>, { n }: Add) => Effect.succeed(Fold.next([...all, n], n)) }
const list = Fold.run(Small, [] as ReadonlyArray<number>, {
  ...Items,
  Note: (all) => Effect.succeed(Fold.finish(all))
})
same<typeof list, Effect.Effect<ReadonlyArray<number>, IpcError, Listener>>()

const steps = {
  Add: (sum: number, { n }: Add) => Effect.succeed(Fold.next(sum + n, sum + n)),
  Note: (sum: number, { n }: Note) => Effect.succeed(Fold.next(sum + n))
}

const watched = Fold.run(Small, 0, steps, {
  drainTimeout: "1 second",
  onConnection: () => Effect.flatMap(Log, (log) => log.write("hello")),
  monitor: (sum) => Effect.map(Db, ({ most }) => (sum > most ? Fold.end(most) : Fold.go(sum))),
  perConnection: { combine: (sum, own) => sum + own }
})
same<typeof watched, Effect.Effect<number, IpcError, Listener | Db | Log>>()

/** With everything at once, and a step that is a generator. */
const everything = Fold.run(
  Small,
  "idle" as "idle" | "busy",
  {
    Add: Effect.fnUntraced(function* (state: "idle" | "busy", { n }: Add) {
      if (state === "busy") return yield* new TooMuch({ most: n })
      return Fold.next("busy" as const, n)
    }),
    Note: (state) => Effect.succeed(state === "idle" ? Fold.finish("busy") : Fold.next("idle"))
  },
  {
    metrics: true,
    monitor: (state) => Effect.as(Log, state === "idle" ? Fold.end(state) : Fold.go(state)),
    handlerMiddleware: [
      (call, next) => {
        same<typeof call.tag, "Add" | "Note">()
        return Effect.andThen(Db, next())
      }
    ]
  }
)
same<typeof everything, Effect.Effect<"idle" | "busy", IpcError, Listener | Db | Log>>()

// ---- what the compiler refuses

// @ts-expect-error an option of clients
Fold.run(Small, 0, steps, { reconnect: 1 })
// @ts-expect-error nothing of this protocol answers text
Fold.run(Small, 0, steps, { handlerMiddleware: [() => Effect.succeed("one")] })

// @ts-expect-error the answer is of another type
Fold.run(Small, 0, { ...steps, Add: (sum) => Effect.succeed(Fold.next(sum, "sum")) })
// @ts-expect-error an answer is missing
Fold.run(Small, 0, { ...steps, Add: (sum) => Effect.succeed(Fold.next(sum)) })
// @ts-expect-error the state is of another type
Fold.run(Small, 0, { ...steps, Note: () => Effect.succeed(Fold.next("state")) })
// @ts-expect-error the state that it ends with is of another type
Fold.run(Small, 0, { ...steps, Note: () => Effect.succeed(Fold.finish("state")) })
// @ts-expect-error a step gives a change of state, not the answer alone
Fold.run(Small, 0, { ...steps, Add: () => Effect.succeed(1) })
// @ts-expect-error the request does not declare this error
Fold.run(Small, 0, { ...steps, Add: () => Effect.fail("no") })
// @ts-expect-error an event has no errors
Fold.run(Small, 0, { ...steps, Note: () => Effect.fail(new TooMuch({ most: 1 })) })
// @ts-expect-error a step is missing
Fold.run(Small, 0, { Add: steps.Add })
// @ts-expect-error the monitor gives a verdict, not the state alone
Fold.run(Small, 0, steps, { monitor: (sum) => Effect.succeed(sum) })
// @ts-expect-error the monitor's state is of another type
Fold.run(Small, 0, steps, { monitor: () => Effect.succeed(Fold.go("state")) })
// @ts-expect-error the monitor has no errors
Fold.run(Small, 0, steps, { monitor: () => Effect.fail("no") })
// @ts-expect-error states are combined to a state
Fold.run(Small, 0, steps, { perConnection: { combine: (sum, own) => `${sum}${own}` } })
