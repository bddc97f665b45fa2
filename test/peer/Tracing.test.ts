import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as Handlers from "../../src/peer/Handlers.ts"
import type * as Middleware from "../../src/peer/Middleware.ts"
import type * as RpcClient from "../../src/peer/RpcClient.ts"
import type * as RpcServer from "../../src/peer/RpcServer.ts"
import { read } from "../../src/peer/Tracing.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import { settle, yieldUntil } from "./turns.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}
class Ask extends Request.Class<Ask>()("Ask", {
  payload: { fails: Schema.Boolean },
  success: Schema.Record(Schema.String, Schema.String),
  error: Broken
}) {}
class Follow extends Request.Class<Follow>()("Follow", { stream: Schema.Int }) {}
class Hang extends Request.Class<Hang>()("Hang") {}
class Note extends Event.Class<Note>()("Note") {}
const Shop = Protocol.make("shop", { version: "1.0.0", server: [Ask, Follow, Hang, Note] })
type Shop = typeof Shop

let notes = 0
const handlers = Handlers.layer(Shop)({
  Ask: ({ fails }, { headers }) =>
    fails ? Effect.fail(new Broken()) : Effect.withSpan(Effect.succeed(headers), "inside the handler"),
  Follow: () => Stream.concat(Stream.make(1, 2), Stream.fromEffectDrain(settle)),
  Hang: () => Effect.never,
  Note: () => Effect.sync(() => void notes++)
})

/** A tracer that keeps its spans. */
const recorder = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return {
    tracer,
    named: (name: string, kind: string) => spans.filter((span) => span.name === name && span.kind === kind),
    spans
  }
}

const connect = (client: RpcClient.Options<Shop> = {}, server: RpcServer.OwnOptions<Shop> = {}) =>
  Effect.provide(TestPeer.make(Shop, { client, server }), handlers)

const parentOf = (span: Tracer.NativeSpan) => Option.getOrUndefined(span.parent)
const quiet = { fails: false }
const valid = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`

describe("spans", () => {
  it.effect("are of kind client and server, the second a child of the first, with who was asked what", () => {
    const { named, spans, tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* connect()
      const headers = yield* shop.Ask(quiet)
      const [client] = named("shop/Ask", "client")
      const [server] = named("shop/Ask", "server")
      const [inside] = spans.filter(({ name }) => name === "inside the handler")
      assert.strictEqual(headers.traceparent, `00-${client!.traceId}-${client!.spanId}-01`)
      assert.strictEqual(server!.traceId, client!.traceId)
      assert.strictEqual(parentOf(server!)?.spanId, client!.spanId)
      assert.strictEqual(parentOf(server!)?._tag, "ExternalSpan")
      assert.strictEqual(parentOf(inside!), server)
      const attributes = { "rpc.system": "effect_ipc", "rpc.service": "shop", "rpc.method": "Ask" }
      for (const span of [client!, server!]) {
        assert.deepStrictEqual(Object.fromEntries(span.attributes), attributes)
        assert.strictEqual(span.status._tag, "Ended")
      }
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("are children of the caller's span, not of that in which the client was made", () => {
    const { named, spans, tracer } = recorder()
    return Effect.gen(function* () {
      const callMiddleware: ReadonlyArray<Middleware.Any> = [(_, next) => next()]
      const shop = yield* Effect.withSpan(connect(), "making")
      const other = yield* Effect.withSpan(connect({ callMiddleware }), "making")
      yield* Effect.withSpan(shop.Ask(quiet), "asking")
      yield* shop.Ask(quiet)
      yield* other.Ask(quiet)
      const [first, ...rest] = named("shop/Ask", "client")
      assert.strictEqual(
        parentOf(first!),
        spans.find(({ name }) => name === "asking")
      )
      assert.deepStrictEqual(rest.map(parentOf), [undefined, undefined])
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("of a handler whose caller sends no header begin a trace, whatever span the server was made in", () => {
    const { named, tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* Effect.withSpan(connect({ tracing: false }), "making")
      yield* shop.Ask(quiet)
      assert.deepStrictEqual(named("shop/Ask", "server").map(parentOf), [undefined])
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("end with how the call ended, and name the error", () => {
    const { named, tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* connect()
      yield* Effect.flip(shop.Ask({ fails: true }))
      const call = yield* Effect.forkChild(shop.Hang(), { startImmediately: true })
      yield* settle
      yield* Fiber.interrupt(call)
      for (const kind of ["client", "server"]) {
        const [span] = named("shop/Ask", kind)
        assert.strictEqual(span!.attributes.get("error.type"), "Broken")
        assert.isTrue(span!.status._tag === "Ended" && Exit.isFailure(span!.status.exit))
      }
      const [given] = named("shop/Hang", "client")
      assert.isFalse(given!.attributes.has("error.type"))
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("last as long as a stream", () => {
    const { named, tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* connect()
      const open: Array<boolean> = []
      const look = Effect.sync(() => open.push(named("shop/Follow", "client")[0]!.status._tag === "Started"))
      yield* Stream.runForEach(shop.Follow(), () => look)
      assert.deepStrictEqual(open, [true, true])
      const [client] = named("shop/Follow", "client")
      const [server] = named("shop/Follow", "server")
      yield* yieldUntil(() => client!.status._tag === "Ended" && server!.status._tag === "Ended")
      assert.strictEqual(parentOf(server!)?.spanId, client!.spanId)
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("are not made of events", () => {
    const { spans, tracer } = recorder()
    return Effect.gen(function* () {
      const before = notes
      const shop = yield* connect()
      yield* shop.emit(new Note())
      yield* yieldUntil(() => notes === before + 1)
      assert.deepStrictEqual(spans, [])
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("are off, and no header is sent, without a tracer and where the option is false", () => {
    const { named, tracer } = recorder()
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* (yield* connect()).Ask(quiet), {})
      const off = { tracing: false }
      const shop = yield* Effect.provideService(connect(off, off), Tracer.Tracer, tracer)
      assert.deepStrictEqual(yield* Effect.provideService(shop.Ask(quiet), Tracer.Tracer, tracer), {})
      assert.deepStrictEqual([...named("shop/Ask", "client"), ...named("shop/Ask", "server")], [])
    })
  })

  it.effect("are on without a tracer where the option is true", () =>
    Effect.gen(function* () {
      const shop = yield* connect({ tracing: true })
      assert.match(
        (yield* shop.Ask(quiet, { headers: { seat: "1" } })).traceparent!,
        /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/
      )
    })
  )

  it.effect("go on from a caller that is not sampled without being sampled", () => {
    const { named, tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* connect()
      const parent = Tracer.externalSpan({ traceId: "c".repeat(32), spanId: "d".repeat(16), sampled: false })
      const { traceparent } = yield* Effect.withParentSpan(shop.Ask(quiet), parent)
      assert.match(traceparent!, /^00-c{32}-[0-9a-f]{16}-00$/)
      assert.isFalse(named("shop/Ask", "server")[0]!.sampled)
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("send no header while tracing is disabled for the caller", () => {
    const { tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* connect()
      assert.deepStrictEqual(yield* Effect.withTracerEnabled(shop.Ask(quiet), false), {})
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("ignore a traceparent that is not valid", () => {
    const { named, tracer } = recorder()
    return Effect.gen(function* () {
      const shop = yield* connect({ tracing: false })
      yield* shop.Ask(quiet, { headers: { traceparent: "00-nonsense" } })
      yield* shop.Ask(quiet, { headers: { traceparent: valid } })
      const [first, second] = named("shop/Ask", "server")
      assert.isUndefined(parentOf(first!))
      assert.strictEqual(parentOf(second!)?.traceId, "a".repeat(32))
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })
})

describe("a traceparent", () => {
  it.each([
    undefined,
    "",
    valid.replace("00-", "ff-"),
    `${valid}-more`,
    valid.replace(/a{32}/, "0".repeat(32)),
    valid.replace(/b{16}/, "0".repeat(16)),
    valid.toUpperCase(),
    valid.slice(1),
    `${valid} `
  ])("%j names no span", (header) => {
    assert.isUndefined(read(header))
  })

  it("of a later version may have more, and its flags say whether it is sampled", () => {
    assert.strictEqual(read(`01${valid.slice(2)}-more`)?.spanId, "b".repeat(16))
    assert.isTrue(read(`${valid.slice(0, -2)}03`)?.sampled)
    assert.isFalse(read(`${valid.slice(0, -2)}02`)?.sampled)
  })
})
