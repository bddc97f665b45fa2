/** Named after the tests that innmind/ipc has of its own client, where they make sense. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as InnmindMessage from "../../../src/foreign/innmind/InnmindMessage.ts"
import * as InnmindProcess from "../../../src/foreign/innmind/InnmindProcess.ts"
import * as Memory from "../../../src/transport/Memory.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import { InnmindRaw } from "../../peer/innmindRaw.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { frame } from "../../wire/innmind.ts"

const text = (content: string) => InnmindMessage.of("text/plain", content)

/** A connection that begins, and the server by hand that it is made to. */
const connecting = (options?: InnmindProcess.Options) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer())
    const scope = yield* Scope.fork(yield* Effect.scope)
    const fiber = yield* Effect.forkChild(
      Effect.provide(InnmindProcess.connect(options), both).pipe(Scope.provide(scope))
    )
    const raw = new InnmindRaw(yield* Effect.orDie(Context.get(both, Listener).accept))
    return { fiber, raw, leave: Scope.close(scope, Exit.void) }
  })

/** A connection that is open. */
const connected = (options?: InnmindProcess.Options) =>
  Effect.gen(function* () {
    const { fiber, leave, raw } = yield* connecting(options)
    raw.say("start")
    assert.strictEqual(yield* raw.next, "startOk")
    return { process: yield* Fiber.join(fiber), raw, leave }
  })

describe("connecting", () => {
  it.effect("answers the greeting, which heartbeats may come before", () =>
    Effect.gen(function* () {
      const { fiber, raw } = yield* connecting()
      raw.say("heartbeat", "heartbeat", "start")
      assert.strictEqual(yield* raw.next, "startOk")
      assert.strictEqual((yield* Fiber.join(fiber)).address, "memory")
    })
  )

  it.effect("fails when nobody listens", () =>
    Effect.gen(function* () {
      const detail = "there is no socket"
      const open = Effect.fail(new TransportError({ stage: "open", address: "nowhere", detail }))
      const nowhere = Layer.succeed(Transport, { address: "nowhere", open })
      reasonOf(yield* Effect.flip(Effect.provide(InnmindProcess.connect(), nowhere)), "ConnectFailed")
    })
  )

  it.effect("fails when the server does not greet in time, and leaves it without harm", () =>
    Effect.gen(function* () {
      const { fiber, raw } = yield* connecting({ handshakeTimeout: "2 seconds" })
      raw.say("heartbeat", "pong")
      yield* TestClock.adjust("2 seconds")
      reasonOf(yield* Effect.flip(Fiber.join(fiber)), "ConnectFailed")
      yield* raw.end
      assert.deepStrictEqual(raw.rest, ["startOk", "close"])
    })
  )

  it.effect("fails when the server says goodbye instead", () =>
    Effect.gen(function* () {
      const { fiber, raw } = yield* connecting()
      raw.say("close")
      reasonOf(yield* Effect.flip(Fiber.join(fiber)), "Disconnected")
      assert.strictEqual(yield* raw.next, "closeOk")
    })
  )
})

describe("sending", () => {
  it.effect("waits for the acknowledgement of each message before the next", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const sending = yield* Effect.forkChild(process.send(["a", "b", "c"].map(text)))
      for (const content of ["a", "b", "c"]) {
        assert.strictEqual(yield* raw.next, content)
        assert.deepStrictEqual(raw.rest, [])
        raw.say("heartbeat", "received")
      }
      yield* Fiber.join(sending)
    })
  )

  it.effect("understands the acknowledgement of either version", () =>
    Effect.gen(function* () {
      for (const version of [4, 5] as const) {
        const { process, raw } = yield* connected({ version })
        const sending = yield* Effect.forkChild(process.send([text("a"), text("b")]))
        assert.strictEqual(yield* raw.next, "a")
        raw.say("received")
        assert.strictEqual(yield* raw.next, "b")
        raw.say("ack")
        yield* Fiber.join(sending)
      }
    })
  )

  it.effect("several messages to a server that answers each loses no answer", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const sending = yield* Effect.forkChild(process.send([text("a"), text("b")]))
      for (const content of ["a", "b"]) {
        assert.strictEqual(yield* raw.next, content)
        raw.say("received", `answer to ${content}`)
      }
      yield* Fiber.join(sending)
      assert.strictEqual(InnmindMessage.text(yield* process.wait()), "answer to a")
      assert.strictEqual(InnmindMessage.text(yield* process.wait()), "answer to b")
    })
  )

  it.effect("from two fibers lets one message be on its way", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const sending = yield* Effect.forkChild(
        Effect.all([process.send(text("a")), process.send(text("b"))], { concurrency: 2 })
      )
      assert.strictEqual(yield* raw.next, "a")
      assert.deepStrictEqual(raw.rest, [])
      raw.say("received")
      assert.strictEqual(yield* raw.next, "b")
      raw.say("received")
      yield* Fiber.join(sending)
    })
  )

  it.effect("fails at the first message that cannot be sent, and sends none after it", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected({ maxWriteBytes: 100 })
      for (const [bad, tag] of [
        [text("x".repeat(100)), "Oversized"],
        [InnmindMessage.of("foo/bar", "x"), "Unsayable"],
        [text("innmind/ipc:connection.close"), "Unsayable"]
      ] as const) {
        const sending = yield* Effect.forkChild(Effect.flip(process.send([text("a"), bad, text("c")])))
        assert.strictEqual(yield* raw.next, "a")
        raw.say("received")
        reasonOf(yield* Fiber.join(sending), tag)
        assert.deepStrictEqual(raw.rest, [])
      }
      const sending = yield* Effect.forkChild(process.send(text("d")))
      assert.strictEqual(yield* raw.next, "d")
      raw.say("received")
      yield* Fiber.join(sending)
    })
  )

  it.effect("gives up an acknowledgement in time, which when it comes is not that of the next message", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const late = yield* Effect.forkChild(Effect.flip(process.send(text("a"), { timeout: "3 seconds" })))
      assert.strictEqual(yield* raw.next, "a")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(reasonOf(yield* Fiber.join(late), "TimedOut").afterMillis, 3000)
      const sending = yield* Effect.forkChild(process.send(text("b")))
      assert.strictEqual(yield* raw.next, "b")
      raw.say("received", "answer")
      yield* process.wait()
      assert.isUndefined(sending.pollUnsafe())
      raw.say("received")
      yield* Fiber.join(sending)
    })
  )

  it.effect("fails when the server says goodbye in the place of an acknowledgement, and afterwards", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const sending = yield* Effect.forkChild(Effect.flip(process.send(text("a"))))
      assert.strictEqual(yield* raw.next, "a")
      raw.say("close")
      reasonOf(yield* Fiber.join(sending), "Disconnected")
      reasonOf(yield* Effect.flip(process.send(text("b"))), "Disconnected")
    })
  )

  it.effect("nothing succeeds", () =>
    Effect.gen(function* () {
      const { process } = yield* connected()
      yield* process.send([])
    })
  )
})

describe("waiting", () => {
  it.effect("discards heartbeats", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      raw.say("heartbeat", "heartbeat", "application/json | {}", "heartbeat")
      const message = yield* process.wait()
      assert.isTrue(InnmindMessage.equals(message, InnmindMessage.of("application/json", "{}")))
    })
  )

  it.effect("gives each message to one who waits, in their order", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const waiting = yield* Effect.forkChild(Effect.all([process.wait(), process.wait()], { concurrency: 2 }))
      yield* Effect.yieldNow
      raw.say("a", "b")
      assert.deepStrictEqual((yield* Fiber.join(waiting)).map(InnmindMessage.text), ["a", "b"])
    })
  )

  it.effect("stops after its timeout, counted from its beginning, whatever beats", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const waiting = yield* Effect.forkChild(Effect.flip(process.wait({ timeout: "1200 millis" })))
      for (let at = 0; at < 4; at++) {
        yield* TestClock.adjust("300 millis")
        raw.say("heartbeat")
      }
      assert.strictEqual(reasonOf(yield* Fiber.join(waiting), "TimedOut").afterMillis, 1200)
      // Nothing was silent for a whole period, so nothing was said.
      assert.strictEqual(raw.beats, 0)
      assert.isFalse(yield* process.closed)
      raw.say("late")
      assert.strictEqual(InnmindMessage.text(yield* process.wait()), "late")
    })
  )

  it.effect("confirms the server's goodbye, and fails after what came before it", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      raw.say("a", "close")
      assert.strictEqual(yield* raw.next, "closeOk")
      assert.isTrue(yield* process.closed)
      assert.strictEqual(InnmindMessage.text(yield* process.wait()), "a")
      reasonOf(yield* Effect.flip(process.wait()), "Disconnected")
      yield* raw.end
      yield* process.close
    })
  )

  it.effect("tells of a message that nobody can read, and goes on", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected({ maxFrameBytes: 100 })
      raw.say("foo/bar | x", "x".repeat(100), "a")
      reasonOf(yield* Effect.flip(process.wait()), "Malformed")
      reasonOf(yield* Effect.flip(process.wait()), "Oversized")
      assert.strictEqual(InnmindMessage.text(yield* process.wait()), "a")
    })
  )

  it.effect("fails when the framing is lost, with a goodbye to the server", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      raw.send(frame("text/plain", "x", { mark: 0 }))
      reasonOf(yield* Effect.flip(process.wait()), "Malformed")
      assert.strictEqual(yield* raw.next, "close")
      yield* raw.end
    })
  )

  it.effect("shows that it is there after each silent period; who waits for nothing is silent", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected({ heartbeat: "500 millis" })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(raw.beats, 0)
      const waiting = yield* Effect.forkChild(process.wait())
      yield* TestClock.adjust("500 millis")
      yield* TestClock.adjust("500 millis")
      yield* raw.until(() => raw.beats >= 2)
      raw.say("a")
      yield* Fiber.join(waiting)
      const { beats } = raw
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(raw.beats, beats)
    })
  )

  it.effect("reads no more than a thousand messages ahead, and goes on when they are taken", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const all = Array.from({ length: 5000 }, (_, n) => `${n}`)
      raw.say(...all)
      yield* TestClock.adjust(0)
      assert.isAbove(raw.unreadBytes, 50_000)
      const taken = yield* Effect.forEach(all, () => process.wait())
      assert.strictEqual(raw.unreadBytes, 0)
      assert.deepStrictEqual(taken.map(InnmindMessage.text), all)
    })
  )

  it.effect("reads no more than a thousand messages ahead that nobody can read", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      for (let n = 0; n < 5000; n++) raw.say("foo/bar | x")
      raw.say("last")
      yield* TestClock.adjust(0)
      assert.isAbove(raw.unreadBytes, 50_000)
      for (let n = 0; n < 5000; n++) reasonOf(yield* Effect.flip(process.wait()), "Malformed")
      assert.strictEqual(InnmindMessage.text(yield* process.wait()), "last")
    })
  )

  it.effect("acknowledges to a server of the 5.x line", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected({ version: 5 })
      raw.say("a", "b")
      yield* process.wait()
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["ack", "ack"])
    })
  )
})

describe("closing", () => {
  it.effect("says goodbye, waits for the server's, and closes", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const closing = yield* Effect.forkChild(process.close)
      assert.strictEqual(yield* raw.next, "close")
      // An answer that nobody has read is no reason to fail.
      raw.say("heartbeat", "answer", "closeOk")
      yield* Fiber.join(closing)
      assert.isTrue(yield* process.closed)
      yield* raw.end
      yield* process.close
      reasonOf(yield* Effect.flip(process.send(text("a"))), "Disconnected")
      reasonOf(yield* Effect.flip(process.wait()), "Disconnected")
    })
  )

  it.effect("waits for the server's behind whatever nobody has taken", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      raw.say(...Array.from({ length: 5000 }, (_, n) => `${n}`))
      yield* TestClock.adjust(0)
      assert.isAbove(raw.unreadBytes, 0)
      const closing = yield* Effect.forkChild(process.close)
      assert.strictEqual(yield* raw.next, "close")
      raw.say("closeOk")
      yield* Fiber.join(closing)
      yield* raw.end
    })
  )

  it.effect("answers a goodbye that crosses its own", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected()
      const closing = yield* Effect.forkChild(process.close)
      assert.strictEqual(yield* raw.next, "close")
      raw.say("close")
      assert.strictEqual(yield* raw.next, "closeOk")
      yield* Fiber.join(closing)
    })
  )

  it.effect("ends in time without the server's goodbye, and tells so", () =>
    Effect.gen(function* () {
      const { process, raw } = yield* connected({ closeTimeout: "4 seconds" })
      const closing = yield* Effect.forkChild(Effect.flip(process.close))
      assert.strictEqual(yield* raw.next, "close")
      yield* TestClock.adjust("4 seconds")
      reasonOf(yield* Fiber.join(closing), "TimedOut")
      assert.isTrue(yield* process.closed)
      yield* raw.end
    })
  )

  it.effect("happens with the scope", () =>
    Effect.gen(function* () {
      const { leave, raw } = yield* connected()
      const leaving = yield* Effect.forkChild(leave)
      assert.strictEqual(yield* raw.next, "close")
      assert.isFalse(raw.ended)
      raw.say("closeOk")
      yield* Fiber.join(leaving)
      yield* raw.end
    })
  )

  it.effect("happens when its program is interrupted, in bounded time", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer())
      const running = yield* Effect.forkChild(
        Effect.scoped(Effect.andThen(InnmindProcess.connect(), Effect.never)).pipe(Effect.provide(both))
      )
      const raw = new InnmindRaw(yield* Effect.orDie(Context.get(both, Listener).accept))
      raw.say("start")
      assert.strictEqual(yield* raw.next, "startOk")
      const stopping = yield* Effect.forkChild(Fiber.interrupt(running))
      assert.strictEqual(yield* raw.next, "close")
      assert.isFalse(raw.ended)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(stopping)
      yield* raw.end
    })
  )
})
