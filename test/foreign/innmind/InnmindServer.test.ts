/** Named after the tests that innmind/ipc has of its own server and of what it keeps of a client, where they make sense. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as InnmindMessage from "../../../src/foreign/innmind/InnmindMessage.ts"
import * as InnmindProcess from "../../../src/foreign/innmind/InnmindProcess.ts"
import * as InnmindServer from "../../../src/foreign/innmind/InnmindServer.ts"
import * as Fold from "../../../src/peer/Fold.ts"
import * as Memory from "../../../src/transport/Memory.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import { InnmindRaw } from "../../peer/innmindRaw.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { frame } from "../../wire/innmind.ts"

const { go, respond, stop } = InnmindServer
const text = (content: string) => InnmindMessage.of("text/plain", content)

type Step<S> = (carry: S, said: string) => Effect.Effect<InnmindServer.Continuation<S>, string>

/** A server whose steps see the text of messages, and ways to it. */
const serving = <S>(initial: S, step: Step<S>, options?: InnmindServer.Options<S, string>) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer())
    const faults: Array<string> = []
    const onFault = (error: { readonly message: string }) => Effect.sync(() => void faults.push(error.message))
    const served = InnmindServer.serve(initial, (carry: S, message) => step(carry, InnmindMessage.text(message)), {
      onFault,
      ...options
    })
    const running = yield* Effect.forkChild(Effect.provide(served, both))
    const dial = (greets = true) =>
      Effect.gen(function* () {
        const raw = new InnmindRaw(yield* Effect.orDie(Context.get(both, Transport).open))
        assert.strictEqual(yield* raw.next, "start")
        if (greets) raw.say("startOk")
        return raw
      })
    const process = Effect.provide(InnmindProcess.connect(options), both)
    return { running, dial, process, faults }
  })

/** Carries what was said. */
const list: Step<string> = (carry, said) => Effect.succeed(go(carry + said))
/** Answers in capital letters. */
const shout: Step<number> = (carry, said) => Effect.succeed(respond(carry + 1, text(said.toUpperCase())))

describe("a client of a server", () => {
  it.effect("is greeted upon accepting, and heard only once it has answered that", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout)
      const raw = yield* dial(false)
      raw.say("early", "heartbeat", "startOk", "a")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "A"])
    })
  )

  it.effect("is acknowledged before the step runs", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { dial } = yield* serving(0, (carry, said) => Effect.andThen(Deferred.await(gate), shout(carry, said)))
      const raw = yield* dial()
      raw.say("a")
      assert.strictEqual(yield* raw.next, "received")
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* raw.next, "A")
    })
  )

  it.effect("gets no heartbeat before the period, and one after each that is silent", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout, { heartbeat: "500 millis" })
      const raw = yield* dial()
      yield* Effect.yieldNow
      yield* TestClock.adjust("400 millis")
      assert.strictEqual(raw.beats, 0)
      for (let at = 0; at < 4; at++) yield* TestClock.adjust("500 millis")
      yield* raw.until(() => raw.beats >= 3)
    })
  )

  it.effect("never has its control messages notified", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout)
      const raw = yield* dial()
      raw.say("start", "startOk", "closeOk", "received", "heartbeat", "a")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "A"])
      assert.deepStrictEqual(raw.rest, [])
    })
  )

  it.effect("has its goodbye confirmed, and is let go", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout)
      const raw = yield* dial()
      raw.say("close")
      assert.strictEqual(yield* raw.next, "closeOk")
      yield* raw.end
    })
  )

  it.effect("is let go when it never answers the greeting", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout, { handshakeTimeout: "3 seconds" })
      const raw = yield* dial(false)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* raw.next, "close")
      yield* raw.end
    })
  )

  it.effect("that leaves without a word, sends garbage or half a header changes nothing for the others", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", (carry, said) =>
        Effect.succeed(said === "stop" ? stop(carry) : go(carry + said))
      )
      const raw = yield* dial()
      raw.say("a")
      assert.strictEqual(yield* raw.next, "received")
      yield* Effect.scoped(Effect.asVoid(dial()))
      yield* Effect.scoped(Effect.flatMap(dial(), (half) => Effect.sync(() => half.send(Uint8Array.of(0)))))
      const garbage = yield* dial()
      garbage.send(frame("text/plain", "b", { mark: 0 }))
      assert.strictEqual(yield* garbage.next, "close")
      yield* garbage.end
      const unread = yield* dial()
      unread.say("foo/bar | c", "d")
      assert.deepStrictEqual([yield* unread.next, yield* unread.next], ["received", "received"])
      raw.say("stop")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "close"])
      raw.say("closeOk")
      unread.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), "ad")
    })
  )

  it.effect("gets several answers in order, and is said goodbye to by a step", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving(
        0,
        (carry, said) =>
          Effect.succeed(
            said === "both"
              ? respond(carry, text("one"), text("two"))
              : InnmindServer.close(carry + 1, ...(said === "bye" ? [text("see you")] : []))
          ),
        { idleTimeout: "10 seconds" }
      )
      const [a, b] = [yield* dial(), yield* dial()]
      a.say("both", "bye")
      assert.deepStrictEqual(
        [yield* a.next, yield* a.next, yield* a.next, yield* a.next, yield* a.next, yield* a.next].sort(),
        ["close", "one", "received", "received", "see you", "two"]
      )
      assert.isAbove(a.heard.indexOf("two"), a.heard.indexOf("one"))
      a.say("late", "closeOk")
      yield* a.end
      b.say("go")
      assert.deepStrictEqual([yield* b.next, yield* b.next], ["received", "close"])
      // Nobody answers: the connection ends in time, and with it the wait of the server.
      yield* TestClock.adjust("10 seconds")
      yield* b.end
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(running), 2)
    })
  )

  it.effect("has an answer that cannot be sent reported, and the others sent", () =>
    Effect.gen(function* () {
      const { dial, faults } = yield* serving(0, (carry) =>
        Effect.succeed(respond(carry, text("x".repeat(204_800)), InnmindMessage.of("foo/bar", "x"), text("small")))
      )
      const raw = yield* dial()
      raw.say("a")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "small"])
      assert.strictEqual(faults.length, 2)
    })
  )
})

describe("a server", () => {
  it.effect("carries one value through the messages of every client, which is its result when a step stops it", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", (carry, said) =>
        Effect.succeed(said === "stop" ? stop(carry, text("bye")) : go(carry + said))
      )
      const [a, b] = [yield* dial(), yield* dial()]
      a.say("1")
      yield* a.next
      b.say("2")
      yield* b.next
      // What comes behind is acknowledged, and not stepped on.
      a.say("3", "stop", "4")
      yield* a.until(() => a.heard.includes("close"))
      assert.deepStrictEqual(a.rest, ["received", "received", "received", "bye", "close"])
      assert.strictEqual(yield* b.next, "close")
      a.say("closeOk")
      assert.isUndefined(running.pollUnsafe())
      b.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), "123")
    })
  )

  it.effect("stops three messages after one send, with what it carried", () =>
    Effect.gen(function* () {
      const { process, running } = yield* serving(0, (carry) =>
        Effect.succeed(carry === 2 ? stop(3) : respond(carry + 1, text("pong")))
      )
      const client = yield* process
      yield* client.send([text("a"), text("b"), text("c")])
      assert.strictEqual(InnmindMessage.text(yield* client.wait()), "pong")
      assert.strictEqual(yield* Fiber.join(running), 3)
    })
  )

  it.effect("runs one step at a time", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let running = 0
      let most = 0
      const { dial } = yield* serving(0, (carry, said) =>
        Effect.gen(function* () {
          most = Math.max(most, ++running)
          if (said === "wait") yield* Deferred.await(gate)
          yield* Effect.yieldNow
          running--
          return respond(carry + 1, text(`${carry}`))
        })
      )
      const [a, b] = [yield* dial(), yield* dial()]
      a.say("wait")
      yield* a.next
      b.say("b")
      assert.strictEqual(yield* b.next, "received")
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual([yield* a.next, yield* b.next, most], ["0", "1", 1])
    })
  )

  it.effect("reads no further ahead than it can keep, and goes on when it has caught up", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { dial } = yield* serving(0, (carry) =>
        Effect.as(Deferred.await(gate), carry === 2999 ? respond(3000, text("all")) : go(carry + 1))
      )
      const raw = yield* dial()
      raw.say(...Array.from({ length: 3000 }, () => "a"))
      yield* TestClock.adjust(0)
      assert.isAbove(raw.unreadBytes, 10_000)
      yield* Deferred.succeed(gate, undefined)
      yield* raw.until(() => raw.heard.includes("all"))
      assert.strictEqual(raw.unreadBytes, 0)
    })
  )

  it.effect("closes on a client that asks without reading, once 64 MiB wait for it", () =>
    Effect.gen(function* () {
      const answer = text("x".repeat(200_000))
      const all = yield* Deferred.make<void>()
      const { dial } = yield* serving(0, (carry) =>
        Effect.as(carry === 499 ? Deferred.succeed(all, undefined) : Effect.yieldNow, respond(carry + 1, answer))
      )
      const raw = yield* dial()
      raw.pause()
      raw.say(...Array.from({ length: 500 }, () => "a"))
      yield* Deferred.await(all)
      raw.resume()
      yield* raw.end
      const answers = raw.heard.filter((line) => line.startsWith("200000 bytes")).length
      assert.isTrue(answers > 300 && answers < 400, `${answers} answers`)
    })
  )

  it.effect("gives up in time on clients that do not say goodbye", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving(0, (carry) => Effect.succeed(stop(carry + 1)), {
        closeTimeout: "3 seconds"
      })
      const raw = yield* dial()
      raw.say("a")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "close"])
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined(running.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(running), 1)
      yield* raw.end
    })
  )

  it.effect("stops when there was no activity in the given period, heartbeats included", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", list, { idleTimeout: "10 seconds" })
      const raw = yield* dial()
      raw.say("a")
      yield* raw.next
      yield* TestClock.adjust("9 seconds")
      raw.say("heartbeat")
      yield* Effect.yieldNow
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(running.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* raw.next, "close")
      raw.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), "a")
    })
  )

  it.effect("is not idle while a step runs", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { dial, running } = yield* serving(
        "",
        (carry, said) => Effect.andThen(Deferred.await(gate), list(carry, said)),
        {
          idleTimeout: "1 second"
        }
      )
      const raw = yield* dial()
      raw.say("a")
      yield* raw.next
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(raw.rest, [])
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* raw.next, "close")
      raw.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), "a")
    })
  )

  it.effect("ends with the error of a step, once every client was said goodbye to", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", () => Effect.fail("broken"))
      const [a, b] = [yield* dial(), yield* dial()]
      a.say("a")
      assert.deepStrictEqual([yield* a.next, yield* a.next, yield* b.next], ["received", "close", "close"])
      a.say("closeOk")
      b.say("closeOk")
      assert.strictEqual(yield* Effect.flip(Fiber.join(running)), "broken")
    })
  )

  it.effect("says goodbye to every client when it is interrupted", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", list)
      const raw = yield* dial()
      raw.say("a")
      yield* raw.next
      const stopping = yield* Effect.forkChild(Fiber.interrupt(running))
      assert.strictEqual(yield* raw.next, "close")
      raw.say("b", "closeOk")
      yield* Fiber.join(stopping)
      yield* raw.end
    })
  )

  it.effect("begins no step once it ends", () =>
    Effect.gen(function* () {
      const steps: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const { dial, running } = yield* serving(0, (carry, said) => {
        steps.push(said)
        return Effect.as(Deferred.await(gate), stop(carry + 1))
      })
      const raw = yield* dial()
      raw.say("a", "b", "c")
      yield* raw.until(() => raw.heard.length === 4)
      yield* Deferred.succeed(gate, undefined)
      yield* raw.until(() => raw.heard.at(-1) === "close")
      yield* TestClock.adjust(0)
      raw.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), 1)
      assert.deepStrictEqual(steps, ["a"])
    })
  )

  it.effect("answers nobody who has left, and finds no fault with that", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { dial, faults } = yield* serving(0, (carry, said) =>
        Effect.andThen(Deferred.await(gate), shout(carry, said))
      )
      const [gone, there] = [yield* dial(), yield* dial()]
      gone.say("a", "close")
      yield* gone.end
      there.say("b")
      assert.strictEqual(yield* there.next, "received")
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* there.next, "B")
      assert.deepStrictEqual(faults, [])
    })
  )

  it.effect("finds no fault with what comes before the greeting", () =>
    Effect.gen(function* () {
      const { dial, faults } = yield* serving(0, shout)
      const raw = yield* dial(false)
      raw.say("foo/bar | x", "startOk", "a")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "A"])
      assert.deepStrictEqual(faults, [])
    })
  )

  it.effect("hears a client's goodbye behind whatever it has not stepped on", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", () => Effect.never)
      const raw = yield* dial()
      raw.say(...Array.from({ length: 5000 }, () => "a"))
      yield* TestClock.adjust(0)
      assert.isAbove(raw.unreadBytes, 0)
      const stopping = yield* Effect.forkChild(Fiber.interrupt(running))
      yield* raw.until(() => raw.heard.at(-1) === "close")
      raw.say("closeOk")
      yield* Fiber.join(stopping)
      yield* raw.end
    })
  )

  it.effect("fails when its listener does", () =>
    Effect.gen(function* () {
      const detail = "the socket is gone"
      const broken = Layer.succeed(Listener, {
        address: "x",
        accept: Effect.fail(new TransportError({ stage: "listen", address: "x", detail }))
      })
      const served = InnmindServer.serve(0, (carry) => Effect.succeed(go(carry)))
      reasonOf(yield* Effect.flip(Effect.provide(served, broken)), "ListenFailed")
    })
  )

  it.effect("ends when its listener has, with what it carries", () =>
    Effect.gen(function* () {
      const ended = Layer.succeed(Listener, { address: "x", accept: Effect.suspend(() => Cause.done()) })
      const served = InnmindServer.serve(7, (carry) => Effect.succeed(go(carry)))
      assert.strictEqual(yield* Effect.provide(served, ended), 7)
    })
  )

  it.effect("accepts as many clients as it may have", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout, { maxConnections: 1 })
      const first = yield* dial()
      const second = yield* Effect.forkChild(dial())
      yield* Effect.yieldNow
      assert.isUndefined(second.pollUnsafe())
      first.say("close")
      yield* first.end
      yield* Fiber.join(second)
    })
  )
})

describe("a server with a carry for each client", () => {
  const concat = (total: string, ofClient: string): string => `${total}[${ofClient}]`

  it.effect("joins them as clients leave, and shows the monitor, which may end it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { dial, running } = yield* serving("", list, {
        perConnection: {
          combine: concat,
          monitor: (total) =>
            Effect.sync(() => {
              seen.push(total)
              return seen.length === 2 ? Fold.end(`${total}!`) : Fold.go(total)
            })
        }
      })
      const [a, b, c] = [yield* dial(), yield* dial(), yield* dial()]
      a.say("1")
      b.say("2")
      c.say("3")
      yield* Effect.all([a.next, b.next, c.next])
      b.say("4", "close")
      yield* b.end
      a.say("close")
      yield* a.end
      assert.strictEqual(yield* c.next, "close")
      c.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), "[24][1]![3]")
      assert.deepStrictEqual(seen, ["[24]", "[24][1]"])
    })
  )

  it.effect("runs the steps of different clients side by side, and joins also one that was lost", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { dial, running } = yield* serving(
        "",
        (carry, said) =>
          said === "wait"
            ? Effect.as(Deferred.await(gate), respond(`${carry}w`, text("waited")))
            : Effect.succeed(said === "stop" ? stop(carry) : respond(carry + said, text(said))),
        { perConnection: { combine: concat } }
      )
      const a = yield* dial()
      a.say("wait", "x")
      yield* a.next
      yield* Effect.scoped(
        Effect.gen(function* () {
          const b = yield* dial()
          b.say("b")
          assert.deepStrictEqual([yield* b.next, yield* b.next], ["received", "b"])
        })
      )
      yield* Deferred.succeed(gate, undefined)
      yield* a.until(() => a.heard.includes("x"))
      a.say("stop")
      yield* a.until(() => a.heard.includes("close"))
      a.say("closeOk")
      assert.strictEqual(yield* Fiber.join(running), "[b][wx]")
    })
  )

  it.effect("ends with the error of its monitor", () =>
    Effect.gen(function* () {
      const { dial, running } = yield* serving("", list, {
        perConnection: { combine: concat, monitor: () => Effect.fail("enough") }
      })
      const raw = yield* dial()
      raw.say("close")
      assert.strictEqual(yield* Effect.flip(Fiber.join(running)), "enough")
    })
  )
})

/** After the proofs of the 5.x line. */
describe("a client and a server of the 5.x line", () => {
  it.effect("the server waits for the client, answers, and finishes with what it was told", () =>
    Effect.gen(function* () {
      const { process, running } = yield* serving(
        "",
        (carry, said) => Effect.succeed(stop(carry + said, text("done"))),
        {
          version: 5,
          perConnection: { combine: (total, ofClient) => total + ofClient }
        }
      )
      const client = yield* process
      yield* client.send(text("hello"))
      assert.strictEqual(InnmindMessage.text(yield* client.wait()), "done")
      assert.strictEqual(yield* Fiber.join(running), "hello")
    })
  )

  it.effect("a wait that times out fails, and closing is still fine", () =>
    Effect.gen(function* () {
      const { process } = yield* serving(0, (carry) => Effect.succeed(go(carry)), { version: 5 })
      const client = yield* process
      const waiting = yield* Effect.forkChild(Effect.flip(client.wait({ timeout: "500 millis" })))
      yield* TestClock.adjust("500 millis")
      reasonOf(yield* Fiber.join(waiting), "TimedOut")
      yield* client.close
      assert.isTrue(yield* client.closed)
    })
  )

  it.effect("answers need no acknowledgement to go on", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(0, shout, { version: 5 })
      const raw = yield* dial()
      raw.say("a", "b")
      const heard = [yield* raw.next, yield* raw.next, yield* raw.next, yield* raw.next]
      assert.deepStrictEqual(heard.sort(), ["A", "B", "ack", "ack"])
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(Effect.sync(() => raw.say("ack", "ack")))))
    })
  )
})
