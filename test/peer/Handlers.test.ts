import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import { yieldUntil } from "./turns.ts"

class Get extends Request.Class<Get>()("Get", { payload: { key: Schema.String }, success: Schema.String }) {
  get upper(): string {
    return this.key.toUpperCase()
  }
}
class List extends Request.Class<List>()("List", { stream: Schema.String }) {}
class Put extends Request.Class<Put>()("Put", {
  payload: { at: Schema.DateFromString },
  input: Schema.BigInt,
  success: Schema.Date
}) {}
class Seen extends Event.Class<Seen>()("Seen", { key: Schema.String }) {}
const Store = Protocol.make("store", { version: "1.0.0", server: [Get, List, Put, Seen] })

class Db extends Context.Service<Db, { readonly rows: ReadonlyArray<string> }>()("test/Db") {}
class Log extends Context.Service<Log, { readonly lines: Array<string> }>()("test/Log") {}

const db = Layer.succeed(Db, { rows: ["a", "b"] })
const plain = {
  Get: ({ key }: Get) => Effect.succeed(key),
  List: () => Stream.empty,
  Put: ({ at }: Put) => Effect.succeed(at),
  Seen: () => Effect.void
}

describe("Handlers.layer", () => {
  it.effect("takes a record whose handlers need services, of effects, streams and events alike", () => {
    const lines: Array<string> = []
    const handlers = Handlers.layer(Store)({
      ...plain,
      Get: Effect.fnUntraced(function* ({ key }) {
        const { rows } = yield* Db
        return rows.find((row) => row === key) ?? "none"
      }),
      List: () => Stream.unwrap(Effect.map(Db, ({ rows }) => Stream.fromIterable(rows))),
      Seen: ({ key }) => Effect.map(Log, (log) => void log.lines.push(key))
    })
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Store)
      assert.strictEqual(yield* client.Get({ key: "b" }), "b")
      assert.deepStrictEqual(yield* Stream.runCollect(client.List()), ["a", "b"])
      yield* client.emit(new Seen({ key: "seen" }))
      yield* yieldUntil(() => lines.length > 0)
      assert.deepStrictEqual(lines, ["seen"])
    }).pipe(Effect.provide(handlers), Effect.provide([db, Layer.succeed(Log, { lines })]))
  })

  it.effect("takes an effect that builds the record, once, with what it acquires for as long as the layer", () => {
    const events: Array<string> = []
    const handlers = Handlers.layer(Store)(
      Effect.gen(function* () {
        const { rows } = yield* Db
        yield* Effect.acquireRelease(
          Effect.sync(() => events.push("acquired")),
          () => Effect.sync(() => events.push("released"))
        )
        return { ...plain, Get: () => Effect.succeed(rows.join()) }
      })
    )
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const built = yield* Layer.buildWithScope(handlers.pipe(Layer.provide(db)), scope)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const clients = yield* Effect.all([TestPeer.make(Store), TestPeer.make(Store)])
          for (const client of clients) assert.strictEqual(yield* client.Get({ key: "" }), "a,b")
        })
      ).pipe(Effect.provide(built))
      assert.deepStrictEqual(events, ["acquired"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(events, ["acquired", "released"])
    })
  })

  it.effect("fails as the effect that builds the record does", () =>
    Effect.gen(function* () {
      const handlers = Handlers.layer(Store)(Effect.as(Effect.fail("no database" as const), plain))
      assert.strictEqual(yield* Effect.flip(Layer.build(handlers)), "no database")
    })
  )

  it.effect("gives handlers instances and decoded values, and frozen headers where none were sent", () => {
    const seen: Array<unknown> = []
    const handlers = Handlers.layer(Store)({
      ...plain,
      Get: (get, context) => {
        seen.push(get instanceof Get, get.upper, Object.isFrozen(context.headers), context.headers)
        return Effect.succeed("")
      },
      Put: ({ at }, { input }) => {
        seen.push(at)
        return Effect.orDie(Effect.map(Stream.runCollect(input), (all) => (seen.push(...all), at)))
      }
    })
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Store)
      yield* client.Get({ key: "k" })
      const at = new Date(1234)
      assert.deepStrictEqual(yield* client.Put({ at }, { input: Stream.make(1n, 2n) }), at)
      assert.deepStrictEqual(seen, [true, "K", true, {}, at, 1n, 2n])
    }).pipe(Effect.provide(handlers))
  })

  it.effect("of several protocols live side by side", () => {
    const Other = Protocol.make("other", { version: "1.0.0", server: [Get] })
    const handlers = Layer.merge(
      Handlers.layer(Store)({ ...plain, Get: () => Effect.succeed("of the store") }),
      Handlers.layer(Other)({ Get: () => Effect.succeed("of the other") })
    )
    return Effect.gen(function* () {
      const store = yield* TestPeer.make(Store)
      const other = yield* TestPeer.make(Other)
      assert.deepStrictEqual(
        [yield* store.Get({ key: "" }), yield* other.Get({ key: "" })],
        ["of the store", "of the other"]
      )
    }).pipe(Effect.provide(handlers))
  })
})

describe("Handlers.layerClient", () => {
  it.effect("answers what the server asks, with services, as a server's handlers do", () => {
    class Confirm extends Request.Class<Confirm>()("Confirm", {
      payload: { row: Schema.String },
      success: Schema.Boolean
    }) {}
    class Check extends Request.Class<Check>()("Check", { success: Schema.Array(Schema.Boolean) }) {}
    const protocol = Protocol.make("check", { version: "1.0.0", server: [Check], client: [Confirm] })
    const answers = Handlers.layerClient(protocol)({
      Confirm: ({ row }) => Effect.map(Db, ({ rows }) => rows.includes(row))
    })
    const handlers = Handlers.layer(protocol)({
      Check: (_, { caller }) => Effect.orDie(Effect.all([caller.Confirm({ row: "a" }), caller.Confirm({ row: "z" })]))
    })
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(protocol)
      assert.deepStrictEqual(yield* client.Check(), [true, false])
    }).pipe(Effect.provide([handlers, answers.pipe(Layer.provide(db))]))
  })
})
