import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Channel from "../../../src/foreign/Channel.ts"
import * as Dispatch from "../../../src/foreign/Dispatch.ts"
import * as HxClient from "../../../src/foreign/hx/HxClient.ts"
import * as HxFormat from "../../../src/foreign/hx/HxFormat.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import * as HxServer from "../../../src/foreign/hx/HxServer.ts"
import * as Memory from "../../../src/transport/Memory.ts"

class TooLarge extends Data.TaggedError("TooLarge")<{ readonly message: string }> {}

/** A server over memory, a raw channel to it, and how to make clients of it. */
const house = (routes: ReadonlyArray<HxServer.Route<any>>, options: HxServer.Options = {}) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer())
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    const server = yield* Scope.provide(Effect.provide(HxServer.make(routes, options), both), scope)
    const join = Effect.provide(Channel.open(HxFormat.format()), both)
    return {
      server,
      join,
      raw: yield* join,
      close: Scope.close(scope, Exit.void),
      client: Effect.provide(HxClient.open(), both)
    }
  })

const request = (name: string, id: string, body = ""): HxMessage.HxMessage =>
  HxMessage.withId(HxMessage.event(name, { body }), id)

const pairsOf = (message: HxMessage.HxMessage) =>
  message.headers.pairs.filter(([name]) => name !== "Content-Length").map(([name, value]) => `${name}: ${value}`)

const started = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

describe("answering", () => {
  it.effect("gives an answer the id of its request, and no class", () =>
    Effect.gen(function* () {
      const { raw } = yield* house([HxServer.route("echo", (message) => Effect.succeed(message))])
      yield* raw.send(HxMessage.addHeader(request("echo", "0", "body"), "Foo", "1"))
      const answer = yield* raw.receive
      assert.deepStrictEqual(pairsOf(answer), ["Foo: 1", "Interop-Rpc-Id: 0"])
      assert.strictEqual(HxMessage.textOf(answer), "body")
    })
  )

  it.effect("answers a request whose handler closes the connection, and closes it then", () =>
    Effect.gen(function* () {
      const { client } = yield* house([
        HxServer.route("bye", (_, connection) => Effect.as(connection.close, HxMessage.make({ body: "farewell" })))
      ])
      const one = yield* client
      assert.strictEqual(HxMessage.textOf(yield* one.call("bye")), "farewell")
      assert.strictEqual((yield* one.ended).reason._tag, "Disconnected")
    })
  )

  it.effect("answers an error that cannot be shown", () =>
    Effect.gen(function* () {
      const error = {
        get message(): string {
          throw new Error("worse")
        }
      }
      const { raw } = yield* house([HxServer.route("bad", () => Effect.fail(error))])
      yield* raw.send(request("bad", "1"))
      assert.deepStrictEqual(HxMessage.errorsOf(yield* raw.receive), ["error"])
    })
  )

  it.effect("takes the first route that matches, by name, pattern, list or function", () =>
    Effect.gen(function* () {
      const say = (text: string) => () => Effect.succeed(HxMessage.make({ body: text }))
      const { raw } = yield* house([
        HxServer.route("add", say("name")),
        HxServer.route(/^a/, say("pattern")),
        HxServer.route(["b", "c"], say("list")),
        HxServer.route((message) => HxMessage.header(message, "odd") !== undefined, say("function")),
        HxServer.route(Dispatch.any, say("any"))
      ])
      const ask = (message: HxMessage.HxMessage) =>
        Effect.map(Effect.andThen(raw.send(message), raw.receive), HxMessage.textOf)
      assert.strictEqual(yield* ask(request("add", "1")), "name")
      assert.strictEqual(yield* ask(request("all", "2")), "pattern")
      assert.strictEqual(yield* ask(request("c", "3")), "list")
      assert.strictEqual(yield* ask(HxMessage.addHeader(request("d", "4"), "Odd", "")), "function")
      assert.strictEqual(yield* ask(request("d", "5")), "any")
    })
  )

  it.effect("answers an unknown class with nothing, or with an error where that is asked", () =>
    Effect.gen(function* () {
      const lenient = yield* house([])
      yield* lenient.raw.send(request("what", "7"))
      assert.deepStrictEqual(pairsOf(yield* lenient.raw.receive), ["Interop-Rpc-Id: 7"])
      const strict = yield* house([], { unknownClass: "error" })
      yield* strict.raw.send(request("what", "7"))
      assert.deepStrictEqual(pairsOf(yield* strict.raw.receive), ["Interop-Error: unknown class", "Interop-Rpc-Id: 7"])
    })
  )

  it.effect("answers messages without an id too, unless it is told not to", () =>
    Effect.gen(function* () {
      const pong = HxServer.route("ping", () => Effect.succeed(HxMessage.make({ body: "pong" })))
      const { raw } = yield* house([pong])
      yield* raw.send(HxMessage.event("ping"))
      const answer = yield* raw.receive
      assert.deepStrictEqual([pairsOf(answer), HxMessage.textOf(answer)], [[], "pong"])
      yield* raw.send(HxMessage.make())
      assert.strictEqual((yield* raw.receive).body.length, 0)
      const silent = yield* house([pong], { answersEvents: false })
      yield* silent.raw.send(HxMessage.event("ping"))
      yield* silent.raw.send(request("ping", "1"))
      assert.deepStrictEqual(pairsOf(yield* silent.raw.receive), ["Interop-Rpc-Id: 1"])
    })
  )

  it.effect("makes one error, in one line, of whatever a handler fails with", () =>
    Effect.gen(function* () {
      const fails = (name: string, error: unknown) => HxServer.route(name, () => Effect.fail(error))
      const { raw } = yield* house([
        fails("text", "two\r\nlines"),
        fails("tagged", new TooLarge({ message: "more than 10" })),
        fails("error", new Error("plain")),
        fails("record", { code: 7 }),
        fails("nothing", undefined),
        HxServer.route("dies", () => Effect.die(new Error("kaboom\nstack"))),
        HxServer.route("throws", (): Effect.Effect<void> => {
          throw new Error("at once")
        }),
        HxServer.route("interrupts", () => Effect.interrupt)
      ])
      const errors: Array<ReadonlyArray<string>> = []
      for (const name of ["text", "tagged", "error", "record", "nothing", "dies", "throws", "interrupts"]) {
        yield* raw.send(request(name, name))
        const answer = yield* raw.receive
        assert.strictEqual(HxMessage.idOf(answer), name)
        errors.push(HxMessage.errorsOf(answer))
      }
      assert.deepStrictEqual(errors, [
        ["two lines"],
        ["TooLarge: more than 10"],
        ["plain"],
        [`{"code":7}`],
        ["undefined"],
        ["the handler died: kaboom stack"],
        ["the handler died: at once"],
        ["the handler was interrupted"]
      ])
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("answers with why an answer could not be written", () =>
    Effect.gen(function* () {
      const bad = HxMessage.make({ headers: { A: "two\nlines" } })
      const { raw } = yield* house([HxServer.route("bad", () => Effect.succeed(bad))])
      yield* raw.send(request("bad", "1"))
      const [error] = HxMessage.errorsOf(yield* raw.receive)
      assert.include(error, "no line break")
    })
  )

  it.effect("runs handlers side by side, as many as it may", () =>
    Effect.gen(function* () {
      const release = yield* Deferred.make<void>()
      let running = 0
      const wait = HxServer.route("wait", () => {
        running++
        return Effect.ensuring(
          Effect.as(Deferred.await(release), undefined),
          Effect.sync(() => running--)
        )
      })
      const { raw } = yield* house([wait], { concurrency: 2 })
      for (const id of ["1", "2", "3"]) yield* raw.send(request("wait", id))
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      assert.strictEqual(running, 2)
      yield* Deferred.succeed(release, undefined)
      const ids = [yield* raw.receive, yield* raw.receive, yield* raw.receive].map(HxMessage.idOf)
      assert.sameMembers(ids, ["1", "2", "3"])
    })
  )

  it.effect("gives handlers the services around it", () =>
    Effect.gen(function* () {
      class Word extends Context.Service<Word, string>()("Word") {}
      const both = yield* Layer.build(Memory.layer())
      const routes = [HxServer.route("say", () => Effect.map(Word, (word) => HxMessage.text(word)))]
      yield* Effect.provide(Effect.provideService(HxServer.make(routes), Word, "hello"), both)
      const client = yield* Effect.provide(HxClient.open(), both)
      assert.strictEqual(HxMessage.textOf(yield* client.call("say")), "hello")
    })
  )
})

describe("events", () => {
  it.effect("go to the client that asked, before the answer, or to all", () =>
    Effect.gen(function* () {
      const count = HxServer.route("count", (_, connection) =>
        Effect.as(
          Effect.forEach(["1", "2"], (body) => connection.send(HxMessage.event("tick", { body }))),
          HxMessage.make({ body: "done" })
        )
      )
      const { join, raw, server } = yield* house([count])
      const other = yield* join
      yield* raw.send(request("count", "0"))
      const heard = [yield* raw.receive, yield* raw.receive, yield* raw.receive]
      assert.deepStrictEqual(heard.map(HxMessage.textOf), ["1", "2", "done"])
      yield* other.send(request("none", "0"))
      yield* other.receive
      assert.strictEqual(yield* server.broadcast(HxMessage.event("all")), 2)
      assert.strictEqual(HxMessage.classOf(yield* raw.receive), "all")
      assert.strictEqual(HxMessage.classOf(yield* other.receive), "all")
      assert.strictEqual((yield* server.connections).length, 2)
    })
  )

  it.effect("go to all from within a handler too", () =>
    Effect.gen(function* () {
      const tell = HxServer.route("tell", (_, connection) =>
        Effect.map(connection.broadcast(HxMessage.event("told")), (reached) => HxMessage.text(String(reached)))
      )
      const { raw } = yield* house([tell])
      yield* raw.send(request("tell", "1"))
      assert.strictEqual(HxMessage.classOf(yield* raw.receive), "told")
      assert.strictEqual(HxMessage.textOf(yield* raw.receive), "1")
    })
  )

  it.effect("with an id are refused, also an empty one", () =>
    Effect.gen(function* () {
      const refused = yield* Deferred.make<string>()
      const bad = HxServer.route("bad", (message, connection) =>
        Effect.asVoid(
          Effect.flatMap(Effect.flip(connection.send(message)), (error) => Deferred.succeed(refused, error.reason._tag))
        )
      )
      const { raw, server } = yield* house([bad])
      yield* raw.send(request("bad", ""))
      assert.strictEqual(yield* Deferred.await(refused), "Unsayable")
      const { reason } = yield* Effect.flip(server.broadcast(request("a", "1")))
      assert.strictEqual(reason._tag, "Unsayable")
      assert.strictEqual(yield* server.broadcast(HxMessage.event("a")), 1)
    })
  )
})

describe("the end", () => {
  it.effect("of a client interrupts its handlers", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const hang = HxServer.route("hang", () =>
        Effect.onInterrupt(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never), () =>
          Deferred.succeed(interrupted, undefined)
        )
      )
      const { client } = yield* house([hang])
      const scope = yield* Scope.make()
      const asking = yield* started(
        Effect.flip(Effect.flatMap(Scope.provide(client, scope), (made) => made.call("hang")))
      )
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(interrupted)
      yield* Fiber.join(asking)
    })
  )

  it.effect("of a client lets handlers of messages without an id finish", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const finished = yield* Deferred.make<void>()
      const note = HxServer.route("note", () =>
        Effect.gen(function* () {
          yield* Deferred.succeed(begun, undefined)
          yield* Deferred.await(release)
          yield* Deferred.succeed(finished, undefined)
        })
      )
      const { client, server } = yield* house([note])
      const scope = yield* Scope.make()
      const made = yield* Scope.provide(client, scope)
      yield* made.send(HxMessage.event("note"))
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.succeed(release, undefined)
      yield* Deferred.await(finished)
      yield* Effect.repeat(Effect.andThen(Effect.yieldNow, server.connections), { until: (all) => all.length === 1 })
    })
  )

  it.effect("of a client comes through although a handler takes all the room", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const noted = yield* Deferred.make<void>()
      const routes = [
        HxServer.route("hang", () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)),
        HxServer.route("note", () => Effect.asVoid(Deferred.succeed(noted, undefined)))
      ]
      const { client } = yield* house(routes, { concurrency: 1 })
      const scope = yield* Scope.make()
      const made = yield* Scope.provide(client, scope)
      yield* started(Effect.ignore(made.call("hang")))
      yield* Deferred.await(begun)
      yield* made.send(HxMessage.event("note"))
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(noted)
    })
  )

  it.effect("of the server lets handlers finish, and sends their answers", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const slow = HxServer.route("slow", () =>
        Effect.andThen(
          Deferred.succeed(begun, undefined),
          Effect.as(Effect.sleep("1 second"), HxMessage.make({ body: "done" }))
        )
      )
      const { close, raw } = yield* house([slow])
      yield* raw.send(request("slow", "1"))
      yield* Deferred.await(begun)
      const closing = yield* started(close)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(HxMessage.textOf(yield* raw.receive), "done")
      yield* Fiber.join(closing)
      assert.isTrue(Cause.isDone(yield* Effect.flip(raw.receive)))
    })
  )

  it.effect("of the server interrupts handlers that take longer than it waits", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const hang = HxServer.route("hang", () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
      const { close, raw } = yield* house([hang], { drainTimeout: "3 seconds" })
      yield* raw.send(request("hang", "1"))
      yield* Deferred.await(begun)
      const closing = yield* started(close)
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      assert.isTrue(Cause.isDone(yield* Effect.flip(raw.receive)))
    })
  )

  it.effect("of one connection is the server's to decide", () =>
    Effect.gen(function* () {
      const bye = HxServer.route("bye", (_, connection) => Effect.forkDetach(connection.close).pipe(Effect.asVoid))
      const { join, raw, server } = yield* house([bye])
      const other = yield* join
      yield* raw.send(request("bye", "1"))
      assert.deepStrictEqual(pairsOf(yield* raw.receive), ["Interop-Rpc-Id: 1"])
      assert.isTrue(Cause.isDone(yield* Effect.flip(raw.receive)))
      yield* other.send(request("none", "1"))
      yield* other.receive
      assert.strictEqual((yield* server.connections).length, 1)
    })
  )

  it.effect("of the listener ends `run`, once the last client has left", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const both = yield* Layer.buildWithScope(Memory.layer(), scope)
      const running = yield* started(Effect.provide(HxServer.run([]), both))
      yield* Effect.scoped(
        Effect.provide(
          Effect.flatMap(HxClient.open(), (client) => client.call("any")),
          both
        )
      )
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(running)
    })
  )
})
