import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Pipe from "../../src/foreign/Pipe.ts"
import { IpcError, PeerSilent } from "../../src/peer/IpcError.ts"

const started = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

it.effect("without capacity lets a sender go on once its message was received", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<string>()
    const one = yield* started(pipe.send("a"))
    const two = yield* started(pipe.send("b"))
    assert.isUndefined(one.pollUnsafe())
    assert.strictEqual(yield* pipe.receive, "a")
    yield* Fiber.join(one)
    assert.isUndefined(two.pollUnsafe())
    assert.strictEqual(yield* pipe.receive, "b")
    yield* Fiber.join(two)
  })
)

it.effect("without capacity gives a message to a receiver that waits", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<string>()
    const receiving = yield* started(pipe.receive)
    yield* pipe.send("a")
    assert.strictEqual(yield* Fiber.join(receiving), "a")
  })
)

it.effect("holds as many messages as its capacity, and lets senders in one by one", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<number>({ capacity: 2 })
    yield* pipe.send(1)
    yield* pipe.send(2)
    const three = yield* started(pipe.send(3))
    const four = yield* started(pipe.send(4))
    assert.isUndefined(three.pollUnsafe())
    assert.strictEqual(yield* pipe.receive, 1)
    yield* Fiber.join(three)
    assert.isUndefined(four.pollUnsafe())
    assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(pipe.messages, 3)), [2, 3, 4])
    yield* Fiber.join(four)
  })
)

it.effect("forgets the message of a sender that was interrupted while it waited", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<number>({ capacity: 1 })
    yield* pipe.send(1)
    const two = yield* started(pipe.send(2))
    const three = yield* started(pipe.send(3))
    yield* Fiber.interrupt(two)
    assert.strictEqual(yield* pipe.receive, 1)
    yield* Fiber.join(three)
    assert.strictEqual(yield* pipe.receive, 3)
  })
)

it.effect("gives what it holds after it was closed, then ends; who sends gets a typed error", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<number>({ capacity: 2 })
    yield* pipe.send(1)
    yield* pipe.send(2)
    const waiting = yield* started(Effect.flip(pipe.send(3)))
    yield* pipe.close
    yield* pipe.close
    assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "Disconnected")
    assert.strictEqual((yield* Effect.flip(pipe.send(4))).reason._tag, "Disconnected")
    assert.deepStrictEqual(yield* Stream.runCollect(pipe.messages), [1, 2])
    assert.isTrue(Cause.isDone(yield* Effect.flip(pipe.receive)))
  })
)

it.effect("ends a receiver that waits when it is closed", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<number>()
    const receiving = yield* started(Effect.flip(pipe.receive))
    yield* pipe.close
    assert.isTrue(Cause.isDone(yield* Fiber.join(receiving)))
  })
)

it.effect("ends with the error it was failed with, and keeps it", () =>
  Effect.gen(function* () {
    const error = new IpcError({ reason: new PeerSilent({ address: "pipe", afterMillis: 1 }) })
    const pipe = yield* Pipe.make<number>({ capacity: 1 })
    yield* pipe.send(1)
    yield* pipe.fail(error)
    yield* pipe.close
    assert.strictEqual(yield* pipe.receive, 1)
    assert.strictEqual(yield* Effect.flip(pipe.receive), error)
    assert.strictEqual(yield* Effect.flip(pipe.receive), error)
  })
)

it.effect("keeps the order of many messages through many senders and receivers", () =>
  Effect.gen(function* () {
    const pipe = yield* Pipe.make<number>({ capacity: 3 })
    const all = Array.from({ length: 2000 }, (_, index) => index)
    const sending = yield* started(Effect.forEach(all, pipe.send, { concurrency: 7, discard: true }))
    const received = yield* Effect.forEach(all, () => pipe.receive)
    yield* Fiber.join(sending)
    assert.deepStrictEqual(received, all)
  })
)

it.effect("in a pair, each end receives what the other sends, and either closes both", () =>
  Effect.gen(function* () {
    const [west, east] = yield* Pipe.pair<string>({ capacity: 1, address: "here" })
    assert.strictEqual(west.address, "here")
    yield* west.send("to the east")
    yield* east.send("to the west")
    const ended = yield* started(Effect.all([west.ended, east.ended], { concurrency: "unbounded" }))
    assert.isUndefined(ended.pollUnsafe())
    yield* west.close
    for (const { reason } of yield* Fiber.join(ended)) assert.strictEqual(reason._tag, "Disconnected")
    assert.strictEqual(yield* east.receive, "to the east")
    assert.strictEqual(yield* west.receive, "to the west")
    assert.isTrue(Cause.isDone(yield* Effect.flip(east.receive)))
    assert.isTrue(Cause.isDone(yield* Effect.flip(west.receive)))
    assert.strictEqual((yield* Effect.flip(east.send("late"))).reason._tag, "Disconnected")
  })
)
