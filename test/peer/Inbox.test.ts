import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { done, Inbox } from "../../src/peer/Inbox.ts"

describe("Inbox", () => {
  it.effect("hands out batches as they came, and counts each only when it is handed out", () =>
    Effect.gen(function* () {
      const consumed: Array<readonly [number, number]> = []
      const inbox = new Inbox<number, never>((items, bytes) => consumed.push([items, bytes]))
      inbox.push([1, 2], 20)
      inbox.push([3], 10)
      assert.deepStrictEqual(consumed, [])
      assert.deepStrictEqual(yield* inbox.pull, [1, 2])
      assert.deepStrictEqual(consumed, [[2, 20]])
      assert.deepStrictEqual(yield* inbox.pull, [3])
      assert.strictEqual(inbox.length, 0)
    })
  )

  it.effect("resumes who waits", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<string, never>(() => {})
      const waiting = yield* Effect.forkChild(inbox.pull, { startImmediately: true })
      inbox.push(["a"], 1)
      assert.deepStrictEqual(yield* Fiber.join(waiting), ["a"])
    })
  )

  it.effect("refuses a second reader while one waits, which is left in peace", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<string, never>(() => {})
      const waiting = yield* Effect.forkChild(inbox.pull, { startImmediately: true })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(inbox.pull)))
      inbox.push(["a"], 1)
      assert.deepStrictEqual(yield* Fiber.join(waiting), ["a"])
    })
  )

  it.effect("loses nothing when who waits is interrupted", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<string, never>(() => {})
      const waiting = yield* Effect.forkChild(inbox.pull, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      inbox.push(["a"], 1)
      assert.deepStrictEqual(yield* inbox.pull, ["a"])
    })
  )

  it.effect("ends after what has arrived, by the first end only, and takes nothing more", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<string, string>(() => {})
      inbox.push(["a"], 1)
      inbox.end(Exit.fail("gone"))
      inbox.end(done)
      inbox.push(["b"], 1)
      assert.deepStrictEqual(yield* inbox.pull, ["a"])
      assert.strictEqual(yield* Effect.flip(inbox.pull), "gone")
      assert.strictEqual(yield* Effect.flip(inbox.pull), "gone")
    })
  )

  it.effect("ends who waits", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<string, never>(() => {})
      const waiting = yield* Effect.forkChild(inbox.pull, { startImmediately: true })
      inbox.end(done)
      const error = yield* Effect.flip(Fiber.join(waiting))
      assert.isTrue(Cause.isDone(error))
    })
  )

  it.effect("misses nothing that arrives between looking for it and waiting for it", () =>
    Effect.gen(function* () {
      // With this budget a fiber yields after each step, so something arrives between every two.
      for (let turns = 0; turns < 12; turns++) {
        const inbox = new Inbox<string, never>(() => {})
        const pulling = yield* Effect.forkChild(Effect.provideService(inbox.pull, Scheduler.MaxOpsBeforeYield, 3))
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        inbox.push(["a"], 1)
        for (let turn = 0; turn < 50; turn++) yield* Effect.yieldNow
        assert.deepStrictEqual(pulling.pollUnsafe(), Exit.succeed(["a"]), `after ${turns} steps`)
      }
    })
  )
})
