/**
 * Handlers under test: a server and a client in one process, with a clock that moves when it is told to.
 *
 * With `@effect/vitest` each of these is an `it.effect`, which brings the scope and the clock.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { TestPeer } from "effect-ipc/testing"
import * as assert from "node:assert/strict"
import { handlers } from "./handlers.ts"
import { Kitchen } from "./protocol.ts"

const brewsForThreeMinutes = Effect.gen(function* () {
  const kitchen = yield* TestPeer.make(Kitchen)
  const seen: Array<number> = []
  const cup = yield* kitchen
    .Brew({ tea: "Darjeeling" }, { onProgress: ({ minutesLeft }) => Effect.sync(() => void seen.push(minutesLeft)) })
    .pipe(Effect.forkChild)

  yield* TestClock.adjust("2 minutes")
  assert.deepEqual(seen, [2, 1])
  assert.equal(cup.pollUnsafe(), undefined)

  yield* TestClock.adjust("1 minute")
  assert.equal(yield* Fiber.join(cup), "a cup of Darjeeling")
})

const failsAtItsDeadline = Effect.gen(function* () {
  const kitchen = yield* TestPeer.make(Kitchen)
  const failure = yield* kitchen.Brew({ tea: "Assam" }, { timeout: "90 seconds" }).pipe(Effect.flip, Effect.forkChild)

  yield* TestClock.adjust("90 seconds")
  assert.equal((yield* Fiber.join(failure)).reason._tag, "TimedOut")
})

const tests = { brewsForThreeMinutes, failsAtItsDeadline }

Effect.forEach(Object.entries(tests), ([name, test]) =>
  test.pipe(
    Effect.scoped,
    Effect.provide(handlers),
    Effect.provide(TestClock.layer()),
    Effect.andThen(Console.log(`ok: ${name}`))
  )
).pipe(NodeRuntime.runMain)
