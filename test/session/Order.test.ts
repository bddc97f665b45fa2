/** Wires on which an answer finds its call by order, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import type { Message, Refusal } from "../../src/session/Message.ts"
import { asked, greeting, helloOf, joined, type Pair } from "./pair.ts"
import { invalid, refusing } from "./party.ts"

const byOrder = { correlate: "order" } as const

const orderly = (): Pair => joined(byOrder, byOrder)

const request = (id: number, timeoutMillis = 0): Message => ({
  _tag: "Request",
  id,
  method: 0,
  payload: id,
  timeoutMillis,
  headers: undefined
})

const answers = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.flatMap((message) => {
    if (message._tag === "Success") return [`${message.id}: ${message.value}`]
    return message._tag === "Defect" ? [`${message.id}: ${message.reason._tag}`] : []
  })

const endsWithoutAnswer: ReadonlyArray<
  readonly [name: string, end: (pair: Pair) => void, reason: Refusal | undefined]
> = [
  ["cancelled", (pair) => pair.west.cancel(pair.west.asked[0]!), undefined],
  ["timed out", (pair) => pair.advance(30_000), { _tag: "TimedOut", afterMillis: 30_000 }],
  [
    "answered for another method",
    (pair) => pair.west.hear({ _tag: "Success", id: 0, method: 9, value: 1 }),
    { _tag: "Malformed", detail: "the answer is one to another method" }
  ]
]

describe("a call on a wire that answers by order", () => {
  it("is the only one in flight", () => {
    const pair = orderly()
    const calls = [pair.west.ask(), pair.west.ask(), pair.west.ask()]
    for (const [n, call] of calls.entries()) {
      pair.run()
      assert.strictEqual(pair.east.duties.length, n + 1)
      pair.east.succeed(n)
      pair.run()
      assert.deepStrictEqual(call.outcome, { succeeded: n })
    }
  })

  it("takes the next answer, whatever id that names", () => {
    const pair = orderly()
    const call = pair.west.ask()
    pair.west.hear({ _tag: "Success", id: 0, method: 0, value: "first" })
    pair.west.hear({ _tag: "Success", id: call.id, method: 0, value: "second" })
    assert.deepStrictEqual(call.outcome, { succeeded: "first" })
    assert.strictEqual(pair.west.session.lateAnswers, 1)
  })

  it.each([0, Infinity])("has a deadline also when its timeout is %s", (timeoutMillis) => {
    const pair = orderly()
    const call = pair.west.ask({ timeoutMillis })
    assert.strictEqual(pair.west.last("Request").timeoutMillis, 30_000)
    pair.advance(30_000)
    assert.deepStrictEqual(call.outcome, { refused: { _tag: "TimedOut", afterMillis: 30_000 }, side: "local" })
  })

  it("keeps the timeout that it has", () => {
    const pair = orderly()
    const call = pair.west.ask({ timeoutMillis: 60_000 })
    pair.advance(59_999)
    assert.strictEqual(call.outcome, undefined)
  })

  it.each(endsWithoutAnswer)(
    "closes the session when it is %s, so that no late answer is the next one's",
    (_, end, reason) => {
      const pair = orderly()
      const [call, next] = [pair.west.ask(), pair.west.ask({ timeoutMillis: 60_000 })]
      end(pair)
      assert.deepStrictEqual(call.outcome, reason && { refused: reason, side: "local" })
      const detail = "a call ended without its answer, on a wire that answers by order"
      assert.deepStrictEqual(pair.west.end, { reason: { _tag: "Disconnected", detail }, side: "local" })
      assert.deepStrictEqual(next.outcome, { refused: { _tag: "Draining" }, side: "local" }, "it never began")
      assert.deepStrictEqual(pair.west.tags(), ["Request", "Cancel", "Bye"])
    }
  )

  it("is over when nobody can read its answer, and the next answer is that of the next call", () => {
    const pair = orderly()
    const [first, second] = [pair.west.ask(), pair.west.ask()]
    pair.west.session.unreadable("call", 0, 0, invalid)
    assert.deepStrictEqual(first.outcome, { refused: invalid, side: "local" })
    pair.west.hear({ _tag: "Success", id: 0, method: 0, value: "second" })
    assert.deepStrictEqual(second.outcome, { succeeded: "second" })
    assert.deepStrictEqual(pair.west.tags(), ["Request", "Request"])
  })

  it("closes nothing when it ends before it was sent", () => {
    const pair = orderly()
    const [first, second, third] = [
      pair.west.ask({ timeoutMillis: 60_000 }),
      pair.west.ask(),
      pair.west.ask({ timeoutMillis: 10 })
    ]
    pair.west.cancel(second)
    pair.advance(10)
    assert.isDefined(third.outcome)
    assert.strictEqual(first.state, "open")
    assert.strictEqual(pair.west.end, undefined)
  })

  it.each([0, 30])("before the peer's Hello is not sent, and closes nothing when it ends after %s ms", (millis) => {
    const pair = greeting(byOrder, byOrder)
    const [first, next] = [pair.west.ask({ timeoutMillis: 30 }), pair.west.ask()]
    pair.advance(millis)
    pair.west.cancel(first)
    assert.deepStrictEqual(pair.west.tags(), ["Hello"])
    pair.run()
    assert.strictEqual(next.state, "open")
    assert.strictEqual(pair.west.end, undefined)
  })

  it("is told that it ran out of time also where another did and took the session along", () => {
    const pair = orderly()
    const calls = [pair.west.ask(), pair.west.ask()]
    pair.advance(30_000)
    for (const { outcome } of calls) assert.deepInclude(outcome, { refused: { _tag: "TimedOut", afterMillis: 30_000 } })
  })

  it("that cannot be said closes nothing", () => {
    const pair = orderly()
    pair.west.weigh = refusing((message) => message._tag === "Request" && message.payload === "bad", invalid)
    const call = pair.west.ask({ payload: "bad" })
    assert.deepStrictEqual(call.outcome, { refused: invalid, side: "local" })
    const [, duty] = asked(pair)
    assert.strictEqual(duty.isOver, false)
  })
})

describe("a duty on a wire that answers by order", () => {
  it("is answered in the order of the requests", () => {
    const pair = orderly()
    for (const id of [1, 2, 3]) pair.east.hear(request(id))
    const [first, second, third] = pair.east.duties
    pair.east.succeed("c", third)
    pair.east.succeed("b", second)
    assert.deepStrictEqual(answers(pair.east.said), [])
    assert.strictEqual(pair.east.session.running, 3)
    pair.east.succeed("a", first)
    assert.deepStrictEqual(answers(pair.east.said), ["1: a", "2: b", "3: c"])
    assert.strictEqual(pair.east.session.running, 0)
  })

  it("is answered in order also when the link was full", () => {
    const pair = orderly()
    for (const id of [1, 2]) pair.east.hear(request(id))
    pair.east.session.setWritable(false)
    const [first, second] = pair.east.duties
    pair.east.succeed("b", second)
    pair.east.succeed("a", first)
    assert.deepStrictEqual(answers(pair.east.said), [])
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(answers(pair.east.said), ["1: a", "2: b"])
  })

  it("that runs out of time is answered in its turn", () => {
    const pair = orderly()
    pair.east.hear(request(1))
    pair.east.hear(request(2, 100))
    pair.advance(100)
    assert.isTrue(pair.east.duties[1]!.isStopped)
    assert.deepStrictEqual(answers(pair.east.said), [], "the peer would take it for the answer to its first")
    pair.east.succeed("a", pair.east.duties[0])
    assert.deepStrictEqual(answers(pair.east.said), ["1: a", "2: TimedOut"])
  })

  it("that is refused is answered in its turn", () => {
    const pair = orderly()
    pair.east.hear(request(1))
    pair.east.session.unreadable("duty", 2, -1, { _tag: "UnknownMethod" })
    pair.east.session.drain(pair.now)
    pair.east.hear(request(3))
    assert.deepStrictEqual(answers(pair.east.said), [])
    pair.east.succeed("a")
    assert.deepStrictEqual(answers(pair.east.said), ["1: a", "2: UnknownMethod", "3: Draining"])
    assert.deepStrictEqual(pair.east.last("Bye").reason, { _tag: "Draining" })
  })

  it("may end the link as it is stopped", () => {
    const pair = orderly()
    pair.east.hear(request(1, 100))
    pair.east.onStop = () => pair.cut()
    pair.advance(100)
    assert.deepStrictEqual([answers(pair.east.said), pair.east.session.running], [[], 0])
  })

  it("beyond what this side holds closes the session, as even refusals would have to be held", () => {
    const pair = joined(byOrder, { ...byOrder, hello: helloOf(3) })
    pair.east.hear(request(1))
    for (const id of [2, 3]) pair.east.session.unreadable("duty", id, -1, { _tag: "UnknownMethod" })
    assert.strictEqual(pair.east.end, undefined)
    pair.east.hear(request(4))
    assert.strictEqual(pair.east.end?.reason._tag, "Malformed")
    assert.strictEqual(pair.east.session.running, 0)
  })
})

describe("a wire without answers", () => {
  it("refuses every call, and carries events", () => {
    const pair = joined({ correlate: "none" }, { correlate: "none" })
    const reason: Refusal = { _tag: "Unsayable", detail: "this wire has no answers" }
    assert.deepStrictEqual(pair.west.ask().outcome, { refused: reason, side: "local" })
    assert.deepStrictEqual(pair.west.tags(), [])
    assert.strictEqual(pair.west.session.emit(0, "tick"), "sent")
    pair.run()
    assert.strictEqual(pair.east.events.length, 1)
    pair.cut()
    const late = pair.west.ask().outcome
    assert.strictEqual(late !== undefined && "refused" in late && late.refused._tag, "Disconnected")
  })
})
