import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Dispatch from "../../src/foreign/Dispatch.ts"

interface Named {
  readonly name: string | undefined
  readonly n: number
}

const nameOf = ({ name }: Named) => name
const named = (name: string | undefined, n = 0): Named => ({ name, n })

describe("matching", () => {
  it.each<[string, Dispatch.Matcher<Named>, ReadonlyArray<string | undefined>]>([
    ["exactly one name", "tick", ["tick"]],
    ["any part of a name by a pattern", /ick/, ["tick", "Ticker", "sticker"]],
    ["a whole name by an anchored pattern", /^tick$/i, ["tick", "TICK"]],
    ["a pattern with state as one without", /ick/gy, ["tick", "Ticker", "sticker"]],
    ["a list of names", ["tick", "other"], ["tick", "other"]],
    ["a set of names", new Set(["other"]), ["other"]],
    ["what a function picks", ({ n }, name) => n === 0 && name === undefined, [undefined]],
    ["everything by `any`", Dispatch.any, ["tick", "TICK", "Ticker", "sticker", "other", "", undefined]]
  ])("matches %s", (_, matcher, expected) => {
    const matches = Dispatch.compile(matcher)
    const all = ["tick", "TICK", "Ticker", "sticker", "other", "", undefined]
    for (let again = 0; again < 2; again++) {
      assert.deepStrictEqual(
        all.filter((name) => matches(named(name), name)),
        [...expected]
      )
    }
  })
})

describe("first", () => {
  it.effect("runs the first route that matches, and the fallback where none does", () =>
    Effect.gen(function* () {
      const answer = Dispatch.first(
        nameOf,
        [
          Dispatch.route("add", ({ n }: Named) => Effect.succeed(n + 1)),
          Dispatch.route(/^a/, () => Effect.succeed("begins with a")),
          Dispatch.route("add", () => Effect.die("shadowed"))
        ],
        ({ name }) => Effect.fail(`no route for ${name}`)
      )
      assert.strictEqual(yield* answer(named("add", 4)), 5)
      assert.strictEqual(yield* answer(named("any")), "begins with a")
      assert.strictEqual(yield* Effect.flip(answer(named("other"))), "no route for other")
      assert.strictEqual(yield* Effect.flip(answer(named(undefined))), "no route for undefined")
    })
  )

  it.effect("reads the routes anew for each message", () =>
    Effect.gen(function* () {
      const routes: Array<Dispatch.Route<Named, string>> = []
      const answer = Dispatch.first(nameOf, routes, () => Effect.succeed("none"))
      assert.strictEqual(yield* answer(named("a")), "none")
      routes.push(Dispatch.route("a", () => Effect.succeed("one")))
      assert.strictEqual(yield* answer(named("a")), "one")
    })
  )
})

describe("all", () => {
  it.effect("runs every route that matches, one after another, and answers how many", () =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const run = (what: string) => () =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => void ran.push(what))
        )
      const dispatch = Dispatch.all(nameOf, [
        Dispatch.route("a", run("one")),
        Dispatch.route("b", run("two")),
        Dispatch.route(Dispatch.any, run("three")),
        Dispatch.route(["a", "b"], run("four"))
      ])
      assert.strictEqual(yield* dispatch(named("a")), 3)
      assert.deepStrictEqual(ran, ["one", "three", "four"])
      assert.strictEqual(yield* dispatch(named(undefined)), 1)
    })
  )

  it.effect("settles which handlers run as the message comes", () =>
    Effect.gen(function* () {
      const routes = new Set<Dispatch.Route<Named, unknown>>()
      const two = Dispatch.route<Named, void, never, never>("a", () => Effect.void)
      routes.add(Dispatch.route("a", () => Effect.sync(() => routes.delete(two))))
      routes.add(two)
      assert.strictEqual(yield* Dispatch.all(nameOf, routes)(named("a")), 2)
      assert.strictEqual(yield* Dispatch.all(nameOf, routes)(named("a")), 1)
    })
  )

  it.effect("ends at a handler that fails", () =>
    Effect.gen(function* () {
      const dispatch = Dispatch.all(nameOf, [
        Dispatch.route("a", () => Effect.fail("stop")),
        Dispatch.route("a", () => Effect.die("not reached"))
      ])
      assert.strictEqual(yield* Effect.flip(dispatch(named("a"))), "stop")
    })
  )
})
