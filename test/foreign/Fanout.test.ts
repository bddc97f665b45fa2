import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Fanout from "../../src/foreign/Fanout.ts"
import * as Pipe from "../../src/foreign/Pipe.ts"

it.effect("sends to every channel and function that is subscribed", () =>
  Effect.gen(function* () {
    const all = yield* Fanout.make<string>()
    const pipe = yield* Pipe.make<string>({ capacity: 4 })
    const heard: Array<string> = []
    yield* all.subscribe(pipe)
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* all.subscribe((text) => Effect.sync(() => heard.push(text)))
        assert.strictEqual(yield* all.send("one"), 2)
        assert.strictEqual(yield* all.size, 2)
      })
    )
    assert.strictEqual(yield* all.send("two"), 1)
    assert.deepStrictEqual(heard, ["one"])
    assert.deepStrictEqual([yield* pipe.receive, yield* pipe.receive], ["one", "two"])
  })
)

it.effect("reaches the others when some fail, and says who failed in one error", () =>
  Effect.gen(function* () {
    const all = yield* Fanout.make<string>()
    const gone = yield* Pipe.make<string>({ address: "gone" })
    const lost = yield* Pipe.make<string>({ address: "lost" })
    yield* Effect.andThen(gone.close, lost.close)
    const heard: Array<string> = []
    yield* all.subscribe(gone)
    yield* all.subscribe((text) => Effect.sync(() => heard.push(text)))
    yield* all.subscribe(lost)
    const error = yield* Effect.flip(all.send("one"))
    assert.instanceOf(error, Fanout.FanoutError)
    assert.strictEqual(error.reached, 1)
    assert.deepStrictEqual(
      error.errors.map(({ reason }) => [reason._tag, reason.address]),
      [
        ["Disconnected", "gone"],
        ["Disconnected", "lost"]
      ]
    )
    assert.strictEqual(
      error.message,
      "disconnected from gone: the pipe was closed; disconnected from lost: the pipe was closed"
    )
    assert.deepStrictEqual(heard, ["one"])
  })
)

it.effect("sends to who was subscribed when it began, whoever leaves or comes meanwhile", () =>
  Effect.gen(function* () {
    const all = yield* Fanout.make<string>()
    const heard: Array<string> = []
    const hear = (who: string) => (text: string) => Effect.sync(() => heard.push(`${who} ${text}`))
    const leave = yield* Deferred.make<Effect.Effect<void>>()
    yield* all.subscribe(() =>
      Effect.gen(function* () {
        yield* yield* Deferred.await(leave)
        yield* all.subscribe(hear("late"))
      }).pipe(Effect.provideService(Scope.Scope, scope))
    )
    const scope = yield* Scope.Scope
    yield* Deferred.succeed(leave, yield* all.subscribe(hear("leaving")))
    yield* all.send("one")
    assert.deepStrictEqual(heard, ["leaving one"])
  })
)

it.effect("does not let one who is slow hold up the others", () =>
  Effect.gen(function* () {
    const all = yield* Fanout.make<string>()
    const release = yield* Deferred.make<void>()
    const heard = yield* Deferred.make<string>()
    yield* all.subscribe(() => Deferred.await(release))
    yield* all.subscribe((text) => Deferred.succeed(heard, text))
    const sending = yield* Effect.forkChild(all.send("one"))
    assert.strictEqual(yield* Deferred.await(heard), "one")
    assert.isUndefined(sending.pollUnsafe())
    yield* Deferred.succeed(release, undefined)
    assert.strictEqual(yield* Fiber.join(sending), 2)
  })
)
