import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Intercept from "../../src/foreign/Intercept.ts"
import * as Pipe from "../../src/foreign/Pipe.ts"
import { IpcError, Unsayable } from "../../src/peer/IpcError.ts"

const refused = new IpcError({ reason: new Unsayable({ address: "pipe", detail: "no" }) })

/** Two ends of a pipe, the western one with interceptors. */
const wrapped = (...interceptors: ReadonlyArray<Intercept.Interceptor<string>>) =>
  Effect.gen(function* () {
    const [west, east] = yield* Pipe.pair<string>({ capacity: 16 })
    return { west: yield* Intercept.wrap(west, ...interceptors), east, close: east.close }
  })

const both = (step: Intercept.Step<string>): Intercept.Interceptor<string> => ({ read: step, write: step })

it.effect("drops, alters and multiplies what is written", () =>
  Effect.gen(function* () {
    const { close, east, west } = yield* wrapped({
      write: (text, next) => {
        if (text === "drop") return Effect.void
        return text === "twice" ? Effect.andThen(next("once"), next("again")) : next(text.toUpperCase())
      }
    })
    for (const text of ["drop", "twice", "alter"]) yield* west.send(text)
    yield* close
    assert.deepStrictEqual(yield* Stream.runCollect(east.messages), ["once", "again", "ALTER"])
  })
)

it.effect("drops, alters and multiplies what is read, in order, for all who receive", () =>
  Effect.gen(function* () {
    const { close, east, west } = yield* wrapped({
      read: (text, next) => {
        if (text === "drop") return Effect.void
        return text === "twice"
          ? Effect.andThen(next("once"), Effect.andThen(Effect.yieldNow, next("again")))
          : next(text.toUpperCase())
      }
    })
    for (const text of ["drop", "twice", "drop", "alter"]) yield* east.send(text)
    const taken = yield* Effect.all([west.receive, west.receive], { concurrency: "unbounded" })
    yield* close
    assert.deepStrictEqual(taken, ["once", "again"])
    assert.deepStrictEqual(yield* Stream.runCollect(west.messages), ["ALTER"])
  })
)

it.effect("lets the first see what is sent first, and what is received last", () =>
  Effect.gen(function* () {
    const mark = (letter: string) => both((text, next) => next(text + letter))
    const { east, west } = yield* wrapped(mark("A"), mark("B"), {})
    yield* west.send("sent ")
    yield* east.send("read ")
    assert.strictEqual(yield* east.receive, "sent AB")
    assert.strictEqual(yield* west.receive, "read BA")
  })
)

it.effect("gives a step the services around it, and who sends the failure of a step", () =>
  Effect.gen(function* () {
    class Greeting extends Context.Service<Greeting, string>()("Greeting") {}
    const pipe = yield* Pipe.make<string>({ capacity: 2 })
    const greeting: Intercept.Interceptor<string, Greeting> = {
      write: (text, next) => Effect.flatMap(Greeting, (word) => next(`${word} ${text}`)),
      read: (text, next) => (text.endsWith("bad") ? Effect.fail(refused) : next(text))
    }
    const greeter = yield* Effect.provideService(Intercept.wrap(pipe, greeting), Greeting, "hello")
    yield* greeter.send("you")
    assert.strictEqual(yield* greeter.receive, "hello you")
    yield* greeter.send("bad")
    assert.strictEqual(yield* Effect.flip(greeter.receive), refused)
    yield* greeter.send("good")
    assert.strictEqual(yield* greeter.receive, "hello good")
  })
)

it.effect("loses nothing when one who waits to receive is interrupted", () =>
  Effect.gen(function* () {
    const { east, west } = yield* wrapped(both((text, next) => next(text)))
    const waiting = yield* Effect.forkChild(west.receive, { startImmediately: true })
    yield* Fiber.interrupt(waiting)
    yield* east.send("kept")
    assert.strictEqual(yield* west.receive, "kept")
  })
)
