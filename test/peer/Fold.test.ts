import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as TestConsole from "effect/testing/TestConsole"
import * as Fold from "../../src/peer/Fold.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener } from "../../src/transport/Transport.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

class Refusing extends Schema.TaggedError<Refusing>()("Refusing", { at: Schema.Int }) {}
/** Adds, and answers the sum. */
class Add extends Request.Class<Add>()("Add", {
  payload: { n: Schema.Int },
  success: Schema.Int,
  error: Refusing
}) {}
/** Is as long as the test wants. */
class Hold extends Request.Class<Hold>()("Hold") {}
/** Ends the server, and answers the sum. */
class Stop extends Request.Class<Stop>()("Stop", { success: Schema.Int }) {}
class Down extends Request.Class<Down>()("Down", { stream: Schema.Int }) {}
class Note extends Event.Class<Note>()("Note", { n: Schema.Int }) {}

const Sum = Protocol.make("sum", { version: "1.0.0", server: [Add, Hold, Stop, Down, Note] })
type Sum = typeof Sum
const wire = Native.wire()
const started = { startImmediately: true } as const

const steps = {
  Add: (sum: number, { n }: Add): Effect.Effect<Fold.Step<number, number>, Refusing> =>
    Effect.succeed(Fold.next(sum + n, sum + n)),
  Hold: (sum: number): Effect.Effect<Fold.Step<number, void>> => Effect.succeed(Fold.next(sum)),
  Stop: (sum: number) => Effect.succeed(Fold.finish(sum, sum)),
  Down: (sum: number) => Effect.succeed(Fold.next(0, Stream.range(1, sum))),
  Note: (sum: number, { n }: Note) => Effect.succeed(Fold.next(sum + n))
}

/** A fold that runs, and clients of it. */
const folding = (own: Partial<typeof steps> = {}, options?: Fold.Options<Sum, number>) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire }))
    const run = Fold.run(Sum, 0, { ...steps, ...own }, options)
    const running = yield* Effect.forkChild(Effect.provide(run, both), started)
    const client = Effect.provide(RpcClient.make(Sum), both)
    return { running, client }
  })

/** A step that waits: `held` tells that it runs, `letGo` lets it go on. */
const holding = Effect.gen(function* () {
  const held = yield* Deferred.make<void>()
  const gate = yield* Deferred.make<void>()
  const Hold = (sum: number) =>
    Effect.andThen(Deferred.succeed(held, undefined), Effect.as(Deferred.await(gate), Fold.next(sum + 1000)))
  return { Hold, held: Deferred.await(held), letGo: Deferred.succeed(gate, undefined) }
})

describe("Fold.run", () => {
  it.effect("lets go of who asked when its step says so, answers it, and goes on with the state", () =>
    Effect.gen(function* () {
      const { client, running } = yield* folding({
        Add: (sum, { n }) => Effect.succeed(Fold.disconnect(sum + n, sum + n))
      })
      const [leaver, other] = [yield* client, yield* client]
      assert.strictEqual(yield* leaver.Add({ n: 1 }), 1)
      reasonOfExit(yield* Effect.exit(leaver.Add({ n: 1 })), "Draining")
      assert.strictEqual(yield* other.Stop(), 1)
      assert.strictEqual(yield* Fiber.join(running), 1)
    })
  )

  it.effect("threads one state through the messages of all connections, and answers from it", () =>
    Effect.gen(function* () {
      const { client, running } = yield* folding()
      const [a, b] = [yield* client, yield* client]
      assert.strictEqual(yield* a.Add({ n: 1 }), 1)
      assert.strictEqual(yield* b.Add({ n: 2 }), 3)
      yield* b.emit(new Note({ n: 10 }))
      assert.strictEqual(yield* b.Add({ n: 4 }), 17)
      assert.strictEqual(yield* a.Stop(), 17)
      assert.strictEqual(yield* Fiber.join(running), 17)
    })
  )

  it.effect("takes steps one at a time, in the order the messages came over all connections", () =>
    Effect.gen(function* () {
      const { Hold, held, letGo } = yield* holding
      const order: Array<number> = []
      const { client } = yield* folding({
        Hold,
        Add: (sum, { n }) =>
          Effect.gen(function* () {
            order.push(n)
            if (n % 2 === 0) yield* Effect.yieldNow
            order.push(-n)
            return Fold.next(sum + n, sum + n)
          }),
        Note: (sum, { n }) => Effect.sync(() => (order.push(n), Fold.next(sum + n)))
      })
      const [a, b] = [yield* client, yield* client]
      yield* Effect.forkChild(a.Hold(), started)
      yield* held
      const one = yield* Effect.forkChild(b.Add({ n: 1 }), started)
      yield* settle
      yield* a.emit(new Note({ n: 100 }))
      yield* settle
      const two = yield* Effect.forkChild(a.Add({ n: 2 }), started)
      yield* settle
      const three = yield* Effect.forkChild(b.Add({ n: 3 }), started)
      yield* settle
      assert.deepStrictEqual(order, [])
      yield* letGo
      assert.deepStrictEqual(
        [yield* Fiber.join(one), yield* Fiber.join(two), yield* Fiber.join(three)],
        [1001, 1103, 1106]
      )
      assert.deepStrictEqual(order, [1, -1, 100, 2, -2, 3, -3])
    })
  )

  it.effect("counts 42 messages and stops, each of them answered", () =>
    Effect.gen(function* () {
      const { client, running } = yield* folding({
        Add: (count) => {
          const counted = count + 1
          return Effect.succeed(counted === 42 ? Fold.finish(counted, counted) : Fold.next(counted, counted))
        }
      })
      const clients = [yield* client, yield* client, yield* client]
      const answers = yield* Effect.forEach(
        Array.from({ length: 60 }, (_, n) => n),
        (n) => Effect.exit(clients[n % 3]!.Add({ n })),
        { concurrency: "unbounded" }
      )
      const answered = answers.filter(Exit.isSuccess).map(({ value }) => value)
      assert.deepStrictEqual(
        answered.sort((a, b) => a - b),
        Array.from({ length: 42 }, (_, n) => n + 1)
      )
      for (const exit of answers.filter(Exit.isFailure)) reasonOfExit(exit, "Draining")
      assert.strictEqual(yield* Fiber.join(running), 42)
    })
  )

  it.effect("answers the call that ends it, and refuses those that wait behind with Draining", () =>
    Effect.gen(function* () {
      const { Hold, held, letGo } = yield* holding
      const { client, running } = yield* folding({ Hold })
      const [a, b] = [yield* client, yield* client]
      const first = yield* Effect.forkChild(a.Hold(), started)
      yield* held
      const ending = yield* Effect.forkChild(b.Stop(), started)
      yield* settle
      const behind = yield* Effect.forkChild(Effect.flip(b.Add({ n: 1 })), started)
      const elsewhere = yield* Effect.forkChild(Effect.flip(a.Add({ n: 1 })), started)
      const down = yield* Effect.forkChild(Effect.flip(Stream.runDrain(a.Down())), started)
      yield* a.emit(new Note({ n: 1 }))
      yield* settle
      yield* letGo
      yield* Fiber.join(first)
      assert.strictEqual(yield* Fiber.join(ending), 1000)
      const refused = [yield* Fiber.join(behind), yield* Fiber.join(elsewhere), yield* Fiber.join(down)]
      for (const error of refused) assert.strictEqual(reasonOf(error, "Draining").side, "remote")
      assert.strictEqual(yield* Fiber.join(running), 1000)
      assert.deepStrictEqual(yield* TestConsole.logLines, [])
    })
  )

  it.effect("leaves the state as it was when a step fails or dies, and goes on", () =>
    Effect.gen(function* () {
      const { client, running } = yield* folding({
        Add: (sum, { n }) => {
          if (n === 2) throw new Error("two")
          if (n === 3) return Effect.die(new Error("three"))
          return n === 1 ? Effect.fail(new Refusing({ at: sum })) : Effect.succeed(Fold.next(sum + n, sum + n))
        }
      })
      const asking = yield* client
      yield* asking.Add({ n: 5 })
      assert.deepStrictEqual(yield* Effect.flip(asking.Add({ n: 1 })), new Refusing({ at: 5 }))
      assert.include(reasonOf(yield* Effect.flip(asking.Add({ n: 2 })), "RemoteDefect").detail, "two")
      assert.include(reasonOf(yield* Effect.flip(asking.Add({ n: 3 })), "RemoteDefect").detail, "three")
      assert.strictEqual(yield* asking.Stop(), 5)
      assert.strictEqual(yield* Fiber.join(running), 5)
    })
  )

  it.effect("logs an event whose step dies, and goes on", () =>
    Effect.gen(function* () {
      const { client } = yield* folding({ Note: () => Effect.die(new Error("no note")) })
      const asking = yield* client
      yield* asking.emit(new Note({ n: 1 }))
      assert.strictEqual(yield* asking.Add({ n: 1 }), 1)
      assert.include(JSON.stringify(yield* TestConsole.logLines), "the handler of Note died")
    })
  )

  it.effect("never begins the step of a caller that cancels in line", () =>
    Effect.gen(function* () {
      const { Hold, held, letGo } = yield* holding
      const { client } = yield* folding({ Hold })
      const asking = yield* client
      yield* Effect.forkChild(asking.Hold(), started)
      yield* held
      const cancelled = yield* Effect.forkChild(asking.Add({ n: 1 }), started)
      yield* settle
      const next = yield* Effect.forkChild(asking.Add({ n: 10 }), started)
      yield* Fiber.interrupt(cancelled)
      yield* settle
      yield* letGo
      assert.strictEqual(yield* Fiber.join(next), 1010)
    })
  )

  it.effect("lets go of a connection that leaves while its call waits in line", () =>
    Effect.gen(function* () {
      const { Hold, held, letGo } = yield* holding
      const { client } = yield* folding({ Hold }, { maxConnections: 2 })
      const leaving = yield* Scope.make()
      const [a, b] = [yield* client, yield* Scope.provide(client, leaving)]
      yield* Effect.forkChild(a.Hold(), started)
      yield* held
      yield* Effect.forkChild(Effect.exit(b.Add({ n: 1 })), started)
      yield* settle
      yield* Scope.close(leaving, Exit.void)
      const c = yield* client
      yield* c.emit(new Note({ n: 1 }))
      const next = yield* Effect.forkChild(c.Add({ n: 1 }), started)
      yield* settle
      const behind = yield* Effect.forkChild(a.Add({ n: 1 }), started)
      yield* settle
      yield* letGo
      assert.deepStrictEqual([yield* Fiber.join(next), yield* Fiber.join(behind)], [1002, 1003])
    })
  )

  it.effect("interrupts the step of a caller that cancels or runs out of time, and leaves the state as it was", () =>
    Effect.gen(function* () {
      const { Hold, held } = yield* holding
      const { client } = yield* folding({ Hold })
      const asking = yield* client
      const cancelled = yield* Effect.forkChild(asking.Hold(), started)
      yield* held
      yield* Fiber.interrupt(cancelled)
      assert.strictEqual(yield* asking.Add({ n: 1 }), 1)
      const late = yield* Effect.forkChild(Effect.flip(asking.Hold({}, { timeout: "1 second" })), started)
      yield* settle
      yield* TestClock.adjust("1 second")
      reasonOf(yield* Fiber.join(late), "TimedOut")
      assert.strictEqual(yield* asking.Add({ n: 1 }), 2)
    })
  )

  it.effect("lets a stream flow after its step, while the next steps run", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { client, running } = yield* folding({
        Down: (sum) =>
          Effect.succeed(
            Fold.next(0, Stream.concat(Stream.make(sum), Stream.fromEffect(Effect.as(Deferred.await(gate), 0))))
          )
      })
      const asking = yield* client
      yield* asking.Add({ n: 7 })
      const down = yield* Effect.forkChild(Stream.runCollect(asking.Down()), started)
      yield* settle
      assert.strictEqual(yield* asking.Add({ n: 1 }), 1)
      assert.strictEqual(yield* asking.Stop(), 1)
      yield* settle
      assert.isUndefined(running.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(down), [7, 0])
      assert.strictEqual(yield* Fiber.join(running), 1)
    })
  )

  it.effect("keeps the place in line of a request that streams", () =>
    Effect.gen(function* () {
      const { Hold, held, letGo } = yield* holding
      const { client } = yield* folding({ Hold, Down: (sum) => Effect.succeed(Fold.next(0, Stream.make(sum))) })
      const asking = yield* client
      yield* Effect.forkChild(asking.Hold(), started)
      yield* held
      const down = yield* Effect.forkChild(Stream.runCollect(asking.Down()), started)
      yield* settle
      const sum = yield* Effect.forkChild(asking.Add({ n: 1 }), started)
      yield* settle
      yield* letGo
      assert.deepStrictEqual([yield* Fiber.join(down), yield* Fiber.join(sum)], [[1000], 1])
    })
  )

  it.effect("tells a step who asked, and the headers", () =>
    Effect.gen(function* () {
      class Who extends Request.Class<Who>()("Who", { success: Schema.String }) {}
      const protocol = Protocol.make("who", { version: "1.0.0", server: [Who] })
      const both = yield* Layer.build(Memory.layer({ wire }))
      const run = Fold.run(protocol, "", {
        Who: (all, _, { headers }) => Effect.succeed(Fold.finish(all + headers.name, `${headers.name}`))
      })
      const running = yield* Effect.forkChild(Effect.provide(run, both), started)
      const asking = yield* Effect.provide(RpcClient.make(protocol), both)
      assert.strictEqual(yield* asking.Who({}, { headers: { name: "ann" } }), "ann")
      assert.strictEqual(yield* Fiber.join(running), "ann")
    })
  )

  it.effect("runs steps with the services of the program", () =>
    Effect.gen(function* () {
      class Factor extends Context.Service<Factor, number>()("test/Factor") {}
      const both = yield* Layer.build(Memory.layer({ wire }))
      const run = Fold.run(Sum, 0, {
        ...steps,
        Stop: Effect.fnUntraced(function* (sum: number) {
          const factor = yield* Factor
          return Fold.finish(sum * factor, sum * factor)
        })
      })
      const running = yield* Effect.forkChild(run.pipe(Effect.provideService(Factor, 3), Effect.provide(both)), started)
      const asking = yield* Effect.provide(RpcClient.make(Sum), both)
      yield* asking.Add({ n: 5 })
      assert.strictEqual(yield* asking.Stop(), 15)
      assert.strictEqual(yield* Fiber.join(running), 15)
    })
  )

  it.effect("succeeds with the last state when its listener ends", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire }))
      const { accept } = Context.get(both, Listener)
      let accepted = false
      const once = Effect.suspend(() => (accepted ? Effect.fail(Cause.Done()) : ((accepted = true), accept)))
      const running = yield* Effect.forkChild(
        Fold.run(Sum, 0, steps).pipe(Effect.provideService(Listener, { address: "one", wire, accept: once })),
        started
      )
      const scope = yield* Scope.make()
      const asking = yield* Effect.provide(RpcClient.make(Sum), both).pipe(Scope.provide(scope))
      yield* asking.Add({ n: 3 })
      yield* asking.emit(new Note({ n: 4 }))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Fiber.join(running), 7)
    })
  )

  it.effect("fails with ListenFailed when its listener breaks", () =>
    Effect.gen(function* () {
      const broken = new TransportError({ stage: "listen", address: "gone", detail: "no more sockets" })
      const listener = { address: "gone", wire, accept: Effect.fail(broken) }
      const failed = Effect.flip(Fold.run(Sum, 0, steps).pipe(Effect.provideService(Listener, listener)))
      assert.strictEqual(reasonOf(yield* failed, "ListenFailed").detail, "no more sockets")
    })
  )

  it.effect("drains when it is interrupted: the step that runs may finish within drainTimeout", () =>
    Effect.gen(function* () {
      const { Hold, held } = yield* holding
      const { client, running } = yield* folding({ Hold }, { drainTimeout: "5 seconds" })
      const asking = yield* client
      const cut = yield* Effect.forkChild(Effect.flip(asking.Hold()), started)
      yield* held
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* settle
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(ending)
      reasonOf(yield* Fiber.join(cut), "Disconnected")
    })
  )

  it.effect("passes the options of a server on", () =>
    Effect.gen(function* () {
      const met: Array<string> = []
      const onConnection = () => Effect.sync(() => void met.push("a client"))
      for (const perConnection of [undefined, { combine: (a: number, b: number) => a + b }]) {
        const { client, running } = yield* folding({}, { onConnection, perConnection })
        const asking = yield* client
        yield* asking.Stop()
        yield* Fiber.join(running)
      }
      assert.deepStrictEqual(met, ["a client", "a client"])
    })
  )
})

describe("a monitor", () => {
  it.effect("sees the state after every step, may replace it, and may end the server", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const { client, running } = yield* folding(
        {},
        {
          monitor: (sum) => {
            seen.push(sum)
            return Effect.succeed(sum === 42 ? Fold.end(sum * 10) : Fold.go(sum === 3 ? 40 : sum))
          }
        }
      )
      const asking = yield* client
      assert.strictEqual(yield* asking.Add({ n: 1 }), 1)
      assert.strictEqual(yield* asking.Add({ n: 2 }), 3)
      yield* asking.emit(new Note({ n: 1 }))
      assert.strictEqual(yield* asking.Add({ n: 1 }), 42)
      assert.strictEqual(yield* Fiber.join(running), 420)
      assert.deepStrictEqual(seen, [1, 3, 41, 42])
    })
  )

  it.effect("holds up the next step, but not the answer", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { client } = yield* folding({}, { monitor: (sum) => Effect.as(Deferred.await(gate), Fold.go(sum)) })
      const asking = yield* client
      assert.strictEqual(yield* asking.Add({ n: 1 }), 1)
      const next = yield* Effect.forkChild(asking.Add({ n: 1 }), started)
      yield* settle
      assert.isUndefined(next.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(next), 2)
    })
  )

  it.effect("that ends the server refuses the calls that wait for it", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { client, running } = yield* folding(
        {},
        { monitor: (sum) => Effect.as(Deferred.await(gate), Fold.end(sum)) }
      )
      const asking = yield* client
      yield* asking.Add({ n: 1 })
      const next = yield* Effect.forkChild(Effect.flip(asking.Add({ n: 1 })), started)
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      reasonOf(yield* Fiber.join(next), "Draining")
      assert.strictEqual(yield* Fiber.join(running), 1)
    })
  )

  it.effect("does not see the state that a step ended the server with", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const { client, running } = yield* folding(
        {},
        { monitor: (sum) => Effect.sync(() => (seen.push(sum), Fold.go(0))) }
      )
      const asking = yield* client
      yield* asking.emit(new Note({ n: 5 }))
      yield* asking.emit(new Note({ n: 6 }))
      yield* asking.Stop()
      assert.strictEqual(yield* Fiber.join(running), 0)
      assert.deepStrictEqual(seen, [5, 6])
    })
  )

  it.effect("does not see a step that failed", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const { client } = yield* folding(
        { Add: () => Effect.fail(new Refusing({ at: 0 })) },
        { monitor: (sum) => Effect.sync(() => (seen.push(sum), Fold.go(sum))) }
      )
      const asking = yield* client
      yield* Effect.flip(asking.Add({ n: 1 }))
      yield* asking.emit(new Note({ n: 5 }))
      yield* settle
      assert.deepStrictEqual(seen, [5])
    })
  )

  it.effect("that dies is logged, and the fold goes on", () =>
    Effect.gen(function* () {
      const { client } = yield* folding({}, { monitor: () => Effect.die(new Error("blind")) })
      const asking = yield* client
      yield* asking.Add({ n: 1 })
      assert.strictEqual(yield* asking.Add({ n: 1 }), 2)
      assert.include(JSON.stringify(yield* TestConsole.logLines), "the monitor of a fold died")
    })
  )

  it.effect("that hangs does not keep the server from being interrupted", () =>
    Effect.gen(function* () {
      const { client, running } = yield* folding({}, { monitor: () => Effect.never })
      const asking = yield* client
      yield* asking.Add({ n: 1 })
      yield* Fiber.interrupt(running)
    })
  )
})

describe("a state per connection", () => {
  const perConnection = { combine: (sum: number, own: number) => sum + own }

  it.effect("begins as the initial one, and is combined when its connection ends", () =>
    Effect.gen(function* () {
      const { client, running } = yield* folding({}, { perConnection })
      const leaving = yield* Scope.make()
      const [a, b] = [yield* Scope.provide(client, leaving), yield* client]
      assert.strictEqual(yield* a.Add({ n: 1 }), 1)
      assert.strictEqual(yield* b.Add({ n: 10 }), 10)
      assert.strictEqual(yield* a.Add({ n: 1 }), 2)
      yield* Scope.close(leaving, Exit.void)
      yield* settle
      assert.strictEqual(yield* b.Stop(), 10)
      assert.strictEqual(yield* Fiber.join(running), 12)
    })
  )

  it.effect("counts the events that came before the connection ended", () =>
    Effect.gen(function* () {
      const { Hold, held, letGo } = yield* holding
      const { client, running } = yield* folding({ Hold }, { perConnection })
      const leaving = yield* Scope.make()
      const [a, b] = [yield* Scope.provide(client, leaving), yield* client]
      const holder = yield* Effect.forkChild(b.Hold(), started)
      yield* held
      yield* a.emit(new Note({ n: 7 }))
      yield* settle
      yield* Scope.close(leaving, Exit.void)
      yield* settle
      yield* letGo
      yield* Fiber.join(holder)
      yield* b.Stop()
      assert.strictEqual(yield* Fiber.join(running), 1007)
    })
  )

  it.effect("is shown to the monitor as the state of the server, after each connection that ended", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const { client, running } = yield* folding(
        {},
        {
          perConnection,
          monitor: (sum) => Effect.sync(() => (seen.push(sum), sum === 42 ? Fold.end(sum) : Fold.go(sum)))
        }
      )
      for (const n of [2, 40]) {
        yield* Effect.scoped(Effect.flatMap(client, (asking) => asking.Add({ n })))
        yield* yieldUntil(() => seen.length > 0)
      }
      assert.strictEqual(yield* Fiber.join(running), 42)
      assert.deepStrictEqual(seen, [2, 42])
    })
  )

  it.effect("that cannot be combined is logged, and the fold goes on", () =>
    Effect.gen(function* () {
      const combine = (sum: number, own: number): number => {
        if (own === 13) throw new Error("thirteen")
        return sum + own
      }
      const { client, running } = yield* folding({}, { perConnection: { combine } })
      yield* Effect.scoped(Effect.flatMap(client, (asking) => asking.Add({ n: 13 })))
      yield* settle
      const asking = yield* client
      yield* asking.Add({ n: 5 })
      yield* asking.Stop()
      assert.strictEqual(yield* Fiber.join(running), 5)
      assert.include(JSON.stringify(yield* TestConsole.logLines), "could not be combined")
    })
  )

  it.effect("does not hold up the end of a server whose step hangs", () =>
    Effect.gen(function* () {
      const { Hold, held } = yield* holding
      const { client, running } = yield* folding({ Hold }, { perConnection, drainTimeout: "1 second" })
      const asking = yield* client
      yield* Effect.forkChild(asking.Hold(), started)
      yield* held
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
    })
  )
})
