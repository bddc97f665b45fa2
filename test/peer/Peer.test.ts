import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { clientOfRaw, server } from "./lines.ts"
import { clientSays, layer, Note, numbers, Office, Tick } from "./Office.ts"
import { frame, hello, request } from "./Raw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

const started = { startImmediately: true } as const
const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)
const tick = (n: number) => frame("Event", { number: 1, body: JSON.stringify({ n }) })

describe("the handshake", () => {
  it.effect("has 10 seconds, then calls fail with ConnectFailed and the peer is told", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      yield* TestClock.adjust("9999 millis")
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const reason = reasonOfExit(yield* Fiber.await(call), "ConnectFailed")
      assert.include(reason.detail, "not finished the handshake within 10000 ms")
      assert.include((yield* raw.next("Bye")).text, "HandshakeTimedOut")
      yield* raw.until(() => raw.ended)
    })
  )

  it.effect("may have another time, or any", () =>
    Effect.gen(function* () {
      const quick = yield* clientOfRaw(Office, { handshakeTimeout: "2 seconds" })
      const patient = yield* clientOfRaw(Office, { handshakeTimeout: Infinity })
      const calls = yield* Effect.forEach([quick, patient], ({ client }) =>
        Effect.forkChild(client.Ask({ text: "" }), started)
      )
      yield* TestClock.adjust("2 seconds")
      reasonOfExit(yield* Fiber.await(calls[0]!), "ConnectFailed")
      yield* TestClock.adjust("1 day")
      assert.isUndefined(calls[1]!.pollUnsafe())
    })
  )

  it.effect("ends on a server for a peer that says nothing, and for no other", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* server(Office, { handshakeTimeout: "3 seconds" })
      const silent = yield* raw
      const other = yield* client()
      assert.strictEqual(yield* other.Ask({ text: "a" }), "a")
      yield* TestClock.adjust("3 seconds")
      yield* silent.until(() => silent.ended)
      assert.strictEqual(yield* other.Ask({ text: "b" }), "b")
    }).pipe(Effect.provide(layer()))
  )

  const secret = Redacted.make("open sesame")
  const refused = (
    name: string,
    serverOptions: Parameters<typeof server<Office>>[1],
    clientOptions: Parameters<typeof clientOfRaw>[1],
    check: (error: IpcError) => void,
    mayRun = false
  ) =>
    it.effect(`refuses ${name}`, () => {
      let ran = false
      const Ask = () => Effect.sync(() => ((ran = true), ""))
      return Effect.gen(function* () {
        const { client } = yield* server(Office, serverOptions)
        const refusedClient = yield* client(clientOptions)
        const errors = yield* Effect.all(
          [
            Effect.flip(refusedClient.Ask({ text: "" })),
            Effect.flip(Stream.runDrain(refusedClient.Follow({ total: 1 }))),
            Effect.flip(Stream.runDrain(refusedClient.events(Tick)))
          ],
          { concurrency: "unbounded" }
        )
        for (const error of errors) check(error)
        check(yield* Effect.flip(refusedClient.Ask({ text: "" })))
        check(yield* Effect.flip(refusedClient.emit(new Note({ text: "" }))))
        if (!mayRun) assert.isFalse(ran)
      }).pipe(Effect.provide(layer({ Ask })))
    })

  const unauthorized = (detail: string) => (error: IpcError) => {
    const reason = reasonOf(error, "Unauthorized")
    assert.deepStrictEqual([reason.side, reason.detail], ["remote", detail])
  }
  refused("a client without the secret", { secret }, {}, unauthorized("no secret was sent; both sides need the same"))
  refused(
    "a client with another secret",
    { secret },
    { secret: Redacted.make("open barley") },
    unauthorized("the secret is wrong; both sides need the same")
  )
  refused("a version that a server does not accept", { accepts: (version) => version === "2.0.0" }, {}, (error) => {
    const reason = reasonOf(error, "Incompatible")
    assert.deepStrictEqual([reason.local, reason.remote], ["office 1.0.0", "office 1.0.0"])
  })
  // The server has nothing against such a client, and may answer it.
  refused(
    "a version that a client does not accept",
    {},
    { accepts: () => false },
    (error) => reasonOf(error, "Incompatible"),
    true
  )

  it.effect("lets in who knows the secret", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { server: { secret }, client: { secret } })
      assert.strictEqual(yield* client.Ask({ text: "a" }), "a")
    }).pipe(Effect.provide(layer()))
  )
})

describe("the heartbeat", () => {
  it.effect("pings a silent peer, and takes two beats of silence for its end", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office, { heartbeat: "5 seconds" })
      raw.say(hello("office", ["Tick"]))
      yield* raw.next("Hello")
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      const events = yield* Effect.forkChild(Stream.runDrain(client.events(Tick)), started)
      yield* TestClock.adjust("5 seconds")
      yield* raw.next("Ping")
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      for (const fiber of [call, events] as ReadonlyArray<Fiber.Fiber<unknown, unknown>>) {
        assert.strictEqual(reasonOfExit(yield* Fiber.await(fiber), "PeerSilent").afterMillis, 10_000)
      }
      yield* raw.until(() => raw.ended)
    })
  )

  it.effect("is that of the wire, unless the user has set one or turned it off", () =>
    Effect.gen(function* () {
      const wire = Native.wire({ heartbeat: "5 seconds" })
      const beating = yield* clientOfRaw(Office, {}, wire)
      const slower = yield* clientOfRaw(Office, { heartbeat: "7 seconds" }, wire)
      const silent = yield* clientOfRaw(Office, { heartbeat: "Infinity" }, wire)
      for (const { raw } of [beating, slower, silent]) raw.say(hello("office", ["Tick"]))
      yield* settle
      const pings = () => [beating, slower, silent].map(({ raw }) => raw.of("Ping").length)
      yield* TestClock.adjust("5 seconds")
      yield* settle
      assert.deepStrictEqual(pings(), [1, 0, 0])
      yield* TestClock.adjust("2 seconds")
      yield* settle
      assert.deepStrictEqual(pings(), [1, 1, 0])
      yield* TestClock.adjust("1 hour")
      yield* settle
      assert.deepStrictEqual(pings(), [1, 1, 0])
    })
  )

  it.effect("takes any whole message for life, and half a message for none", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office, { heartbeat: "5 seconds" })
      raw.say(hello("office", ["Tick"]))
      yield* settle
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      for (let beat = 0; beat < 6; beat++) {
        yield* TestClock.adjust("4 seconds")
        raw.say(tick(beat))
        yield* settle
      }
      assert.strictEqual(raw.of("Ping").length, 0)
      const rest = frame("Event", { number: 1, body: JSON.stringify({ n: 1 }) })
      for (let at = 0; at < 10; at++) {
        raw.say(rest.subarray(at, at + 1))
        yield* TestClock.adjust("1 second")
      }
      reasonOfExit(yield* Fiber.await(call), "PeerSilent")
    })
  )

  it.effect("is answered by a peer that has none of its own, and keeps the connection", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { client: { heartbeat: "1 second" }, server: {} })
      yield* client.Ask({ text: "" })
      for (let beat = 0; beat < 30; beat++) {
        yield* TestClock.adjust("1 second")
        yield* settle
      }
      assert.strictEqual(yield* client.Ask({ text: "a" }), "a")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("goes on while the connection drains", () =>
    Effect.gen(function* () {
      const { raw, running } = yield* server(Office, { heartbeat: "1 second", drainTimeout: "1 hour" })
      const peer = yield* raw
      peer.say(hello("office", clientSays), request(1, numbers.Ask, { text: "" }))
      yield* settle
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* peer.next("Drain")
      yield* TestClock.adjust("1 second")
      yield* peer.next("Ping")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
    }).pipe(Effect.provide(layer({ Ask: () => Effect.never })))
  )
})

describe("draining", () => {
  it.effect("takes no new call, says so, and waits for those that run", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      const { raw, running } = yield* Effect.provide(
        server(Office),
        layer({ Ask: ({ text }) => Effect.as(Deferred.await(go), text) })
      )
      const peer = yield* raw
      peer.say(hello("office", clientSays), request(1, numbers.Ask, { text: "early" }))
      yield* settle
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* peer.next("Drain")
      peer.say(request(2, numbers.Ask, { text: "late" }))
      const refusal = yield* peer.next("Defect")
      assert.deepStrictEqual([refusal.id, refusal.text], [2, `{"_tag":"Draining"}`])
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual((yield* peer.next("Success")).text, "early")
      yield* peer.next("Bye")
      yield* Fiber.join(ending)
    })
  )

  it.effect("has 10 seconds, then interrupts what still runs, with its finalizers", () => {
    let finalized = false
    const Ask = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => (finalized = true)))
    return Effect.gen(function* () {
      const { client, running } = yield* server(Office)
      const asking = yield* client()
      const call = yield* Effect.forkChild(asking.Ask({ text: "" }), started)
      yield* settle
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* TestClock.adjust("9999 millis")
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(ending)
      assert.isTrue(finalized)
      reasonOfExit(yield* Fiber.await(call), "Disconnected")
    }).pipe(Effect.provide(layer({ Ask })))
  })

  it.effect("never begins a call that waited for a permit once its time is up", () => {
    const begun: Array<string> = []
    const Ask = ({ text }: { readonly text: string }) =>
      Effect.suspend(() => {
        begun.push(text)
        return Effect.never
      })
    return Effect.gen(function* () {
      const { raw, running } = yield* server(Office, { concurrency: 1, drainTimeout: "1 second" })
      const peer = yield* raw
      peer.say(hello("office", clientSays), ...count(5).map((n) => request(n + 1, numbers.Ask, { text: `${n}` })))
      yield* settle
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
      assert.deepStrictEqual(begun, ["0"])
    }).pipe(Effect.provide(layer({ Ask })))
  })

  it.effect("of a peer refuses new calls here as Draining, those that wait as well, and lets answers come", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      raw.say(hello("office", ["Tick"], { limits: { frameBytes: 65_536, calls: 16 } }))
      const calls = yield* Effect.forEach(count(17), () => Effect.forkChild(client.Ask({ text: "" }), started))
      yield* raw.until(() => raw.of("Request").length === 16)
      yield* settle
      raw.say(frame("Drain"))
      assert.strictEqual(reasonOfExit(yield* Fiber.await(calls[16]!), "Draining").side, "remote")
      // A call that comes while those that wait are refused would be refused with them.
      yield* settle
      assert.strictEqual(reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Draining").side, "remote")
      const { id } = raw.of("Request")[3]!
      raw.say(frame("Success", { id, number: numbers.Ask, body: `"fine"` }), frame("Bye"))
      assert.strictEqual(yield* Fiber.join(calls[3]!), "fine")
      reasonOfExit(yield* Fiber.await(calls[4]!), "Disconnected")
    })
  )

  it.effect("ends at once where nothing runs, and where the peer has said no Hello", () =>
    Effect.gen(function* () {
      const { client, raw, running } = yield* server(Office)
      const idle = yield* client()
      yield* idle.Ask({ text: "" })
      const silent = yield* raw
      yield* settle
      yield* Fiber.interrupt(running)
      yield* silent.until(() => silent.ended)
      yield* Effect.ignore(Stream.runDrain(idle.events(Tick)))
      reasonOf(yield* Effect.flip(idle.Ask({ text: "" })), "Disconnected")
    }).pipe(Effect.provide(layer()))
  )
})

describe("a client that closes", () => {
  it.effect("fails what it asks, says Bye and closes the link", () =>
    Effect.gen(function* () {
      const { client, close, raw } = yield* clientOfRaw(Office)
      raw.say(hello("office", ["Tick"]))
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      const stream = yield* Effect.forkChild(Stream.runDrain(client.Follow({ total: 1 })), started)
      const events = yield* Effect.forkChild(Stream.runDrain(client.events(Tick)), started)
      yield* settle
      yield* close
      for (const fiber of [call, stream, events] as ReadonlyArray<Fiber.Fiber<unknown, unknown>>) {
        assert.include(reasonOfExit(yield* Fiber.await(fiber), "Disconnected").detail, "closed by this side")
      }
      yield* raw.until(() => raw.ended)
      assert.strictEqual(raw.frames.at(-1)!.kind, "Bye")
      reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Disconnected")
      reasonOf(yield* Effect.flip(Stream.runDrain(client.events(Tick))), "Disconnected")
    })
  )

  it.effect("has its last events delivered", () => {
    const heard: Array<string> = []
    const onNote = ({ text }: Note) => Effect.sync(() => void heard.push(text))
    return Effect.gen(function* () {
      const { client } = yield* server(Office)
      yield* Effect.scoped(Effect.flatMap(client(), (notes) => notes.emit(new Note({ text: "last words" }))))
      yield* yieldUntil(() => heard.length > 0)
      assert.deepStrictEqual(heard, ["last words"])
    }).pipe(Effect.provide(layer({ Note: onNote })))
  })
})

describe("events that come", () => {
  const overloaded = (exit: Exit.Exit<unknown, unknown>) => reasonOfExit(exit, "Overloaded")

  it.effect("fail the stream of a subscriber that lags more than eventBuffer, and no other", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office, { eventBuffer: 10 })
      raw.say(hello("office", ["Tick"]))
      const go = yield* Deferred.make<void>()
      const seen: Array<number> = []
      const slow = yield* Effect.forkChild(
        Stream.runForEach(client.events(Tick), ({ n }) =>
          Effect.andThen(
            Effect.sync(() => seen.push(n)),
            Deferred.await(go)
          )
        ),
        started
      )
      const quick = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 100)), started)
      raw.say(...count(100).map(tick))
      assert.strictEqual((yield* Fiber.join(quick)).length, 100)
      yield* Deferred.succeed(go, undefined)
      const reason = overloaded(yield* Fiber.await(slow))
      assert.deepStrictEqual([reason.side, reason.limit], ["local", 10])
      // One was in its hands, ten waited, the next one was too many.
      assert.deepStrictEqual(seen, count(11))
    })
  )

  it.effect("never take the sender's credit from it, whether anybody listens or not", () =>
    Effect.gen(function* () {
      const { raw } = yield* clientOfRaw(Office)
      raw.say(hello("office", ["Tick"]))
      raw.say(...count(1024).map(tick))
      yield* raw.until(() => raw.of("Credit").length === 2)
    })
  )

  it.effect("are refused without credit, reported, and the connection goes on", () =>
    Effect.gen(function* () {
      const faults: Array<string> = []
      const go = yield* Deferred.make<void>()
      const { raw } = yield* Effect.provide(
        server(Office, { onFault: (error) => Effect.sync(() => faults.push(error.reason._tag)) }),
        layer({ Note: () => Deferred.await(go) })
      )
      const peer = yield* raw
      const note = frame("Event", { number: numbers.Note, body: JSON.stringify({ text: "" }) })
      peer.say(hello("office", clientSays), ...count(1027).map(() => note), request(1, numbers.Ask, { text: "fine" }))
      assert.strictEqual((yield* peer.next("Success")).text, "fine")
      assert.deepStrictEqual(faults, ["Overloaded", "Overloaded", "Overloaded"])
      yield* Deferred.succeed(go, undefined)
    })
  )
})
