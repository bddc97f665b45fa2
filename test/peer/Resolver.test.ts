import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Fiber from "effect/Fiber"
import * as RequestResolver from "effect/RequestResolver"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as Resolver from "../../src/peer/Resolver.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import { clientOfRaw, server } from "./lines.ts"
import { numbers, Ask, Office } from "./Office.ts"
import { frame, hello } from "./Raw.ts"
import { reasonOf } from "./reasons.ts"
import { settle } from "./turns.ts"

const started = { startImmediately: true } as const

/** A client whose server is written by hand and has said Hello, and a resolver through it. */
const asking = Effect.gen(function* () {
  const { client, raw } = yield* clientOfRaw(Office)
  raw.say(hello("office", ["Tick"]))
  yield* raw.next("Hello")
  const resolver = Resolver.make(client, Ask)
  const ask = (text: string) => Effect.request(Resolver.ask(Ask, { text }), resolver)
  const answer = (id: number, text: string) =>
    raw.say(frame("Success", { id, number: numbers.Ask, body: JSON.stringify(text) }))
  return { client, raw, resolver, ask, answer }
})

describe("Resolver", () => {
  it.effect("asks what fibers ask in one turn in one chunk of the link", () =>
    Effect.gen(function* () {
      const { answer, ask, raw } = yield* asking
      yield* settle
      const before = raw.chunks.length
      const texts = Array.from({ length: 12 }, (_, n) => `text ${n}`)
      const answers = yield* Effect.forkChild(Effect.all(texts.map(ask), { concurrency: "unbounded" }), started)
      yield* settle
      assert.strictEqual(raw.of("Request").length, 12)
      assert.strictEqual(raw.chunks.length - before, 1)
      raw.of("Request").forEach(({ id, text }) => answer(id, text))
      assert.deepStrictEqual(yield* Fiber.join(answers), texts)
    })
  )

  it.effect("answers each by itself, in whatever order the answers come", () =>
    Effect.gen(function* () {
      const { answer, ask, raw } = yield* asking
      const [a, b] = [yield* Effect.forkChild(ask("a")), yield* Effect.forkChild(ask("b"))]
      yield* settle
      const [first, second] = raw.of("Request")
      answer(second!.id, "B")
      assert.strictEqual(yield* Fiber.join(b), "B")
      assert.isUndefined(a.pollUnsafe())
      answer(first!.id, "A")
      assert.strictEqual(yield* Fiber.join(a), "A")
    })
  )

  it.effect("fails each by itself: with the error of the request, or an IpcError", () => {
    class Odd extends Schema.TaggedError<Odd>()("Odd", { n: Schema.Int }) {}
    class Half extends Request.Class<Half>()("Half", { payload: { n: Schema.Int }, success: Schema.Int, error: Odd }) {}
    const protocol = Protocol.make("halves", { version: "1.0.0", server: [Half] })
    const handlers = Handlers.layer(protocol)({
      Half: ({ n }) => {
        if (n === 0) return Effect.die(new Error("nothing to halve"))
        return n % 2 === 0 ? Effect.succeed(n / 2) : Effect.fail(new Odd({ n }))
      }
    })
    return Effect.gen(function* () {
      const { client } = yield* server(protocol)
      const resolver = Resolver.make(yield* client(), Half)
      const half = (n: number) => Effect.request(Resolver.ask(Half, { n }), resolver)
      const [four, odd, none, unfit] = yield* Effect.all(
        [half(4), Effect.flip(half(3)), Effect.flip(half(0)), Effect.flip(half(0.5))],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([four, odd], [2, new Odd({ n: 3 })])
      reasonOf(none, "RemoteDefect")
      reasonOf(unfit, "InvalidPayload")
    }).pipe(Effect.provide(handlers))
  })

  it.effect("cancels the call of a caller that is interrupted, and no other", () =>
    Effect.gen(function* () {
      const { answer, ask, raw } = yield* asking
      const [gone, stays] = [yield* Effect.forkChild(ask("gone")), yield* Effect.forkChild(ask("stays"))]
      yield* settle
      yield* Fiber.interrupt(gone)
      yield* settle
      const [first, second] = raw.of("Request")
      assert.deepStrictEqual(
        raw.of("Cancel").map(({ id }) => id),
        [first!.id]
      )
      answer(second!.id, "S")
      assert.strictEqual(yield* Fiber.join(stays), "S")
    })
  )

  it.effect("asks nothing for a caller that is interrupted in the turn in which it asked", () =>
    Effect.gen(function* () {
      const { ask, raw } = yield* asking
      const gone = yield* Effect.forkChild(ask("gone"), started)
      yield* Fiber.interrupt(gone)
      yield* settle
      assert.deepStrictEqual(raw.of("Request"), [])
    })
  )

  it.effect("with a cache asks equal requests once, one that is under way included", () =>
    Effect.gen(function* () {
      const { answer, raw, resolver } = yield* asking
      const cached = yield* RequestResolver.withCache(resolver, { capacity: 10 })
      const ask = (text: string) => Effect.request(Resolver.ask(Ask, { text }), cached)
      const first = yield* Effect.forkChild(ask("a"))
      yield* settle
      const second = yield* Effect.forkChild(ask("a"))
      yield* settle
      assert.strictEqual(raw.of("Request").length, 1)
      // Another waits for the answer too, so it is not the first one's alone to give up.
      yield* Fiber.interrupt(first)
      yield* settle
      assert.deepStrictEqual(raw.of("Cancel"), [])
      answer(raw.of("Request")[0]!.id, "A")
      assert.strictEqual(yield* Fiber.join(second), "A")
      assert.strictEqual(yield* ask("a"), "A")
      const other = yield* Effect.forkChild(ask("b"))
      yield* settle
      assert.strictEqual(raw.of("Request").length, 2)
      yield* Fiber.interrupt(other)
      // What was given up is not kept.
      const again = yield* Effect.forkChild(ask("b"))
      yield* settle
      answer(raw.of("Request")[2]!.id, "B")
      assert.strictEqual(yield* Fiber.join(again), "B")
    })
  )

  it.effect("is a resolver like any other", () =>
    Effect.gen(function* () {
      const { answer, raw, resolver } = yield* asking
      assert.isTrue(RequestResolver.isRequestResolver(resolver))
      const seen: Array<number> = []
      const watched = resolver.pipe(
        RequestResolver.batchN(2),
        RequestResolver.around(
          (entries) => Effect.sync(() => void seen.push(entries.length)),
          () => Effect.void
        )
      )
      const texts = ["a", "b", "c"]
      const asked = texts.map((text) => Effect.request(Resolver.ask(Ask, { text }), watched))
      const all = yield* Effect.forkChild(Effect.all(asked, { concurrency: "unbounded" }), started)
      yield* settle
      raw.of("Request").forEach(({ id, text }) => answer(id, text))
      assert.deepStrictEqual(yield* Fiber.join(all), texts)
      assert.deepStrictEqual(seen, [2, 1])
    })
  )

  it.effect("makes calls with the options it was given", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* asking
      const resolver = Resolver.make(client, Ask, { timeout: "1 second" })
      const late = yield* Effect.forkChild(Effect.flip(Effect.request(Resolver.ask(Ask, { text: "a" }), resolver)))
      yield* settle
      assert.strictEqual(raw.of("Request").length, 1)
      yield* TestClock.adjust("1 second")
      reasonOf(yield* Fiber.join(late), "TimedOut")
    })
  )

  it("takes requests for equal when tag and payload are, whether plain or an instance", () => {
    class Other extends Request.Class<Other>()("Other", { payload: { text: Schema.String } }) {}
    class Find extends Request.Class<Find>()("Find", {
      payload: { at: Schema.Struct({ x: Schema.Int }), tags: Schema.Array(Schema.String) }
    }) {}
    assert.isTrue(Equal.equals(Resolver.ask(Ask, { text: "a" }), Resolver.ask(Ask, { text: "a" })))
    assert.isTrue(Equal.equals(Resolver.ask(Ask, { text: "a" }), Resolver.ask(Ask, new Ask({ text: "a" }))))
    assert.isFalse(Equal.equals(Resolver.ask(Ask, { text: "a" }), Resolver.ask(Ask, { text: "b" })))
    assert.isFalse(Equal.equals<unknown, unknown>(Resolver.ask(Ask, { text: "a" }), Resolver.ask(Other, { text: "a" })))
    const find = (x: number) => Resolver.ask(Find, { at: { x }, tags: ["t"] })
    assert.isTrue(Equal.equals(find(1), find(1)))
    assert.isFalse(Equal.equals(find(1), find(2)))
  })
})
