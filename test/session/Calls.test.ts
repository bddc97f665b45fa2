import { assert, describe, it } from "@effect/vitest"
import type { Message, Refusal } from "../../src/session/Message.ts"
import { asked, crowded, greeting, helloOf, joined, linkLost, type Pair } from "./pair.ts"
import { type Asked, invalid, type Owed, oversized, refusing } from "./party.ts"

const payloads = (messages: ReadonlyArray<Message>): ReadonlyArray<unknown> =>
  messages.flatMap((message) => (message._tag === "Request" ? [message.payload] : []))

const defect: Refusal = { _tag: "RemoteDefect", detail: "boom" }

describe("a call", () => {
  it("is answered", () => {
    const pair = joined()
    const [call, duty] = asked(pair, { method: 3, payload: "question", headers: { trace: "1" } })
    assert.strictEqual(duty.method, 3)
    assert.deepStrictEqual(duty.request, {
      _tag: "Request",
      id: 1,
      method: 3,
      payload: "question",
      timeoutMillis: 0,
      headers: { trace: "1" }
    })
    assert.strictEqual(pair.east.session.running, 1)
    pair.east.succeed(42)
    assert.strictEqual(pair.east.session.running, 0)
    pair.run()
    assert.deepStrictEqual(call.outcome, { succeeded: 42 })
  })

  it("fails with the application's error", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.fail("no such file")
    pair.run()
    assert.deepStrictEqual(call.outcome, { failed: "no such file" })
  })

  it("is refused when its handler died", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.refuse(defect)
    pair.run()
    assert.deepStrictEqual(call.outcome, { refused: defect, side: "remote" })
  })

  it("is answered in whatever order the peer finishes", () => {
    const pair = joined()
    const calls = [pair.west.ask(), pair.west.ask(), pair.west.ask()]
    pair.run()
    const [first, second, third] = pair.east.duties
    pair.east.succeed("3", third)
    pair.east.succeed("1", first)
    pair.east.succeed("2", second)
    pair.run()
    assert.deepStrictEqual(
      calls.map((call) => call.outcome),
      [{ succeeded: "1" }, { succeeded: "2" }, { succeeded: "3" }]
    )
  })

  it("may be asked by both sides under the same id", () => {
    const pair = joined()
    const [west, east] = [pair.west.ask({ payload: "w" }), pair.east.ask({ payload: "e" })]
    pair.run()
    assert.deepStrictEqual([west.id, east.id], [1, 1])
    pair.west.succeed("for east")
    pair.east.succeed("for west")
    pair.run()
    assert.deepStrictEqual([west.outcome, east.outcome], [{ succeeded: "for west" }, { succeeded: "for east" }])
  })

  it("takes the first answer; a late one is dropped and counted", () => {
    const pair = joined()
    const [call] = asked(pair)
    for (const answer of [
      { _tag: "Success", id: 1, method: 0, value: "first" },
      { _tag: "Success", id: 1, method: 0, value: "second" },
      { _tag: "Failure", id: 1, method: 0, error: "third" },
      { _tag: "Defect", id: 1, method: 0, reason: defect },
      { _tag: "Chunk", id: 1, method: 0, items: [1], bytes: 1 },
      { _tag: "Progress", id: 1, method: 0, value: 1 },
      { _tag: "Success", id: 77, method: 0, value: "never asked" }
    ] satisfies ReadonlyArray<Message>) {
      pair.west.hear(answer)
    }
    assert.deepStrictEqual(call.outcome, { succeeded: "first" })
    assert.strictEqual(pair.west.session.lateAnswers, 6)
    assert.deepStrictEqual(pair.west.faults, [])
  })

  it.each<Message>([
    { _tag: "Success", id: 1, method: 1, value: 1 },
    { _tag: "Failure", id: 1, method: 1, error: 1 },
    { _tag: "Chunk", id: 1, method: 1, items: [1], bytes: 1 },
    { _tag: "Progress", id: 1, method: 1, value: 1 }
  ])("is refused, and stopped at the peer, when a $_tag names another method", (message) => {
    const pair = joined()
    const [call, duty] = asked(pair, { method: 0 })
    pair.west.hear(message)
    const reason: Refusal = { _tag: "Malformed", detail: "the answer is one to another method" }
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "local" })
    assert.deepStrictEqual([call.received, call.progress], [[], []])
    pair.run()
    assert.isTrue(duty.isStopped)
  })

  it("may be refused by a peer that did not understand its method", () => {
    const pair = joined()
    const [call] = asked(pair, { method: 2 })
    pair.west.hear({ _tag: "Defect", id: 1, method: -1, reason: { _tag: "UnknownMethod" } })
    assert.deepStrictEqual(call.outcome, { refused: { _tag: "UnknownMethod" }, side: "remote" })
  })

  it("is refused, and stopped at the peer, when its answer cannot be read", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    const reason: Refusal = { _tag: "InvalidPayload", part: "success", detail: "not a number" }
    pair.west.session.unreadable("call", 1, 0, reason)
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "local" })
    pair.run()
    assert.isTrue(duty.isStopped)
    pair.west.session.unreadable("call", 1, 0, reason)
    assert.strictEqual(pair.west.session.lateAnswers, 1)
  })

  it("that cannot be said is refused, and takes no other along", () => {
    const pair = joined()
    pair.west.weigh = refusing((message) => message._tag === "Request" && message.payload === "bad", invalid)
    const calls = ["good", "bad", "good"].map((payload) => pair.west.ask({ payload }))
    assert.deepStrictEqual(calls[1]!.outcome, { refused: invalid, side: "local" })
    pair.run()
    for (const duty of pair.east.duties) pair.east.succeed(1, duty)
    pair.run()
    assert.deepStrictEqual(pair.east.duties.length, 2)
    assert.deepStrictEqual(
      calls.map((call) => call.outcome !== undefined && "succeeded" in call.outcome),
      [true, false, true]
    )
  })

  it("is refused for its size once the peer has said its limit", () => {
    const pair = joined()
    pair.west.weigh = refusing((message) => message._tag === "Request", oversized)
    assert.deepStrictEqual(pair.west.ask().outcome, { refused: oversized, side: "local" })
  })

  it.each([
    ["the link was lost", (pair: Pair) => pair.west.session.lost(linkLost), linkLost, "local"],
    [
      "the peer left",
      (pair: Pair) => pair.west.hear({ _tag: "Bye", reason: undefined }),
      { _tag: "Disconnected", detail: "the peer closed the connection" },
      "remote"
    ],
    [
      "this side closed",
      (pair: Pair) => pair.west.session.close({ _tag: "Disconnected", detail: "enough" }),
      { _tag: "Disconnected", detail: "enough" },
      "local"
    ]
  ] as const)("asked after %s is refused with that reason", (_, close, reason, side) => {
    const pair = joined()
    close(pair)
    pair.west.tags()
    const call = pair.west.ask()
    assert.deepStrictEqual(call.outcome, { refused: reason, side })
    assert.deepStrictEqual(pair.west.tags(), [])
  })

  it("in flight or in wait is refused when the session ends", () => {
    const pair = crowded()
    const calls = [pair.west.ask(), pair.west.ask()]
    assert.deepStrictEqual(
      calls.map((call) => call.state),
      ["open", "waiting"]
    )
    pair.cut()
    for (const call of calls) assert.deepStrictEqual(call.outcome, { refused: linkLost, side: "local" })
  })

  it("that a caller asks as it hears of the end is refused, too", () => {
    const pair = joined()
    const call = pair.west.ask()
    let again: Asked | undefined
    call.onEnd = () => {
      again = pair.west.ask()
    }
    pair.cut()
    assert.deepStrictEqual(again?.outcome, { refused: linkLost, side: "local" })
  })

  it("may be asked by a caller that hears the answer to another", () => {
    const pair = crowded()
    const first = pair.west.ask({ payload: 1 })
    const waiting = pair.west.ask({ payload: 2 })
    let last: Asked | undefined
    first.onEnd = () => {
      last = pair.west.ask({ payload: 3 })
    }
    pair.run()
    for (let n = 0; n < 3; n++) {
      pair.east.succeed(n)
      pair.run()
    }
    assert.deepStrictEqual(payloads(pair.west.said), [1, 2, 3], "in the order in which they were asked")
    assert.isDefined(waiting.outcome)
    assert.isDefined(last?.outcome)
  })

  it("whose link ends while it is sent hears of that, and of nothing else", () => {
    const pair = joined()
    pair.west.onSend = () => pair.west.session.lost(linkLost)
    const call = pair.west.ask()
    assert.deepStrictEqual(call.outcome, { refused: linkLost, side: "local" })
    assert.strictEqual(call.credits, 0)
  })

  it("whose link ends while it is refused does not wait for a Hello that cannot come", () => {
    const pair = greeting()
    pair.west.weigh = () => {
      pair.west.session.lost(linkLost)
      return oversized
    }
    const call = pair.west.ask()
    assert.deepStrictEqual(call.outcome, { refused: linkLost, side: "local" })
    assert.deepStrictEqual([call.state, pair.west.session.pending], ["settled", 0])
  })

  it("hears its answer also where the link ends as the next call is sent", () => {
    const pair = crowded()
    const [first, second] = [pair.west.ask(), pair.west.ask()]
    pair.run()
    pair.west.onSend = () => pair.west.session.lost(linkLost)
    pair.east.succeed("answer")
    pair.run()
    assert.deepStrictEqual(first.outcome, { succeeded: "answer" })
    assert.deepStrictEqual(second.outcome, { refused: linkLost, side: "local" })
  })
})

describe("a call that is given up", () => {
  it("in flight is stopped at the peer, and its answer is late", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    pair.west.cancel(call)
    pair.east.succeed("crosses the cancel")
    pair.run()
    assert.strictEqual(call.outcome, undefined)
    assert.isFalse(duty.isStopped, "it was answered before")
    assert.strictEqual(pair.west.session.lateAnswers, 1)
    const [other, running] = asked(pair)
    pair.west.cancel(other)
    pair.run()
    assert.isTrue(running.isStopped)
    assert.deepStrictEqual(pair.east.tags(), ["Success"], "a call that was cancelled is not answered")
    assert.strictEqual(pair.east.session.running, 0)
  })

  it("in wait is never sent", () => {
    const pair = crowded()
    const [first, second, third] = [1, 2, 3].map((payload) => pair.west.ask({ payload })) as [Asked, Asked, Asked]
    pair.west.cancel(second)
    pair.run()
    pair.east.succeed()
    pair.run()
    assert.deepStrictEqual(payloads(pair.west.said), [1, 3])
    assert.notInclude(pair.west.tags(), "Cancel")
    assert.deepStrictEqual([first.state, second.state, third.state], ["settled", "settled", "open"])
  })

  it("makes room for the next", () => {
    const pair = crowded()
    const [first] = [pair.west.ask({ payload: 1 }), pair.west.ask({ payload: 2 })]
    pair.west.cancel(first)
    assert.deepStrictEqual(pair.west.tags(), ["Request", "Cancel", "Request"])
    pair.run()
    assert.strictEqual(pair.east.latest.request?.payload, 2)
  })

  it("makes room only behind the word to the peer, which counts what it runs", () => {
    const pair = crowded()
    const call = pair.west.ask({ timeoutMillis: 100 })
    call.onEnd = () => pair.west.ask()
    pair.advance(100)
    assert.deepStrictEqual(pair.west.tags(), ["Request", "Cancel", "Request"])
    pair.run()
    assert.notInclude(pair.east.tags(), "Defect")
  })

  it("twice, or after its answer, changes nothing", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.west.cancel(call)
    pair.west.cancel(call)
    const [answered] = asked(pair)
    pair.east.succeed()
    pair.run()
    pair.west.cancel(answered)
    assert.deepStrictEqual(pair.west.tags(), ["Request", "Cancel", "Request"])
  })
})

describe("the deadline of a call", () => {
  it("ends it, and stops the peer's work on it", () => {
    const pair = joined()
    const call = pair.west.ask({ timeoutMillis: 500 })
    pair.run()
    // Only the caller's clock.
    const duty = pair.east.latest
    pair.now = 499
    pair.west.session.tick(pair.now)
    assert.strictEqual(call.outcome, undefined)
    pair.now = 500
    pair.west.session.tick(pair.now)
    assert.deepStrictEqual(call.outcome, { refused: { _tag: "TimedOut", afterMillis: 500 }, side: "local" })
    assert.deepStrictEqual(pair.west.tags(), ["Request", "Cancel"])
    pair.run()
    assert.isTrue(duty.isStopped)
    assert.strictEqual(pair.west.session.deadlineMillis, Infinity)
  })

  it("travels as the time that remains", () => {
    const pair = crowded()
    const first = pair.west.ask({ payload: 1 })
    pair.west.ask({ payload: 2, timeoutMillis: 1000 })
    pair.west.ask({ payload: 3, timeoutMillis: 1000.5 })
    pair.advance(400)
    pair.west.hear({ _tag: "Success", id: first.id, method: 0, value: 1 })
    assert.strictEqual(pair.west.last("Request").timeoutMillis, 600)
    pair.advance(599.9)
    pair.west.hear({ _tag: "Success", id: pair.west.last("Request").id, method: 0, value: 1 })
    assert.strictEqual(pair.west.last("Request").timeoutMillis, 1, "rounded up, because 0 is for ever")
  })

  it.each<readonly [string, (pair: Pair) => void]>([
    ["asked", (pair) => void pair.west.ask()],
    ["looked at", (pair) => pair.west.session.tick(pair.now)],
    ["said something", (pair) => pair.west.hear({ _tag: "Pong" })]
  ])("travels as what remained when the session was last %s", (_, act) => {
    const pair = joined()
    pair.west.session.setWritable(false)
    pair.west.ask({ payload: "late", timeoutMillis: 1000 })
    pair.now = 400
    act(pair)
    pair.west.session.setWritable(true)
    const sent = pair.west.said.find((message) => message._tag === "Request" && message.payload === "late")
    assert.deepInclude(sent, { timeoutMillis: 600 })
  })

  it("covers the wait for room, and for a link that is full", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    const call = pair.west.ask({ timeoutMillis: 500 })
    pair.advance(500)
    assert.deepStrictEqual(call.outcome, { refused: { _tag: "TimedOut", afterMillis: 500 }, side: "local" })
    pair.west.session.setWritable(true)
    assert.deepStrictEqual(pair.west.tags(), [])
  })

  it("covers the wait for the peer's Hello", () => {
    const pair = greeting()
    pair.west.tags()
    pair.west.weigh = refusing((message) => message._tag === "Request", oversized)
    const call = pair.west.ask({ timeoutMillis: 500 })
    assert.strictEqual(call.state, "waiting")
    pair.west.session.tick(500)
    assert.deepStrictEqual(call.outcome, { refused: { _tag: "TimedOut", afterMillis: 500 }, side: "local" })
  })

  it("is looked at when the earliest is due, whatever has ended since", () => {
    const pair = joined()
    const calls = [900, 300, 600, 0].map((timeoutMillis) => pair.west.ask({ timeoutMillis }))
    assert.strictEqual(pair.west.session.deadlineMillis, 300)
    pair.west.cancel(calls[1]!)
    pair.advance(300)
    assert.strictEqual(pair.west.session.deadlineMillis, 600)
    pair.advance(300)
    assert.strictEqual(pair.west.session.deadlineMillis, 900)
    pair.advance(1e6)
    const over = calls.map((call) => call.outcome !== undefined)
    assert.deepStrictEqual(over, [true, false, true, false])
    assert.strictEqual(calls[3]!.state, "open", "without a timeout a call may take for ever")
  })

  it("passed, a call that waits is not sent any more", () => {
    const pair = crowded()
    pair.west.ask({ payload: "first", timeoutMillis: 500 })
    pair.west.ask({ payload: "second", timeoutMillis: 500 })
    pair.west.ask({ payload: "third" })
    pair.run()
    pair.advance(500)
    assert.deepStrictEqual(payloads(pair.west.said), ["first", "third"])
    assert.deepStrictEqual(
      pair.west.asked.map((call) => call.outcome !== undefined),
      [true, true, false]
    )
  })

  it("lets its caller do anything as it hears of it", () => {
    const pair = joined()
    const call = pair.west.ask({ timeoutMillis: 500 })
    const other = pair.west.ask({ timeoutMillis: 500 })
    call.onEnd = () => {
      pair.west.session.cancel(call)
      pair.west.session.lost(linkLost)
    }
    pair.advance(500)
    assert.deepStrictEqual(call.outcome, { refused: { _tag: "TimedOut", afterMillis: 500 }, side: "local" })
    assert.deepStrictEqual(other.outcome, { refused: linkLost, side: "local" })
  })
})

describe("calls wait", () => {
  it("beyond sixteen before Hello, then beyond what the peer answers", () => {
    const pair = greeting({}, { hello: helloOf(20) })
    for (let n = 0; n < 25; n++) pair.west.ask({ payload: n })
    assert.strictEqual(payloads(pair.west.said).length, 16)
    pair.run()
    assert.strictEqual(pair.east.session.running, 20)
    for (let n = 0; n < 25; n++) {
      pair.east.succeed(n, pair.east.duties[n])
      pair.run()
      assert.isAtMost(pair.east.session.running, 20)
    }
    assert.deepStrictEqual(
      payloads(pair.west.said),
      Array.from({ length: 25 }, (_, n) => n)
    )
    assert.isTrue(pair.west.asked.every((call) => call.outcome !== undefined && "succeeded" in call.outcome))
  })

  it("while the link is full, in the order in which they were asked", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    for (let n = 0; n < 5; n++) pair.west.ask({ payload: n })
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.west.onSend = () => pair.west.session.setWritable(false)
    pair.west.session.setWritable(true)
    pair.west.ask({ payload: 5 })
    assert.deepStrictEqual(payloads(pair.west.said), [0], "the first has filled it again")
    pair.west.onSend = undefined
    pair.west.session.setWritable(true)
    assert.deepStrictEqual(payloads(pair.west.said), [0, 1, 2, 3, 4, 5])
  })

  it("for Hello behind one that is too large before it, and keep their order", () => {
    const pair = greeting()
    const tooLarge = refusing((message) => message._tag === "Request" && message.payload === "large", oversized)
    pair.west.weigh = (message) => (pair.west.session.greeted ? 0 : tooLarge(message))
    pair.west.session.setWritable(false)
    for (const payload of ["small 1", "large", "small 2"]) pair.west.ask({ payload })
    pair.west.session.setWritable(true)
    pair.west.ask({ payload: "small 3" })
    assert.deepStrictEqual(payloads(pair.west.said), ["small 1"])
    pair.run()
    assert.deepStrictEqual(payloads(pair.west.said), ["small 1", "large", "small 2", "small 3"])
    assert.strictEqual(pair.east.duties.length, 4)
  })

  it("no longer than the peer takes new ones", () => {
    const pair = crowded()
    const [first, second] = [pair.west.ask(), pair.west.ask()]
    pair.run()
    pair.west.hear({ _tag: "Drain" })
    assert.deepStrictEqual(second.outcome, { refused: { _tag: "Draining" }, side: "remote" })
    assert.strictEqual(first.outcome, undefined)
  })
})

describe("the input of a call", () => {
  const said = (pair: Pair): Owed => {
    pair.run()
    return pair.east.latest
  }

  it("is complete when its caller says so", () => {
    const pair = joined()
    const call = pair.west.ask()
    pair.west.session.sendItems(call, [1, 2])
    pair.west.session.endInput(call)
    const duty = said(pair)
    assert.deepStrictEqual(duty.received, [1, 2])
    assert.isTrue(duty.inputDone)
  })

  it("is complete also when it ended while the call waited", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    const call = pair.west.ask()
    pair.west.session.endInput(call)
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.west.session.setWritable(true)
    assert.deepStrictEqual(pair.west.tags(), ["Request", "InputEnd"])
    assert.isTrue(said(pair).inputDone)
  })

  it("is not spoken of when the call is over", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.succeed()
    pair.run()
    pair.west.session.endInput(call)
    assert.strictEqual(pair.west.session.sendItems(call, [1, 2, 3]), 3, "what nobody wants is taken")
    assert.deepStrictEqual(pair.west.tags(), ["Request"])
  })
})
