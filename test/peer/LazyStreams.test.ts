/** The first test runs the first stream of this process: what makes streams is not loaded before. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as LazyStreams from "../../src/peer/LazyStreams.ts"
import { clientOfRaw } from "./lines.ts"
import { Office, Tick } from "./Office.ts"
import { frame, hello } from "./Raw.ts"
import { settle } from "./turns.ts"

const started = { startImmediately: true } as const

const event = (n: number): Uint8Array =>
  frame("Event", { number: 1, body: new TextEncoder().encode(JSON.stringify({ n })) })

const numbers = (count: number): Array<number> => Array.from({ length: count }, (_, n) => n)

describe("the first stream of a process", () => {
  it.effect("loses no event that comes while it is loaded", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      raw.say(hello("office", ["Tick"]))
      yield* settle
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 200)), started)
      const also = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 200)), started)
      for (const n of numbers(200)) raw.say(event(n))
      for (const fiber of [heard, also]) {
        assert.deepStrictEqual(
          (yield* Fiber.join(fiber)).map(({ n }) => n),
          numbers(200)
        )
      }
    })
  )
})

describe("a stream of a client", () => {
  const lazy = LazyStreams.stream(() => Stream.make(1, 2, 3))
  const failing = LazyStreams.stream(() => Stream.concat(Stream.make(1), Stream.fail("no")))

  it("is one", () => {
    assert.isTrue(Stream.isStream(lazy))
    assert.isTrue(Channel.isChannel(lazy.channel))
    assert.strictEqual(lazy.pipe(), lazy)
    assert.isTrue(Channel.isChannel(lazy.channel.pipe(Channel.map((items) => items))))
  })

  it.effect.each<readonly [string, Effect.Effect<unknown>, unknown]>([
    ["runCollect", Stream.runCollect(lazy), [1, 2, 3]],
    ["runHead", Effect.map(Stream.runHead(lazy), (head) => head._tag), "Some"],
    ["runForEach", Stream.runForEach(lazy, () => Effect.void), undefined],
    [
      "runFold",
      Stream.runFold(
        lazy,
        () => 0,
        (sum, n) => sum + n
      ),
      6
    ],
    ["map", Stream.runCollect(Stream.map(lazy, (n) => n * 2)), [2, 4, 6]],
    ["mapEffect", Stream.runCollect(lazy.pipe(Stream.mapEffect((n) => Effect.succeed(n * 2)))), [2, 4, 6]],
    [
      "flatMap",
      Stream.runCollect(Stream.flatMap(Stream.make(0, 10), (n) => Stream.map(lazy, (m) => n + m))),
      [1, 2, 3, 11, 12, 13]
    ],
    ["filter", Stream.runCollect(Stream.filter(lazy, (n) => n > 1)), [2, 3]],
    ["take", Stream.runCollect(Stream.take(lazy, 2)), [1, 2]],
    ["concat", Stream.runCollect(Stream.concat(lazy, lazy)), [1, 2, 3, 1, 2, 3]],
    ["merge", Effect.map(Stream.runCollect(Stream.merge(lazy, Stream.make(4))), (all) => all.toSorted()), [1, 2, 3, 4]],
    [
      "zip",
      Stream.runCollect(Stream.zip(lazy, Stream.make("a", "b"))),
      [
        [1, "a"],
        [2, "b"]
      ]
    ],
    ["unwrap", Stream.runCollect(Stream.unwrap(Effect.succeed(lazy))), [1, 2, 3]],
    ["toPull", Effect.scoped(Effect.flatMap(Stream.toPull(lazy), (pull) => Effect.orDie(pull))), [1, 2, 3]],
    ["catch", Stream.runCollect(Stream.catch(failing, (error) => Stream.make(error))), [1, "no"]]
  ])("goes through %s", ([_, run, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run, expected)
    })
  )

  it.effect("is opened each time it runs", () =>
    Effect.gen(function* () {
      let opened = 0
      const counted = LazyStreams.stream(() => Stream.make(++opened))
      assert.strictEqual(opened, 0)
      assert.deepStrictEqual(yield* Stream.runCollect(counted), [1])
      assert.deepStrictEqual(yield* Stream.runCollect(counted), [2])
    })
  )

  it.effect("fails as the true one does", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.exit(Stream.runDrain(failing)), Exit.fail("no"))
      const dying = LazyStreams.stream(() => Stream.die("a bug"))
      assert.deepStrictEqual(yield* Effect.exit(Stream.runDrain(dying)), Exit.die("a bug"))
      const throwing = LazyStreams.stream((): Stream.Stream<never> => {
        throw new Error("a bug")
      })
      const exit = yield* Effect.exit(Stream.runDrain(throwing))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    })
  )

  it.effect("is over for good when its reader leaves early, fails, or is interrupted", () =>
    Effect.gen(function* () {
      let closed = 0
      const begun = yield* Deferred.make<void>()
      const open = LazyStreams.stream(() =>
        Stream.ensuring(
          Stream.concat(
            Stream.make(1, 2),
            Stream.fromEffect(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
          ),
          Effect.sync(() => closed++)
        )
      )
      yield* Stream.runDrain(Stream.take(open, 1))
      assert.strictEqual(closed, 1)
      yield* Effect.flip(Stream.runForEach(open, () => Effect.fail("no")))
      assert.strictEqual(closed, 2)
      const reading = yield* Effect.forkChild(Stream.runDrain(open), started)
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(reading)
      assert.strictEqual(closed, 3)
    })
  )

  it.effect("of events is subscribed for as long as it runs", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      raw.say(hello("office", ["Tick"]))
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 1)), started)
      raw.say(event(1))
      assert.strictEqual((yield* Fiber.join(heard)).length, 1)
      const next = yield* Effect.forkChild(Stream.runHead(client.events(Tick)), started)
      raw.say(event(2))
      assert.deepInclude(yield* Fiber.join(next), { _tag: "Some", value: new Tick({ n: 2 }) })
    })
  )
})

// `LazyStreams.ts` makes streams by hand. Where this fails after an update of effect, look at what is new in
// `effect/internal/stream` and `effect/Channel`, and give the hand-made ones the same.
describe("a stream of this version of effect", () => {
  const partsOf = (value: object): ReadonlyArray<string> => {
    const prototype: object | null = Object.getPrototypeOf(value)
    const inherited = prototype === null || prototype === Object.prototype ? [] : Reflect.ownKeys(prototype)
    const known = ["constructor", "toString", "toJSON"]
    return [...Reflect.ownKeys(value), ...inherited]
      .map(String)
      .filter((key) => !known.includes(key))
      .toSorted()
  }
  const lazy: Stream.Stream<never> = LazyStreams.stream(() => Stream.never)

  it("has no parts besides those made by hand", () => {
    assert.deepStrictEqual(partsOf(lazy), partsOf(Stream.never), "of a stream")
    assert.deepStrictEqual(partsOf(lazy.channel), partsOf(Stream.never.channel), "of its channel")
  })

  it("opens its channel by a transform of an upstream and a scope", () => {
    const { transform } = Stream.never.channel as unknown as { readonly transform: (...args: Array<never>) => unknown }
    assert.strictEqual(Channel.toTransform(Stream.never.channel) as unknown, transform, "`transform` is the transform")
    assert.strictEqual(transform.length, 2, "it takes an upstream and a scope")
  })
})
