import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Disconnected, IpcError } from "../../src/peer/IpcError.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import { Statuses } from "../../src/peer/Status.ts"
import { Book, type Confirm, dial, handlers, Line, Note, Put, replug, serve, Store, Tick } from "./Line.ts"
import * as Raw from "./Raw.ts"
import { reasonOf } from "./reasons.ts"
import { settle, turn, yieldUntil } from "./turns.ts"

const started = { startImmediately: true } as const
const everySecond = Schedule.spaced("1 second")

/** A server with its book, the line to it, and a client there that is ready. */
const connected = (options: RpcClient.Options = {}) =>
  Effect.gen(function* () {
    const line = new Line()
    const book = new Book()
    const { running, stop } = yield* Effect.provide(serve(line), handlers(book))
    const client = yield* dial(line, { reconnect: everySecond, ...options })
    yield* RpcClient.ready(client)
    return { line, book, running, stop, client }
  })

/** Cuts the connection and lets it be known. */
const cut = (line: Line) => Effect.andThen(line.cut(), settle)

/** Lets the schedule have its second, and what follows from it happen. */
const second = Effect.andThen(Effect.andThen(settle, TestClock.adjust("1 second")), settle)

/** What a client said of itself so far. */
const watch = (client: RpcClient.AnyClient) =>
  Effect.gen(function* () {
    const seen: Array<RpcClient.Status> = []
    const watching = yield* Effect.forkScoped(
      Stream.runForEach(RpcClient.statuses(client), (status) => Effect.sync(() => seen.push(status)))
    )
    yield* yieldUntil(() => seen.length > 0)
    return { seen, tags: () => seen.map((status) => status._tag), watching }
  })

describe("a client with reconnect", () => {
  it.effect("asks, emits and listens as any other", () =>
    Effect.gen(function* () {
      const { book, client, running } = yield* connected({ headers: { who: "me" } })
      const ticks = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 2)), started)
      assert.strictEqual(yield* client.Get({ key: "a" }, { headers: { more: "yes" } }), "A")
      assert.deepStrictEqual(book.headers, [{ who: "me", more: "yes" }])
      assert.strictEqual(yield* client.send(new Put({ key: "b" })), "B")
      const reports: Array<number> = []
      const onProgress = (n: number) => Effect.sync(() => void reports.push(n))
      assert.strictEqual(yield* client.Scan({ key: "c" }, { onProgress }), "C")
      assert.deepStrictEqual(reports, [2])
      assert.deepStrictEqual(yield* Stream.runCollect(client.Follow({ total: 3 })), [1, 2, 3])
      assert.strictEqual(yield* client.Upload({}, { input: Stream.make(1, 2, 3) }), 6)
      assert.deepStrictEqual(yield* Stream.runCollect(client.Shout({}, { input: Stream.make("a", "b") })), ["A", "B"])
      yield* client.emit(new Note({ text: "d" }))
      yield* running.broadcast(new Tick({ n: 1 }))
      yield* running.broadcast(new Tick({ n: 2 }))
      assert.deepStrictEqual(
        (yield* Fiber.join(ticks)).map(({ n }) => n),
        [1, 2]
      )
      assert.deepStrictEqual(book.heard, ["Get a", "Put b", "Scan c", "Note d"])
      const [caller] = yield* running.clients
      assert.strictEqual(yield* caller!.Confirm({ question: "there?" }), "yes, there?")
    })
  )

  it.effect("holds a call of any request while there is no connection, and asks on the next", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected()
      line.mode = "down"
      yield* cut(line)
      const put = yield* Effect.forkChild(client.Put({ key: "a" }), started)
      const followed = yield* Effect.forkChild(Stream.runCollect(client.Follow({ total: 2 })), started)
      const uploaded = yield* Effect.forkChild(client.Upload({}, { input: Stream.make(4, 5) }), started)
      const noted = yield* Effect.forkChild(client.emit(new Note({ text: "b" })), started)
      yield* second
      assert.deepStrictEqual(book.heard, [])
      line.mode = "up"
      yield* second
      assert.strictEqual(yield* Fiber.join(put), "A")
      assert.deepStrictEqual(yield* Fiber.join(followed), [1, 2])
      assert.strictEqual(yield* Fiber.join(uploaded), 9)
      yield* Fiber.join(noted)
      yield* settle
      assert.deepStrictEqual(book.heard, ["Put a", "Note b"])
    })
  )

  it.effect("asks an idempotent request again when its connection is cut, and no other", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected()
      book.hangsOn.add("a")
      const calls = yield* Effect.forEach(
        [
          client.Get({ key: "a" }),
          client.Scan({ key: "a" }, { onProgress: () => Effect.void }),
          client.Put({ key: "a" }),
          client.Upload({}, { input: Stream.never })
        ],
        (call) => Effect.forkChild(call as Effect.Effect<unknown, IpcError>, started)
      )
      book.hangsOn.add("Follow")
      const followed = yield* Effect.forkChild(Stream.runDrain(client.Follow({ total: 1 })), started)
      yield* yieldUntil(() => book.heard.length === 3)
      yield* settle
      yield* cut(line)
      book.hangsOn.clear()
      for (const fiber of [calls[2]!, calls[3]!, followed]) {
        const { detail, method } = reasonOf(yield* Effect.flip(Fiber.join(fiber)), "Disconnected")
        assert.strictEqual(detail, "the peer ended the link")
        assert.isDefined(method)
      }
      yield* second
      assert.strictEqual(yield* Fiber.join(calls[0]!), "A")
      assert.strictEqual(yield* Fiber.join(calls[1]!), "A")
      assert.deepStrictEqual(book.heard.toSorted(), ["Get a", "Get a", "Put a", "Scan a", "Scan a"])
    })
  )

  it.effect("holds what is asked as soon as a cut is known, though it is no idempotent request", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected()
      book.hangsOn.add("a")
      const both = Effect.andThen(Effect.ignore(client.Put({ key: "a" })), client.Put({ key: "b" }))
      const asked = yield* Effect.forkChild(both, started)
      yield* yieldUntil(() => book.heard.length === 1)
      yield* cut(line)
      assert.isUndefined(asked.pollUnsafe())
      yield* second
      assert.strictEqual(yield* Fiber.join(asked), "B")
    })
  )

  it.effect("counts a deadline over all connections, and tells of the whole of it", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected()
      book.hangsOn.add("a")
      const call = yield* Effect.forkChild(client.Get({ key: "a" }, { timeout: "5 seconds" }), started)
      yield* yieldUntil(() => book.heard.length === 1)
      yield* TestClock.adjust("2 seconds")
      yield* cut(line)
      yield* second
      assert.deepStrictEqual(book.heard, ["Get a", "Get a"])
      yield* TestClock.adjust("1999 millis")
      yield* settle
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const reason = reasonOf(yield* Effect.flip(Fiber.join(call)), "TimedOut")
      assert.deepStrictEqual([reason.afterMillis, reason.side, reason.detail], [5000, "local", undefined])
    })
  )

  it.effect("fails a call that is held at its deadline, and says why it was never asked", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected({ timeout: "1500 millis" })
      line.mode = "down"
      yield* cut(line)
      const held = yield* Effect.forkChild(Effect.flip(client.Put({ key: "a" })), started)
      const heldStream = yield* Effect.forkChild(Effect.flip(Stream.runDrain(client.Follow({ total: 1 }))), started)
      yield* second
      yield* TestClock.adjust("500 millis")
      for (const error of [yield* Fiber.join(held), yield* Fiber.join(heldStream)]) {
        const reason = reasonOf(error, "TimedOut")
        assert.deepStrictEqual([reason.side, reason.afterMillis], ["local", 1500])
        assert.match(
          reason.message,
          /^call "(Put|Follow)": not asked within 1500 ms, as there was no connection: cannot connect to line: nobody is there$/
        )
      }
      line.mode = "up"
      yield* second
      assert.deepStrictEqual(book.heard, [])
    })
  )

  it.effect("forgets a held call that is interrupted, and holds no more than it may", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected({ maxCallsHeld: 2 })
      line.mode = "down"
      yield* cut(line)
      const first = yield* Effect.forkChild(client.Get({ key: "first" }), started)
      const other = yield* Effect.forkChild(client.emit(new Note({ text: "other" })), started)
      const reason = reasonOf(yield* Effect.flip(client.Get({ key: "third" })), "Overloaded")
      assert.deepStrictEqual([reason.side, reason.limit, reason.method], ["local", 2, "Get"])
      yield* Fiber.interrupt(first)
      const fourth = yield* Effect.forkChild(client.Get({ key: "fourth" }), started)
      line.mode = "up"
      yield* second
      yield* Fiber.join(other)
      assert.strictEqual(yield* Fiber.join(fourth), "FOURTH")
      yield* settle
      assert.deepStrictEqual(book.heard.toSorted(), ["Get fourth", "Note other"])
    })
  )

  it.effect("asks again what a server that closes refuses, whatever the request, and lets finish what runs there", () =>
    Effect.gen(function* () {
      const { book, client, line, stop } = yield* connected()
      const gate = yield* Deferred.make<void>()
      book.answer = (_, key) => Effect.as(Deferred.await(gate), key)
      const before = yield* Effect.forkChild(client.Put({ key: "before" }), started)
      yield* settle
      const stopping = yield* Effect.forkChild(stop, started)
      const after = yield* Effect.forkChild(client.Put({ key: "after" }), started)
      const followed = yield* Effect.forkChild(Stream.runCollect(client.Follow({ total: 1 })), started)
      yield* settle
      yield* Effect.forkChild(Effect.flip(client.Get({ key: "later" }, { timeout: "1 second" })), started)
      assert.isUndefined(before.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(before), "before")
      yield* Fiber.join(stopping)
      assert.isUndefined(after.pollUnsafe())
      yield* Effect.provide(serve(line), handlers(book))
      yield* second
      assert.strictEqual(yield* Fiber.join(after), "after")
      assert.deepStrictEqual(yield* Fiber.join(followed), [1])
    })
  )

  it.effect("does not send an input again that was read", () =>
    Effect.gen(function* () {
      const line = new Line()
      const accept = yield* replug(line)
      const client = yield* dial(line, { reconnect: everySecond })
      const raw = Raw.overLink(yield* Effect.orDie(accept))
      raw.say(Raw.hello("store", ["Tick", "Confirm"], { version: "1.0.0" }))
      let reads = 0
      const input = Stream.suspend(() => Stream.make(++reads))
      const call = yield* Effect.forkChild(Effect.flip(client.Upload({}, { input })), started)
      const { id, number } = yield* raw.next("Request")
      yield* raw.next("Input")
      raw.say(Raw.frame("Drain"), Raw.frame("Defect", { id, number, body: JSON.stringify({ _tag: "Draining" }) }))
      assert.strictEqual(reasonOf(yield* Fiber.join(call), "Draining").side, "remote")
      assert.strictEqual(reads, 1)
    })
  )

  it.effect("gives a request up that has cut five connections", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected()
      book.hangsOn.add("poison")
      const call = yield* Effect.forkChild(Effect.flip(client.Get({ key: "poison" })), started)
      for (let asked = 1; asked <= 5; asked++) {
        yield* yieldUntil(() => book.heard.length === asked)
        yield* cut(line)
        yield* second
      }
      reasonOf(yield* Fiber.join(call), "Disconnected")
      assert.strictEqual(book.heard.length, 5)
    })
  )

  it.effect("counts a server that is silent as a connection lost", () =>
    Effect.gen(function* () {
      const line = new Line()
      const accept = yield* replug(line)
      const client = yield* dial(line, { reconnect: everySecond, heartbeat: "10 seconds" })
      const raw = Raw.overLink(yield* Effect.orDie(accept))
      raw.say(Raw.hello("store", ["Tick", "Confirm"], { version: "1.0.0" }))
      yield* RpcClient.ready(client)
      const [get, put] = yield* Effect.forEach([client.Get({ key: "a" }), client.Put({ key: "a" })], (call) =>
        Effect.forkChild(call, started)
      )
      yield* settle
      yield* Effect.provide(serve(line), handlers(new Book()))
      yield* TestClock.adjust("20 seconds")
      reasonOf(yield* Effect.flip(Fiber.join(put!)), "PeerSilent")
      yield* second
      assert.strictEqual(yield* Fiber.join(get!), "A")
    })
  )

  it.effect("answers the server, and reports faults, on every connection", () =>
    Effect.gen(function* () {
      const faults: Array<string> = []
      const onFault = (error: IpcError) => Effect.sync(() => void faults.push(error.reason._tag))
      const line = new Line()
      const accept = yield* replug(line)
      const client = yield* dial(line, { reconnect: everySecond, onFault })
      for (const connection of [1, 2]) {
        const raw = Raw.overLink(yield* Effect.orDie(accept))
        raw.say(Raw.hello("store", ["Tick", "Confirm"], { version: "1.0.0" }))
        yield* RpcClient.ready(client)
        raw.say(new TextEncoder().encode("junk"), Raw.request(1, 2, { question: "well?" }))
        assert.strictEqual((yield* raw.next("Success")).text, "yes, well?")
        assert.strictEqual(faults.length, connection)
        yield* cut(line)
        yield* second
      }
      assert.deepStrictEqual(faults, ["Malformed", "Malformed"])
    })
  )
})

describe("events of a client with reconnect", () => {
  it.effect("go on, and tell of the gap after the last before it and before the first after it", () =>
    Effect.gen(function* () {
      const { client, line, running } = yield* connected()
      const heard: Array<string> = []
      const onGap = Effect.sync(() => heard.push("gap"))
      yield* Effect.forkChild(
        Stream.runForEach(client.events(Tick, { onGap }), ({ n }) => Effect.sync(() => heard.push(`tick ${n}`))),
        started
      )
      const quiet = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 3)), started)
      yield* settle
      yield* running.broadcast(new Tick({ n: 1 }))
      yield* settle
      for (const n of [2, 3]) {
        yield* cut(line)
        assert.strictEqual(heard.at(-1), `tick ${n - 1}`)
        yield* second
        yield* running.broadcast(new Tick({ n }))
        yield* settle
      }
      assert.deepStrictEqual(heard, ["tick 1", "gap", "tick 2", "gap", "tick 3"])
      assert.deepStrictEqual(
        (yield* Fiber.join(quiet)).map(({ n }) => n),
        [1, 2, 3]
      )
    })
  )

  it.effect("tell of a gap among those that came before anyone listened", () =>
    Effect.gen(function* () {
      const { client, line, running } = yield* connected()
      yield* running.broadcast(new Tick({ n: 1 }))
      yield* settle
      yield* cut(line)
      yield* second
      yield* running.broadcast(new Tick({ n: 2 }))
      yield* settle
      const heard: Array<unknown> = []
      const onGap = Effect.sync(() => heard.push("gap"))
      const ticks = Stream.take(client.events(Tick, { onGap }), 2)
      yield* Stream.runForEach(ticks, ({ n }) => Effect.sync(() => heard.push(n)))
      assert.deepStrictEqual(heard, [1, "gap", 2])
    })
  )

  it.effect("fail with what onGap fails with", () =>
    Effect.gen(function* () {
      const { client, line } = yield* connected()
      const ticks = client.events(Tick, { onGap: Effect.fail("start over" as const) })
      const listening = yield* Effect.forkChild(Effect.flip(Stream.runDrain(ticks)), started)
      yield* settle
      yield* cut(line)
      yield* second
      assert.strictEqual(yield* Fiber.join(listening), "start over")
    })
  )

  it.effect("put one gap only in the way of a reader that is slow", () =>
    Effect.gen(function* () {
      const { client, line, running } = yield* connected()
      const gate = yield* Deferred.make<void>()
      const heard: Array<string> = []
      const onGap = Effect.sync(() => heard.push("gap"))
      yield* Effect.forkChild(
        Stream.runForEach(client.events(Tick, { onGap }), ({ n }) =>
          Effect.andThen(
            Deferred.await(gate),
            Effect.sync(() => heard.push(`tick ${n}`))
          )
        ),
        started
      )
      yield* settle
      yield* running.broadcast(new Tick({ n: 1 }))
      yield* settle
      for (let times = 0; times < 3; times++) {
        yield* cut(line)
        yield* second
      }
      yield* running.broadcast(new Tick({ n: 2 }))
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.deepStrictEqual(heard, ["tick 1", "gap", "tick 2"])
    })
  )
})

describe("the schedule of reconnect", () => {
  it.effect("lets make wait for a server to come up", () =>
    Effect.gen(function* () {
      const line = new Line()
      line.mode = "down"
      const making = yield* Effect.forkChild(dial(line, { reconnect: everySecond }), started)
      for (let times = 0; times < 3; times++) yield* second
      assert.isUndefined(making.pollUnsafe())
      assert.strictEqual(line.opens, 4)
      yield* Effect.provide(serve(line), handlers(new Book()))
      line.mode = "up"
      yield* second
      assert.strictEqual(yield* (yield* Fiber.join(making)).Get({ key: "a" }), "A")
    })
  )

  it.effect("fails make with the last error when it ends, and says how often and how long it was tried", () =>
    Effect.gen(function* () {
      const line = new Line()
      line.mode = "down"
      const errors: Array<string> = []
      const schedule = Schedule.upTo(everySecond, { times: 2 }).pipe(
        Schedule.setInputType<IpcError>(),
        Schedule.tap(({ input }) => Effect.sync(() => errors.push(input.reason._tag)))
      )
      const making = yield* Effect.forkChild(Effect.flip(dial(line, { reconnect: schedule })), started)
      yield* second
      yield* second
      const reason = reasonOf(yield* Fiber.join(making), "ConnectFailed")
      assert.strictEqual(
        reason.detail,
        "nobody is there; gave up after 3 attempts within 2s: the schedule of reconnect has ended"
      )
      assert.deepStrictEqual(errors, ["ConnectFailed", "ConnectFailed"])
    })
  )

  it.effect("closes the client when it ends later: what is held fails, and what is asked from then on", () =>
    Effect.gen(function* () {
      const { client, line } = yield* connected({ reconnect: Schedule.upTo(everySecond, { times: 2 }) })
      const { tags, watching } = yield* watch(client)
      const listening = yield* Effect.forkChild(Effect.flip(Stream.runDrain(client.events(Tick))), started)
      line.mode = "down"
      yield* cut(line)
      const held = yield* Effect.forkChild(Effect.flip(client.Get({ key: "a" })), started)
      const noted = yield* Effect.forkChild(Effect.flip(client.emit(new Note({ text: "a" }))), started)
      yield* second
      yield* second
      const detail = "nobody is there; gave up after 2 attempts within 2s: the schedule of reconnect has ended"
      const reason = reasonOf(yield* Fiber.join(held), "ConnectFailed")
      assert.deepStrictEqual([reason.method, reason.detail], ["Get", detail])
      assert.strictEqual(reasonOf(yield* Fiber.join(noted), "ConnectFailed").method, "Note")
      assert.strictEqual(reasonOf(yield* Effect.flip(client.Put({ key: "b" })), "ConnectFailed").method, "Put")
      assert.strictEqual(reasonOf(yield* Fiber.join(listening), "ConnectFailed").detail, detail)
      reasonOf(yield* Effect.flip(Stream.runDrain(client.Follow({ total: 1 }))), "ConnectFailed")
      yield* Fiber.join(watching)
      assert.deepStrictEqual(tags(), ["Ready", "Reconnecting", "Reconnecting", "Closed"])
      assert.strictEqual(reasonOf(yield* Effect.flip(RpcClient.ready(client)), "ConnectFailed").detail, detail)
    })
  )

  it.effect("starts afresh once a connection was ready, and not before", () =>
    Effect.gen(function* () {
      const { book, client, line } = yield* connected({ reconnect: Schedule.upTo(everySecond, { times: 2 }) })
      for (let times = 0; times < 4; times++) {
        yield* cut(line)
        yield* second
        assert.strictEqual((yield* RpcClient.status(client))._tag, "Ready")
      }
      // A server that takes the link and closes it before it has said Hello.
      const accept = yield* replug(line)
      yield* Effect.forkChild(Effect.forever(Effect.scoped(Effect.orDie(accept))), started)
      yield* cut(line)
      const held = yield* Effect.forkChild(Effect.flip(client.Put({ key: "a" })), started)
      yield* second
      yield* second
      const { detail } = reasonOf(yield* Fiber.join(held), "Disconnected")
      assert.match(detail, /^the peer ended the link; gave up after 2 attempts within 2s/)
      assert.deepStrictEqual(book.heard, [])
    })
  )

  it.effect.each<readonly [string, RpcClient.Options, string]>([
    ["Incompatible", { accepts: () => false }, "Incompatible"],
    ["Unauthorized", { secret: Redacted.make("wrong") }, "Unauthorized"]
  ])("is not asked about %s", ([, options, tag]) =>
    Effect.gen(function* () {
      const line = new Line()
      const book = new Book()
      yield* Effect.provide(serve(line, { secret: Redacted.make("right"), onFault: () => Effect.void }), handlers(book))
      const client = yield* dial(line, { reconnect: everySecond, secret: Redacted.make("right"), ...options })
      const call = yield* Effect.flip(client.Put({ key: "a" }))
      assert.strictEqual((call as IpcError).reason._tag, tag)
      yield* settle
      assert.strictEqual((yield* RpcClient.status(client))._tag, "Closed")
      yield* second
      assert.strictEqual(line.opens, 1)
    })
  )

  it.effect("may die: the client is closed and says so", () =>
    Effect.gen(function* () {
      const bugs: ReadonlyArray<Schedule.Schedule<unknown, IpcError>> = [
        Schedule.tap(everySecond, () => Effect.die(new Error("a bug"))),
        Schedule.map(everySecond, () => {
          throw new Error("a bug")
        }),
        Schedule.fromStep(Effect.die(new Error("a bug")))
      ]
      for (const reconnect of bugs) {
        const { client, line } = yield* connected({ reconnect })
        yield* cut(line)
        const { detail } = reasonOf(yield* Effect.flip(client.Put({ key: "a" })), "Disconnected")
        assert.match(
          detail,
          /^the peer ended the link; gave up after 0 attempts .*schedule of reconnect died: Error: a bug$/
        )
      }
    })
  )

  it.effect.each<readonly [string, Schedule.Schedule<unknown>]>([
    ["waits for ever", Schedule.spaced(Duration.infinity)],
    ["never answers", Schedule.tap(everySecond, () => Effect.never)]
  ])("may be one that %s: deadlines and the scope end what is held", ([, reconnect]) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client, line } = yield* Scope.provide(connected({ reconnect }), scope)
      yield* cut(line)
      assert.strictEqual((yield* RpcClient.status(client))._tag, "Reconnecting")
      const late = yield* Effect.forkChild(Effect.flip(client.Get({ key: "a" }, { timeout: "1 hour" })), started)
      const held = yield* Effect.forkChild(Effect.flip(client.Get({ key: "b" })), started)
      yield* TestClock.adjust("1 hour")
      reasonOf(yield* Fiber.join(late), "TimedOut")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(reasonOf(yield* Fiber.join(held), "Disconnected").detail, "closed by this side")
    })
  )

  it.effect("leaves others their turn when it has no delay and every attempt fails at once", () =>
    Effect.gen(function* () {
      const line = new Line()
      line.mode = "down"
      const making = yield* Effect.forkChild(dial(line, { reconnect: Schedule.forever }), started)
      yield* turn
      const before = line.opens
      yield* turn
      assert.isAbove(line.opens, before)
      assert.isBelow(line.opens, 1000)
      yield* Effect.provide(serve(line), handlers(new Book()))
      line.mode = "up"
      assert.strictEqual(yield* (yield* Fiber.join(making)).Get({ key: "a" }), "A")
    })
  )

  it.effect("goes on after a transport that dies, and one that hangs keeps nobody past a deadline", () =>
    Effect.gen(function* () {
      const { client, line } = yield* connected()
      line.mode = "dying"
      yield* cut(line)
      yield* second
      const status = yield* RpcClient.status(client)
      assert(status._tag === "Reconnecting")
      const { detail } = reasonOf(status.error, "ConnectFailed")
      assert.strictEqual(detail, "the transport died while it opened: the modem is on fire")
      assert.deepStrictEqual([status.attempt, status.waitMillis], [2, 1000])
      line.mode = "hanging"
      yield* second
      const late = yield* Effect.forkChild(Effect.flip(client.Get({ key: "a" }, { timeout: "1 hour" })), started)
      yield* TestClock.adjust("1 hour")
      reasonOf(yield* Fiber.join(late), "TimedOut")
      assert.strictEqual(line.opens, 3)
    })
  )
})

describe("the scope of a client with reconnect", () => {
  it.effect("stops the opening when make is interrupted", () =>
    Effect.gen(function* () {
      for (const mode of ["down", "hanging"] as const) {
        const line = new Line()
        line.mode = mode
        const making = yield* Effect.forkChild(dial(line, { reconnect: everySecond }), started)
        yield* settle
        yield* Fiber.interrupt(making)
        const { opens } = line
        yield* second
        assert.strictEqual(line.opens, opens)
      }
    })
  )

  it.effect("fails what is held when it closes, and opens no more", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client, line } = yield* Scope.provide(connected(), scope)
      const { tags, watching } = yield* watch(client)
      line.mode = "down"
      yield* cut(line)
      const held = yield* Effect.forkChild(Effect.flip(client.Get({ key: "a" })), started)
      yield* Scope.close(scope, Exit.void)
      const { detail, method } = reasonOf(yield* Fiber.join(held), "Disconnected")
      assert.deepStrictEqual([detail, method], ["closed by this side", "Get"])
      reasonOf(yield* Effect.flip(client.Get({ key: "b" })), "Disconnected")
      reasonOf(yield* Effect.flip(Stream.runDrain(client.events(Tick))), "Disconnected")
      yield* Fiber.join(watching)
      assert.deepStrictEqual(tags(), ["Ready", "Reconnecting", "Closed"])
      yield* second
      assert.strictEqual(line.opens, 1)
    })
  )

  it.effect("drains the connection when it closes, and waits for handlers of those before", () =>
    Effect.gen(function* () {
      const line = new Line()
      const { running } = yield* Effect.provide(serve(line), handlers(new Book()))
      const gate = yield* Deferred.make<void>()
      const left: Array<string> = []
      const scope = yield* Scope.make()
      const begun: Array<string> = []
      // They leave once the gate is open, interrupted or not.
      const Confirm = ({ question }: Confirm) =>
        Effect.sync(() => begun.push(question)).pipe(
          Effect.andThen(Deferred.await(gate)),
          Effect.andThen(Effect.sync(() => left.push(question))),
          Effect.as(question),
          Effect.uninterruptible
        )
      const client = yield* RpcClient.make(Store, { reconnect: everySecond }).pipe(
        Effect.provide([line.transport, Handlers.layerClient(Store)({ Confirm })]),
        Scope.provide(scope)
      )
      yield* RpcClient.ready(client)
      const ask = (question: string) =>
        Effect.flatMap(running.clients, ([caller]) =>
          Effect.forkChild(Effect.exit(caller!.Confirm({ question })), started)
        )
      yield* ask("cut")
      yield* yieldUntil(() => begun.includes("cut"))
      yield* cut(line)
      yield* second
      const drained = yield* ask("drained")
      yield* yieldUntil(() => begun.includes("drained"))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), started)
      yield* settle
      assert.isUndefined(closing.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(closing)
      assert.deepStrictEqual(left.toSorted(), ["cut", "drained"])
      assert.deepStrictEqual(yield* Fiber.join(drained), Exit.succeed("drained"))
    })
  )
})

describe("the status of a client", () => {
  it.effect(
    "is Connecting until the server's Hello, Ready with what that said, and Closed with the error, for all clients",
    () =>
      Effect.gen(function* () {
        for (const reconnect of [undefined, Schedule.recurs(0)]) {
          const line = new Line()
          const accept = yield* replug(line)
          const client = yield* dial(line, { reconnect })
          assert.deepStrictEqual(yield* RpcClient.status(client), { _tag: "Connecting" })
          const { seen, watching } = yield* watch(client)
          const readied = yield* Effect.forkChild(RpcClient.ready(client), started)
          const raw = Raw.overLink(yield* Effect.orDie(accept))
          raw.say(Raw.hello("store", ["Tick", "Confirm"], { version: "1.7.0", pid: 4711 }))
          const ready = { _tag: "Ready", version: "1.7.0", pid: 4711 } as const
          assert.deepStrictEqual(yield* Fiber.join(readied), ready)
          yield* line.cut({ _tag: "Exited", exitCode: 3, signal: undefined, stderrTail: "oh" })
          yield* Fiber.join(watching)
          const last = seen.at(-1)!
          assert.deepStrictEqual(seen, [{ _tag: "Connecting" }, ready, last])
          assert(last._tag === "Closed")
          const { exitCode, stderrTail } = reasonOf(last.error, "Disconnected")
          assert.deepStrictEqual([exitCode, stderrTail], [3, "oh"])
          assert.strictEqual(yield* Effect.flip(RpcClient.ready(client)), last.error)
        }
      })
  )

  it.effect("tells of each attempt, with the error before it and the time until it", () =>
    Effect.gen(function* () {
      const { client, line } = yield* connected({ reconnect: Schedule.exponential("1 second") })
      const { seen } = yield* watch(client)
      line.mode = "down"
      yield* cut(line)
      yield* second
      line.mode = "up"
      yield* second
      yield* second
      const facts = seen.map((status) =>
        status._tag === "Reconnecting" ? [status.error.reason._tag, status.attempt, status.waitMillis] : status._tag
      )
      assert.deepStrictEqual(facts, ["Ready", ["Disconnected", 1, 1000], ["ConnectFailed", 2, 2000], "Ready"])
    })
  )

  it.effect("is there for the caller of a handler, and Ready for a double", () =>
    Effect.gen(function* () {
      const { line, running } = yield* connected()
      const [caller] = yield* running.clients
      assert.strictEqual((yield* RpcClient.status(caller!))._tag, "Ready")
      yield* cut(line)
      assert.strictEqual((yield* RpcClient.status(caller!))._tag, "Closed")
      const double = { Get: () => Effect.succeed("doubled") }
      assert.strictEqual((yield* RpcClient.ready(double)).version, undefined)
      const { client } = yield* connected()
      assert.strictEqual((yield* RpcClient.ready({ ...client, ...double })).version, "1.2.0")
    })
  )

  it.effect("may be looked at while it changes: nobody hears of it in the wrong order", () =>
    Effect.gen(function* () {
      const statuses = new Statuses()
      const heard: Array<string> = []
      const error = new IpcError({ reason: new Disconnected({ address: "line", detail: "gone" }) })
      const stop = statuses.watch(({ _tag }) => {
        heard.push(`first ${_tag}`)
        if (_tag === "Ready") statuses.set({ _tag: "Closed", error })
      })
      statuses.watch(({ _tag }) => void heard.push(`second ${_tag}`))
      statuses.set({ _tag: "Ready", version: undefined, pid: undefined })
      statuses.set({ _tag: "Connecting" })
      stop()
      assert.deepStrictEqual(heard, ["first Ready", "first Closed", "second Closed"])
      assert.strictEqual(yield* Effect.flip(statuses.ready), error)
    })
  )
})
