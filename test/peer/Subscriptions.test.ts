import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Disconnected, IpcError, Overloaded } from "../../src/peer/IpcError.ts"
import { Subscriptions } from "../../src/peer/Subscriptions.ts"
import { reasonOf } from "./reasons.ts"

const address = "memory"
const lagged = (limit: number) => () =>
  new IpcError({ reason: new Overloaded({ address, side: "local", what: "events", limit }) })
const gone = new IpcError({ reason: new Disconnected({ address, detail: "gone" }) })

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => n)

describe("Subscriptions", () => {
  it.effect("keep the latest 64 events for the first subscriber, and count those that had to go", () =>
    Effect.gen(function* () {
      const subscriptions = new Subscriptions(256, lagged(256))
      for (const n of numbers(70)) subscriptions.publish("Tick", n)
      assert.strictEqual(subscriptions.dropped, 6)
      assert.isFalse(subscriptions.isHeard("Tick"))
      const first = subscriptions.subscribe("Tick")
      const second = subscriptions.subscribe("Tick")
      assert.isTrue(subscriptions.isHeard("Tick"))
      assert.deepStrictEqual(yield* first.pull, numbers(70).slice(6) as never)
      assert.strictEqual(second.length, 0)
      subscriptions.publish("Tick", 70)
      assert.deepStrictEqual([yield* first.pull, yield* second.pull], [[70], [70]])
    })
  )

  it.effect("keep no more than 64 with the gaps between them", () =>
    Effect.gen(function* () {
      const subscriptions = new Subscriptions(256, lagged(256))
      for (const n of numbers(100)) {
        subscriptions.publish("Tick", n)
        subscriptions.gap()
      }
      const subscriber = subscriptions.subscribe("Tick")
      assert.isAtMost(subscriber.length, 64)
      assert.deepStrictEqual(yield* subscriber.pull, [68])
      assert.strictEqual(subscriptions.dropped, 68)
    })
  )

  it.effect("tell an event once to who subscribes again as soon as it is told", () =>
    Effect.gen(function* () {
      const subscriptions = new Subscriptions(256, lagged(256))
      const heard: Array<unknown> = []
      const listen: Effect.Effect<void, unknown> = Effect.suspend(() =>
        Effect.flatMap(subscriptions.subscribe("Tick").pull, (events) => {
          heard.push(...events)
          return heard.length < 5 ? listen : Effect.void
        })
      )
      yield* Effect.forkChild(listen, { startImmediately: true })
      subscriptions.publish("Tick", 1)
      assert.deepStrictEqual(heard, [1])
      subscriptions.publish("Tick", 2)
      assert.deepStrictEqual(heard, [1, 2])
    })
  )

  it.effect("keep the events of each tag apart", () =>
    Effect.gen(function* () {
      const subscriptions = new Subscriptions(256, lagged(256))
      subscriptions.publish("Tick", 1)
      subscriptions.publish("Note", 2)
      const notes = subscriptions.subscribe("Note")
      assert.deepStrictEqual(yield* notes.pull, [2])
      assert.strictEqual(notes.length, 0)
    })
  )

  it.effect("let go of a subscriber that lags, after what it has not read, and of no other", () =>
    Effect.gen(function* () {
      const subscriptions = new Subscriptions(3, lagged(3))
      const slow = subscriptions.subscribe("Tick")
      const quick = subscriptions.subscribe("Tick")
      for (const n of numbers(5)) {
        subscriptions.publish("Tick", n)
        assert.deepStrictEqual(yield* quick.pull, [n])
      }
      for (const n of numbers(3)) assert.deepStrictEqual(yield* slow.pull, [n])
      const reason = reasonOf(yield* Effect.flip(slow.pull), "Overloaded")
      assert.deepStrictEqual([reason.side, reason.limit], ["local", 3])
      assert.isTrue(subscriptions.isHeard("Tick"))
    })
  )

  it("keep nothing once the last subscriber has left", () => {
    const subscriptions = new Subscriptions(3, lagged(3))
    const subscriber = subscriptions.subscribe("Tick")
    subscriptions.unsubscribe("Tick", subscriber)
    assert.isFalse(subscriptions.isHeard("Tick"))
    for (const n of numbers(100)) subscriptions.publish("Tick", n)
    assert.strictEqual(subscriptions.subscribe("Tick").length, 0)
    assert.strictEqual(subscriber.length, 0)
  })

  it.effect("end with the connection, those to come as well", () =>
    Effect.gen(function* () {
      const subscriptions = new Subscriptions(3, lagged(3))
      const before = subscriptions.subscribe("Tick")
      subscriptions.publish("Tick", 1)
      subscriptions.publish("Note", 2)
      subscriptions.close(gone)
      assert.deepStrictEqual(yield* before.pull, [1])
      assert.strictEqual(yield* Effect.flip(before.pull), gone)
      const after = subscriptions.subscribe("Note")
      assert.deepStrictEqual(yield* after.pull, [2])
      assert.deepStrictEqual(yield* Effect.exit(after.pull), Exit.fail(gone))
    })
  )
})
