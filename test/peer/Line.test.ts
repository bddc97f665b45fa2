import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Line } from "../../src/peer/Line.ts"
import { settle } from "./turns.ts"

const started = { startImmediately: true } as const

describe("Line", () => {
  it.effect("serves one at a time, in the order they came", () =>
    Effect.gen(function* () {
      const line = new Line()
      const seen: Array<string> = []
      const visit = (name: string) =>
        Effect.gen(function* () {
          yield* line.turn
          seen.push(`${name} in`)
          yield* Effect.yieldNow
          seen.push(`${name} out`)
          line.leave()
        })
      yield* Effect.forEach(["a", "b", "c"], visit, { concurrency: "unbounded" })
      assert.deepStrictEqual(seen, ["a in", "a out", "b in", "b out", "c in", "c out"])
    })
  )

  it.effect("lets no one who comes later in before those who wait", () =>
    Effect.gen(function* () {
      const line = new Line()
      const seen: Array<string> = []
      yield* line.turn
      const waiting = yield* Effect.forkChild(
        Effect.andThen(
          line.turn,
          Effect.sync(() => void seen.push("first"))
        ),
        started
      )
      line.leave()
      const late = yield* Effect.forkChild(
        Effect.andThen(
          line.turn,
          Effect.sync(() => void seen.push("late"))
        ),
        started
      )
      yield* Fiber.join(waiting)
      line.leave()
      yield* Fiber.join(late)
      assert.deepStrictEqual(seen, ["first", "late"])
    })
  )

  it.effect("begins the next turn once the one before is out, not inside its end", () =>
    Effect.gen(function* () {
      const line = new Line()
      const seen: Array<string> = []
      yield* line.turn
      yield* Effect.forkChild(
        Effect.andThen(
          line.turn,
          Effect.sync(() => void seen.push("next"))
        ),
        started
      )
      line.leave()
      seen.push("out")
      yield* settle
      assert.deepStrictEqual(seen, ["out", "next"])
    })
  )

  it.effect("forgets who is interrupted while waiting", () =>
    Effect.gen(function* () {
      const line = new Line()
      yield* line.turn
      const gone = yield* Effect.forkChild(line.turn, started)
      const next = yield* Effect.forkChild(line.turn, started)
      yield* Fiber.interrupt(gone)
      line.leave()
      yield* Fiber.join(next)
    })
  )

  it.effect("serves thousands who are over at once, and those who then come", () =>
    Effect.gen(function* () {
      const line = new Line()
      yield* line.turn
      const visits = Array.from({ length: 5000 }, (_, n) =>
        Effect.map(line.turn, () => {
          line.leave()
          return n
        })
      )
      const all = yield* Effect.forkChild(Effect.all(visits, { concurrency: "unbounded" }), started)
      line.leave()
      assert.strictEqual((yield* Fiber.join(all)).length, 5000)
      yield* line.turn
    })
  )
})
