import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import { Flag } from "../../src/wire/dialect/NativeKind.ts"
import { readUint32 } from "../../src/wire/framing/MarkedFrame.ts"
import { clientOfRaw } from "./lines.ts"
import { numbers, Office } from "./Office.ts"
import { credit, frame, type Heard, hello } from "./Raw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

const ofOffice = (besides?: object) => hello("office", ["Tick"], besides)

/** A client whose server has said Hello. */
const greeted = Effect.gen(function* () {
  const { client, raw } = yield* clientOfRaw(Office)
  raw.say(ofOffice())
  yield* raw.next("Hello")
  return { client, raw }
})

const started = { startImmediately: true } as const

/** The deadline a Request carries, in milliseconds; 0 for none. */
const deadlineOf = ({ bytes, flags }: Heard): number => ((flags & Flag.deadline) === 0 ? 0 : readUint32(bytes, 0))

const success = (id: number, number: number, value: unknown) =>
  frame("Success", { id, number, body: JSON.stringify(value) })

describe("the deadline of a call", () => {
  it.effect("counts while the call waits to be sent; a call that never left is not cancelled", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      const calls = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, n) => n),
        (n) => Effect.forkChild(client.Ask({ text: `${n}` }, { timeout: "2 seconds" }), started)
      )
      yield* raw.until(() => raw.of("Request").length === 16)
      yield* TestClock.adjust("1999 millis")
      for (const call of calls) assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      for (const call of calls) {
        const reason = reasonOfExit(yield* Fiber.await(call), "TimedOut")
        assert.deepStrictEqual([reason.side, reason.afterMillis, reason.method], ["local", 2000, "Ask"])
      }
      yield* raw.until(() => raw.of("Cancel").length === 16)
      raw.say(ofOffice())
      const next = yield* Effect.forkChild(client.Ask({ text: "next" }), started)
      yield* raw.until(() => raw.of("Request").length === 17)
      assert.strictEqual(raw.of("Request")[16]!.text, "next")
      yield* Fiber.interrupt(next)
    })
  )

  it.effect("travels as what is left of it when the request leaves", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      for (let n = 0; n < 17; n++) yield* Effect.forkChild(client.Ask({ text: "" }, { timeout: 1000 }), started)
      yield* raw.until(() => raw.of("Request").length === 16)
      yield* TestClock.adjust(400)
      raw.say(ofOffice())
      yield* raw.until(() => raw.of("Request").length === 17)
      const deadlines = raw.of("Request").map(deadlineOf)
      assert.deepStrictEqual([deadlines[0], deadlines[15], deadlines[16]], [1000, 1000, 600])
    })
  )

  it.effect("passes at once when it is zero, and never when it is infinite", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const none = yield* Effect.forkChild(client.Ask({ text: "" }, { timeout: 0 }), started)
      const endless = yield* Effect.forkChild(client.Ask({ text: "" }, { timeout: Infinity }), started)
      yield* TestClock.adjust(1)
      reasonOfExit(yield* Fiber.await(none), "TimedOut")
      yield* TestClock.adjust("365 days")
      assert.isUndefined(endless.pollUnsafe())
      assert.deepStrictEqual(raw.of("Request").map(deadlineOf), [1, 0])
    })
  )

  it.effect("is that of the call, else of the request, else of the client", () =>
    Effect.gen(function* () {
      class Plain extends Request.Class<Plain>()("Plain") {}
      class Timed extends Request.Class<Timed>()("Timed", { timeout: "2 seconds" }) {}
      const protocol = Protocol.make("timed", { version: "1.0.0", server: [Plain, Timed] })
      const { client, raw } = yield* clientOfRaw(protocol, { timeout: "3 seconds" })
      yield* Effect.forkChild(client.Plain(), started)
      yield* Effect.forkChild(client.Timed(), started)
      yield* Effect.forkChild(client.Timed({}, { timeout: "1 second" }), started)
      yield* Effect.forkChild(client.Plain({}, { timeout: Infinity }), started)
      yield* raw.until(() => raw.of("Request").length === 4)
      assert.deepStrictEqual(raw.of("Request").map(deadlineOf), [3000, 2000, 1000, 0])
    })
  )

  it.effect("is told as the caller gave it, also when the peer was the first to see it pass", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const call = yield* Effect.forkChild(client.Ask({ text: "" }, { timeout: "5 seconds" }), started)
      const { id } = yield* raw.next("Request")
      raw.say(frame("Defect", { id, number: numbers.Ask, body: JSON.stringify({ _tag: "TimedOut", afterMillis: 17 }) }))
      const reason = reasonOfExit(yield* Fiber.await(call), "TimedOut")
      assert.deepStrictEqual([reason.side, reason.afterMillis], ["remote", 5000])
    })
  )

  it.effect("lets no late answer settle another call", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const late = yield* Effect.forkChild(client.Ask({ text: "late" }, { timeout: 10 }), started)
      const first = yield* raw.next("Request")
      yield* TestClock.adjust(10)
      reasonOfExit(yield* Fiber.await(late), "TimedOut")
      const call = yield* Effect.forkChild(client.Ask({ text: "next" }), started)
      const second = yield* raw.next("Request")
      assert.notStrictEqual(first.id, second.id)
      raw.say(success(first.id, numbers.Ask, "wrong"), success(second.id, numbers.Ask, "right"))
      assert.strictEqual(yield* Fiber.join(call), "right")
    })
  )
})

describe("a call that is interrupted", () => {
  it.effect("never leaves when it still waits, and is cancelled when it has left", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      const calls = yield* Effect.forEach(
        Array.from({ length: 18 }, (_, n) => n),
        (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started)
      )
      yield* raw.until(() => raw.of("Request").length === 16)
      yield* Fiber.interrupt(calls[16]!)
      raw.say(ofOffice())
      yield* raw.until(() => raw.of("Request").length === 17)
      assert.strictEqual(raw.of("Request")[16]!.text, "17")
      yield* Fiber.interrupt(calls[0]!)
      const cancel = yield* raw.next("Cancel")
      assert.deepStrictEqual([cancel.id, cancel.number], [raw.of("Request")[0]!.id, numbers.Ask])
      assert.strictEqual(raw.of("Cancel").length, 1)
    })
  )
})

describe("progress", () => {
  const progress = (id: number, value: unknown) =>
    frame("Progress", { id, number: numbers.Work, body: JSON.stringify(value) })

  /** A call whose first report is held until `go`. */
  const reporting = (options: { readonly timeout?: number } = {}) =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const seen: Array<number> = []
      const ended: Array<string> = []
      const go = yield* Deferred.make<void>()
      const onProgress = (n: number) =>
        Effect.sync(() => seen.push(n)).pipe(
          Effect.andThen(Deferred.await(go)),
          Effect.onExit((exit) => Effect.sync(() => ended.push(exit._tag)))
        )
      const call = yield* Effect.forkChild(client.Work({}, { onProgress, ...options }), started)
      const { id } = yield* raw.next("Request")
      return { call, ended, go, id, raw, seen }
    })

  it.effect("runs one report at a time, and keeps only the latest meanwhile", () =>
    Effect.gen(function* () {
      const { call, go, id, raw, seen } = yield* reporting()
      raw.say(...[1, 2, 3, 4, 5].map((n) => progress(id, n)), success(id, numbers.Work, "done"))
      yield* yieldUntil(() => seen.length > 0)
      assert.deepStrictEqual(seen, [1])
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual(yield* Fiber.join(call), "done")
      assert.deepStrictEqual(seen, [1, 5])
    })
  )

  it.effect("ends the call after the last report", () =>
    Effect.gen(function* () {
      const { call, ended, go, id, raw, seen } = yield* reporting()
      raw.say(progress(id, 1), success(id, numbers.Work, "done"))
      yield* yieldUntil(() => seen.length > 0)
      yield* settle
      assert.isUndefined(call.pollUnsafe())
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(call)
      assert.deepStrictEqual(ended, ["Success"])
    })
  )

  it.effect("does not hold up a call whose deadline has passed, and is stopped then", () =>
    Effect.gen(function* () {
      const { call, ended, id, raw, seen } = yield* reporting({ timeout: 50 })
      raw.say(progress(id, 1), progress(id, 2))
      yield* yieldUntil(() => seen.length > 0)
      yield* TestClock.adjust(50)
      yield* yieldUntil(() => call.pollUnsafe() !== undefined)
      reasonOfExit(call.pollUnsafe()!, "TimedOut")
      assert.deepStrictEqual([seen, ended], [[1], ["Failure"]])
    })
  )

  it.effect("does not hold up a call whose connection is lost", () =>
    Effect.gen(function* () {
      const { call, ended, id, raw, seen } = yield* reporting()
      raw.say(progress(id, 1))
      yield* yieldUntil(() => seen.length > 0)
      raw.say(frame("Bye"))
      yield* yieldUntil(() => call.pollUnsafe() !== undefined)
      reasonOfExit(call.pollUnsafe()!, "Disconnected")
      assert.deepStrictEqual(ended, ["Failure"])
    })
  )

  it.effect("stops with a call that is interrupted", () =>
    Effect.gen(function* () {
      const { call, ended, id, raw, seen } = yield* reporting()
      raw.say(progress(id, 1), progress(id, 2))
      yield* yieldUntil(() => seen.length > 0)
      yield* Fiber.interrupt(call)
      yield* yieldUntil(() => ended.length > 0)
      assert.deepStrictEqual([seen, ended], [[1], ["Failure"]])
      yield* raw.next("Cancel")
    })
  )

  it.effect("that dies is a bug of the caller: the call dies with it, and the peer stops", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const bug = new Error("a bug")
      const call = yield* Effect.forkChild(client.Work({}, { onProgress: () => Effect.die(bug) }), started)
      const { id } = yield* raw.next("Request")
      raw.say(progress(id, 1), progress(id, 2))
      assert.deepStrictEqual(yield* Fiber.await(call), Exit.die(bug))
      assert.strictEqual((yield* raw.next("Cancel")).id, id)
    })
  )

  it.effect("that nobody asked for is left alone", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const call = yield* Effect.forkChild(client.Work(), started)
      const { id } = yield* raw.next("Request")
      raw.say(progress(id, 1), success(id, numbers.Work, "done"))
      assert.strictEqual(yield* Fiber.join(call), "done")
    })
  )
})

describe("an answer that is wrong", () => {
  const wrong = (name: string, answer: (id: number) => Uint8Array, check: (error: unknown) => void) =>
    it.effect(`fails its call alone: ${name}`, () =>
      Effect.gen(function* () {
        const { client, raw } = yield* greeted
        const other = yield* Effect.forkChild(client.Ask({ text: "other" }), started)
        const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
        const [first, second] = [yield* raw.next("Request"), yield* raw.next("Request")]
        raw.say(answer(second.id), success(second.id, numbers.Ask, "too late"))
        const error = yield* Effect.flip(Fiber.join(call))
        check(error)
        raw.say(success(first.id, numbers.Ask, "fine"))
        assert.strictEqual(yield* Fiber.join(other), "fine")
      })
    )

  const invalid = (part: string) => (error: unknown) => {
    const reason = reasonOf(error, "InvalidPayload")
    assert.deepStrictEqual([reason.side, reason.part, reason.method], ["local", part, "Ask"])
  }
  const malformed = (error: unknown) => assert.strictEqual(reasonOf(error, "Malformed").side, "local")

  wrong("a success of another type", (id) => success(id, numbers.Ask, 5), invalid("success"))
  wrong("no JSON at all", (id) => frame("Success", { id, number: numbers.Ask, body: "{" }), invalid("success"))
  wrong(
    "raw bytes",
    (id) => frame("Failure", { id, number: numbers.Ask, flags: Flag.raw, body: "x" }),
    invalid("error")
  )
  wrong(
    "an error where there is none",
    (id) => frame("Failure", { id, number: numbers.Ask, body: "{}" }),
    invalid("error")
  )
  wrong(
    "an item where there is no stream",
    (id) => frame("Chunk", { id, number: numbers.Ask, body: "[1]" }),
    invalid("item")
  )
  wrong(
    "progress where there is none",
    (id) => frame("Progress", { id, number: numbers.Ask, body: "1" }),
    invalid("progress")
  )
  wrong("an answer to another method", (id) => success(id, numbers.Upload, 5), malformed)
  wrong("an answer to no method", (id) => success(id, 99, 5), malformed)
  wrong("a refusal that is none", (id) => frame("Defect", { id, number: numbers.Ask, body: "[]" }), malformed)
  wrong(
    "a refusal from the future",
    (id) => frame("Defect", { id, number: numbers.Ask, body: `{"_tag":"Tired"}` }),
    (error) => assert.include(reasonOf(error, "RemoteDefect").detail, "Tired")
  )
})

describe("a stream that is answered", () => {
  const items = (id: number, count: number) =>
    frame("Chunk", { id, number: numbers.Follow, body: JSON.stringify(Array.from({ length: count }, (_, n) => n)) })

  it.effect("gives credit for what was read, not for what has arrived", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const go = yield* Deferred.make<void>()
      let read = 0
      const reading = yield* Effect.forkChild(
        Stream.runForEach(client.Follow({ total: 1024 }), () =>
          Effect.suspend(() => (++read === 300 ? Deferred.await(go) : Effect.void))
        ),
        started
      )
      const { id } = yield* raw.next("Request")
      raw.say(items(id, 300), items(id, 300), items(id, 424))
      yield* yieldUntil(() => read === 300)
      assert.strictEqual(raw.of("Credit").length, 0)
      yield* Deferred.succeed(go, undefined)
      const given = yield* raw.next("Credit")
      assert.strictEqual(given.id, id)
      yield* yieldUntil(() => read === 1024)
      raw.say(frame("Success", { id, number: numbers.Follow }))
      yield* Fiber.join(reading)
    })
  )

  it.effect("fails when the peer sends more than it has credit for, and the peer is told to stop", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const never = yield* Deferred.make<void>()
      const reading = yield* Effect.forkChild(
        Stream.runForEach(client.Follow({ total: 5000 }), () => Deferred.await(never)),
        started
      )
      const { id } = yield* raw.next("Request")
      raw.say(items(id, 1000), items(id, 1000), items(id, 1000))
      assert.strictEqual((yield* raw.next("Cancel")).id, id)
      yield* Deferred.succeed(never, undefined)
      reasonOfExit(yield* Fiber.await(reading), "Malformed")
    })
  )

  it.effect("asks each time it runs", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const follow = client.Follow({ total: 2 })
      for (let run = 0; run < 2; run++) {
        const reading = yield* Effect.forkChild(Stream.runCollect(follow), started)
        const { id } = yield* raw.next("Request")
        raw.say(items(id, 2), frame("Success", { id, number: numbers.Follow }))
        assert.deepStrictEqual(yield* Fiber.join(reading), [0, 1])
      }
    })
  )
})

describe("an input", () => {
  const inputs = (frames: ReadonlyArray<Heard>): ReadonlyArray<number> => frames.flatMap(({ text }) => JSON.parse(text))

  it.effect("waits for credit, and misses none that comes between asking for it and waiting for it", () =>
    Effect.gen(function* () {
      for (let turns = 0; turns < 80; turns += 3) {
        const { client, raw } = yield* greeted
        const input = Stream.range(1, 1025)
        const stepwise = Effect.provideService(client.Upload({}, { input }), Scheduler.MaxOpsBeforeYield, 3)
        const call = yield* Effect.forkChild(stepwise)
        yield* raw.until(() => inputs(raw.of("Input")).length === 1024)
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        const { id } = raw.of("Request")[0]!
        raw.say(credit("input", id, 512, 5000))
        yield* raw.next("InputEnd")
        assert.strictEqual(inputs(raw.of("Input")).length, 1025, `after ${turns} steps`)
        raw.say(success(id, numbers.Upload, 1))
        yield* Fiber.join(call)
      }
    })
  )

  it.effect("of bytes leaves in one frame for each item, and stops at the window", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const blocks = Array.from({ length: 30 }, () => new Uint8Array(200_000))
      const call = yield* Effect.forkChild(client.Send({}, { input: Stream.fromIterable(blocks) }), started)
      yield* raw.until(() => raw.of("Input").length >= 6)
      yield* settle
      // Five blocks are below 1 MiB; the sixth may overdraw it.
      assert.strictEqual(raw.of("Input").length, 6)
      const { id } = raw.of("Request")[0]!
      raw.say(credit("input", id, 6, 6 * 200_000))
      yield* raw.until(() => raw.of("Input").length === 12)
      yield* Fiber.interrupt(call)
      yield* raw.next("Cancel")
    })
  )

  it.effect("whose item does not fit its schema fails the call, and the peer is told to stop", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const call = yield* Effect.forkChild(client.Upload({}, { input: Stream.make(1, 2, "three" as never) }), started)
      const reason = reasonOfExit(yield* Fiber.await(call), "InvalidPayload")
      assert.deepStrictEqual([reason.side, reason.part, reason.method], ["local", "input", "Upload"])
      assert.strictEqual((yield* raw.next("Cancel")).id, raw.of("Request")[0]!.id)
    })
  )

  it.effect("is stopped when the call is answered, and nothing follows the answer", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const stopped = yield* Deferred.make<void>()
      const input = Stream.concat(Stream.make(1), Stream.never).pipe(
        Stream.ensuring(Deferred.succeed(stopped, undefined))
      )
      const call = yield* Effect.forkChild(client.Upload({}, { input }), started)
      const { id } = yield* raw.next("Request")
      yield* raw.next("Input")
      raw.say(success(id, numbers.Upload, 7))
      assert.strictEqual(yield* Fiber.join(call), 7)
      yield* Deferred.await(stopped)
      assert.strictEqual(raw.of("InputEnd").length + raw.of("Cancel").length, 0)
    })
  )

  it.effect("is not begun when the call is refused at once", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      raw.say(frame("Bye"))
      yield* Effect.ignore(Stream.runDrain(client.events(Office.members.client.Tick)))
      let begun = false
      const input = Stream.fromEffect(Effect.sync(() => ((begun = true), 1)))
      reasonOf(yield* Effect.flip(client.Upload({}, { input })), "Disconnected")
      assert.isFalse(begun)
    })
  )
})

describe("headers", () => {
  it.effect("of the client and of the call travel together, those of the call win", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office, { headers: { a: "client", b: "client" } })
      yield* Effect.forkChild(client.Ask({ text: "" }, { headers: { b: "call", c: "call" } }), started)
      const { bytes, flags, text } = yield* raw.next("Request")
      assert.strictEqual(flags & Flag.headers, Flag.headers)
      assert.deepStrictEqual(JSON.parse(text.slice(4, 4 + readUint32(bytes, 0))), { a: "client", b: "call", c: "call" })
    })
  )

  it.effect("that are too many, too large or no strings are refused before they leave", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`h${n}`, ""]))
      for (const headers of [many, { large: "x".repeat(20_000) }, { number: 5 as never }]) {
        const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" }, { headers })), "InvalidPayload")
        assert.strictEqual(reason.side, "local")
        assert.include(reason.detail, "headers")
      }
      assert.strictEqual(raw.of("Request").length, 0)
    })
  )
})

describe("a payload", () => {
  it.effect("never throws, whatever it is", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* greeted
      const trap = {
        get text(): string {
          throw new Error("a trap")
        }
      }
      for (const payload of [null, undefined, 5, "text", [], { text: 5 }, trap, { text: Symbol("x") }]) {
        const reason = reasonOf(yield* Effect.flip(client.Ask(payload as never)), "InvalidPayload")
        assert.deepStrictEqual([reason.side, reason.part], ["local", "payload"])
      }
      assert.strictEqual(raw.of("Request").length, 0)
    })
  )

  it.effect("takes the defaults of its fields", () =>
    Effect.gen(function* () {
      class Search extends Request.Class<Search>()("Search", {
        payload: { limit: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(10))), text: Schema.String }
      }) {}
      const { client, raw } = yield* clientOfRaw(Protocol.make("search", { version: "1.0.0", server: [Search] }))
      yield* Effect.forkChild(client.Search({ text: "a" }), started)
      assert.deepStrictEqual(JSON.parse((yield* raw.next("Request")).text), { limit: 10, text: "a" })
    })
  )
})
