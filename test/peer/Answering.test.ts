import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import { server } from "./lines.ts"
import { type Ask, clientSays, layer, type Note, numbers, Office } from "./Office.ts"
import { credit, frame, hello, type Raw, request } from "./Raw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

const started = { startImmediately: true } as const
const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)

/** A handler of `Ask` that holds each call until its gate is opened. */
const gates = () => {
  const begun: Array<string> = []
  const ended: Array<string> = []
  const open = new Map<string, Deferred.Deferred<void>>()
  let most = 0
  return {
    begun,
    ended,
    most: () => most,
    open: (text: string) => Deferred.succeed(open.get(text)!, undefined),
    Ask: ({ text }: Ask) =>
      Effect.gen(function* () {
        begun.push(text)
        const gate = yield* Deferred.make<void>()
        open.set(text, gate)
        most = Math.max(most, begun.length - ended.length)
        yield* Deferred.await(gate)
        return text
      }).pipe(Effect.onExit((exit) => Effect.sync(() => ended.push(`${text} ${exit._tag}`))))
  }
}

describe("concurrency", () => {
  it.effect("runs that many handlers of a connection at a time, the others in the order they were asked", () => {
    const office = gates()
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { server: { concurrency: 2 } })
      const calls = yield* Effect.forEach(count(6), (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started))
      for (const n of count(6)) {
        yield* yieldUntil(() => office.begun.length === Math.min(6, n + 2))
        yield* settle
        assert.strictEqual(office.begun.length, Math.min(6, n + 2))
        yield* office.open(`${n}`)
        assert.strictEqual(yield* Fiber.join(calls[n]!), `${n}`)
      }
      assert.deepStrictEqual(
        office.begun,
        count(6).map((n) => `${n}`)
      )
      assert.strictEqual(office.most(), 2)
    }).pipe(Effect.provide(layer({ Ask: office.Ask })))
  })

  it.effect("never runs a call that was given up while it waited", () => {
    const office = gates()
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { server: { concurrency: 1, totalConcurrency: 1 } })
      const calls = yield* Effect.forEach(count(4), (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started))
      yield* yieldUntil(() => office.begun.length === 1)
      yield* Fiber.interrupt(calls[1]!)
      yield* Fiber.interrupt(calls[2]!)
      yield* settle
      yield* office.open("0")
      yield* yieldUntil(() => office.begun.length === 2)
      yield* office.open("3")
      yield* Fiber.join(calls[3]!)
      assert.deepStrictEqual(office.begun, ["0", "3"])
    }).pipe(Effect.provide(layer({ Ask: office.Ask })))
  })

  it.effect("loses no permit to calls that are given up, running or waiting", () => {
    const office = gates()
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { server: { concurrency: 3, totalConcurrency: 2 } })
      for (let round = 0; round < 20; round++) {
        const calls = yield* Effect.forEach(count(7), (n) =>
          Effect.forkChild(client.Ask({ text: `${round}.${n}` }), started)
        )
        yield* yieldUntil(() => office.begun.length === office.ended.length + 2)
        yield* Fiber.interruptAll(round % 2 === 0 ? calls : calls.toReversed())
        yield* yieldUntil(() => office.begun.length === office.ended.length)
        yield* settle
      }
      const last = yield* Effect.forEach(count(2), (n) => Effect.forkChild(client.Ask({ text: `last ${n}` }), started))
      yield* yieldUntil(() => office.begun.at(-1) === "last 1")
      yield* Effect.forEach(count(2), (n) => office.open(`last ${n}`))
      assert.deepStrictEqual(yield* Fiber.joinAll(last), ["last 0", "last 1"])
      assert.strictEqual(office.most(), 2)
    }).pipe(Effect.provide(layer({ Ask: office.Ask })))
  })

  it.effect(
    "of all connections together keeps to totalConcurrency, and a connection that leaves gives its permits back",
    () => {
      const office = gates()
      return Effect.gen(function* () {
        const { client, raw } = yield* server(Office, { totalConcurrency: 2 })
        const leaver = yield* raw
        leaver.say(
          hello("office", clientSays),
          ...count(5).map((n) => request(n + 1, numbers.Ask, { text: `leaver ${n}` }))
        )
        yield* yieldUntil(() => office.begun.length === 2)
        const stayer = yield* client()
        const call = yield* Effect.forkChild(stayer.Ask({ text: "stayer" }), started)
        yield* settle
        assert.strictEqual(office.begun.length, 2)
        leaver.say(frame("Bye"))
        yield* yieldUntil(() => office.begun.includes("stayer"))
        assert.deepStrictEqual(office.begun, ["leaver 0", "leaver 1", "stayer"])
        yield* office.open("stayer")
        assert.strictEqual(yield* Fiber.join(call), "stayer")
      }).pipe(Effect.provide(layer({ Ask: office.Ask })))
    }
  )

  it.effect("answers thousands of calls that waited and are done at once", () => {
    const office = gates()
    const Ask = (ask: Ask) => (ask.text === "first" ? office.Ask(ask) : Effect.succeed(ask.text))
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { server: { concurrency: 1 } })
      const first = yield* Effect.forkChild(client.Ask({ text: "first" }), started)
      yield* yieldUntil(() => office.begun.length === 1)
      const calls = yield* Effect.forEach(count(8000), (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started))
      yield* settle
      yield* office.open("first")
      yield* Fiber.join(first)
      assert.deepStrictEqual(
        yield* Fiber.joinAll(calls),
        count(8000).map((n) => `${n}`)
      )
    }).pipe(Effect.provide(layer({ Ask })))
  })

  it.effect("holds on a client for what the server asks", () => {
    class Question extends Request.Class<Question>()("Question", { payload: { n: Schema.Int }, success: Schema.Int }) {}
    class Poll extends Request.Class<Poll>()("Poll", { success: Schema.Array(Schema.Int) }) {}
    const protocol = Protocol.make("poll", { version: "1.0.0", server: [Poll], client: [Question] })
    let running = 0
    let most = 0
    const answers = Handlers.layerClient(protocol)({
      Question: ({ n }) =>
        Effect.sync(() => (most = Math.max(most, ++running))).pipe(
          Effect.andThen(settle),
          Effect.andThen(Effect.sync(() => (running--, n)))
        )
    })
    const handlers = Handlers.layer(protocol)({
      Poll: (_, { caller }) =>
        Effect.orDie(Effect.forEach(count(9), (n) => caller.Question({ n }), { concurrency: "unbounded" }))
    })
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(protocol, { client: { concurrency: 3 } })
      assert.deepStrictEqual(yield* client.Poll(), count(9))
      assert.strictEqual(most, 3)
    }).pipe(Effect.provide([answers, handlers]))
  })
})

/** A server of `handlers`, and a raw client that has said Hello. */
const rawClient = (handlers: Parameters<typeof layer>[0], options?: Parameters<typeof server<Office>>[1]) =>
  Effect.gen(function* () {
    const { raw, running } = yield* server(Office, options)
    const peer = yield* raw
    peer.say(hello("office", clientSays))
    return { raw: peer, running }
  }).pipe(Effect.provide(layer(handlers)))

const refusal = (raw: Raw) => Effect.map(raw.next("Defect"), ({ id, text }) => ({ id, ...JSON.parse(text) }) as object)

describe("a handler", () => {
  it.effect("is interrupted at the deadline of its call, although the caller says nothing", () => {
    const office = gates()
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({ Ask: office.Ask })
      raw.say(request(7, numbers.Ask, { text: "a" }, 500))
      yield* yieldUntil(() => office.begun.length === 1)
      yield* TestClock.adjust(499)
      assert.deepStrictEqual(office.ended, [])
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* refusal(raw), { id: 7, _tag: "TimedOut" })
      assert.deepStrictEqual(office.ended, ["a Failure"])
    })
  })

  it.effect("never runs when the deadline passes while its call waits for a permit", () => {
    const office = gates()
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({ Ask: office.Ask }, { concurrency: 1 })
      raw.say(request(1, numbers.Ask, { text: "a" }), request(2, numbers.Ask, { text: "b" }, 500))
      yield* yieldUntil(() => office.begun.length === 1)
      yield* TestClock.adjust(500)
      assert.deepInclude(yield* refusal(raw), { id: 2, _tag: "TimedOut" })
      yield* office.open("a")
      yield* raw.next("Success")
      yield* settle
      assert.deepStrictEqual(office.begun, ["a"])
    })
  })

  it.effect("is interrupted when the connection is lost, and its finalizers run before the server ends", () => {
    const office = gates()
    let finalized = false
    const Ask = (ask: Ask) =>
      Effect.onInterrupt(office.Ask(ask), () =>
        Effect.andThen(
          settle,
          Effect.sync(() => (finalized = true))
        )
      )
    return Effect.gen(function* () {
      const { raw, running } = yield* rawClient({ Ask }, { drainTimeout: "1 second" })
      raw.say(request(1, numbers.Ask, { text: "a" }))
      yield* yieldUntil(() => office.begun.length === 1)
      raw.say(frame("Bye"))
      yield* yieldUntil(() => office.ended.length === 1)
      yield* Fiber.interrupt(running)
      assert.isTrue(finalized)
    })
  })

  it.effect("that is done when it returns is answered in the tick that asked, with the others of that tick", () =>
    Effect.gen(function* () {
      const { raw } = yield* rawClient({})
      yield* raw.next("Hello")
      const chunks = raw.chunks.length
      const asked = count(40).map((n) => request(n + 1, numbers.Ask, { text: `${n}` }))
      raw.say(Buffer.concat(asked))
      yield* raw.until(() => raw.of("Success").length === 40)
      assert.strictEqual(raw.chunks.length, chunks + 1)
    })
  )

  it.effect.each([
    [
      "throws",
      () => {
        throw new Error("a bug")
      },
      "Error: a bug"
    ],
    ["dies", () => Effect.die(new TypeError("a bug")), "TypeError: a bug"],
    ["dies with no error", () => Effect.die("a bug"), "a bug"],
    ["interrupts itself", () => Effect.interrupt, "it interrupted itself"],
    ["answers no effect", () => "text" as never, "Not a valid effect"]
  ] as ReadonlyArray<readonly [string, () => Effect.Effect<string>, string]>)(
    "that %s ends its own call only",
    ([_, Ask, detail]) =>
      Effect.gen(function* () {
        const { raw } = yield* rawClient({ Ask: (ask) => (ask.text === "" ? Ask() : Effect.succeed(ask.text)) })
        raw.say(request(1, numbers.Ask, { text: "" }), request(2, numbers.Ask, { text: "fine" }))
        const refused = yield* refusal(raw)
        assert.deepInclude(refused, { id: 1, _tag: "RemoteDefect" })
        assert.include((refused as { readonly detail: string }).detail, detail)
        assert.notProperty(refused, "stack")
        assert.strictEqual((yield* raw.next("Success")).id, 2)
      })
  )

  it.effect("that dies with a message of any length still ends its call", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office, { client: { maxFrameBytes: 65_536 } })
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "x" })), "RemoteDefect")
      assert.include(reason.detail, "Error: ä")
      assert.isBelow(reason.detail.length, 10_000)
    }).pipe(Effect.provide(layer({ Ask: () => Effect.die(new Error("ä".repeat(200_000))) })))
  )

  it.effect("whose answer does not fit its schema ends its call with InvalidPayload, found remotely", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office)
      const answer = reasonOf(yield* Effect.flip(client.Ask({ text: "x" })), "InvalidPayload")
      assert.deepStrictEqual([answer.side, answer.part, answer.method], ["remote", "success", "Ask"])
      const item = reasonOf(yield* Effect.flip(Stream.runDrain(client.Follow({ total: 1 }))), "InvalidPayload")
      assert.deepStrictEqual([item.side, item.part, item.method], ["remote", "item", "Follow"])
    }).pipe(
      Effect.provide(layer({ Ask: () => Effect.succeed(5 as never), Follow: () => Stream.make(1, "two" as never) }))
    )
  )

  it.effect("that reports what does not fit dies, which is its own bug", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office)
      const reason = reasonOf(yield* Effect.flip(client.Work()), "RemoteDefect")
      assert.include(reason.detail, "progress")
    }).pipe(Effect.provide(layer({ Work: (_, { report }) => Effect.as(report("half" as never), "done") })))
  )

  it.effect("may report after its call has ended, to no effect", () => {
    let later: Effect.Effect<void> = Effect.void
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({ Work: (_, { report }) => ((later = report(5)), Effect.succeed("done")) })
      raw.say(request(1, numbers.Work, {}))
      yield* raw.next("Success")
      yield* later
      yield* settle
      assert.strictEqual(raw.of("Progress").length, 0)
    })
  })
})

describe("the input of a handler", () => {
  it.effect("ends with an IpcError when the call ends before it, for who still reads", () => {
    let reading: Fiber.Fiber<number, unknown> | undefined
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({
        Upload: (_, { input }) =>
          Effect.gen(function* () {
            reading = yield* Effect.forkDetach(Stream.runSum(input), started)
            return 1
          })
      })
      raw.say(request(1, numbers.Upload, {}), frame("Input", { id: 1, number: numbers.Upload, body: "[1,2]" }))
      yield* raw.next("Success")
      reasonOfExit(yield* Fiber.await(reading!), "Disconnected")
    })
  })

  it.effect("ends for a handler that cannot be interrupted, when the caller leaves", () => {
    let exit: Exit.Exit<number, unknown> | undefined
    return Effect.gen(function* () {
      const { raw, running } = yield* rawClient({
        Upload: (_, { input }) =>
          Effect.uninterruptible(Stream.runSum(input)).pipe(
            Effect.onExit((ended) => Effect.sync(() => (exit = ended))),
            Effect.orDie
          )
      })
      raw.say(request(1, numbers.Upload, {}))
      yield* settle
      raw.say(frame("Bye"))
      yield* yieldUntil(() => exit !== undefined)
      reasonOfExit(exit!, "Disconnected")
      yield* Fiber.interrupt(running)
    })
  })

  it.effect("holds the caller when nobody reads it", () => {
    let asked = false
    return Effect.gen(function* () {
      const client = yield* TestPeer.make(Office)
      let produced = 0
      const input = Stream.fromEffectRepeat(Effect.sync(() => ++produced))
      const call = yield* Effect.forkChild(client.Upload({}, { input }), started)
      yield* yieldUntil(() => asked)
      yield* settle
      assert.isAtMost(produced, 1025)
      yield* Fiber.interrupt(call)
    }).pipe(
      Effect.provide(
        layer({
          Upload: () =>
            Effect.andThen(
              Effect.sync(() => (asked = true)),
              Effect.never
            )
        })
      )
    )
  })

  it.effect("that the peer sends without credit ends the call alone", () =>
    Effect.gen(function* () {
      const { raw } = yield* rawClient({ Upload: () => Effect.never })
      const items = JSON.stringify(count(1000))
      raw.say(request(1, numbers.Upload, {}))
      for (let n = 0; n < 3; n++) raw.say(frame("Input", { id: 1, number: numbers.Upload, body: items }))
      raw.say(request(2, numbers.Ask, { text: "fine" }))
      assert.deepInclude(yield* refusal(raw), { id: 1, _tag: "Malformed" })
      assert.strictEqual((yield* raw.next("Success")).id, 2)
    })
  )

  it.effect("that does not fit its schema ends the call, and stops the handler", () => {
    let ended: string | undefined
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({
        Upload: () => Effect.onExit(Effect.never, (exit) => Effect.sync(() => (ended = exit._tag)))
      })
      raw.say(request(1, numbers.Upload, {}), frame("Input", { id: 1, number: numbers.Upload, body: `["one"]` }))
      assert.deepInclude(yield* refusal(raw), { id: 1, _tag: "InvalidPayload", part: "input" })
      assert.strictEqual(ended, "Failure")
    })
  })
})

describe("a stream that a handler answers", () => {
  it.effect("of bytes stops at the window, with one frame over it at the most", () =>
    Effect.gen(function* () {
      class Blocks extends Request.Class<Blocks>()("Blocks", { stream: Schema.Uint8Array }) {}
      const protocol = Protocol.make("blocks", { version: "1.0.0", server: [Blocks] })
      const handlers = Handlers.layer(protocol)({
        Blocks: () => Stream.fromIterable(count(20).map(() => new Uint8Array(200_000)))
      })
      const { raw } = yield* Effect.provide(server(protocol), handlers)
      const peer = yield* raw
      peer.say(hello("blocks", ["Blocks"]), request(1, 1, {}))
      yield* peer.until(() => peer.of("Chunk").length >= 6)
      yield* settle
      assert.strictEqual(peer.of("Chunk").length, 6)
      peer.say(credit("answer", 1, 20, 4_000_000))
      yield* peer.next("Success")
      assert.strictEqual(peer.of("Chunk").length, 20)
    })
  )

  it.effect("is stopped by a cancel while it waits for credit", () => {
    let ended: string | undefined
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({
        Follow: () => Stream.onExit(Stream.range(1, 5000), (exit) => Effect.sync(() => (ended = exit._tag)))
      })
      raw.say(request(1, numbers.Follow, { total: 0 }))
      yield* raw.until(() => raw.of("Chunk").length > 0)
      yield* settle
      assert.isUndefined(ended)
      raw.say(frame("Cancel", { id: 1, number: numbers.Follow }))
      yield* yieldUntil(() => ended !== undefined)
      yield* settle
      assert.strictEqual(raw.of("Success").length + raw.of("Defect").length, 0)
    })
  })
})

describe("a handler of events", () => {
  const say = (n: number) => frame("Event", { number: numbers.Note, body: JSON.stringify({ text: `${n}` }) })

  it.effect("gives the peer credit when it is through, so that it is never buried in events", () => {
    const heard: Array<string> = []
    return Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      const { raw } = yield* rawClient({
        Note: ({ text }: Note) =>
          Effect.andThen(
            Effect.sync(() => heard.push(text)),
            Deferred.await(go)
          )
      })
      raw.say(...count(1024).map(say))
      yield* yieldUntil(() => heard.length === 1024)
      yield* settle
      assert.strictEqual(raw.of("Credit").length, 0)
      yield* Deferred.succeed(go, undefined)
      yield* raw.until(() => raw.of("Credit").length === 2)
    })
  })

  it.effect("that dies holds up no other event", () => {
    const heard: Array<string> = []
    return Effect.gen(function* () {
      const { raw } = yield* rawClient({
        Note: ({ text }: Note) => {
          if (text === "1") throw new Error("a bug")
          return text === "2" ? Effect.die("a bug") : Effect.sync(() => void heard.push(text))
        }
      })
      raw.say(...count(1024).map(say))
      yield* raw.until(() => raw.of("Credit").length === 2)
      assert.strictEqual(heard.length, 1022)
    })
  })

  it.effect("is not asked as a request, nor a request told as an event", () => {
    const heard: Array<string> = []
    const faults: Array<string> = []
    return Effect.gen(function* () {
      const note = (text: string) => Effect.sync(() => heard.push(text))
      const { raw } = yield* rawClient(
        { Note: ({ text }: Note) => Effect.asVoid(note(text)), Ask: ({ text }: Ask) => Effect.as(note(text), text) },
        { onFault: (error) => Effect.sync(() => void faults.push(error.reason._tag)) }
      )
      raw.say(request(1, numbers.Note, { text: "asked" }))
      assert.deepInclude(yield* refusal(raw), { id: 1, _tag: "UnknownMethod" })
      raw.say(frame("Event", { number: numbers.Ask, body: JSON.stringify({ text: "told" }) }))
      yield* yieldUntil(() => faults.length > 0)
      raw.say(say(5))
      yield* yieldUntil(() => heard.length > 0)
      assert.deepStrictEqual(heard, ["5"])
    })
  })

  it.effect("may run on when the connection is lost, within the time to drain", () => {
    const exits: Array<string> = []
    return Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      const { raw, running } = yield* rawClient(
        {
          Note: ({ text }: Note) =>
            (text === "0" ? Deferred.await(go) : Effect.never).pipe(
              Effect.onExit((exit) => Effect.sync(() => exits.push(exit._tag)))
            )
        },
        { drainTimeout: "2 seconds" }
      )
      raw.say(say(0), say(1))
      yield* settle
      raw.say(frame("Bye"))
      yield* settle
      assert.deepStrictEqual(exits, [])
      yield* Deferred.succeed(go, undefined)
      yield* settle
      assert.deepStrictEqual(exits, ["Success"])
      const ending = yield* Effect.forkChild(Fiber.interrupt(running), started)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(ending)
      assert.deepStrictEqual(exits, ["Success", "Failure"])
    })
  })
})
