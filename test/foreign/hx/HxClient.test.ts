import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Channel from "../../../src/foreign/Channel.ts"
import * as Dispatch from "../../../src/foreign/Dispatch.ts"
import * as HxClient from "../../../src/foreign/hx/HxClient.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import * as Intercept from "../../../src/foreign/Intercept.ts"
import * as Pipe from "../../../src/foreign/Pipe.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"

/** A client, and the other end of its channel. */
const house = (options: HxClient.Options = {}, capacity = 64) =>
  Effect.gen(function* () {
    const [west, east] = yield* Pipe.pair<HxMessage.HxMessage>({ capacity })
    return { client: yield* HxClient.make(west, options), far: east }
  })

const started = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

const answer = (id: string, body = ""): HxMessage.HxMessage => HxMessage.withId(HxMessage.make({ body }), id)
const tick = (n: number): HxMessage.HxMessage => HxMessage.event("tick", { body: String(n) })

describe("calling", () => {
  it.effect("counts ids from 0, puts the class first and the id last, and replaces the caller's own", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house({ idPrefix: "a-" })
      const call = yield* started(
        client.call("add", { headers: { "Interop-Rpc-Id": "mine", Foo: "1", "Interop-Rpc-Class": "other" } })
      )
      const request = yield* far.receive
      assert.deepStrictEqual(request.headers.pairs, [
        ["Interop-Rpc-Class", "add"],
        ["Foo", "1"],
        ["Interop-Rpc-Id", "a-0"]
      ])
      yield* far.send(answer("a-0", "3"))
      assert.strictEqual(HxMessage.textOf(yield* Fiber.join(call)), "3")
      yield* started(client.call("add"))
      assert.strictEqual(HxMessage.idOf(yield* far.receive), "a-1")
    })
  )

  it.effect("takes parts, a message, or an effect that makes one", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const content = [{ body: "1" }, HxMessage.text("2"), HxMessage.json(3)]
      yield* Effect.forEach(content, (each) => started(client.call("add", each)))
      const bodies = yield* Stream.runCollect(Stream.take(far.messages, 3))
      assert.deepStrictEqual(bodies.map(HxMessage.textOf), ["1", "2", "3"])
      assert.strictEqual((yield* Effect.flip(client.call("add", HxMessage.json(1n))))._tag, "IpcError")
    })
  )

  it.effect("finds the call of each answer, in whatever order they come", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const calls = yield* Effect.forEach(["a", "b", "c"], (name) => started(client.call(name)))
      for (const id of ["2", "0", "1"]) yield* far.send(answer(id, `of ${id}`))
      const answers = yield* Effect.forEach(calls, Fiber.join)
      assert.deepStrictEqual(answers.map(HxMessage.textOf), ["of 0", "of 1", "of 2"])
    })
  )

  it.effect("fails with all errors of the answer, and has the answer too", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const call = yield* started(Effect.flip(client.call("error")))
      yield* far.send(
        HxMessage.make({
          headers: [
            ["Interop-Error", "first"],
            ["Interop-Error", "second"],
            ["Interop-Rpc-Id", "0"]
          ],
          body: "partial"
        })
      )
      const error = yield* Fiber.join(call)
      assert.instanceOf(error, HxClient.HxFailure)
      assert.strictEqual(error.message, `call "error": first; second`)
      assert.deepStrictEqual(error.errors, ["first", "second"])
      assert.strictEqual(HxMessage.textOf(error.response), "partial")
    })
  )

  it.effect("takes an empty error for one", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const call = yield* started(Effect.flip(client.call("error")))
      yield* far.send(HxMessage.withHeader(answer("0"), "Interop-Error", ""))
      assert.strictEqual((yield* Fiber.join(call)).message, `call "error": an error without a text`)
    })
  )

  it.effect("gives a call up after its timeout, or the client's; the late answer is an event", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house({ timeout: "2 seconds" })
      const events = yield* started(Stream.runCollect(Stream.take(client.events, 1)))
      const slow = yield* started(Effect.flip(client.call("slow")))
      const quick = yield* started(Effect.flip(client.call("quick", {}, { timeout: "1 second" })))
      yield* TestClock.adjust("1 second")
      assert.deepInclude(((yield* Fiber.join(quick)) as IpcError).reason, {
        _tag: "TimedOut",
        method: "quick",
        afterMillis: 1000
      })
      assert.isUndefined(slow.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(slow)
      yield* far.send(answer("0", "late"))
      assert.deepStrictEqual((yield* Fiber.join(events)).map(HxMessage.textOf), ["late"])
    })
  )

  it.effect("drops and tells answers that nobody waits for, where that is asked", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const { client, far } = yield* house({
        unknownIds: "drop",
        onFault: (error) => Effect.sync(() => void told.push(error.message))
      })
      const events = yield* started(Stream.runCollect(Stream.take(client.events, 1)))
      yield* far.send(answer("7"))
      yield* far.send(tick(1))
      assert.deepStrictEqual((yield* Fiber.join(events)).map(HxMessage.textOf), ["1"])
      assert.include(told[0], `"7"`)
    })
  )

  it.effect("forgets a call that is interrupted, and settles none twice", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const events = yield* started(Stream.runCollect(Stream.take(client.events, 2)))
      const call = yield* started(client.call("a"))
      yield* Fiber.interrupt(call)
      yield* far.send(answer("0", "too late"))
      const other = yield* started(client.call("b"))
      yield* far.send(answer("1", "once"))
      yield* far.send(answer("1", "twice"))
      assert.strictEqual(HxMessage.textOf(yield* Fiber.join(other)), "once")
      assert.deepStrictEqual((yield* Fiber.join(events)).map(HxMessage.textOf), ["too late", "twice"])
    })
  )
})

describe("the end", () => {
  it.effect("fails every call, those to come too, and ends the events", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const calls = yield* Effect.forEach(["a", "b"], (name) => started(Effect.flip(client.call(name))))
      const events = yield* started(Stream.runCollect(client.events))
      yield* far.send(tick(1))
      yield* far.close
      for (const [index, call] of calls.entries()) {
        const { reason } = (yield* Fiber.join(call)) as IpcError
        assert.deepInclude(reason, { _tag: "Disconnected", method: index === 0 ? "a" : "b" })
      }
      assert.strictEqual((yield* Fiber.join(events)).length, 1)
      assert.strictEqual((yield* client.ended).reason._tag, "Disconnected")
      assert.strictEqual(((yield* Effect.flip(client.call("c"))) as IpcError).reason._tag, "Disconnected")
      assert.deepStrictEqual(yield* Stream.runCollect(client.events), [])
    })
  )

  it.effect("is told as the channel tells it", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const other = yield* house()
      const call = yield* started(Effect.flip(client.call("a")))
      const events = yield* started(Effect.flip(Stream.runDrain(client.events)))
      const error = yield* Effect.flip(other.client.call("a", HxMessage.json(1n)))
      yield* far.fail(error as IpcError)
      assert.strictEqual(((yield* Fiber.join(call)) as IpcError).reason._tag, "InvalidPayload")
      assert.strictEqual(yield* Fiber.join(events), error)
      assert.strictEqual(yield* client.ended, error)
    })
  )

  it.effect("fails calls although the channel still takes messages", () =>
    Effect.gen(function* () {
      const channel = Channel.make<HxMessage.HxMessage>({
        address: "half",
        ended: Effect.never,
        send: () => Effect.void,
        receive: Effect.fail(Cause.Done())
      })
      const client = yield* HxClient.make(channel)
      yield* client.ended
      assert.strictEqual(((yield* Effect.flip(client.call("a"))) as IpcError).reason._tag, "Disconnected")
    })
  )

  it.effect("comes where an interceptor dies", () =>
    Effect.gen(function* () {
      const [west, east] = yield* Pipe.pair<HxMessage.HxMessage>({ capacity: 64 })
      const channel = yield* Intercept.wrap(west, { read: () => Effect.die(new Error("a bug")) })
      const client = yield* HxClient.make(channel)
      const call = yield* started(Effect.flip(client.call("a")))
      yield* east.send(answer("0"))
      const error = yield* Fiber.join(call)
      assert.strictEqual(error._tag === "IpcError" && error.reason._tag, "Disconnected")
      assert.strictEqual((yield* client.ended).reason._tag, "Disconnected")
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("comes with the client's scope too", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client } = yield* Scope.provide(house(), scope)
      const call = yield* started(Effect.flip(client.call("a")))
      yield* Scope.close(scope, Exit.void)
      assert.include((yield* Fiber.join(call)).message, "closed by this side")
    })
  )
})

describe("events", () => {
  it.effect("go to every handler that matches, in order", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const heard: Array<string> = []
      const done = yield* Deferred.make<void>()
      const hear = (who: string) => (message: HxMessage.HxMessage) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => void heard.push(who + HxMessage.textOf(message)))
        )
      yield* client.on("tick", hear("one "))
      yield* client.on(/^t/, hear("two "))
      yield* client.on(["other"], hear("never "))
      yield* client.on(Dispatch.any, (message) =>
        HxMessage.classOf(message) === undefined ? Deferred.succeed(done, undefined) : Effect.void
      )
      for (const n of [1, 2, 3]) yield* far.send(tick(n))
      yield* far.send(HxMessage.make())
      yield* Deferred.await(done)
      assert.deepStrictEqual(heard, ["one 1", "two 1", "one 2", "two 2", "one 3", "two 3"])
    })
  )

  it.effect("no longer go to who has left, or whose scope closed", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const heard: Array<string> = []
      const leave = yield* client.on("tick", () => Effect.sync(() => void heard.push("left")))
      yield* leave
      yield* Effect.scoped(client.on("tick", () => Effect.sync(() => void heard.push("closed"))))
      yield* far.send(tick(1))
      yield* far.close
      yield* Stream.runDrain(client.events)
      assert.deepStrictEqual(heard, [])
    })
  )

  it.effect("wait for the first who wants them, as many as there is room for", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const { client, far } = yield* house({
        eventBuffer: 2,
        onFault: (error) => Effect.sync(() => void told.push(error.reason._tag))
      })
      for (const n of [1, 2, 3, 4]) yield* far.send(tick(n))
      const call = yield* started(client.call("a"))
      yield* far.send(answer("0"))
      yield* Fiber.join(call)
      yield* far.close
      assert.deepStrictEqual((yield* Stream.runCollect(client.events)).map(HxMessage.textOf), ["1", "2"])
      assert.deepStrictEqual(told, ["Overloaded"])
    })
  )

  it.effect("let a handler call, and get its answer", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      const done = yield* Deferred.make<string>()
      yield* client.on("tick", () =>
        Effect.flatMap(client.call("why"), (message) => Deferred.succeed(done, HxMessage.textOf(message)))
      )
      yield* far.send(tick(1))
      assert.strictEqual(HxMessage.classOf(yield* far.receive), "why")
      yield* far.send(answer("0", "because"))
      assert.strictEqual(yield* Deferred.await(done), "because")
    })
  )

  it.effect("hold the connection up for handlers that lag, until a call waits for its answer", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const { client, far } = yield* house(
        { eventBuffer: 2, onFault: (error) => Effect.sync(() => void told.push(error.reason._tag)) },
        0
      )
      const release = yield* Deferred.make<void>()
      const turn = Effect.promise(() => Promise.resolve())
      yield* client.on("tick", () => Effect.andThen(Deferred.await(release), turn))
      // One is with the handler, two wait, one is in the hands of who reads.
      for (const n of [1, 2, 3, 4]) yield* far.send(tick(n))
      const fifth = yield* started(far.send(tick(5)))
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      assert.isUndefined(fifth.pollUnsafe())
      assert.deepStrictEqual(told, [])
      const call = yield* started(client.call("a"))
      yield* far.receive
      yield* TestClock.adjust("999 millis")
      // Another call is no reason to wait longer.
      const other = yield* started(client.call("b"))
      yield* far.receive
      assert.isUndefined(fifth.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fifth)
      yield* Fiber.interrupt(other)
      yield* far.send(answer("0"))
      yield* Fiber.join(call)
      assert.deepStrictEqual(told, ["Overloaded"])
      // Where handlers go on, none is lost again.
      yield* Deferred.succeed(release, undefined)
      yield* Effect.repeat(turn, { times: 20 })
      const again = yield* started(client.call("c"))
      yield* far.receive
      yield* Effect.forEach([6, 7, 8, 9, 10, 11, 12], (n) => far.send(tick(n)), { concurrency: "unbounded" })
      yield* far.send(answer("2"))
      yield* Fiber.join(again)
      assert.deepStrictEqual(told, ["Overloaded"])
    })
  )

  it.effect("are not lost to handlers that take turns with other things, though a call waits", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house({ eventBuffer: 2 }, 1000)
      const seen: Array<string> = []
      yield* client.on("tick", (message) =>
        Effect.andThen(
          Effect.promise(() => Promise.resolve()),
          Effect.sync(() => void seen.push(HxMessage.textOf(message)))
        )
      )
      const call = yield* started(client.call("a"))
      const sent = Array.from({ length: 500 }, (_, n) => n)
      yield* Effect.forEach(sent, (n) => far.send(tick(n)))
      yield* far.send(answer("0"))
      yield* Fiber.join(call)
      yield* Effect.repeat(
        Effect.promise(() => Promise.resolve()),
        { until: () => seen.length >= 500 }
      )
      assert.deepStrictEqual(seen, sent.map(String))
    })
  )

  it.effect("fail a stream that lags, and only that", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house({ eventBuffer: 2 })
      const release = yield* Deferred.make<void>()
      const slow = yield* started(Effect.flip(Stream.runForEach(client.events, () => Deferred.await(release))))
      const quick = yield* started(Stream.runCollect(Stream.take(client.events, 6)))
      for (const n of [1, 2, 3, 4, 5, 6]) {
        yield* far.send(tick(n))
        for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
      }
      assert.strictEqual((yield* Fiber.join(quick)).length, 6)
      yield* Deferred.succeed(release, undefined)
      assert.strictEqual((yield* Fiber.join(slow)).reason._tag, "Overloaded")
    })
  )

  it.effect("survive a handler that fails or dies", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      yield* client.on("tick", () => Effect.fail("bad"))
      yield* client.on("tick", (): Effect.Effect<void> => {
        throw new Error("worse")
      })
      const second = yield* Deferred.make<void>()
      yield* client.on("tick", (message) =>
        HxMessage.textOf(message) === "2" ? Deferred.succeed(second, undefined) : Effect.void
      )
      yield* far.send(tick(1))
      yield* far.send(tick(2))
      yield* Deferred.await(second)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("survive a matcher that throws", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      yield* client.on(
        (): boolean => {
          throw new Error("worse")
        },
        () => Effect.void
      )
      const second = yield* Deferred.make<void>()
      yield* client.on("tick", (message) =>
        HxMessage.textOf(message) === "2" ? Deferred.succeed(second, undefined) : Effect.void
      )
      yield* far.send(tick(1))
      yield* far.send(tick(2))
      yield* Deferred.await(second)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("end for every stream with the client's scope, even while a handler hangs", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client, far } = yield* Scope.provide(house(), scope)
      const begun = yield* Deferred.make<void>()
      yield* Scope.provide(
        client.on("tick", () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)),
        scope
      )
      const events = yield* started(Stream.runCollect(client.events))
      yield* far.send(tick(1))
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(events)).length, 1)
    })
  )

  it.effect("are sent as they are", () =>
    Effect.gen(function* () {
      const { client, far } = yield* house()
      yield* client.send(tick(1))
      assert.isTrue(HxMessage.isEvent(yield* far.receive))
      yield* far.close
      assert.isTrue(Cause.isDone(yield* Effect.flip(far.receive)))
    })
  )
})
