import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { clientOfRaw } from "./lines.ts"
import { Note, Office } from "./Office.ts"
import { credit, frame, hello } from "./Raw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"

const note = (n: number) => new Note({ text: `${n}` })
const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => n)

/** A client that has said all the events that its peer takes without giving credit. */
const spent = Effect.gen(function* () {
  const { client, raw } = yield* clientOfRaw(Office)
  raw.say(hello("office", ["Tick"]))
  yield* Effect.forEach(numbers(1024), (n) => client.emit(note(n)), { discard: true })
  yield* raw.until(() => raw.of("Event").length === 1024)
  return { client, raw }
})

const heardAfter = (raw: { of(kind: "Event"): ReadonlyArray<{ readonly text: string }> }, first: number) =>
  raw
    .of("Event")
    .slice(first)
    .map(({ text }) => text)

describe("emit", () => {
  it.effect("waits while the peer takes no more, and goes on in the order it was called", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* spent
      const emitting = yield* Effect.forEach([1, 2, 3], (n) =>
        Effect.forkChild(client.emit(note(n)), { startImmediately: true })
      )
      for (const fiber of emitting) assert.isUndefined(fiber.pollUnsafe())
      raw.say(credit("events", 0, 2, 100))
      yield* raw.until(() => raw.of("Event").length === 1026)
      assert.deepStrictEqual(heardAfter(raw, 1024), ["1", "2"])
      assert.deepStrictEqual(
        emitting.map((fiber) => fiber.pollUnsafe()),
        [Exit.void, Exit.void, undefined]
      )
      raw.say(credit("events", 0, 512, 100))
      yield* Fiber.join(emitting[2]!)
      yield* raw.until(() => raw.of("Event").length === 1027)
    })
  )

  it.effect("does not overtake those that wait", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* spent
      const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], (n) =>
        Effect.forkChild(
          Effect.andThen(
            client.emit(note(n)),
            Effect.suspend(() => client.emit(note(n * 10)))
          ),
          { startImmediately: true }
        )
      )
      raw.say(credit("events", 0, 7, 1000), credit("events", 0, 3, 1000))
      yield* Fiber.joinAll(fibers)
      yield* raw.until(() => raw.of("Event").length === 1034)
      assert.deepStrictEqual(heardAfter(raw, 1024), ["1", "2", "3", "4", "5", "10", "20", "30", "40", "50"])
    })
  )

  it.effect("leaves the line when it is interrupted, and is not said later", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* spent
      const first = yield* Effect.forkChild(client.emit(note(1)), { startImmediately: true })
      const second = yield* Effect.forkChild(client.emit(note(2)), { startImmediately: true })
      yield* Fiber.interrupt(first)
      raw.say(credit("events", 0, 10, 1000))
      yield* Fiber.join(second)
      yield* client.emit(note(3))
      yield* raw.until(() => raw.of("Event").length === 1026)
      assert.deepStrictEqual(heardAfter(raw, 1024), ["2", "3"])
    })
  )

  it.effect("misses no credit that comes between asking for it and waiting for it", () =>
    Effect.gen(function* () {
      for (let turns = 0; turns < 16; turns++) {
        const { client, raw } = yield* spent
        const stepwise = Effect.provideService(client.emit(note(1)), Scheduler.MaxOpsBeforeYield, 3)
        const emitting = yield* Effect.forkChild(stepwise)
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        raw.say(credit("events", 0, 10, 1000))
        for (let turn = 0; turn < 60; turn++) yield* Effect.yieldNow
        assert.deepStrictEqual(emitting.pollUnsafe(), Exit.void, `after ${turns} steps`)
      }
    })
  )

  it.effect("fails when the connection ends, also what waited", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* spent
      const waiting = yield* Effect.forkChild(client.emit(note(1)), { startImmediately: true })
      raw.say(frame("Bye"))
      reasonOfExit(yield* Fiber.await(waiting), "Disconnected")
      reasonOf(yield* Effect.flip(client.emit(note(2))), "Disconnected")
    })
  )

  it.effect("fails alone for an event that is too large for the peer", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      // Too large for what may be said before Hello is not too large for ever.
      const early = yield* Effect.forkChild(client.emit(new Note({ text: "x".repeat(100_000) })), {
        startImmediately: true
      })
      assert.isUndefined(early.pollUnsafe())
      raw.say(hello("office", ["Tick"], { limits: { frameBytes: 200_000, calls: 16 } }))
      yield* Fiber.join(early)
      const error = yield* Effect.flip(client.emit(new Note({ text: "x".repeat(300_000) })))
      const reason = reasonOf(error, "Oversized")
      assert.deepStrictEqual([reason.side, reason.method, reason.maxBytes], ["local", "Note", 200_000])
      assert.isAtLeast(reason.bytes, 300_000)
      yield* client.emit(note(1))
    })
  )
})
