import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import type { EndReason, Link } from "../../src/transport/Link.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Faults from "../../src/testing/Faults.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import { reasonOf } from "../peer/reasons.ts"
import { settle } from "../peer/turns.ts"
import { Cold, handlers, Small } from "./staff.ts"

const met = (options?: Faults.Options) =>
  Effect.gen(function* () {
    const faults = yield* Faults.make(options)
    return { faults, client: yield* TestPeer.make(Small, { faults }) }
  })

/** Asks, and gives the question time to travel as far as it can. */
const asked = <A, E>(call: Effect.Effect<A, E>) =>
  Effect.tap(Effect.forkChild(call, { startImmediately: true }), () => settle)

/** What a line with these odds makes of a hundred numbers, and how often it was cut into pieces. */
const arrivals = (options: Faults.Options) =>
  Effect.gen(function* () {
    const faults = yield* Faults.make(options)
    const sizes: Array<number> = []
    const link = {
      address: "counted",
      queuedBytes: 0,
      start: () => {},
      pause: () => {},
      resume: () => {},
      offer: (chunk: Uint8Array) => sizes.push(chunk.length) > 0
    }
    const open = faults.over({ address: "counted", wire: undefined as never, open: Effect.succeed(link) }).open
    const faulty = yield* open
    for (let n = 0; n < 50; n++) faulty.offer(new Uint8Array(100))
    yield* TestClock.adjust("1 minute")
    return sizes
  })

/** Starts a link, and takes down what it delivers. */
const record = (link: Link) => {
  const recorder = { link, bytes: 0, ends: [] as Array<EndReason> }
  link.start({
    bytes: (chunk) => void (recorder.bytes += chunk.length),
    drained: () => {},
    end: (reason) => void recorder.ends.push(reason)
  })
  return recorder
}

describe("a line with faults", () => {
  it.effect("does nothing until it is told", () =>
    Effect.gen(function* () {
      const { client } = yield* met()
      assert.strictEqual(yield* client.Echo({ text: "a" }), "a")
      assert.deepStrictEqual(yield* Effect.flip(client.Echo({ text: "" })), new Cold({ degrees: -3 }))
      assert.strictEqual((yield* Stream.runCollect(client.Count({ to: 5000 }))).length, 5000)
      assert.strictEqual(yield* client.Sum({}, { input: Stream.range(1, 3000) }), 4501500)
    }).pipe(Effect.provide(handlers))
  )

  it.effect("holds a question back while it stalls, and delivers it when it flows", () =>
    Effect.gen(function* () {
      const { client, faults } = yield* met()
      yield* client.Echo({ text: "before" })
      yield* faults.stall("toServer")
      const call = yield* asked(client.Echo({ text: "a" }))
      yield* TestClock.adjust("1 hour")
      yield* settle
      assert.isUndefined(call.pollUnsafe())
      yield* faults.flow()
      assert.strictEqual(yield* Fiber.join(call), "a")
    }).pipe(Effect.provide(handlers))
  )

  it.effect("stalls one way, and leaves the other", () =>
    Effect.gen(function* () {
      const { client, faults } = yield* met()
      yield* client.Echo({ text: "before" })
      yield* faults.stall("toClient")
      const failure = yield* asked(Effect.flip(client.Echo({ text: "a" }, { timeout: "1 second" })))
      yield* TestClock.adjust("1 second")
      reasonOf(yield* Fiber.join(failure), "TimedOut")
      // The answer that was held back settles nothing.
      yield* faults.flow()
      assert.strictEqual(yield* client.Echo({ text: "b" }), "b")
    }).pipe(Effect.provide(handlers))
  )

  it.effect("delivers late, by the test's clock", () =>
    Effect.gen(function* () {
      const { client, faults } = yield* met()
      yield* client.Echo({ text: "before" })
      yield* faults.delay("3 seconds", "toServer")
      yield* faults.delay("4 seconds", "toClient")
      const call = yield* asked(client.Echo({ text: "a" }))
      yield* TestClock.adjust("3 seconds")
      yield* settle
      yield* TestClock.adjust("3999 millis")
      yield* settle
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(call), "a")
    }).pipe(Effect.provide(handlers))
  )

  it.effect("delivers byte by byte", () =>
    Effect.gen(function* () {
      const { client, faults } = yield* met()
      yield* faults.split(1)
      assert.strictEqual(yield* client.Echo({ text: "déjà vu" }), "déjà vu")
      assert.strictEqual((yield* Stream.runCollect(client.Count({ to: 100 }))).length, 100)
    }).pipe(Effect.provide(handlers))
  )

  it.effect("cuts the line for both sides, and the next one is whole", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make()
      const line = yield* Layer.build(TestPeer.layerLink({ faults }))
      const server = yield* Effect.forkChild(Effect.provide(RpcServer.run(Small, { maxConnections: 1 }), line))
      const cut = yield* Effect.provide(RpcClient.make(Small), line)
      yield* faults.stall("toClient")
      const call = yield* asked(Effect.flip(cut.Echo({ text: "a" })))
      yield* faults.cut({ _tag: "Broken", stage: "read", detail: "ECONNRESET" })
      const { detail } = reasonOf(yield* Fiber.join(call), "Disconnected")
      assert.include(detail, "ECONNRESET")
      yield* faults.flow()
      // The server has room for one connection: it has heard of the end of the first.
      const whole = yield* Effect.provide(RpcClient.make(Small), line)
      assert.strictEqual(yield* whole.Echo({ text: "b" }), "b")
      yield* Fiber.interrupt(server)
    }).pipe(Effect.provide(handlers))
  )

  it.effect("garbles a question, whose call ends all the same", () =>
    Effect.gen(function* () {
      const { client, faults } = yield* met()
      yield* client.Echo({ text: "before" })
      yield* faults.garble(1, "toServer")
      const call = yield* asked(Effect.exit(client.Echo({ text: "a".repeat(200) }, { timeout: "1 second" })))
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.join(call)
      assert.isFalse(exit._tag === "Success" && exit.value === "a".repeat(200))
      assert.strictEqual(yield* client.Echo({ text: "b" }), "b")
    }).pipe(Effect.provide(handlers))
  )

  it.effect("does the same again with the same seed, and something else with another", () =>
    Effect.gen(function* () {
      const odds = { split: 0.5, delay: 0.2 }
      const once = yield* arrivals({ ...odds, seed: 7 })
      assert.deepStrictEqual(yield* arrivals({ ...odds, seed: 7 }), once)
      assert.notDeepEqual(yield* arrivals({ ...odds, seed: 8 }), once)
      assert.isAbove(once.length, 60)
      assert.strictEqual(
        once.reduce((bytes, size) => bytes + size),
        5000
      )
    })
  )

  it.effect("splits and delays by chance, and nothing is lost", () =>
    Effect.gen(function* () {
      const { client } = yield* met({ seed: 3, split: 0.5, delay: 0.5, delayUpTo: "1 second" })
      const counted = yield* asked(Stream.runCollect(client.Count({ to: 3000 })))
      for (let i = 0; i < 200 && counted.pollUnsafe() === undefined; i++) {
        yield* TestClock.adjust("1 second")
        yield* settle
      }
      assert.deepStrictEqual(
        yield* Fiber.join(counted),
        Array.from({ length: 3000 }, (_, index) => index + 1)
      )
    }).pipe(Effect.provide(handlers))
  )

  it.effect("does not hold up who closes; what was stalled is lost, what was late is not", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make()
      const heard = (fault: Effect.Effect<void>) =>
        Effect.gen(function* () {
          const line = yield* Layer.build(TestPeer.layerLink({ faults }))
          const scope = yield* Scope.make()
          const near = record(yield* Scope.provide(Context.get(line, Transport).open, scope))
          const far = record(yield* Context.get(line, Listener).accept)
          yield* fault
          near.link.offer(Uint8Array.of(1, 2))
          far.link.offer(Uint8Array.of(3))
          yield* settle
          yield* Scope.close(scope, Exit.void)
          yield* settle
          assert.deepStrictEqual(near.ends, [{ _tag: "Closed" }])
          assert.deepStrictEqual(far.ends, [{ _tag: "Ended" }])
          return far.bytes
        })
      assert.strictEqual(yield* heard(faults.delay("1 second")), 2)
      assert.strictEqual(yield* heard(faults.stall()), 0)
    })
  )
})
