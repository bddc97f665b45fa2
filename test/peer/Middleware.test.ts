import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Handlers from "../../src/peer/Handlers.ts"
import { Disconnected, IpcError } from "../../src/peer/IpcError.ts"
import * as Middleware from "../../src/peer/Middleware.ts"
import type * as RpcClient from "../../src/peer/RpcClient.ts"
import type * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

const started = { startImmediately: true } as const

class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String }) {}
class Ask extends Request.Class<Ask>()("Ask", {
  payload: { text: Schema.String },
  success: Schema.String,
  error: Refused
}) {}
class Follow extends Request.Class<Follow>()("Follow", {
  payload: { total: Schema.Int },
  stream: Schema.Int,
  progress: Schema.Int,
  error: Refused
}) {}
class Upload extends Request.Class<Upload>()("Upload", { input: Schema.Int, success: Schema.Int }) {}
class Double extends Request.Class<Double>()("Double", { input: Schema.Int, stream: Schema.Int }) {}
class Work extends Request.Class<Work>()("Work", { progress: Schema.Int, success: Schema.String }) {}
class Headers extends Request.Class<Headers>()("Headers", { success: Schema.Record(Schema.String, Schema.String) }) {}
class AskBack extends Request.Class<AskBack>()("AskBack", { success: Schema.String }) {}
class Forward extends Request.Class<Forward>()("Forward", { error: IpcError }) {}
class Hang extends Request.Class<Hang>()("Hang") {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.String
}) {}

const Shop = Protocol.make("shop", {
  version: "1.0.0",
  server: [Ask, Follow, Upload, Double, Work, Headers, AskBack, Forward, Hang, Note],
  client: [Confirm]
})
type Shop = typeof Shop

/** What handlers did, in order. */
class Log extends Context.Service<Log, Array<string>>()("test/Log") {}
const said = (text: string) => Effect.map(Log, (log) => void log.push(text))

const handlers = Handlers.layer(Shop)({
  Ask: (ask) => Effect.as(said(`Ask ${ask.text} ${ask instanceof Ask}`), ask.text),
  Follow: ({ total }, { report }) =>
    Stream.range(1, total).pipe(
      Stream.rechunk(1),
      Stream.tap((n) => report(n * 10)),
      Stream.ensuring(said("Follow ended"))
    ),
  Upload: (_, { input }) => Effect.orDie(Stream.runSum(input)),
  Double: (_, { input }) => Stream.orDie(Stream.map(input, (n) => n * 2)),
  Work: (_, { report }) => Effect.as(report(1), "worked"),
  Headers: (_, { headers }) => Effect.succeed(headers),
  AskBack: (_, { caller }) => Effect.orDie(caller.Confirm({ question: "sure?" })),
  Forward: () => Effect.void,
  Hang: () => Effect.onInterrupt(Effect.andThen(said("Hang"), Effect.never), () => said("Hang interrupted")),
  Note: ({ text }) => said(`Note ${text}`)
})
const answers = Handlers.layerClient(Shop)({ Confirm: ({ question }) => Effect.succeed(`${question} yes`) })
const both = Layer.mergeAll(handlers, answers).pipe(Layer.provideMerge(Layer.sync(Log, () => [])))

type HandlerMiddleware = Middleware.Handler<Shop, "server", Log>
type CallMiddleware = Middleware.Call<Shop, "client", Log>

const served = (
  handlerMiddleware: ReadonlyArray<HandlerMiddleware>,
  options: Omit<RpcServer.OwnOptions<Shop>, "onConnection"> = {}
) => TestPeer.make(Shop, { server: { ...options, handlerMiddleware } })
const asking = (callMiddleware: ReadonlyArray<CallMiddleware>, options: RpcClient.OwnOptions = {}) =>
  TestPeer.make(Shop, { client: { ...options, callMiddleware } })

const test = (
  name: string,
  effect: Effect.Effect<
    void,
    unknown,
    Log | Handlers.HandlersOf<Shop, "server"> | Handlers.HandlersOf<Shop, "client"> | Scope.Scope
  >
) => it.effect(name, () => Effect.provide(effect, both))

const named =
  (name: string): Middleware.Any<Log> =>
  (_, next) =>
    said(`${name} in`).pipe(Effect.andThen(next()), Effect.ensuring(said(`${name} out`)))

const messageOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) ? String((Cause.squash(exit.cause) as Error).message) : "succeeded"

describe("middleware around handlers", () => {
  test(
    "goes around in order, the first outermost",
    Effect.gen(function* () {
      const shop = yield* served([named("a"), named("b")])
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "tea")
      assert.deepStrictEqual(yield* Log, ["a in", "b in", "Ask tea true", "b out", "a out"])
    })
  )

  test(
    "knows the call: its tag, class, payload, headers, protocol and caller",
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const shop = yield* served([
        (call, next) => {
          if (call.kind === "request") calls.push(call.tag, call.request, call.payload, call.headers, call.protocol)
          return Effect.flatMap(Effect.orDie(call.caller.Confirm({ question: "known?" })), (answer) =>
            Effect.andThen(said(answer), next())
          )
        }
      ])
      yield* shop.Ask({ text: "tea" }, { headers: { seat: "1" } })
      assert.deepStrictEqual(calls, ["Ask", Ask, new Ask({ text: "tea" }), { seat: "1" }, Shop])
      assert.deepStrictEqual(yield* Log, ["known? yes", "Ask tea true"])
    })
  )

  test(
    "answers without the handler",
    Effect.gen(function* () {
      const shop = yield* served([(call, next) => (call.tag === "Ask" ? Effect.succeed("cached") : next())])
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "cached")
      assert.deepStrictEqual(yield* Log, [])
    })
  )

  test(
    "replaces a stream by an empty one when it answers without the handler",
    Effect.gen(function* () {
      const shop = yield* served([() => Effect.void])
      assert.deepStrictEqual(yield* Stream.runCollect(shop.Follow({ total: 3 })), [])
      assert.deepStrictEqual(yield* Log, [])
    })
  )

  test(
    "changes payload and headers for what comes after, and the handler gets an instance",
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const shop = yield* served([
        (_, next) => next({ payload: { text: "coffee" }, headers: { changed: "yes" } }),
        (call, next) => {
          seen.push(call.payload, call.headers)
          return next()
        }
      ])
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "coffee")
      assert.deepStrictEqual(seen, [{ text: "coffee" }, { changed: "yes" }])
      assert.deepStrictEqual(yield* Log, ["Ask coffee true"])
      assert.deepStrictEqual(yield* shop.Headers({}, { headers: { given: "1" } }), { changed: "yes" })
    })
  )

  test(
    "validates a changed payload again: one that does not fit is a defect of that call only",
    Effect.gen(function* () {
      const shop = yield* served([
        (call, next) => (call.tag === "Ask" ? next({ payload: { text: 1 as unknown as string } }) : next())
      ])
      const { detail } = reasonOf(yield* Effect.flip(shop.Ask({ text: "tea" })), "RemoteDefect")
      assert.match(detail, /^Error: middleware gave Ask a payload that does not fit it: /)
      assert.deepStrictEqual(yield* Log, [])
      assert.deepStrictEqual(yield* shop.Headers(), {})
    })
  )

  test(
    "fails with an application error that arrives as its class",
    Effect.gen(function* () {
      const shop = yield* served([() => Effect.fail(new Refused({ why: "closed" }))])
      const error = yield* Effect.flip(shop.Ask({ text: "tea" }))
      assert.instanceOf(error, Refused)
      assert.strictEqual(error.why, "closed")
      const ofStream = yield* Effect.flip(Stream.runDrain(shop.Follow({ total: 3 })))
      assert.instanceOf(ofStream, Refused)
    })
  )

  test(
    "refuses with the reason of an IpcError, which arrives as found by the peer",
    Effect.gen(function* () {
      const shop = yield* served([
        (call, next) => {
          if (call.tag === "Ask") return Middleware.unauthorized(call, "members only")
          return call.tag === "Headers" ? Middleware.overloaded(call, "calls a second", 3) : next()
        }
      ])
      const unauthorized = reasonOf(yield* Effect.flip(shop.Ask({ text: "tea" })), "Unauthorized")
      assert.deepStrictEqual([unauthorized.side, unauthorized.detail], ["remote", "members only"])
      assert.strictEqual(unauthorized.message, `call "Ask": the peer refused access to memory: members only`)
      const overloaded = reasonOf(yield* Effect.flip(shop.Headers()), "Overloaded")
      assert.deepStrictEqual([overloaded.side, overloaded.what, overloaded.limit], ["remote", "calls a second", 3])
    })
  )

  test(
    "fails with a RemoteDefect for an IpcError that would tell the caller of another connection",
    Effect.gen(function* () {
      const elsewhere = new IpcError({ reason: new Disconnected({ address: "db.sock", detail: "gone" }) })
      const shop = yield* served([() => Effect.fail(elsewhere)])
      const { detail } = reasonOf(yield* Effect.flip(shop.Ask({ text: "tea" })), "RemoteDefect")
      assert.strictEqual(detail, "disconnected from db.sock: gone")
      const asked = yield* served([
        (call, next) => (call.tag === "Ask" ? Middleware.unauthorized({ tag: "Headers" }, "no guests") : next())
      ])
      const own = reasonOf(yield* Effect.flip(asked.Ask({ text: "tea" })), "RemoteDefect")
      assert.strictEqual(own.detail, `call "Headers": this side refused access to middleware: no guests`)
      // A request that declares the error gets it whole.
      const { address } = reasonOf(yield* Effect.flip(shop.Forward()), "Disconnected")
      assert.strictEqual(address, "db.sock")
    })
  )

  test(
    "that dies, or throws, ends its call only",
    Effect.gen(function* () {
      const shop = yield* served([
        (call, next) => {
          if (call.tag === "Headers") throw new Error("thrown")
          return call.tag === "Ask" ? Effect.die(new Error("broken")) : next()
        }
      ])
      const calls = yield* Effect.forkChild(shop.Upload({}, { input: Stream.make(1, 2) }), started)
      assert.strictEqual(reasonOf(yield* Effect.flip(shop.Ask({ text: "" })), "RemoteDefect").detail, "Error: broken")
      assert.strictEqual(reasonOf(yield* Effect.flip(shop.Headers()), "RemoteDefect").detail, "Error: thrown")
      assert.strictEqual(yield* Fiber.join(calls), 3)
    })
  )

  test(
    "is interrupted with its handler when the caller leaves",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* served([(_, next) => Effect.onInterrupt(next(), () => said("middleware interrupted"))])
      const call = yield* Effect.forkChild(shop.Hang(), started)
      yield* yieldUntil(() => log.includes("Hang"))
      yield* Fiber.interrupt(call)
      yield* yieldUntil(() => log.length === 3)
      assert.deepStrictEqual(log, ["Hang", "Hang interrupted", "middleware interrupted"])
    })
  )

  test(
    "runs a handler again to retry, but never one that read an input or streams",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* served([(_, next) => Effect.andThen(next(), next())])
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "tea")
      assert.deepStrictEqual(log, ["Ask tea true", "Ask tea true"])
      const input = reasonOf(yield* Effect.flip(shop.Upload({}, { input: Stream.make(1) })), "RemoteDefect")
      assert.include(input.detail, "ran next of a call of Upload again, but its input is read once")
      const stream = reasonOf(yield* Effect.flip(Stream.runDrain(shop.Follow({ total: 2 }))), "RemoteDefect")
      assert.include(stream.detail, "ran next of a call of Follow again, but its answer is a stream")
    })
  )

  test(
    "is over with a stream when the stream is, and lets items, inputs and progress past",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* served([named("a")])
      const progress: Array<number> = []
      const onProgress = (n: number) => Effect.sync(() => void progress.push(n))
      assert.deepStrictEqual(yield* Stream.runCollect(shop.Follow({ total: 3 }, { onProgress })), [1, 2, 3])
      assert.deepStrictEqual(log, ["a in", "Follow ended", "a out"])
      assert.strictEqual(progress.at(-1), 30)
      const doubled = shop.Double({}, { input: Stream.make(1, 2, 3) })
      assert.deepStrictEqual(yield* Stream.runCollect(doubled), [2, 4, 6])
      assert.strictEqual(yield* shop.Work({}, { onProgress }), "worked")
      assert.strictEqual(progress.at(-1), 1)
    })
  )

  test(
    "goes around the handlers of events",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* served([
        (call, next) => (call.kind === "event" ? next({ payload: { text: "changed" } }) : next())
      ])
      yield* shop.emit(new Note({ text: "plain" }))
      yield* yieldUntil(() => log.length === 1)
      assert.deepStrictEqual(log, ["Note changed"])
    })
  )

  test(
    "provides what handlers read, in their own fiber",
    Effect.gen(function* () {
      const own: Array<string> = []
      const shop = yield* served([(_, next) => Effect.provideService(next(), Log, own)])
      yield* shop.Ask({ text: "tea" })
      assert.deepStrictEqual([own, yield* Log], [["Ask tea true"], []])
    })
  )

  test(
    "runs within the limits of concurrency",
    Effect.gen(function* () {
      const log = yield* Log
      const gate = yield* Deferred.make<void>()
      const shop = yield* served(
        [(_, next) => Effect.andThen(said("begun"), Effect.andThen(Deferred.await(gate), next()))],
        {
          concurrency: 1
        }
      )
      const calls = yield* Effect.forEach(["1", "2"], (text) => Effect.forkChild(shop.Ask({ text }), started))
      yield* yieldUntil(() => log.length > 0)
      yield* settle
      assert.deepStrictEqual(log, ["begun"])
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.joinAll(calls), ["1", "2"])
    })
  )

  test(
    "goes around what a client answers, and what its server asks",
    Effect.gen(function* () {
      const shop = yield* TestPeer.make(Shop, {
        client: { handlerMiddleware: [(_, next) => Effect.map(next(), (answer) => `${answer}, of course`)] },
        server: {
          callMiddleware: [(call, next) => next({ payload: { question: `really ${call.payload.question}` } })]
        }
      })
      assert.strictEqual(yield* shop.AskBack(), "really sure? yes, of course")
    })
  )
})

describe("middleware around calls", () => {
  test(
    "goes around in order, in the fiber of who asks",
    Effect.gen(function* () {
      const shop = yield* asking([named("a"), named("b")])
      const own: Array<string> = []
      assert.strictEqual(yield* Effect.provideService(shop.Ask({ text: "tea" }), Log, own), "tea")
      assert.deepStrictEqual(own, ["a in", "b in", "b out", "a out"])
      assert.deepStrictEqual(yield* Log, ["Ask tea true"])
    })
  )

  test(
    "answers without asking, and fails without asking",
    Effect.gen(function* () {
      const shop = yield* asking([
        (call) => (call.tag === "Ask" ? Effect.succeed("cached") : Effect.fail(new Refused({ why: "closed" })))
      ])
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "cached")
      const error = yield* Effect.flip(Stream.runDrain(shop.Follow({ total: 3 })))
      assert.deepStrictEqual(error, new Refused({ why: "closed" }))
      assert.deepStrictEqual(yield* Log, [])
    })
  )

  test(
    "changes payload and headers, which are validated as they are sent",
    Effect.gen(function* () {
      const shop = yield* asking(
        [
          (call, next) => {
            if (call.tag === "Ask")
              return next({ payload: { text: call.payload.text === "" ? (1 as never) : "coffee" } })
            return call.tag === "Headers" ? next({ headers: { ...call.headers, more: "yes" } }) : next()
          }
        ],
        { headers: { client: "1" } }
      )
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "coffee")
      assert.strictEqual(yield* shop.send(new Ask({ text: "tea" })), "coffee")
      assert.deepStrictEqual(yield* shop.Headers({}, { headers: { call: "2" } }), {
        client: "1",
        call: "2",
        more: "yes"
      })
      const invalid = reasonOf(yield* Effect.flip(shop.Ask({ text: "" })), "InvalidPayload")
      assert.deepStrictEqual([invalid.side, invalid.part], ["local", "payload"])
    })
  )

  test(
    "asks again to retry, with the whole input",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* asking([(_, next) => Effect.andThen(next(), next())])
      assert.strictEqual(yield* shop.Ask({ text: "tea" }), "tea")
      assert.deepStrictEqual(log, ["Ask tea true", "Ask tea true"])
      assert.strictEqual(yield* shop.Upload({}, { input: Stream.make(1, 2, 3) }), 6)
    })
  )

  test(
    "dies when it asks for a stream again",
    Effect.gen(function* () {
      const shop = yield* asking([(_, next) => Effect.andThen(next(), next())])
      const exit = yield* Effect.exit(Stream.runDrain(shop.Follow({ total: 3 })))
      assert.include(messageOf(exit), "ran next of a call of Follow again, but its answer is a stream")
    })
  )

  test(
    "is over with a stream when the stream is, and lets items, inputs and progress past",
    Effect.gen(function* () {
      const own: Array<string> = []
      const shop = yield* asking([named("a")])
      const progress: Array<number> = []
      const onProgress = (n: number) => Effect.sync(() => void progress.push(n))
      const followed = Stream.runCollect(shop.Follow({ total: 3000 }, { onProgress }))
      assert.strictEqual((yield* Effect.provideService(followed, Log, own)).length, 3000)
      assert.deepStrictEqual(own, ["a in", "a out"])
      assert.strictEqual(progress.at(-1), 30000)
      const doubled = Stream.runCollect(shop.Double({}, { input: Stream.make(1, 2, 3) }))
      assert.deepStrictEqual(yield* doubled, [2, 4, 6])
      assert.strictEqual(yield* shop.Work({}, { onProgress }), "worked")
      assert.strictEqual(progress.at(-1), 1)
    })
  )

  test(
    "fails a stream after its items",
    Effect.gen(function* () {
      const shop = yield* asking([(_, next) => Effect.andThen(next(), Effect.fail(new Refused({ why: "late" })))])
      const items: Array<number> = []
      const error = yield* shop.Follow({ total: 3 }).pipe(
        Stream.runForEach((n) => Effect.sync(() => items.push(n))),
        Effect.flip
      )
      assert.deepStrictEqual([items, error], [[1, 2, 3], new Refused({ why: "late" })])
    })
  )

  test(
    "is interrupted when the reader of a stream leaves, and the handler with it",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* asking([(_, next) => Effect.onInterrupt(next(), () => said("left"))])
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(shop.Follow({ total: 100_000 }), 2)), [1, 2])
      yield* yieldUntil(() => log.length === 2)
      assert.deepStrictEqual(log, ["left", "Follow ended"])
    })
  )

  test(
    "that ends before its stream, having left it running, ends the stream and the handler",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* asking([
        (_, next) => Effect.andThen(Effect.forkDetach(next()), Effect.andThen(settle, Effect.void))
      ])
      yield* Stream.runDrain(shop.Follow({ total: 100_000 }))
      yield* yieldUntil(() => log.includes("Follow ended"))
    })
  )

  test(
    "is interrupted with the call",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* asking([(_, next) => Effect.onInterrupt(next(), () => said("left"))])
      const call = yield* Effect.forkChild(shop.Hang(), started)
      yield* yieldUntil(() => log.includes("Hang"))
      yield* Fiber.interrupt(call)
      yield* yieldUntil(() => log.length === 3)
      assert.deepStrictEqual(log, ["Hang", "left", "Hang interrupted"])
    })
  )

  test(
    "keeps within the deadline of the call, however often it asks",
    Effect.gen(function* () {
      const shop = yield* asking([
        (_, next) => Effect.andThen(Effect.sleep("600 millis"), Effect.retry(next(), { times: 9 }))
      ])
      const call = yield* Effect.forkChild(Effect.exit(shop.Hang({}, { timeout: "1 second" })), started)
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const reason = reasonOfExit(yield* Fiber.join(call), "TimedOut")
      assert.deepStrictEqual([reason.side, reason.afterMillis], ["local", 1000])
    })
  )

  test(
    "tells the peer what is left of the deadline",
    Effect.gen(function* () {
      const log = yield* Log
      const shop = yield* asking([
        (_, next) => Effect.andThen(Effect.sleep("600 millis"), Effect.uninterruptible(next()))
      ])
      const call = yield* Effect.forkChild(Effect.exit(shop.Hang({}, { timeout: "1 second" })), started)
      yield* TestClock.adjust("600 millis")
      yield* yieldUntil(() => log.includes("Hang"))
      yield* TestClock.adjust("400 millis")
      // What is interrupted last is what the middleware waits for, so the deadline of the call itself ended it.
      reasonOfExit(yield* Fiber.join(call), "TimedOut")
      yield* yieldUntil(() => log.includes("Hang interrupted"))
    })
  )

  test(
    "keeps a stream within its deadline",
    Effect.gen(function* () {
      const shop = yield* asking([(_, next) => Effect.andThen(Effect.never, next())], { timeout: "1 second" })
      const call = yield* Effect.forkChild(Effect.exit(Stream.runDrain(shop.Follow({ total: 1 }))), started)
      yield* settle
      yield* TestClock.adjust("1 second")
      assert.strictEqual(reasonOfExit(yield* Fiber.join(call), "TimedOut").afterMillis, 1000)
    })
  )

  test(
    "sees what an input fails with",
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const shop = yield* asking([(_, next) => Effect.tapError(next(), (error) => Effect.sync(() => seen.push(error)))])
      const input = Stream.concat(Stream.make(1), Stream.fail("unreadable" as const))
      assert.strictEqual(yield* Effect.flip(shop.Upload({}, { input })), "unreadable")
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(shop.Double({}, { input }))), "unreadable")
      assert.deepStrictEqual(seen, ["unreadable", "unreadable"])
    })
  )

  test(
    "gets its services from where the client was made",
    Effect.gen(function* () {
      const here: Array<string> = []
      const shop = yield* Effect.provideService(asking([named("a")]), Log, here)
      const asked = Effect.updateContext(shop.Ask({ text: "tea" }), (_: Context.Context<never>) => Context.empty())
      assert.strictEqual(yield* asked, "tea")
      assert.deepStrictEqual(here, ["a in", "a out"])
    })
  )
})
