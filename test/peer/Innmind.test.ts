/** Typed clients and servers over the wire of innmind/ipc: transcripts with peers by hand, and with each other. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Fold from "../../src/peer/Fold.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import type { ClientOptions, PeerOptions } from "../../src/peer/Options.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Innmind from "../../src/wire/dialect/Innmind.ts"
import { frame } from "../wire/innmind.ts"
import { InnmindRaw } from "./innmindRaw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { quiet } from "./serve.ts"

class TooSmall extends Schema.TaggedError<TooSmall>()("TooSmall", { least: Schema.Int }) {}
class Ping extends Request.Class<Ping>()("Ping", {
  success: Schema.String,
  annotations: Innmind.annotations({ literal: "ping", success: { content: "text" } })
}) {}
class Half extends Request.Class<Half>()("Half", {
  payload: { n: Schema.Int },
  success: Schema.Number,
  error: TooSmall
}) {}
class Hang extends Request.Class<Hang>()("Hang") {}
class Log extends Request.Class<Log>()("Log", {
  payload: { line: Schema.String },
  annotations: Innmind.annotations({ acknowledged: true })
}) {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
class Blob extends Event.Class<Blob>()(
  "Blob",
  { data: Schema.Uint8Array },
  { annotations: Innmind.annotations({ content: "bytes" }) }
) {}

const Demo = Protocol.make("demo", { version: "1.0.0", server: [Ping, Half, Hang, Log, Note, Blob] })

interface Options extends PeerOptions, Pick<ClientOptions, "reconnect"> {
  readonly wire?: Innmind.Options
}

/** A client of a server by hand, which has greeted unless told not to. */
const clientOfRaw = ({ wire, ...options }: Options & { readonly greets?: boolean } = {}) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire: Innmind.wire(wire) }))
    const scope = yield* Scope.fork(yield* Effect.scope)
    const client = yield* Effect.provide(RpcClient.make(Demo, options), both).pipe(Scope.provide(scope))
    const raw = new InnmindRaw(yield* Effect.orDie(Context.get(both, Listener).accept))
    if (options.greets !== false) {
      raw.say("start")
      assert.strictEqual(yield* raw.next, "startOk")
    }
    const again = Effect.map(Effect.orDie(Context.get(both, Listener).accept), (link) => new InnmindRaw(link))
    return { client, raw, again, close: Scope.close(scope, Exit.void) }
  }).pipe(quiet)

const handlers = (notes: Array<string>, gate: Deferred.Deferred<void>) =>
  Handlers.layer(Demo)({
    Ping: () => Effect.succeed("pong"),
    Half: ({ n }) => (n < 0 ? Effect.fail(new TooSmall({ least: 0 })) : Effect.succeed(n / 2)),
    Hang: () => Effect.onInterrupt(Deferred.await(gate), () => Effect.sync(() => void notes.push("interrupted"))),
    Log: ({ line }) =>
      Effect.andThen(
        Deferred.await(gate),
        Effect.sync(() => void notes.push(line))
      ),
    Note: ({ text }) => (text === "wait" ? Deferred.await(gate) : Effect.sync(() => void notes.push(text))),
    Blob: () => Effect.void
  })

/** A server, and ways to it: by hand, as one that has greeted unless told not to, and as a typed client. */
const server = ({ wire, ...options }: Options = {}) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire: Innmind.wire(wire) }))
    const scope = yield* Scope.fork(yield* Effect.scope)
    const notes: Array<string> = []
    const gate = yield* Deferred.make<void>()
    const faults: Array<string> = []
    const onFault = (error: { readonly message: string }) => Effect.sync(() => void faults.push(error.message))
    yield* Layer.build(
      Layer.provide(RpcServer.layer(Demo, { onFault, ...options }), [handlers(notes, gate), Layer.succeedContext(both)])
    ).pipe(Scope.provide(scope))
    const dial = (greets = true) =>
      Effect.gen(function* () {
        const raw = new InnmindRaw(yield* Effect.orDie(Context.get(both, Transport).open))
        assert.strictEqual(yield* raw.next, "start")
        if (greets) raw.say("startOk")
        return raw
      })
    const client = Effect.provide(RpcClient.make(Demo, options), both)
    return { notes, gate, faults, dial, client, close: Scope.close(scope, Exit.void) }
  }).pipe(quiet)

describe("a client of innmind/ipc", () => {
  it.effect("asks, is acknowledged, is answered, and says goodbye", () =>
    Effect.gen(function* () {
      const { client, close, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(client.Ping())
      assert.strictEqual(yield* raw.next, "ping")
      raw.say("received", "pong")
      assert.strictEqual(yield* Fiber.join(asking), "pong")
      const closing = yield* Effect.forkChild(close)
      assert.strictEqual(yield* raw.next, "close")
      assert.isFalse(raw.ended)
      raw.say("closeOk")
      yield* Fiber.join(closing)
      yield* raw.end
    })
  )

  it.effect("asks one call at a time, in the order they were asked", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(
        Effect.all([client.Half({ n: 2 }), client.Half({ n: 4 }), client.Ping()], { concurrency: "unbounded" })
      )
      for (const [asked, answer] of [
        ['application/json | {"_tag":"Half","n":2}', "application/json | 1"],
        ['application/json | {"_tag":"Half","n":4}', "application/json | 2"],
        ["ping", "pong"]
      ] as const) {
        assert.strictEqual(yield* raw.next, asked)
        assert.deepStrictEqual(raw.rest, [])
        raw.say("received", "heartbeat", answer)
      }
      assert.deepStrictEqual(yield* Fiber.join(asking), [1, 2, "pong"])
    })
  )

  it.effect("emits the next event once the last was acknowledged", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const emitting = yield* Effect.forkChild(
        Effect.forEach(["a", "b", "c"], (text) => client.emit(new Note({ text })))
      )
      for (const text of ["a", "b", "c"]) {
        assert.strictEqual(yield* raw.next, `application/json | {"_tag":"Note","text":"${text}"}`)
        assert.deepStrictEqual(raw.rest, [])
        raw.say("received")
      }
      yield* Fiber.join(emitting)
    })
  )

  it.effect("emits no more for acknowledgements of nothing", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      raw.say("received", "received", "received")
      yield* TestClock.adjust(0)
      yield* client.emit(new Note({ text: "a" }))
      yield* raw.next
      const emitting = yield* Effect.forkChild(client.emit(new Note({ text: "b" })), { startImmediately: true })
      assert.isUndefined(emitting.pollUnsafe())
      raw.say("received")
      yield* Fiber.join(emitting)
    })
  )

  it.effect("takes the acknowledgement for the answer of a request that is annotated so", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(client.Log({ line: "x" }))
      assert.include(yield* raw.next, '"line":"x"')
      assert.isUndefined(asking.pollUnsafe())
      raw.say("received")
      yield* Fiber.join(asking)
    })
  )

  it.effect("fails a call that cannot be said, and asks the next", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw({ wire: { maxWriteBytes: 60 } })
      reasonOf(yield* Effect.flip(client.Log({ line: "x".repeat(60) })), "Oversized")
      const asking = yield* Effect.forkChild(client.Ping())
      assert.strictEqual(yield* raw.next, "ping")
      raw.say("received", "pong")
      yield* Fiber.join(asking)
    })
  )

  it.effect("ends a call whose answer does not fit, and the next one is answered", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const both = yield* Effect.forkChild(
        Effect.all([Effect.flip(client.Half({ n: 2 })), client.Ping()], { concurrency: 2 })
      )
      yield* raw.next
      raw.say("received", "a half")
      assert.strictEqual(yield* raw.next, "ping")
      raw.say("received", "pong")
      const [error, pong] = yield* Fiber.join(both)
      assert.include(reasonOf(error, "InvalidPayload").detail, "text/plain")
      assert.strictEqual(pong, "pong")
    })
  )

  it.effect("gives a call without an answer 30 seconds, then closes with the handshake", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(Effect.flip(client.Hang()))
      yield* raw.next
      raw.say("received")
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(asking.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(reasonOf(yield* Fiber.join(asking), "TimedOut").afterMillis, 30_000)
      assert.strictEqual(yield* raw.next, "close")
      raw.say("closeOk")
      yield* raw.end
    })
  )

  it.effect("gives a call its 30 seconds whatever the heart beats, from when it was asked", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw({ wire: { heartbeat: "Infinity" } })
      yield* TestClock.adjust("40 seconds")
      const asking = yield* Effect.forkChild(Effect.flip(client.Hang()))
      yield* raw.next
      raw.say("received")
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(asking.pollUnsafe())
      yield* TestClock.adjust("1 second")
      reasonOf(yield* Fiber.join(asking), "TimedOut")
    })
  )

  it.effect("tells each of the calls that run out of time together that they did", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(
        Effect.all([Effect.flip(client.Ping()), Effect.flip(client.Ping())], { concurrency: 2 })
      )
      yield* raw.next
      yield* TestClock.adjust("30 seconds")
      for (const error of yield* Fiber.join(asking)) reasonOf(error, "TimedOut")
    })
  )

  it.effect("gives up a call before the greeting, and keeps the connection", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw({ greets: false })
      yield* Fiber.interrupt(yield* Effect.forkChild(client.Ping(), { startImmediately: true }))
      raw.say("start")
      const asking = yield* Effect.forkChild(client.Half({ n: 4 }))
      assert.deepStrictEqual(
        [yield* raw.next, yield* raw.next],
        ["startOk", 'application/json | {"_tag":"Half","n":4}']
      )
      raw.say("received", "application/json | 2")
      assert.strictEqual(yield* Fiber.join(asking), 2)
    })
  )

  it.effect("closes behind a call that was sent and given up; those in line never began", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const first = yield* Effect.forkChild(client.Ping())
      yield* raw.next
      const second = yield* Effect.forkChild(Effect.flip(client.Ping()), { startImmediately: true })
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* raw.next, "close")
      assert.strictEqual(reasonOf(yield* Fiber.join(second), "Draining").side, "local")
    })
  )

  it.effect("asks those in line on its next connection", () =>
    Effect.gen(function* () {
      const { again, client, raw } = yield* clientOfRaw({ reconnect: Schedule.spaced("1 second") })
      const first = yield* Effect.forkChild(client.Ping())
      yield* raw.next
      const second = yield* Effect.forkChild(client.Ping(), { startImmediately: true })
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* raw.next, "close")
      raw.say("closeOk")
      yield* raw.end
      yield* TestClock.adjust("1 second")
      const next = yield* again
      next.say("start")
      assert.deepStrictEqual([yield* next.next, yield* next.next], ["startOk", "ping"])
      next.say("received", "pong")
      assert.strictEqual(yield* Fiber.join(second), "pong")
    })
  )

  it.effect("asks those in line on its next connection also when the server has closed", () =>
    Effect.gen(function* () {
      const { again, client, raw } = yield* clientOfRaw({ reconnect: Schedule.spaced("1 second") })
      const first = yield* Effect.forkChild(Effect.flip(client.Ping()))
      yield* raw.next
      const second = yield* Effect.forkChild(client.Ping(), { startImmediately: true })
      raw.say("close")
      reasonOf(yield* Fiber.join(first), "Disconnected")
      yield* raw.end
      yield* TestClock.adjust("1 second")
      const next = yield* again
      next.say("start")
      assert.deepStrictEqual([yield* next.next, yield* next.next], ["startOk", "ping"])
      next.say("received", "pong")
      assert.strictEqual(yield* Fiber.join(second), "pong")
    })
  )

  it.effect("says no event before the greeting, so that none is lost without a word", () =>
    Effect.gen(function* () {
      const { client, close, raw } = yield* clientOfRaw({ greets: false })
      const emitting = yield* Effect.forkChild(Effect.flip(client.emit(new Note({ text: "x" }))), {
        startImmediately: true
      })
      yield* close
      reasonOf(yield* Fiber.join(emitting), "Disconnected")
      yield* raw.end
      assert.deepStrictEqual(raw.rest, ["startOk", "close"])
    })
  )

  it.effect("sends the bytes that were emitted, whatever becomes of them while they wait", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      yield* Effect.forkChild(client.Ping())
      yield* raw.next
      const data = new TextEncoder().encode("abc")
      yield* client.emit(new Blob({ data }))
      data.fill(0)
      raw.say("received")
      assert.strictEqual(yield* raw.next, "application/octet-stream | abc")
    })
  )

  it.effect("gives the server its time to agree, however long nobody has said anything", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw({ wire: { heartbeat: "1 hour" } })
      const asking = yield* Effect.forkChild(client.Ping())
      yield* raw.next
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.interrupt(asking)
      assert.strictEqual(yield* raw.next, "close")
      yield* TestClock.adjust("9 seconds")
      assert.isFalse(raw.ended)
      yield* TestClock.adjust("1 second")
      yield* raw.end
    })
  )

  it.effect("closes in bounded time when the server never agrees", () =>
    Effect.gen(function* () {
      const { close, raw } = yield* clientOfRaw({ drainTimeout: "3 seconds" })
      const closing = yield* Effect.forkChild(close)
      assert.strictEqual(yield* raw.next, "close")
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
    })
  )

  it.effect("agrees when the server closes, and fails what it has asked", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(Effect.flip(client.Ping()))
      yield* raw.next
      raw.say("close")
      assert.strictEqual(yield* raw.next, "closeOk")
      reasonOf(yield* Fiber.join(asking), "Disconnected")
      yield* raw.end
    })
  )

  it.effect("gives up a server that accepts and stays silent, whatever its heart beats", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw({ greets: false })
      const asking = yield* Effect.forkChild(Effect.flip(client.Ping()))
      yield* TestClock.adjust("5 seconds")
      raw.say("heartbeat", "received", "pong")
      yield* TestClock.adjust("5 seconds")
      reasonOf(yield* Fiber.join(asking), "ConnectFailed")
      // What it says then makes the server let go without harm, should it wake up.
      assert.deepStrictEqual(raw.rest, ["startOk", "close"])
      yield* raw.end
    })
  )

  it.effect("shows that it is there while it waits for an answer, and not otherwise", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(raw.beats, 0)
      yield* Effect.forkChild(client.Ping())
      yield* raw.next
      raw.say("received")
      for (let second = 0; second < 5; second++) yield* TestClock.adjust("1 second")
      yield* raw.until(() => raw.beats >= 4)
      // It concludes nothing from a silence, however long.
      for (let second = 0; second < 20; second++) yield* TestClock.adjust("1 second")
      raw.say("pong")
      yield* raw.until(() => raw.beats >= 20)
    })
  )

  it.effect("ends when the framing is lost, with a goodbye", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw()
      const asking = yield* Effect.forkChild(Effect.flip(client.Ping()))
      yield* raw.next
      raw.send(frame("text/plain", "pong", { mark: 0xcd }))
      reasonOf(yield* Fiber.join(asking), "Malformed")
      assert.strictEqual(yield* raw.next, "close")
      yield* raw.end
    })
  )

  it.effect.each([
    [4, false],
    [4, true],
    [5, false],
    [5, true]
  ] as const)(
    "says of an event that waits when it closes what becomes of it: version %s, call given up: %s",
    ([version, givenUp]) =>
      Effect.gen(function* () {
        const faults: Array<string> = []
        const onFault = (error: { readonly message: string }) => Effect.sync(() => void faults.push(error.message))
        const { client, close, raw } = yield* clientOfRaw({ wire: { version }, onFault })
        const asking = yield* Effect.forkChild(Effect.ignore(client.Ping()))
        assert.strictEqual(yield* raw.next, "ping")
        yield* client.emit(new Note({ text: "x" }))
        const closing = yield* Effect.forkChild(givenUp ? Fiber.interrupt(asking) : close)
        yield* raw.until(() => raw.heard.at(-1) === "close")
        raw.say("closeOk")
        yield* Fiber.join(closing)
        yield* raw.end
        // A 5.x server may wait for the acknowledgement of its answer, and end over anything else.
        const event = version === 4 ? ['application/json | {"_tag":"Note","text":"x"}'] : []
        assert.deepStrictEqual([raw.rest, faults.length], [[...event, "close"], 1 - event.length])
      })
  )

  it.effect("acknowledges answers of a server of the 5.x line", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw({ wire: { version: 5 } })
      const asking = yield* Effect.forkChild(client.Ping())
      yield* raw.next
      raw.say("ack", "pong")
      assert.strictEqual(yield* raw.next, "ack")
      assert.strictEqual(yield* Fiber.join(asking), "pong")
    })
  )
})

describe("a server of innmind/ipc", () => {
  it.effect("acknowledges, answers, and lets a client go", () =>
    Effect.gen(function* () {
      const { dial } = yield* server()
      const raw = yield* dial()
      raw.say("ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "pong"])
      raw.say('application/json | {"_tag":"Half","n":-1}')
      assert.strictEqual(yield* raw.next, "received")
      assert.strictEqual(yield* raw.next, 'application/json; ipc=failure | {"_tag":"TooSmall","least":0}')
      raw.say("close")
      assert.strictEqual(yield* raw.next, "closeOk")
      yield* raw.end
    })
  )

  it.effect("acknowledges before the handler is through, and answers in order", () =>
    Effect.gen(function* () {
      const { dial, gate } = yield* server()
      const raw = yield* dial()
      raw.say('application/json | {"_tag":"Hang"}', "ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "received"])
      assert.deepStrictEqual(raw.rest, [])
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["application/json | null", "pong"])
    })
  )

  it.effect("answers nothing but the acknowledgement where that is the answer", () =>
    Effect.gen(function* () {
      const { dial, gate, notes } = yield* server()
      const raw = yield* dial()
      raw.say('application/json | {"_tag":"Log","line":"x"}')
      assert.strictEqual(yield* raw.next, "received")
      yield* Deferred.succeed(gate, undefined)
      raw.say("ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "pong"])
      assert.deepStrictEqual(notes, ["x"])
    })
  )

  it.effect("takes no message before the client has answered its greeting", () =>
    Effect.gen(function* () {
      const { dial, notes } = yield* server()
      const raw = yield* dial(false)
      raw.say("ping", 'application/json | {"_tag":"Note","text":"early"}', "startOk", "ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "pong"])
      assert.deepStrictEqual([raw.rest, notes], [[], []])
    })
  )

  it.effect("lets go of a client that never answers its greeting", () =>
    Effect.gen(function* () {
      const { dial } = yield* server({ handshakeTimeout: "2 seconds" })
      const raw = yield* dial(false)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* raw.next, "close")
      yield* raw.end
    })
  )

  it.effect("refuses in its turn what does not fit, and tells of what nobody takes", () =>
    Effect.gen(function* () {
      const { dial, faults } = yield* server()
      const raw = yield* dial()
      raw.say('application/json | {"_tag":"Half"}')
      assert.strictEqual(yield* raw.next, "received")
      assert.match(yield* raw.next, /^text\/plain; ipc=refusal \| the request was refused \(InvalidPayload\)/)
      raw.say("image/png | x")
      raw.say("ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next, yield* raw.next], ["received", "received", "pong"])
      assert.strictEqual(faults.length, 1)
      assert.include(faults[0], "image/png")
    })
  )

  it.effect("beats while a client is silent, and concludes nothing", () =>
    Effect.gen(function* () {
      const { dial } = yield* server({ wire: { heartbeat: "100 millis" } })
      const raw = yield* dial()
      yield* raw.until(() => raw.heard.length > 0)
      for (let at = 0; at < 20; at++) yield* TestClock.adjust("100 millis")
      yield* raw.until(() => raw.beats >= 10)
      raw.say("ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "pong"])
    })
  )

  it.effect("finishes what it has begun, then closes every client with the handshake", () =>
    Effect.gen(function* () {
      const { close, dial, gate } = yield* server()
      const [busy, idle] = [yield* dial(), yield* dial()]
      busy.say('application/json | {"_tag":"Hang"}')
      assert.strictEqual(yield* busy.next, "received")
      const closing = yield* Effect.forkChild(close)
      assert.strictEqual(yield* idle.next, "close")
      idle.say("closeOk")
      yield* idle.end
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual([yield* busy.next, yield* busy.next], ["application/json | null", "close"])
      assert.isUndefined(closing.pollUnsafe())
      busy.say("heartbeat", "ping", "closeOk")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(busy.rest, [])
    })
  )

  it.effect("hears a client's goodbye behind events that wait for their handlers", () =>
    Effect.gen(function* () {
      const { close, dial, gate } = yield* server()
      const raw = yield* dial()
      raw.say(...Array.from({ length: 3000 }, () => 'application/json | {"_tag":"Note","text":"wait"}'))
      yield* raw.until(() => raw.heard.length >= 1024)
      assert.isAbove(raw.unreadBytes, 0)
      const closing = yield* Effect.forkChild(close)
      yield* raw.until(() => raw.heard.at(-1) === "close")
      raw.say("closeOk")
      yield* raw.end
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(closing)
    })
  )

  it.effect("goes on when a client leaves without a word, or in the middle of one", () =>
    Effect.gen(function* () {
      const { dial } = yield* server()
      for (const bytes of [frame("text/plain", "ping").slice(0, 1), frame("text/plain", "ping", { mark: 1 })]) {
        const raw = yield* dial()
        raw.send(bytes)
      }
      const raw = yield* dial()
      raw.say("ping")
      assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["received", "pong"])
    })
  )
})

describe.each([4, 5] as const)("a client and a server of ours, in version %d", (version) => {
  it.effect("understand each other's answers, errors, refusals and events", () =>
    Effect.gen(function* () {
      const { client, gate, notes } = yield* server({ wire: { version } })
      const demo = yield* client
      assert.strictEqual(yield* demo.Ping(), "pong")
      assert.deepStrictEqual(
        yield* Effect.all(
          Array.from({ length: 50 }, (_, n) => demo.Half({ n })),
          { concurrency: "unbounded" }
        ),
        Array.from({ length: 50 }, (_, n) => n / 2)
      )
      const error = yield* Effect.flip(demo.Half({ n: -1 }))
      assert.instanceOf(error, TooSmall)
      yield* Effect.forEach(["a", "b", "c"], (text) => demo.emit(new Note({ text })), { concurrency: "unbounded" })
      yield* Deferred.succeed(gate, undefined)
      yield* demo.Log({ line: "d" })
      assert.strictEqual(yield* demo.Ping(), "pong")
      assert.deepStrictEqual(notes, ["a", "b", "c", "d"])
    })
  )

  it.effect("part without loss: what was emitted last still arrives", () =>
    Effect.gen(function* () {
      const { client, notes } = yield* server({ wire: { version } })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const demo = yield* client
          assert.strictEqual(yield* demo.Ping(), "pong")
          yield* Effect.forEach(["a", "b"], (text) => demo.emit(new Note({ text })))
        })
      )
      assert.deepStrictEqual(notes, ["a", "b"])
    })
  )

  it.effect("fold messages with one state, which is the result", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire: Innmind.wire({ version }) }))
      class Count extends Request.Class<Count>()("Count", { success: Schema.Int }) {}
      const Counter = Protocol.make("counter", { version: "1.0.0", server: [Count] })
      const counting = yield* Effect.forkChild(
        Effect.provide(
          Fold.run(Counter, 0, {
            Count: (count) => Effect.succeed(count === 2 ? Fold.finish(3, 3) : Fold.next(count + 1, count + 1))
          }),
          both
        )
      )
      const counter = yield* Effect.provide(RpcClient.make(Counter), both)
      assert.deepStrictEqual(yield* Effect.all([counter.Count(), counter.Count(), counter.Count()]), [1, 2, 3])
      assert.strictEqual(yield* Fiber.join(counting), 3)
      reasonOfExit(yield* Effect.exit(counter.Count()), "Disconnected")
    })
  )
})

describe("a protocol that the wire cannot say", () => {
  it.effect("fails when the client or the server is built, naming the member", () =>
    Effect.gen(function* () {
      class Watch extends Request.Class<Watch>()("Watch", { stream: Schema.Int }) {}
      class Work extends Request.Class<Work>()("Work", { progress: Schema.Int }) {}
      class Bad extends Request.Class<Bad>()("Bad", { annotations: Innmind.annotations({ mediaType: "foo/bar" }) }) {}
      const both = yield* Layer.build(Memory.layer({ wire: Innmind.wire() }))
      const unsayable = (protocol: Protocol.AnyProtocol) =>
        Effect.provide(Effect.flip(RpcClient.make(protocol as typeof Demo)), both)
      for (const [member, detail] of [
        [Watch, "streams"],
        [Work, "progress"],
        [Bad, "foo/bar"]
      ] as const) {
        const reason = reasonOf(
          yield* unsayable(Protocol.make("p", { version: "1.0.0", server: [member] }) as never),
          "Unsayable"
        )
        assert.strictEqual(reason.method, member.tag)
        assert.include(reason.detail, detail)
      }
      const toClient = Protocol.make("p", { version: "1.0.0", server: [Ping], client: [Note] })
      reasonOf(yield* unsayable(toClient as never), "Unsayable")
    })
  )
})
