import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as Metrics from "../../src/peer/Metrics.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Faults from "../../src/testing/Faults.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import { Transport } from "../../src/transport/Transport.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { HeldLink } from "./lines.ts"
import { settle } from "./turns.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}
class Ask extends Request.Class<Ask>()("Ask", { payload: { fails: Schema.Boolean }, error: Broken }) {}
class Sleep extends Request.Class<Sleep>()("Sleep") {}
class Die extends Request.Class<Die>()("Die") {}
class Follow extends Request.Class<Follow>()("Follow", { stream: Schema.Int }) {}
const Shop = Protocol.make("shop", { version: "1.0.0", server: [Ask, Sleep, Die, Follow] })

const handlers = Handlers.layer(Shop)({
  Ask: ({ fails }) => (fails ? Effect.fail(new Broken()) : Effect.void),
  Sleep: () => Effect.sleep("100 millis"),
  Die: () => Effect.die(new Error("broken")),
  Follow: () => Stream.fromEffectRepeat(Effect.succeed(1))
})

/** Runs a test with a registry of its own. */
const test = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  it.effect(name, () =>
    Effect.suspend(() => Effect.provideService(effect, Metric.MetricRegistry, new Map()) as never as Effect.Effect<A>)
  )

const connect = (metrics: boolean) =>
  Effect.provide(TestPeer.make(Shop, { client: { metrics }, server: { metrics } }), handlers)

const value = <I, S>(metric: Metric.Metric<I, S>, method: string, side: "caller" | "handler", more = {}) =>
  Metric.value(Metric.withAttributes(metric, { protocol: "shop", method, side, ...more }))

const names = Effect.map(Metric.snapshot, (all) => [...new Set(all.map(({ id }) => id))].sort())

describe("metrics", () => {
  test(
    "count calls and failures of each side, by outcome",
    Effect.gen(function* () {
      const shop = yield* connect(true)
      yield* shop.Ask({ fails: false })
      yield* Effect.flip(shop.Ask({ fails: true }))
      yield* Effect.flip(shop.Die())
      yield* Effect.flip(shop.Ask({ fails: 1 as never }))
      assert.strictEqual((yield* value(Metrics.calls, "Ask", "caller")).count, 3)
      assert.strictEqual((yield* value(Metrics.calls, "Ask", "handler")).count, 2)
      const failed = (method: string, side: "caller" | "handler", outcome: string) =>
        Effect.map(value(Metrics.failures, method, side, { outcome }), ({ count }) => count)
      assert.strictEqual(yield* failed("Ask", "caller", "Broken"), 1)
      assert.strictEqual(yield* failed("Ask", "handler", "Broken"), 1)
      assert.strictEqual(yield* failed("Ask", "caller", "InvalidPayload"), 1)
      assert.strictEqual(yield* failed("Die", "caller", "RemoteDefect"), 1)
      assert.strictEqual(yield* failed("Die", "handler", "Defect"), 1)
    })
  )

  test(
    "tell what is in flight, and how long it took in milliseconds",
    Effect.gen(function* () {
      const shop = yield* connect(true)
      const call = yield* Effect.forkChild(shop.Sleep(), { startImmediately: true })
      yield* settle
      for (const side of ["caller", "handler"] as const) {
        assert.strictEqual((yield* value(Metrics.inFlight, "Sleep", side)).value, 1)
        assert.strictEqual((yield* value(Metrics.duration, "Sleep", side)).count, 0)
      }
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(call)
      for (const side of ["caller", "handler"] as const) {
        assert.strictEqual((yield* value(Metrics.inFlight, "Sleep", side)).value, 0)
        const { count, sum } = yield* value(Metrics.duration, "Sleep", side)
        assert.deepStrictEqual([count, sum], [1, 100])
      }
    })
  )

  test(
    "count a call that times out with its reason, but not one that was given up",
    Effect.gen(function* () {
      const shop = yield* connect(true)
      const call = yield* Effect.forkChild(Effect.flip(shop.Sleep({}, { timeout: "10 millis" })), {
        startImmediately: true
      })
      yield* settle
      yield* TestClock.adjust("10 millis")
      yield* Fiber.join(call)
      yield* Stream.runDrain(Stream.take(shop.Follow(), 3))
      yield* settle
      assert.strictEqual((yield* value(Metrics.failures, "Sleep", "caller", { outcome: "TimedOut" })).count, 1)
      for (const side of ["caller", "handler"] as const) {
        assert.strictEqual((yield* value(Metrics.inFlight, "Follow", side)).value, 0)
        assert.strictEqual((yield* value(Metrics.duration, "Follow", side)).count, 1)
      }
      const failures = (yield* Metric.snapshot).filter(({ id }) => id === "effect_ipc_failures_total")
      assert.strictEqual(failures.length, 1)
    })
  )

  test(
    "show the bytes that wait for all peers of a protocol, while there are any",
    Effect.gen(function* () {
      const links = [new HeldLink(), new HeldLink()]
      const metric = Metric.withAttributes(Metrics.queuedBytes, { protocol: "shop", end: "client" })
      yield* Effect.scoped(
        Effect.gen(function* () {
          for (const link of links) {
            const transport = { address: "held", wire: Native.wire(), open: Effect.succeed(link) }
            const held = Layer.succeed(Transport, transport)
            yield* Effect.provide(RpcClient.make(Shop, { metrics: true, drainTimeout: 0 }), held)
          }
          assert.strictEqual((yield* Metric.value(metric)).value, 0)
          for (const link of links) link.queuedBytes = 1000
          assert.strictEqual((yield* Metric.value(metric)).value, 2000)
        })
      )
      assert.notInclude(yield* names, "effect_ipc_queued_bytes")
    })
  )

  test(
    "count the connections that took the place of lost ones",
    Effect.gen(function* () {
      const faults = yield* Faults.make()
      const line = yield* Layer.build(TestPeer.layerLink({ faults }))
      yield* Effect.forkScoped(Effect.provide(RpcServer.run(Shop), line))
      const shop = yield* Effect.provide(
        RpcClient.make(Shop, { metrics: true, reconnect: Schedule.spaced("1 second") }),
        line
      )
      yield* RpcClient.ready(shop)
      const restarts = Effect.map(
        Metric.value(Metric.withAttributes(Metrics.restarts, { protocol: "shop" })),
        ({ count }) => count
      )
      assert.strictEqual(yield* restarts, 0)
      for (const lost of [1, 2]) {
        yield* faults.cut()
        yield* settle
        yield* TestClock.adjust("1 second")
        yield* RpcClient.ready(shop)
        assert.strictEqual(yield* restarts, lost)
      }
    }).pipe(Effect.provide(handlers))
  )

  test(
    "are not kept without the option",
    Effect.gen(function* () {
      const shop = yield* connect(false)
      yield* shop.Ask({ fails: false })
      assert.deepStrictEqual(yield* names, [])
    })
  )

  test(
    "have the names that the documentation gives",
    Effect.gen(function* () {
      const shop = yield* connect(true)
      yield* Effect.flip(shop.Ask({ fails: true }))
      yield* Metric.update(Metrics.restarts, 1)
      assert.deepStrictEqual(yield* names, [
        "effect_ipc_call_duration_milliseconds",
        "effect_ipc_calls_in_flight",
        "effect_ipc_calls_total",
        "effect_ipc_failures_total",
        "effect_ipc_queued_bytes",
        "effect_ipc_restarts_total"
      ])
      const { boundaries } = {
        boundaries: (yield* value(Metrics.duration, "Ask", "caller")).buckets.map(([most]) => most)
      }
      assert.deepStrictEqual([boundaries[0], boundaries.at(-2), boundaries.at(-1)], [0.125, 65536, Infinity])
    })
  )
})
