/** Features that were built apart, used at once. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import * as Fold from "../../src/peer/Fold.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Metrics from "../../src/peer/Metrics.ts"
import * as Middleware from "../../src/peer/Middleware.ts"
import * as Resolver from "../../src/peer/Resolver.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Memory from "../../src/transport/Memory.ts"
import type * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Values from "../../src/testing/Values.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { Flag } from "../../src/wire/dialect/NativeKind.ts"
import type { Wire } from "../../src/wire/Wire.ts"
import { prover } from "../session/pair.ts"
import { Book, dial, Get, handlers, Line, Put, replug, serve, Store } from "./Line.ts"
import * as Raw from "./Raw.ts"
import { reasonOf } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

const started = { startImmediately: true } as const
const everySecond = Schedule.spaced("1 second")

const connected = (options: RpcClient.Options<Store> = {}, wire?: Wire, server?: RpcServer.Options<Store>) =>
  Effect.gen(function* () {
    const line = new Line(wire)
    const book = new Book()
    const { running, stop } = yield* Effect.provide(serve(line, server), handlers(book))
    const client = yield* dial(line, { reconnect: everySecond, ...(options as RpcClient.Options) })
    yield* RpcClient.ready(client)
    return { line, book, running, stop, client }
  })

const cut = (line: Line) => Effect.andThen(line.cut(), settle)
const second = Effect.andThen(Effect.andThen(settle, TestClock.adjust("1 second")), settle)

class Add extends Request.Class<Add>()("Add", { payload: { n: Schema.Int }, success: Schema.Int }) {}
class Hold extends Request.Class<Hold>()("Hold") {}
class Stop extends Request.Class<Stop>()("Stop") {}
class Note extends Event.Class<Note>()("Note", { n: Schema.Int }) {}
const Sum = Protocol.make("sum", { version: "1.0.0", server: [Add, Hold, Stop, Note] })

const steps = {
  Add: (sum: number, { n }: Add) => Effect.succeed(Fold.next(sum + n, sum + n)),
  Hold: (sum: number): Effect.Effect<Fold.Step<number, void>> => Effect.succeed(Fold.next(sum)),
  Stop: (sum: number) => Effect.succeed(Fold.finish(sum)),
  Note: (sum: number, { n }: Note) => Effect.succeed(Fold.next(sum + n))
}

describe("a reconnecting client of a fold", () => {
  it.effect("asks the next fold what the one that ended refused", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire: Native.wire() }))
      const gate = yield* Deferred.make<void>()
      const run = (initial: number) =>
        Effect.provide(
          Fold.run(Sum, initial, { ...steps, Hold: (sum) => Effect.as(Deferred.await(gate), Fold.next(sum)) }),
          both
        )
      const first = yield* Effect.forkChild(run(0), started)
      const client = yield* Effect.provide(RpcClient.make(Sum, { reconnect: everySecond }), both)
      yield* RpcClient.ready(client)
      yield* Effect.forkChild(client.Hold(), started)
      yield* Effect.forkChild(client.Stop(), started)
      const calls = yield* Effect.forEach([1, 2], (n) => Effect.forkChild(client.Add({ n }), started))
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(first), 0)
      yield* Effect.forkChild(run(100), started)
      yield* second
      assert.deepStrictEqual(yield* Effect.forEach(calls, Fiber.join), [101, 103])
    })
  )
})

describe("a fold with metrics", () => {
  it.effect("counts a call that it refuses by the reason", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire: Native.wire() }))
      const gate = yield* Deferred.make<void>()
      const hold = { ...steps, Hold: (sum: number) => Effect.as(Deferred.await(gate), Fold.next(sum)) }
      yield* Effect.forkChild(Effect.provide(Fold.run(Sum, 0, hold, { metrics: true }), both), started)
      const client = yield* Effect.provide(RpcClient.make(Sum), both)
      yield* Effect.forkChild(client.Hold(), started)
      yield* Effect.forkChild(client.Stop(), started)
      const refused = yield* Effect.forkChild(Effect.flip(client.Add({ n: 1 })), started)
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      reasonOf(yield* Fiber.join(refused), "Draining")
      const attributes = { protocol: "sum", method: "Add", side: "handler", outcome: "Draining" }
      assert.strictEqual((yield* Metric.value(Metric.withAttributes(Metrics.failures, attributes))).count, 1)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("a fold with middleware", () => {
  it.effect("counts what middleware kept back until its connection had ended", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire: Native.wire() }))
      const gate = yield* Deferred.make<void>()
      const slow: Middleware.Any = (call, next) =>
        call.kind === "event" ? Effect.andThen(Deferred.await(gate), next()) : next()
      const seen: Array<number> = []
      const folded = Fold.run(Sum, 0, steps, {
        handlerMiddleware: [slow],
        perConnection: { combine: (a, b) => a + b },
        monitor: (sum) => Effect.sync(() => (seen.push(sum), sum >= 11 ? Fold.end(sum) : Fold.go(sum)))
      })
      const running = yield* Effect.forkChild(Effect.provide(folded, both), started)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* Effect.provide(RpcClient.make(Sum), both)
          yield* client.Add({ n: 1 })
          yield* client.emit(new Note({ n: 10 }))
          yield* settle
        })
      )
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.deepStrictEqual(seen, [1, 11])
      assert.strictEqual(yield* Fiber.join(running), 11)
    })
  )
})

describe("a fold with middleware that answers without the step", () => {
  it.effect("goes on with the others in their order", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire: Native.wire() }))
      const seen: Array<number> = []
      const known = Middleware.handler(Sum)((call, next) =>
        call.tag === "Add" && call.payload.n === 0 ? Effect.succeed(-1) : next()
      )
      const monitor = (sum: number) => Effect.sync(() => (seen.push(sum), Fold.go(sum)))
      const folded = Fold.run(Sum, 0, steps, { handlerMiddleware: [known], monitor, tracing: true, metrics: true })
      const running = yield* Effect.forkChild(Effect.provide(folded, both), started)
      const client = yield* Effect.provide(RpcClient.make(Sum), both)
      const answers = yield* Effect.forEach([1, 0, 2, 0, 3], (n) => client.Add({ n }), { concurrency: "unbounded" })
      assert.deepStrictEqual(answers, [1, -1, 3, -1, 6])
      assert.deepStrictEqual(seen, [1, 3, 6])
      yield* client.Stop()
      assert.strictEqual(yield* Fiber.join(running), 6)
    })
  )
})

describe("a reconnecting client", () => {
  it.effect("asks on the next connection what was held and found the connection over again", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected({ outgoingMaxBytes: 100_000 })
      line.mode = "down"
      yield* cut(line)
      const large = yield* Effect.forkChild(Effect.flip(client.Put({ key: "x".repeat(200_000) })), started)
      const small = yield* Effect.forkChild(client.Put({ key: "a" }), started)
      line.mode = "up"
      yield* second
      reasonOf(yield* Fiber.join(large), "Disconnected")
      yield* second
      assert.strictEqual(yield* Fiber.join(small), "A")
      assert.deepStrictEqual(
        book.heard.filter((text) => text.length < 10),
        ["Put a"]
      )
    })
  )

  it.effect("says of a call that is held because its server closes that this is why", () =>
    Effect.gen(function* () {
      const { book, client, stop } = yield* connected()
      book.hangsOn.add("a")
      yield* Effect.forkChild(client.Put({ key: "a" }), started)
      yield* settle
      yield* Effect.forkChild(stop, started)
      yield* settle
      const late = yield* Effect.forkChild(Effect.flip(client.Put({ key: "b" }, { timeout: "1 second" })), started)
      yield* second
      const { detail } = reasonOf(yield* Fiber.join(late), "TimedOut")
      assert.strictEqual(detail, "the server is closing and takes no new calls")
    })
  )

  it.effect("lets middleware that runs next again ask on the next connection", () =>
    Effect.gen(function* () {
      let runs = 0
      const patient = Middleware.call(Store)((_, next) => {
        runs++
        return Effect.retry(next(), {
          while: (error) => error._tag === "IpcError" && error.reason._tag === "Disconnected",
          schedule: everySecond
        })
      })
      const { book, client, line } = yield* connected({ callMiddleware: [patient] })
      book.hangsOn.add("a")
      const put = yield* Effect.forkChild(client.Put({ key: "a" }), started)
      yield* yieldUntil(() => book.heard.length === 1)
      yield* cut(line)
      book.hangsOn.clear()
      for (let i = 0; i < 5; i++) yield* second
      assert.strictEqual(put.pollUnsafe() !== undefined, true)
      assert.strictEqual(yield* Fiber.join(put), "A")
      assert.strictEqual(runs, 1)
    })
  )

  it.effect("asks again the idempotent part of a batch that was cut, each by itself", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected()
      book.hangsOn.add("b")
      const gets = Resolver.make(client, Get)
      const puts = Resolver.make(client, Put)
      const ask = <A>(effect: Effect.Effect<A, IpcError>) => Effect.forkChild(Effect.result(effect), started)
      const fibers = [
        yield* ask(Effect.request(Resolver.ask(Get, { key: "a" }), gets)),
        yield* ask(Effect.request(Resolver.ask(Get, { key: "b" }), gets)),
        yield* ask(Effect.request(Resolver.ask(Put, { key: "b" }), puts))
      ]
      yield* yieldUntil(() => book.heard.length === 3)
      yield* settle
      yield* cut(line)
      book.hangsOn.clear()
      yield* second
      const [a, b, c] = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual([a, b], [Result.succeed("A"), Result.succeed("B")])
      assert.isTrue(Result.isFailure(c!))
    })
  )

  it.effect("with a secret to prove asks nothing before, and again on the next connection", () =>
    Effect.gen(function* () {
      const secret = Redacted.make("open sesame")
      const { book, client, line } = yield* connected({ secret }, Native.wire({ proof: prover }), { secret })
      book.hangsOn.add("a")
      const calls = [yield* Effect.forkChild(client.Get({ key: "a" }), started)]
      yield* yieldUntil(() => book.heard.length === 1)
      yield* cut(line)
      book.hangsOn.clear()
      calls.push(yield* Effect.forkChild(client.Put({ key: "b" }), started))
      yield* second
      assert.deepStrictEqual(yield* Effect.forEach(calls, Fiber.join), ["A", "B"])
      yield* Effect.provide(serve(line, { secret: Redacted.make("another") }), handlers(book))
      yield* cut(line)
      const held = yield* Effect.forkChild(Effect.flip(client.Put({ key: "c" })), started)
      const opens = line.opens
      yield* second
      reasonOf(yield* Fiber.join(held), "Unauthorized")
      assert.strictEqual((yield* RpcClient.status(client))._tag, "Closed")
      yield* second
      assert.strictEqual(line.opens, opens + 1)
      assert.deepStrictEqual(book.heard, ["Get a", "Get a", "Put b"])
    })
  )

  it.effect("does not ask again what may have been answered by bytes that were no frame", () =>
    Effect.gen(function* () {
      const line = new Line()
      const accept = yield* replug(line)
      const client = yield* dial(line, { reconnect: everySecond, onFault: () => Effect.void })
      const raw = Raw.overLink(yield* Effect.orDie(accept))
      raw.say(Raw.hello("store", ["Tick", "Confirm"], { version: "1.0.0" }))
      const put = yield* Effect.forkChild(Effect.flip(client.Put({ key: "a" })), started)
      const { id, number } = yield* raw.next("Request")
      const answer = Raw.frame("Success", { id, number, body: '"A"' })
      answer[3]! ^= 1
      raw.say(answer, Raw.frame("Bye", { body: '{"_tag":"Draining"}' }))
      yield* settle
      const { detail } = reasonOf(yield* Fiber.join(put), "Disconnected")
      assert.strictEqual(detail, "the peer closed the connection")
    })
  )

  it.effect("tries again after a server that did not prove the secret in time", () =>
    Effect.gen(function* () {
      const secret = Redacted.make("open sesame")
      const line = new Line(Native.wire({ proof: prover }))
      const accept = yield* replug(line)
      const client = yield* dial(line, { reconnect: everySecond, secret, handshakeTimeout: "1 second" })
      const stalled = Raw.overLink(yield* Effect.orDie(accept))
      stalled.say(Raw.hello("store", ["Tick", "Confirm"], { version: "1.0.0", nonce: "n".repeat(22) }))
      yield* stalled.next("Proof")
      yield* Effect.provide(serve(line, { secret }), handlers(new Book()))
      const put = yield* Effect.forkChild(client.Put({ key: "a" }), started)
      yield* second
      yield* second
      assert.strictEqual(yield* Fiber.join(put), "A")
    })
  )

  it.effect("agrees on the form of values anew with each server", () =>
    Effect.gen(function* () {
      const line = new Line()
      const hello = { version: "1.0.0", payloads: ["json", "binary"] }
      const formTo = (fingerprint: string) =>
        Effect.gen(function* () {
          const raw = Raw.overLink(yield* Effect.orDie(yield* replug(line)))
          raw.say(Raw.hello("store", ["Tick", "Confirm"], { ...hello, fingerprint }))
          return (yield* raw.next("Request")).flags & Flag.binary
        })
      const first = yield* Effect.forkChild(formTo(Store.fingerprint), started)
      const client = yield* dial(line, { payload: "binary", reconnect: everySecond })
      yield* Effect.forkChild(Effect.ignore(Stream.runDrain(client.Follow({ total: 1 }))), started)
      assert.strictEqual(yield* Fiber.join(first), Flag.binary)
      const next = yield* Effect.forkChild(formTo("0123456789abcdef"), started)
      yield* cut(line)
      yield* Effect.forkChild(Effect.ignore(Stream.runDrain(client.Follow({ total: 1 }))), started)
      yield* second
      assert.strictEqual(yield* Fiber.join(next), 0)
    })
  )

  it.effect("works over a wire without bytes", () =>
    Effect.gen(function* () {
      const secret = Redacted.make("open sesame")
      const { book, client, line } = yield* connected({ secret }, Values.wire(), { secret })
      book.hangsOn.add("a")
      const got = yield* Effect.forkChild(client.Get({ key: "a" }), started)
      yield* yieldUntil(() => book.heard.length === 1)
      yield* cut(line)
      book.hangsOn.clear()
      yield* second
      assert.strictEqual(yield* Fiber.join(got), "A")
      assert.deepStrictEqual(yield* Stream.runCollect(client.Shout({}, { input: Stream.make("x") })), ["X"])
    })
  )

  it.effect("opens a stream on the next connection where middleware had not asked for it before the cut", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const slow: Middleware.Any = (_, next) => Effect.andThen(Deferred.await(gate), next())
      const { client, line } = yield* connected({ callMiddleware: [slow] })
      const followed = yield* Effect.forkChild(Stream.runCollect(client.Follow({ total: 3 })), started)
      const shouted = yield* Effect.forkChild(
        Stream.runCollect(client.Shout({}, { input: Stream.make("a", "b") })),
        started
      )
      yield* settle
      yield* cut(line)
      yield* Deferred.succeed(gate, undefined)
      yield* second
      assert.deepStrictEqual(yield* Fiber.join(followed), [1, 2, 3])
      assert.deepStrictEqual(yield* Fiber.join(shouted), ["A", "B"])
    })
  )

  it.effect("keeps the deadline of a call whose middleware waits for the next connection", () =>
    Effect.gen(function* () {
      const patient: Middleware.Any = (_, next) => Effect.retry(next(), everySecond)
      const { book, client, line } = yield* connected({ callMiddleware: [patient] })
      book.hangsOn.add("a")
      const put = yield* Effect.forkChild(Effect.flip(client.Put({ key: "a" }, { timeout: "3 seconds" })), started)
      yield* yieldUntil(() => book.heard.length === 1)
      line.mode = "down"
      yield* cut(line)
      yield* second
      yield* second
      assert.isUndefined(put.pollUnsafe())
      yield* second
      assert.strictEqual(reasonOf(yield* Fiber.join(put), "TimedOut").afterMillis, 3000)
    })
  )

  it.effect("has spans and metrics of each attempt", () => {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    return Effect.gen(function* () {
      const { book, client, line } = yield* connected({ metrics: true }, undefined, { tracing: false })
      book.hangsOn.add("a")
      const got = yield* Effect.forkChild(Effect.withSpan(client.Get({ key: "a" }), "asking"), started)
      yield* yieldUntil(() => book.heard.length === 1)
      yield* cut(line)
      book.hangsOn.clear()
      yield* second
      yield* Fiber.join(got)
      const attempts = spans.filter(({ kind }) => kind === "client")
      assert.deepStrictEqual(
        attempts.map(({ attributes, parent }) => [
          attributes.get("error.type"),
          (Option.getOrThrow(parent) as Tracer.Span).name
        ]),
        [
          ["Disconnected", "asking"],
          [undefined, "asking"]
        ]
      )
      const attributes = { protocol: "store", method: "Get", side: "caller" }
      assert.strictEqual((yield* Metric.value(Metric.withAttributes(Metrics.calls, attributes))).count, 2)
      assert.strictEqual((yield* Metric.value(Metric.withAttributes(Metrics.inFlight, attributes))).value, 0)
    }).pipe(Effect.provideService(Tracer.Tracer, tracer), Effect.provideService(Metric.MetricRegistry, new Map()))
  })

  it.effect("is asked by its server, through middleware, on whichever connection there is", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const noted: Middleware.Any = (call, next) => Effect.suspend(() => (heard.push(call.tag), next()))
      const { client, line, running } = yield* connected({ handlerMiddleware: [noted] }, undefined, {
        callMiddleware: [noted]
      })
      const ask = Effect.flatMap(running.clients, (callers) => callers.at(-1)!.Confirm({ question: "you" }))
      assert.strictEqual(yield* ask, "yes, you")
      yield* cut(line)
      yield* second
      yield* RpcClient.ready(client)
      assert.strictEqual(yield* ask, "yes, you")
      assert.deepStrictEqual(heard, ["Confirm", "Confirm", "Confirm", "Confirm"])
    })
  )
})

describe("the status", () => {
  it.effect("of a client and of its server's caller is Closed once the client's scope is", () =>
    Effect.gen(function* () {
      const line = new Line()
      const { running } = yield* Effect.provide(serve(line), handlers(new Book()))
      const scope = yield* Scope.fork(yield* Effect.scope)
      const client = yield* Scope.provide(dial(line, { reconnect: everySecond }), scope)
      yield* RpcClient.ready(client)
      const [caller] = yield* running.clients
      const watching = yield* Effect.forEach([client, caller!], (each) =>
        Effect.forkChild(Stream.runCollect(RpcClient.statuses(each)), started)
      )
      yield* settle
      yield* Scope.close(scope, Exit.void)
      for (const fiber of watching) {
        assert.deepStrictEqual(
          (yield* Fiber.join(fiber)).map(({ _tag }) => _tag),
          ["Ready", "Closed"]
        )
      }
      assert.strictEqual(line.opens, 1)
    })
  )
})
