/** What two peers keep, whatever link is between them: each scenario in both directions, then how connections end. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { scenarios } from "./scenarios.ts"
import { Note } from "./Lab.ts"
import { meet, type Met, type Subject } from "./subjects.ts"

class Shared extends Context.Service<Shared, Met>()("test/Shared") {}

/** A scenario takes milliseconds; a child takes a moment to start. */
const limitMillis = 10_000

export const suite = (subject: Subject) =>
  describe(`two peers over ${subject.name}`, () => {
    const shared = Layer.effect(Shared, meet(subject)).pipe(Layer.provide(subject.layer))
    layer(shared, { excludeTestServices: true })("on one connection", (it) => {
      for (const [name, scenario] of Object.entries(scenarios)) {
        it.effect(`the server ${name}`, () => Effect.flatMap(Shared, ({ client }) => scenario(client)), limitMillis)
        it.effect(
          `the client ${name}`,
          () => Effect.flatMap(Shared, ({ client }) => client.Drive({ scenario: name })),
          limitMillis
        )
      }
    })

    const meetIn = (scope: Scope.Closeable) =>
      Effect.provideService(
        Effect.flatMap(Layer.build(subject.layer), (context) => Effect.provide(meet(subject), context)),
        Scope.Scope,
        scope
      )

    it.live(
      "a client that closes fails what it asks, and lets what it answers finish",
      () =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const { client, journal } = yield* meetIn(scope)
          const asked = yield* Effect.forkChild(client.Hang({ key: "asked" }), { startImmediately: true })
          // The server asks back, and is answered when the test says so.
          const driven = yield* Effect.forkChild(client.Drive({ scenario: "waits for its peer" }))
          yield* journal.heard("gate started")
          const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
          assert.isUndefined(closing.pollUnsafe())
          yield* journal.note("gate open")
          yield* Fiber.join(closing)
          assert.strictEqual(journal.counted("gate passed"), 1)
          reasonOfExit(yield* Fiber.await(asked), "Disconnected")
          reasonOfExit(yield* Fiber.await(driven), "Disconnected")
        }),
      limitMillis
    )

    it.live(
      "a server that ends answers what runs, and refuses what comes later",
      () =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const { client } = yield* meetIn(scope)
          const running = yield* Effect.forkChild(client.Heard({ key: "gate 0" }), { startImmediately: true })
          yield* client.Quit({})
          // Calls are answered until the server has begun to close.
          reasonOf(yield* Effect.flip(Effect.forever(client.Half({ n: 2 }))), "Draining")
          assert.isUndefined(running.pollUnsafe())
          yield* client.emit(new Note({ key: "gate", n: 0 }))
          yield* Fiber.join(running)
          // The events end with the connection.
          yield* Effect.ignore(Stream.runDrain(client.events(Note)))
          reasonOf(yield* Effect.flip(client.Half({ n: 2 })), "Disconnected")
          yield* Scope.close(scope, Exit.void)
        }),
      limitMillis
    )
  })
