import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as StreamIpcMessage from "../../../src/foreign/streamIpc/StreamIpcMessage.ts"
import * as StreamIpcSession from "../../../src/foreign/streamIpc/StreamIpcSession.ts"
import { IpcError } from "../../../src/peer/IpcError.ts"
import * as Memory from "../../../src/transport/Memory.ts"
import { closable, dto, facing, frame, jsonAnswer, jsonLog, jsonRequest, log, pair, payloads, text } from "./peers.ts"

const json = { serializer: "json", idPrefix: "7" } as const
const pong = () => Effect.succeed(log("Pong!"))

const turns = Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow, { discard: true })

const reasonOf = (error: unknown): string =>
  error instanceof IpcError ? error.reason._tag : (error as { _tag: string })._tag

describe("a request", () => {
  it.effect("26 DispatchResponseStoresMessage: is answered by the peer's handler", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      yield* east.onRequest((request) => Effect.succeed(log(`${text(request)} back`)))
      assert.strictEqual(text(yield* west.request(log("there"))), "there back")
    })
  )

  it.effect(
    "24 GeneratesIncreasingIds: has the id of this process and a number that grows, unless told otherwise",
    () =>
      Effect.gen(function* () {
        const { peer, session } = yield* facing({ serializer: "json" })
        yield* Effect.forkChild(session.request(log("a")))
        yield* Effect.forkChild(session.request(log("b")))
        yield* peer.until((sent) => payloads(sent).length === 2)
        const ids = payloads(peer.sent).map((payload) => JSON.parse(payload).id)
        assert.deepStrictEqual(ids, [`${process.pid}.1`, `${process.pid}.2`])
      })
  )

  it.effect("has the id that a generator of one's own makes", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ serializer: "json", makeId: () => "my-id" })
      const asked = yield* Effect.forkChild(session.request(log("a")))
      yield* peer.until((sent) => sent.length > 0)
      const twice = yield* Effect.flip(session.request(log("b")))
      assert.include(twice.message, `another request that waits has the id "my-id"`)
      peer.says(jsonAnswer("my-id", jsonLog("done")))
      assert.strictEqual(text(yield* Fiber.join(asked)), "done")
    })
  )

  it.effect("59 OutOfOrderRequest: finds its answer whatever the order of answers", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const one = yield* Effect.forkChild(session.request(log("1")))
      const two = yield* Effect.forkChild(session.request(log("2")))
      const three = yield* Effect.forkChild(session.request(log("3")))
      yield* peer.until((sent) => payloads(sent).length === 3)
      peer.says(jsonAnswer("7.3", jsonLog("third")))
      peer.says(jsonAnswer("7.1", jsonLog("first")))
      peer.says(jsonAnswer("7.2", jsonLog("second")))
      const answers = yield* Effect.forEach([one, two, three], Fiber.join)
      assert.deepStrictEqual(answers.map(text), ["first", "second", "third"])
    })
  )

  it.effect("41 CreateStreamSession: finds its answer on either stream of the link", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const asked = yield* Effect.forkChild(session.request(log("a")))
      yield* peer.until((sent) => sent.length > 0)
      peer.says("PHP Warning: before\n", 1)
      peer.says(jsonAnswer("7.1", jsonLog("on stderr")), 1)
      assert.strictEqual(text(yield* Fiber.join(asked)), "on stderr")
      assert.strictEqual(peer.strays, "PHP Warning: before\n")
    })
  )

  it.effect("fails with what an error says", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      yield* east.onRequest(() => Effect.succeed(StreamIpcMessage.error("  no such table\n")))
      const error = yield* Effect.flip(west.request(dto("Load")))
      assert.instanceOf(error, StreamIpcSession.StreamIpcFailure)
      assert.strictEqual(error.message, "memory has answered App\\Load with an error: no such table")
      assert.isFalse(error.isUnhandled)
    })
  )

  it.effect("fails after the timeout of the session, counted from the call on", () =>
    Effect.gen(function* () {
      const { session } = yield* facing()
      const asked = yield* Effect.forkChild(Effect.flip(session.request(dto("Wait"))))
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(asked.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(asked)
      assert.strictEqual(reasonOf(error), "TimedOut")
      assert.include(error.message, `call "App\\Wait": no answer from php within 30000 ms`)
    })
  )

  it.effect("fails after a timeout of its own, or never", () =>
    Effect.gen(function* () {
      const { session } = yield* facing({ timeout: "10 seconds" })
      const soon = yield* Effect.forkChild(Effect.flip(session.request(log("a"), { timeout: "1 second" })))
      const never = yield* Effect.forkChild(session.request(log("b"), { timeout: "Infinity" }))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(reasonOf(yield* Fiber.join(soon)), "TimedOut")
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(never.pollUnsafe())
    })
  )

  it.effect(
    "36 PromiseDestroyedBeforeResponseDiscardsIt: drops and counts an answer that comes too late, twice, or to nobody",
    () =>
      Effect.gen(function* () {
        const { peer, session } = yield* facing(json)
        const late = yield* Effect.forkChild(Effect.flip(session.request(log("a"), { timeout: 10 })))
        yield* TestClock.adjust(10)
        yield* Fiber.join(late)
        const asked = yield* Effect.forkChild(session.request(log("b")))
        yield* peer.until((sent) => payloads(sent).length === 2)
        assert.deepStrictEqual(yield* session.counts, { waiting: 1, unmatched: 0, dropped: 0 })
        peer.says(jsonAnswer("7.1", jsonLog("late")))
        peer.says(jsonAnswer("9.9", jsonLog("unknown")))
        peer.says(jsonAnswer("7.2", jsonLog("right")))
        peer.says(jsonAnswer("7.2", jsonLog("again")))
        assert.strictEqual(text(yield* Fiber.join(asked)), "right")
        peer.ends()
        yield* session.finished
        assert.deepStrictEqual(yield* session.counts, { waiting: 0, unmatched: 3, dropped: 0 })
      })
  )

  it.effect("may be waited for again, and for longer than at first", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const asked = yield* Effect.forkChild(session.request(log("a")))
      const first = yield* Effect.forkChild(Effect.timeoutOption(Fiber.join(asked), "1 second"))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.join(first)))
      peer.says(jsonAnswer("7.1", jsonLog("late")))
      assert.strictEqual(text(yield* Fiber.join(asked)), "late")
      assert.strictEqual(text(yield* Fiber.join(asked)), "late")
    })
  )

  it.effect("35 PromiseDestructorRemovesStoredResponse: is forgotten when it is interrupted", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const asked = yield* Effect.forkChild(session.request(log("a")))
      yield* peer.until((sent) => sent.length > 0)
      yield* Fiber.interrupt(asked)
      assert.strictEqual((yield* session.counts).waiting, 0)
    })
  )

  it.effect("fails before it is sent when the serializer has no word for it", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const error = yield* Effect.flip(session.request(log(Uint8Array.of(0xff))))
      assert.strictEqual(reasonOf(error), "Unsayable")
      assert.strictEqual(peer.sent.length, 0)
      assert.strictEqual((yield* session.counts).waiting, 0)
    })
  )
})

describe("the end of the link", () => {
  it.effect(
    "38 TriggerExceptionCallsHandlersAndClosesSession: fails requests with exit code and stderr of the process",
    () =>
      Effect.gen(function* () {
        const { peer, session } = yield* facing()
        const asked = yield* Effect.forkChild(Effect.flip(session.request(dto("Job"))))
        yield* peer.until((sent) => sent.length > 0)
        peer.ends({ _tag: "Exited", exitCode: 255, signal: undefined, stderrTail: "PHP Fatal error" })
        const error = yield* Fiber.join(asked)
        assert.strictEqual(reasonOf(error), "Disconnected")
        assert.include(error.message, "exited with code 255; its last stderr:\nPHP Fatal error")
        assert.strictEqual(reasonOf(yield* Effect.flip(session.finished)), "Disconnected")
      })
  )

  it.effect("fails requests also where it is a good end, and those that come after it", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing()
      const asked = yield* Effect.forkChild(Effect.flip(session.request(dto("Job"))))
      yield* peer.until((sent) => sent.length > 0)
      peer.ends({ _tag: "Exited", exitCode: 0, signal: undefined, stderrTail: "" })
      assert.include((yield* Fiber.join(asked)).message, "exited with code 0")
      yield* session.finished
      for (const later of [session.request(dto("Job")), session.notify(dto("Job"))]) {
        assert.strictEqual(reasonOf(yield* Effect.flip(later)), "Disconnected")
      }
    })
  )

  it.effect("comes after every message that came before it", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const heard: Array<unknown> = []
      yield* session.onMessage((message) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => heard.push(text(message)))
        )
      )
      peer.says(frame(JSON.stringify(jsonLog("1"))))
      peer.says(frame(JSON.stringify(jsonLog("2"))))
      peer.ends()
      yield* session.finished
      assert.deepStrictEqual(heard, ["1", "2"])
    })
  )

  it.effect("waits with what came before it for the first handler", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const heard: Array<unknown> = []
      peer.says(frame(JSON.stringify(jsonLog("1"))))
      peer.says(frame(JSON.stringify(jsonLog("2"))))
      peer.ends()
      yield* session.finished
      yield* session.onMessage((message) => Effect.sync(() => heard.push(text(message))))
      yield* turns
      assert.deepStrictEqual(heard, ["1", "2"])
    })
  )

  it.effect("fails requests however far behind handlers are, also those that handlers wait for", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ ...json, messageBuffer: 1, timeout: "Infinity" })
      const told: Array<string> = []
      yield* session.onMessage(() =>
        Effect.map(Effect.flip(session.request(log("ask"))), (error) => told.push(error.message))
      )
      const asked = yield* Effect.forkChild(Effect.flip(session.request(log("other"))))
      for (let count = 0; count < 400; count++) peer.says(frame(JSON.stringify(jsonLog("x"))))
      yield* turns
      peer.ends({ _tag: "Exited", exitCode: 0, signal: undefined, stderrTail: "" })
      yield* session.finished
      assert.include((yield* Fiber.join(asked)).message, "exited with code 0")
      assert.isAbove(told.length, 256)
    })
  )

  it.effect("interrupts handlers of requests, as nobody waits for them", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const stopped = yield* Deferred.make<void>()
      yield* session.onRequest(() => Effect.onInterrupt(Effect.never, () => Deferred.succeed(stopped, undefined)))
      peer.says(jsonRequest("1.1", jsonLog("work")))
      yield* Effect.yieldNow
      peer.ends()
      yield* Deferred.await(stopped)
    })
  )

  it.effect("40 ClosedSessionNoLongerTicked: by closing the scope fails requests and ends streams", () =>
    Effect.gen(function* () {
      const { close, peer, session } = yield* closable()
      const asked = yield* Effect.forkChild(Effect.flip(session.request(dto("Job"))))
      const heard = yield* Effect.forkChild(Stream.runCollect(session.messages))
      yield* peer.until((sent) => sent.length > 0)
      yield* close
      assert.include((yield* Fiber.join(asked)).message, "closed by this side")
      assert.deepStrictEqual(yield* Fiber.join(heard), [])
      yield* session.finished
    })
  )
})

describe("a handler of requests", () => {
  it.effect("25 DispatchRequestSendsResponse: answers with the id of the request, whatever that is", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      yield* session.onRequest(pong)
      peer.says(jsonRequest('any "text"', jsonLog("Ping!")))
      yield* peer.until((sent) => sent.length > 0)
      const [answer] = payloads(peer.sent).map((payload) => JSON.parse(payload))
      assert.deepStrictEqual(answer, {
        __class: "StreamIpc\\Envelope\\ResponseEnvelope",
        id: 'any "text"',
        response: jsonLog("Pong!")
      })
    })
  )

  it.effect("passes a request to the next one by answering none, and the first that answers wins", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      const asked: Array<number> = []
      const handler = (number: number, answer?: string) => () =>
        Effect.sync(() => {
          asked.push(number)
          return answer === undefined ? undefined : log(answer)
        })
      yield* east.onRequest(handler(1))
      yield* east.onRequest(handler(2, "two"))
      yield* east.onRequest(handler(3, "three"))
      assert.strictEqual(text(yield* west.request(log("?"))), "two")
      assert.deepStrictEqual(asked, [1, 2])
    })
  )

  it.effect(
    "28 DispatchRequestWithoutHandlersSendsErrorMessage: that is not there, or answers none, leaves the request unhandled, and that is an answer",
    () =>
      Effect.gen(function* () {
        const { west, east } = yield* pair()
        const unhandled = Effect.flip(west.request(dto("Unwanted")))
        const first = yield* unhandled
        assert.strictEqual((first as StreamIpcSession.StreamIpcFailure).text, "Unhandled request: App\\Unwanted")
        assert.isTrue((first as StreamIpcSession.StreamIpcFailure).isUnhandled)
        yield* east.onRequest(() => Effect.void)
        assert.deepStrictEqual((yield* unhandled).message, first.message)
      })
  )

  it.effect(
    "27 DispatchErrorFromHandlerSendsErrorMessage: that fails or dies is an answer, with its message and without its stack",
    () =>
      Effect.gen(function* () {
        const { west, east } = yield* pair()
        yield* east.onRequest((request) => {
          if (text(request) === "throw") throw new RangeError("thrown")
          return text(request) === "die" ? Effect.die(new TypeError("boom")) : Effect.fail({ _tag: "NotFound", id: 3 })
        })
        const told = (what: string) =>
          Effect.map(Effect.flip(west.request(log(what))), (error) => (error as StreamIpcSession.StreamIpcFailure).text)
        assert.strictEqual(yield* told("die"), "Error in dispatch\nTypeError: boom")
        assert.strictEqual(yield* told("throw"), "Error in dispatch\nRangeError: thrown")
        assert.match(yield* told("fail"), /^Error in dispatch\n.*NotFound/)
        assert.notInclude(yield* told("die"), "StreamIpcSession.test")
      })
  )

  it.effect("tells its stack where that is asked for", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair({}, { exposeStacks: true })
      yield* east.onRequest(() => Effect.die(new TypeError("boom")))
      assert.include((yield* Effect.flip(west.request(log("?")))).message, "StreamIpcSession.test.ts")
    })
  )

  it.effect("whose answer cannot be said answers with an error", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair(json, json)
      yield* east.onRequest(() => Effect.succeed(log(Uint8Array.of(0xff))))
      assert.include((yield* Effect.flip(west.request(log("?")))).message, "JSON cannot say a string that is no UTF-8")
    })
  )

  it.effect("that interrupts itself is an answer too", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      yield* east.onRequest(() => Effect.interrupt)
      assert.include((yield* Effect.flip(west.request(log("?")))).message, "Error in dispatch")
    })
  )

  it.effect("31 OffRequestRemovesHandler: is taken away by what adding it answered, or by its scope", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      const off = yield* east.onRequest(() => Effect.succeed(log("first")))
      const scope = yield* Scope.make()
      yield* Scope.provide(
        east.onRequest(() => Effect.succeed(log("second"))),
        scope
      )
      assert.strictEqual(text(yield* west.request(log("?"))), "first")
      yield* off
      assert.strictEqual(text(yield* west.request(log("?"))), "second")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(((yield* Effect.flip(west.request(log("?")))) as StreamIpcSession.StreamIpcFailure).isUnhandled)
    })
  )

  it.effect("57 ProcessSessionProgress: notifies of progress before it answers", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      yield* east.onRequest((_, session) =>
        Effect.gen(function* () {
          for (const step of [1, 2, 3]) yield* session.notify(log(`Progress ${step} / 3`))
          return log("finished")
        })
      )
      const heard: Array<unknown> = []
      yield* west.onMessage((message) => Effect.sync(() => heard.push(text(message))))
      heard.push(text(yield* west.request(log("Start!"))))
      assert.deepStrictEqual(heard, ["Progress 1 / 3", "Progress 2 / 3", "Progress 3 / 3", "finished"])
    })
  )

  it.effect("asks its asker while that waits", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      yield* west.onRequest((request) => Effect.succeed(log(`yes, ${text(request)}`)))
      yield* east.onRequest((request, session) =>
        Effect.map(session.request(request), (answer) => log(`you said ${text(answer)}`))
      )
      assert.strictEqual(text(yield* west.request(log("tea?"))), "you said yes, tea?")
    })
  )

  it.effect("holds up no other request, nor answers", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair()
      const free = yield* Deferred.make<void>()
      yield* east.onRequest((request) =>
        text(request) === "slow" ? Effect.as(Deferred.await(free), log("slow")) : Effect.succeed(log("quick"))
      )
      const slow = yield* Effect.forkChild(west.request(log("slow")))
      assert.strictEqual(text(yield* west.request(log("other"))), "quick")
      yield* Deferred.succeed(free, undefined)
      assert.strictEqual(text(yield* Fiber.join(slow)), "slow")
    })
  )

  it.effect("is not asked for more requests at a time than allowed", () =>
    Effect.gen(function* () {
      const { west, east } = yield* pair({}, { maxRequests: 1 })
      const free = yield* Deferred.make<void>()
      const begun = yield* Deferred.make<void>()
      yield* east.onRequest(() =>
        Effect.as(Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(free)), log("done"))
      )
      const first = yield* Effect.forkChild(west.request(log("1")))
      yield* Deferred.await(begun)
      assert.include((yield* Effect.flip(west.request(log("2")))).message, "Too many requests at a time: 1 run already")
      yield* Deferred.succeed(free, undefined)
      yield* Fiber.join(first)
      assert.strictEqual(text(yield* west.request(log("3"))), "done")
    })
  )

  it.effect("given with the options is there before anything is read, with its services", () =>
    Effect.gen(function* () {
      class Name extends Context.Service<Name, string>()("Name") {}
      const named = () => Effect.map(Name, (name) => log(name))
      const { west } = yield* Effect.provideService(pair({}, { onRequest: [named] }), Name, "php")
      assert.strictEqual(text(yield* west.request(log("?"))), "php")
    })
  )
})

describe("messages that nobody asked for", () => {
  it.effect("34 NotifySendsMessage: are sent without an envelope, and heard by all handlers in their order", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      yield* session.notify(log("hi"))
      yield* peer.until((sent) => sent.length > 0)
      assert.deepStrictEqual(
        payloads(peer.sent).map((payload) => JSON.parse(payload)),
        [jsonLog("hi")]
      )
      const heard: Array<string> = []
      yield* session.onMessage((message) => Effect.sync(() => heard.push(`a ${text(message)}`)))
      yield* session.onMessage((message) => Effect.sync(() => heard.push(`b ${text(message)}`)))
      peer.says(frame(JSON.stringify(jsonLog("1"))))
      peer.says(frame(JSON.stringify(jsonLog("2"))))
      peer.ends()
      yield* session.finished
      assert.deepStrictEqual(heard, ["a 1", "b 1", "a 2", "b 2"])
    })
  )

  it.effect("30 OffMessageRemovesHandler: are heard no more by a handler that was taken away", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const heard: Array<unknown> = []
      const off = yield* session.onMessage((message) => Effect.sync(() => heard.push(text(message))))
      peer.says(frame(JSON.stringify(jsonLog("1"))))
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* off
      peer.says(frame(JSON.stringify(jsonLog("2"))))
      peer.ends()
      yield* session.finished
      assert.deepStrictEqual(heard, ["1"])
    })
  )

  it.effect("33 DispatchThrowsOnMessageHandlerError: are heard by the others when a handler fails", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const heard: Array<unknown> = []
      yield* session.onMessage(() => Effect.fail("no"))
      yield* session.onMessage(() => Effect.die("no"))
      yield* session.onMessage((message) => Effect.sync(() => heard.push(text(message))))
      peer.says(frame(JSON.stringify(jsonLog("1"))))
      peer.says(frame(JSON.stringify(jsonLog("2"))))
      peer.ends()
      yield* session.finished
      assert.deepStrictEqual(heard, ["1", "2"])
    })
  )

  it.effect("are a stream, that begins with those before anybody listened", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      for (const number of ["1", "2"]) peer.says(frame(JSON.stringify(jsonLog(number))))
      yield* Effect.yieldNow
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.map(session.messages, text)))
      yield* Effect.yieldNow
      peer.says(frame(JSON.stringify(jsonLog("3"))))
      peer.ends()
      assert.deepStrictEqual(yield* Fiber.join(heard), ["1", "2", "3"])
    })
  )

  it.effect("before anybody listened are the latest 256; the others are counted", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      for (let number = 1; number <= 300; number++) peer.says(frame(JSON.stringify(jsonLog(String(number)))))
      peer.ends()
      yield* session.finished
      assert.strictEqual((yield* session.counts).dropped, 44)
      const heard = yield* Stream.runCollect(Stream.map(session.messages, text))
      assert.deepStrictEqual([heard.length, heard[0], heard.at(-1)], [256, "45", "300"])
    })
  )

  it.effect("do not fail a stream by coming all at once", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ ...json, messageBuffer: 16 })
      const heard = yield* Effect.forkChild(Stream.runCount(session.messages))
      yield* Effect.yieldNow
      const burst = Array.from({ length: 500 }, (_, number) => frame(JSON.stringify(jsonLog(String(number)))))
      peer.says(new Uint8Array(Buffer.concat(burst)))
      peer.ends()
      assert.strictEqual(yield* Fiber.join(heard), 500)
    })
  )

  it.effect("fail a stream that is too far behind, and hold up no answer", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ ...json, messageBuffer: 16 })
      const stuck = yield* Deferred.make<void>()
      const lagging = yield* session.messages.pipe(
        Stream.runForEach(() => Deferred.await(stuck)),
        Effect.flip,
        Effect.forkChild
      )
      yield* Effect.yieldNow
      const asked = yield* Effect.forkChild(session.request(log("?")))
      yield* peer.until((sent) => sent.length > 0)
      for (let number = 0; number < 20; number++) peer.says(frame(JSON.stringify(jsonLog(String(number)))))
      peer.says(jsonAnswer("7.1", jsonLog("answer")))
      assert.strictEqual(text(yield* Fiber.join(asked)), "answer")
      yield* Deferred.succeed(stuck, undefined)
      const error = yield* Fiber.join(lagging)
      assert.include(error.message, "has reached its limit of 16 messages in wait for a listener")
    })
  )

  it.effect("pause the link while handlers are too far behind", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ ...json, messageBuffer: 16 })
      const free = yield* Deferred.make<void>()
      const heard: Array<unknown> = []
      yield* session.onMessage((message) =>
        Effect.andThen(
          Deferred.await(free),
          Effect.sync(() => heard.push(message))
        )
      )
      const each = frame(JSON.stringify(jsonLog("x".repeat(1000))))
      for (let number = 0; number < 1000; number++) {
        peer.says(each)
        yield* Effect.yieldNow
      }
      assert.isTrue(peer.paused)
      yield* Deferred.succeed(free, undefined)
      peer.ends()
      yield* session.finished
      assert.strictEqual(heard.length, 1000)
      assert.isFalse(peer.paused)
    })
  )
})

describe("where sessions come from", () => {
  it.effect("a transport and a listener, one link each", () =>
    Effect.gen(function* () {
      const server = yield* Effect.forkChild(
        StreamIpcSession.serve({ onRequest: [pong] }, (session) => session.finished)
      )
      const answer = yield* Effect.scoped(
        Effect.flatMap(StreamIpcSession.make(), (session) => session.request(log("Ping!")))
      )
      assert.strictEqual(text(answer), "Pong!")
      yield* Fiber.interrupt(server)
    }).pipe(Effect.provide(Memory.layer()))
  )

  it.effect("the next link of a listener", () =>
    Effect.gen(function* () {
      const parent = yield* StreamIpcSession.make({ onRequest: [pong] })
      const child = yield* StreamIpcSession.accept()
      assert.strictEqual(text(yield* child.request(log("Ping!"))), "Pong!")
      yield* parent.notify(log("still there"))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.map(Stream.take(child.messages, 1), text)), [
        "still there"
      ])
    }).pipe(Effect.scoped, Effect.provide(Memory.layer()))
  )
})

describe("a mark in text", () => {
  const stray = Uint8Array.of(0xf3, 0x4a, 0x9d, 0xe2, 0, 0, 1, 0)
  const heardBy = (session: StreamIpcSession.Session, heard: Array<string>) =>
    session.onMessage((message) =>
      Effect.sync(() => heard.push(`${StreamIpcMessage.levelOf(message)} ${text(message)!.length}`))
    )

  it.effect("is given up after 10 seconds without a byte, with what came behind it, on either stream", () =>
    Effect.gen(function* () {
      for (const stream of [0, 1]) {
        const { peer, session } = yield* facing(json)
        const heard: Array<string> = []
        yield* heardBy(session, heard)
        peer.says(stray, stream)
        peer.says(frame(JSON.stringify(jsonLog("one"))), stream)
        yield* TestClock.adjust("9 seconds")
        yield* turns
        assert.deepStrictEqual(heard, [])
        yield* TestClock.adjust("6 seconds")
        yield* turns
        assert.deepStrictEqual(heard, ["junk 1", "junk 7", "info 3"])
        peer.says(frame(JSON.stringify(jsonLog("again"))), stream)
        yield* turns
        assert.deepStrictEqual(heard.slice(3), ["info 5"])
      }
    })
  )

  it.effect("is no matter of a frame that comes slowly, or while nobody reads", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing({ ...json, inboxMessages: 2, messageBuffer: 1 })
      const heard: Array<string> = []
      yield* heardBy(session, heard)
      const slow = frame(JSON.stringify(jsonLog("slow")))
      for (let at = 0; at < slow.length; at += 10) {
        peer.says(slow.subarray(at, at + 10))
        yield* TestClock.adjust("8 seconds")
      }
      yield* turns
      assert.deepStrictEqual(heard, ["info 4"])

      const latch = yield* Deferred.make<void>()
      const remove = yield* session.onMessage(() => Deferred.await(latch))
      for (let count = 0; count < 300; count++) peer.says(frame(JSON.stringify(jsonLog("x"))))
      peer.says(slow.subarray(0, 30))
      yield* turns
      assert.isTrue(peer.paused)
      yield* TestClock.adjust("1 hour")
      yield* Deferred.succeed(latch, undefined)
      yield* remove
      yield* turns
      peer.says(slow.subarray(30))
      yield* Effect.forEach(Array.from({ length: 20 }), () => turns, { discard: true })
      assert.isFalse(peer.paused)
      assert.deepStrictEqual([heard.length, heard.at(-1)], [302, "info 4"])
    })
  )

  it.effect("is junk when the link ends, and nothing is watched any more", () =>
    Effect.gen(function* () {
      const { peer, session } = yield* facing(json)
      const heard: Array<string> = []
      yield* heardBy(session, heard)
      peer.says(stray)
      peer.ends()
      yield* session.finished
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(heard, ["junk 8"])
    })
  )
})
