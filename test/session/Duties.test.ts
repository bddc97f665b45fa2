import { assert, describe, it } from "@effect/vitest"
import type { Message, Refusal } from "../../src/session/Message.ts"
import { asked, helloOf, joined, linkLost, type Pair } from "./pair.ts"
import { oversized, refusing } from "./party.ts"

const request = (id: number, method = 0): Message => ({
  _tag: "Request",
  id,
  method,
  payload: id,
  timeoutMillis: 0,
  headers: undefined
})

describe("a duty", () => {
  it("is stopped when its caller cancels, and then never answered", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    pair.west.cancel(call)
    pair.run()
    assert.isTrue(duty.isStopped)
    pair.east.succeed("too late")
    pair.east.fail("too late")
    assert.strictEqual(pair.east.session.progress(duty, "too late"), undefined)
    assert.strictEqual(pair.east.session.sendItems(duty, [1, 2]), 2)
    pair.east.session.consumed(duty, 1, 1)
    assert.deepStrictEqual(pair.east.tags(), [])
    assert.strictEqual(pair.east.session.running, 0)
  })

  it("is stopped at the caller's deadline, which is answered", () => {
    const pair = joined()
    pair.east.hear({ ...request(5), timeoutMillis: 300 } as Message)
    pair.advance(299)
    assert.isFalse(pair.east.latest.isStopped)
    pair.advance(1)
    assert.isTrue(pair.east.latest.isStopped)
    const reason = { _tag: "TimedOut", afterMillis: 300 } as const
    assert.deepStrictEqual(pair.east.last("Defect"), { _tag: "Defect", id: 5, method: 0, reason })
    pair.east.succeed("too late")
    assert.deepStrictEqual(pair.east.tags(), ["Defect"])
    assert.strictEqual(pair.east.session.deadlineMillis, Infinity)
  })

  it("is answered once", () => {
    const pair = joined()
    asked(pair)
    pair.east.succeed("first")
    pair.east.succeed("second")
    pair.east.fail("third")
    pair.east.refuse({ _tag: "RemoteDefect", detail: "fourth" })
    assert.deepStrictEqual(pair.east.tags(), ["Success"])
  })

  it("may be answered as it starts", () => {
    const pair = joined()
    pair.east.onStart = () => pair.east.succeed("at once")
    const call = pair.west.ask()
    pair.run()
    assert.deepStrictEqual(call.outcome, { succeeded: "at once" })
    assert.strictEqual(pair.east.session.running, 0)
  })

  it("is stopped when the link ends as it starts", () => {
    const pair = joined()
    pair.east.onStart = () => pair.east.session.lost(linkLost)
    pair.west.ask()
    pair.run()
    assert.isTrue(pair.east.latest.isStopped)
  })

  it("may end the link as it is stopped", () => {
    const pair = joined()
    pair.east.hear({ ...request(1), timeoutMillis: 300 } as Message)
    pair.east.session.setWritable(false)
    pair.east.onStop = () => pair.east.session.lost(linkLost)
    pair.advance(300)
    assert.isTrue(pair.east.latest.isStopped)
    assert.deepStrictEqual([pair.east.tags(), pair.east.session.running], [[], 0])
  })

  it("is stopped before the end where another that is stopped with it ends the link", () => {
    const pair = joined()
    for (const id of [1, 2, 3]) pair.east.hear({ ...request(id), timeoutMillis: id < 3 ? 300 : 0 } as Message)
    pair.east.onStop = () => pair.east.session.lost(linkLost)
    pair.advance(300)
    assert.isTrue(pair.east.duties.every((duty) => duty.isStopped))
    assert.deepStrictEqual(pair.east.end?.reason, linkLost)
  })

  it.each<readonly [string, (pair: Pair) => void]>([
    ["at a deadline", (pair) => pair.advance(300)],
    ["at the end", (pair) => pair.cut()]
  ])("is over before another that is stopped with it hears of that, %s", (_, stop) => {
    const pair = joined()
    for (const id of [1, 2]) pair.east.hear({ ...request(id), timeoutMillis: 300 } as Message)
    const states: Array<string> = []
    pair.east.onStop = () => states.push(...pair.east.duties.map((duty) => duty.state))
    stop(pair)
    assert.deepStrictEqual(states, ["settled", "settled", "settled", "settled"])
  })

  it.each(["lost", "Bye", "close"] as const)("is stopped when the session ends: %s", (how) => {
    const pair = joined()
    const [, duty] = asked(pair)
    if (how === "lost") pair.east.session.lost(linkLost)
    if (how === "Bye") pair.east.hear({ _tag: "Bye", reason: undefined })
    if (how === "close") pair.east.session.close(linkLost)
    assert.isTrue(duty.isStopped)
    pair.east.succeed("too late")
    assert.deepStrictEqual(pair.east.tags(), how === "close" ? ["Bye"] : [])
  })

  it("may answer as it is stopped, which comes too late", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.onStop = () => pair.east.succeed("too late")
    pair.west.cancel(call)
    pair.run()
    assert.deepStrictEqual(pair.east.tags(), [])
    assert.strictEqual(pair.east.session.running, 0)
  })

  it("is refused, with an answer, beyond what this side answers at a time", () => {
    const pair = joined({}, { hello: helloOf(2) })
    for (const id of [1, 2, 3]) pair.east.hear(request(id))
    assert.strictEqual(pair.east.duties.length, 2)
    const reason = { _tag: "Overloaded", what: "calls in flight", limit: 2 } as const
    assert.deepStrictEqual(pair.east.last("Defect"), { _tag: "Defect", id: 3, method: 0, reason })
    pair.east.succeed()
    pair.east.hear(request(4))
    assert.strictEqual(pair.east.duties.length, 3)
  })

  it("under the id of one that runs is reported and dropped", () => {
    const pair = joined()
    pair.east.hear(request(9))
    pair.east.hear(request(9, 1))
    const detail = "request 9 came while one with that id is running"
    assert.deepStrictEqual(pair.east.faults, [{ _tag: "Malformed", detail }])
    assert.strictEqual(pair.east.duties.length, 1)
    pair.east.succeed("the first")
    assert.deepStrictEqual(pair.east.tags(), ["Success"])
    pair.east.hear(request(9, 1))
    assert.strictEqual(pair.east.duties.length, 2, "an id that was answered is free again")
  })

  it("whose answer cannot be said is answered with why", () => {
    const pair = joined()
    const [call] = asked(pair)
    const reason: Refusal = { _tag: "InvalidPayload", part: "success", detail: "not a number" }
    pair.east.weigh = refusing((message) => message._tag === "Success", reason)
    pair.east.succeed("not a number")
    pair.run()
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "remote" })
  })

  it("is answered even where the reason is too large to be said", () => {
    const pair = joined()
    const [call] = asked(pair)
    const large = (message: Message): boolean => message._tag === "Defect" && message.reason._tag !== "Oversized"
    pair.east.weigh = refusing(large, oversized)
    pair.east.refuse({ _tag: "RemoteDefect", detail: "a very long story" })
    pair.run()
    assert.deepStrictEqual(call.outcome, { refused: oversized, side: "remote" })
  })

  it("is answered even where both the answer and its reason cannot be said", () => {
    const pair = joined()
    const [call] = asked(pair)
    const reason: Refusal = { _tag: "InvalidPayload", part: "success", detail: "a very long story" }
    pair.east.weigh = (message) => {
      if (message._tag === "Success") return reason
      return message._tag === "Defect" && message.reason._tag !== "Oversized" ? oversized : 0
    }
    pair.east.succeed("bad")
    pair.run()
    assert.deepStrictEqual(call.outcome, { refused: oversized, side: "remote" })
  })

  it("is stopped when something of it cannot be read, and that is answered", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    const reason: Refusal = { _tag: "InvalidPayload", part: "input", detail: "not a number" }
    pair.east.session.unreadable("duty", duty.id, 0, reason)
    assert.isTrue(duty.isStopped)
    pair.run()
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "remote" })
  })

  it("that cannot even be begun is answered with why", () => {
    const pair = joined()
    const reason: Refusal = { _tag: "UnknownMethod" }
    pair.east.session.unreadable("duty", 12, -1, reason)
    assert.deepStrictEqual(pair.east.last("Defect"), { _tag: "Defect", id: 12, method: -1, reason })
    assert.deepStrictEqual(pair.east.duties, [])
  })

  it("hears of nothing that names an id nobody asked under", () => {
    const pair = joined()
    for (const message of [
      { _tag: "Cancel", id: 3, method: 0 },
      { _tag: "Input", id: 3, method: 0, items: [1], bytes: 1 },
      { _tag: "InputEnd", id: 3, method: 0 },
      { _tag: "Credit", of: "answer", id: 3, items: 1, bytes: 1 }
    ] satisfies ReadonlyArray<Message>) {
      pair.east.hear(message)
    }
    assert.deepStrictEqual(pair.east.tags(), [])
    assert.deepStrictEqual(pair.east.faults, [])
  })

  it("hears the end of its input once, and no input after it", () => {
    const pair = joined()
    const [, duty] = asked(pair)
    const input: Message = { _tag: "Input", id: 1, method: 0, items: ["x"], bytes: 1 }
    const end: Message = { _tag: "InputEnd", id: 1, method: 0 }
    for (const message of [input, end, end, input]) pair.east.hear(message)
    assert.deepStrictEqual(duty.received, ["x"])
    assert.isTrue(duty.inputDone)
  })
})

describe("while the link is full, a duty", () => {
  it("parks its answer, and counts as running until that has left", () => {
    const pair = joined({}, { hello: helloOf(1) })
    const [call] = asked(pair)
    pair.east.session.setWritable(false)
    pair.east.succeed("parked")
    assert.deepStrictEqual(pair.east.tags(), [])
    assert.strictEqual(pair.east.session.running, 1)
    pair.east.hear(request(2))
    assert.strictEqual(pair.east.last("Defect").reason._tag, "Overloaded")
    pair.east.session.setWritable(true)
    assert.strictEqual(pair.east.session.running, 0)
    pair.run()
    assert.deepStrictEqual(call.outcome, { succeeded: "parked" })
  })

  it("lets as many parked answers leave as the link takes", () => {
    const pair = joined()
    for (const id of [1, 2, 3]) pair.east.hear(request(id))
    pair.east.session.setWritable(false)
    for (const duty of pair.east.duties) pair.east.succeed(duty.id, duty)
    pair.east.onSend = () => pair.east.session.setWritable(false)
    for (const running of [2, 1, 0]) {
      pair.east.session.setWritable(true)
      assert.strictEqual(pair.east.session.running, running)
    }
    assert.deepStrictEqual(
      pair.east.said.flatMap((message) => (message._tag === "Success" ? [message.value] : [])),
      [1, 2, 3]
    )
  })

  it("hears nothing after its parked answer", () => {
    const pair = joined()
    const [, duty] = asked(pair)
    pair.east.session.setWritable(false)
    pair.east.succeed("parked")
    for (const message of [
      { _tag: "Input", id: 1, method: 0, items: [1], bytes: 1 },
      { _tag: "InputEnd", id: 1, method: 0 },
      { _tag: "Credit", of: "answer", id: 1, items: 1, bytes: 1 }
    ] satisfies ReadonlyArray<Message>) {
      pair.east.hear(message)
    }
    pair.east.session.unreadable("duty", 1, 0, { _tag: "InvalidPayload", part: "input", detail: "" })
    assert.isFalse(duty.isStopped || duty.inputDone)
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), ["Success"])
  })

  it("drops its parked answer when the caller cancels", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.session.setWritable(false)
    pair.east.succeed("parked")
    pair.west.cancel(call)
    pair.run()
    assert.strictEqual(pair.east.session.running, 0)
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), [])
  })

  it("keeps its parked answer beyond the caller's deadline", () => {
    const pair = joined()
    pair.east.hear({ ...request(1), timeoutMillis: 300 } as Message)
    pair.east.session.setWritable(false)
    pair.east.succeed("parked")
    pair.advance(1000)
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), ["Success"])
  })

  it("reports its latest progress only, when the link takes it again", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    pair.east.session.progress(duty, 1)
    pair.east.session.setWritable(false)
    for (const value of [2, 3, 4]) assert.strictEqual(pair.east.session.progress(duty, value), undefined)
    assert.deepStrictEqual(pair.east.tags(), ["Progress"])
    pair.east.session.setWritable(true)
    pair.run()
    assert.deepStrictEqual(call.progress, [1, 4])
    pair.east.session.setWritable(false)
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), ["Progress"], "it is said once")
  })

  it("reports as far as the link takes it", () => {
    const pair = joined()
    for (const id of [1, 2]) pair.east.hear(request(id))
    pair.east.session.setWritable(false)
    for (const duty of pair.east.duties) pair.east.session.progress(duty, duty.id)
    pair.east.onSend = () => pair.east.session.setWritable(false)
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), ["Progress"])
    pair.east.session.setWritable(true)
    assert.strictEqual(pair.east.last("Progress").value, 2)
  })

  it("reports its latest progress before its answer", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    pair.east.session.setWritable(false)
    pair.east.session.progress(duty, 1)
    pair.east.session.progress(duty, 2)
    pair.east.succeed()
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), ["Progress", "Success"])
    pair.run()
    assert.deepStrictEqual(call.progress, [2])
  })

  it("reports no progress once it was stopped", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    pair.east.session.setWritable(false)
    pair.east.session.progress(duty, 1)
    pair.west.cancel(call)
    pair.run()
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), [])
  })

  it("hears why its progress cannot be said", () => {
    const pair = joined()
    const [, duty] = asked(pair)
    pair.east.weigh = refusing((message) => message._tag === "Progress", oversized)
    assert.deepStrictEqual(pair.east.session.progress(duty, "long"), oversized)
    assert.isFalse(duty.isStopped)
  })
})
