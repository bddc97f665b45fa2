import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Channel from "../../src/foreign/Channel.ts"
import * as Hub from "../../src/foreign/Hub.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Transport } from "../../src/transport/Transport.ts"
import { Lines } from "./Lines.ts"

/** A hub over memory that drains what comes, and how to join it. */
const house = (
  options: Hub.Options<string> & Memory.Options = {},
  handler: (connection: Hub.Connection<string>) => Effect.Effect<unknown, unknown> = ({ messages }) =>
    Stream.runDrain(messages)
) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ capacityBytes: options.capacityBytes }))
    const hub = yield* Effect.provide(Hub.make(Lines, handler, options), both)
    const join = Effect.provide(Channel.open(Lines), both)
    return { hub, join, both }
  })

/** Waits until as many are connected. */
const connected = (hub: Hub.Hub<string>, count: number) =>
  Effect.repeat(Effect.andThen(Effect.yieldNow, hub.connections), { until: (all) => all.length === count })

it.effect("tells every connection, and counts them", () =>
  Effect.gen(function* () {
    const { hub, join } = yield* house()
    assert.strictEqual(yield* hub.broadcast("nobody"), 0)
    const [one, two] = [yield* join, yield* join]
    const all = yield* connected(hub, 2)
    assert.deepStrictEqual(
      all.map(({ id }) => id),
      [1, 2]
    )
    assert.strictEqual(yield* hub.broadcast("hello"), 2)
    assert.deepStrictEqual([yield* one.receive, yield* two.receive], ["hello", "hello"])
    yield* all[0]!.send("you alone")
    assert.strictEqual(yield* one.receive, "you alone")
  })
)

it.effect("forgets a connection that has left, and goes on when a handler fails", () =>
  Effect.gen(function* () {
    const { both, hub, join } = yield* house({}, ({ messages }) =>
      Stream.runForEach(messages, (text) => Effect.fail(text))
    )
    const scope = yield* Scope.make()
    yield* Scope.provide(Effect.provide(Channel.open(Lines), both), scope)
    const two = yield* join
    yield* connected(hub, 2)
    yield* Scope.close(scope, Exit.void)
    yield* connected(hub, 1)
    yield* two.send("fail")
    yield* connected(hub, 0)
    yield* join
    yield* connected(hub, 1)
  }).pipe(Effect.provide(Logger.layer([])))
)

it.effect("does not wait for a client that does not read, and counts what it missed", () =>
  Effect.gen(function* () {
    const { both, hub, join } = yield* house({ capacityBytes: 1000 })
    const { open } = Context.get(both, Transport)
    yield* open
    const quick = yield* join
    const [stuck] = yield* connected(hub, 2)
    const text = "x".repeat(4000)
    for (let sent = 0; sent < 3; sent++) {
      const reached = yield* hub.broadcast(text)
      assert.strictEqual(reached, sent === 0 ? 2 : 1)
      assert.strictEqual(yield* quick.receive, text)
      yield* Effect.yieldNow
    }
    assert.strictEqual(yield* stuck!.missed, 2)
  })
)

it.effect("waits for a slow client as long as it has patience", () =>
  Effect.gen(function* () {
    const { both, hub, join } = yield* house({ capacityBytes: 1000, patience: "1 second" })
    yield* Context.get(both, Transport).open
    const quick = yield* join
    yield* connected(hub, 2)
    yield* hub.broadcast("x".repeat(4000))
    const telling = yield* Effect.forkChild(hub.broadcast("more"), { startImmediately: true })
    yield* quick.receive
    assert.strictEqual(yield* quick.receive, "more")
    assert.isUndefined(telling.pollUnsafe())
    yield* TestClock.adjust("1 second")
    assert.strictEqual(yield* Fiber.join(telling), 1)
  })
)

it.effect("fails a broadcast that cannot be said", () =>
  Effect.gen(function* () {
    const { hub, join } = yield* house()
    yield* join
    yield* connected(hub, 1)
    assert.strictEqual((yield* Effect.flip(hub.broadcast("two\nlines"))).reason._tag, "Unsayable")
  })
)

it.effect("closes one connection: its handler is interrupted, what was sent arrives, the others stay", () =>
  Effect.gen(function* () {
    const interrupted = yield* Deferred.make<number>()
    const { hub, join } = yield* house({}, ({ id }) =>
      Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, id))
    )
    const [one, two] = [yield* join, yield* join]
    const [first] = yield* connected(hub, 2)
    yield* first!.send("last")
    yield* first!.close
    assert.strictEqual(yield* Deferred.await(interrupted), 1)
    assert.strictEqual((yield* hub.connections).length, 1)
    assert.strictEqual(yield* one.receive, "last")
    assert.isTrue(Cause.isDone(yield* Effect.flip(one.receive)))
    yield* first!.close
    yield* hub.broadcast("others")
    assert.strictEqual(yield* two.receive, "others")
  })
)

it.effect("lets a handler close its own connection", () =>
  Effect.gen(function* () {
    const { hub, join } = yield* house({}, (connection) => Effect.andThen(connection.receive, connection.close))
    const one = yield* join
    yield* one.send("go")
    assert.isTrue(Cause.isDone(yield* Effect.flip(one.receive)))
    yield* connected(hub, 0)
  })
)

it.effect("puts its interceptors around every connection, broadcasts too", () =>
  Effect.gen(function* () {
    const { hub, join } = yield* house({ interceptors: [{ write: (text, next) => next(`${text}!`) }] })
    const one = yield* join
    const [first] = yield* connected(hub, 1)
    yield* first!.send("one")
    yield* hub.broadcast("all")
    assert.deepStrictEqual([yield* one.receive, yield* one.receive], ["one!", "all!"])
  })
)

it.effect("is finished once its listener has ended, and its last connection", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const both = yield* Layer.buildWithScope(Memory.layer(), scope)
    const hub = yield* Effect.provide(
      Hub.make(Lines, ({ messages }) => Stream.runDrain(messages)),
      both
    )
    const own = yield* Scope.make()
    yield* Scope.provide(Effect.provide(Channel.open(Lines), both), own)
    yield* connected(hub, 1)
    const finishing = yield* Effect.forkChild(hub.finished)
    yield* Scope.close(scope, Exit.void)
    for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
    assert.isUndefined(finishing.pollUnsafe())
    yield* Scope.close(own, Exit.void)
    yield* Fiber.join(finishing)
  })
)
