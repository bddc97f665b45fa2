import { assert, describe, it } from "@effect/vitest"
import { firstWindow } from "../../src/session/Flow.ts"
import { greeting, joined, linkLost, type Pair } from "./pair.ts"
import { invalid, oversized, refusing } from "./party.ts"

/** Emits until the answer is not "sent". Answers how many were. */
const emitAll = (pair: Pair, count: number): number => {
  for (let n = 0; n < count; n++) if (pair.west.session.emit(0, n) !== "sent") return n
  return count
}

const take = (pair: Pair, count: number): void => {
  for (const event of pair.east.events.splice(0, count)) pair.east.session.eventTaken(event)
  pair.run()
}

describe("events", () => {
  it("arrive in order, in both directions", () => {
    const pair = joined()
    pair.west.session.emit(1, "a")
    pair.west.session.emit(2, "b")
    pair.east.session.emit(1, "c")
    pair.run()
    assert.deepStrictEqual(
      pair.east.events.map(({ method, payload }) => [method, payload]),
      [
        [1, "a"],
        [2, "b"]
      ]
    )
    assert.strictEqual(pair.west.events[0]?.payload, "c")
  })

  it("wait for the credit that all of a connection's share, told once when there is some", () => {
    const pair = joined()
    assert.strictEqual(emitAll(pair, 2000), 1024)
    assert.strictEqual(pair.west.session.emit(7, "other tag"), "wait")
    pair.run()
    take(pair, 511)
    assert.strictEqual(pair.west.credits, 0)
    take(pair, 1)
    assert.deepStrictEqual(pair.east.last("Credit"), { _tag: "Credit", of: "events", id: 0, items: 512, bytes: 5120 })
    assert.strictEqual(pair.west.credits, 1)
    take(pair, 512)
    assert.strictEqual(pair.west.credits, 1, "nobody waits any more")
    assert.strictEqual(emitAll(pair, 2000), 1024)
  })

  it("give their credit back when nobody can read them, so that others need not wait", () => {
    const pair = joined()
    for (let n = 0; n < 600; n++) pair.east.session.unreadableEvent(10, { _tag: "UnknownMethod" })
    pair.run()
    assert.strictEqual(pair.east.faults.length, 600)
    assert.deepStrictEqual(pair.east.last("Credit"), { _tag: "Credit", of: "events", id: 0, items: 512, bytes: 5120 })
  })

  it("without credit that nobody can read give none back", () => {
    const pair = joined()
    emitAll(pair, 1024)
    pair.run()
    for (let n = 0; n < 600; n++) pair.east.session.unreadableEvent(10, { _tag: "UnknownMethod" })
    assert.strictEqual(pair.east.faults.length, 600)
    assert.notInclude(pair.east.tags(), "Credit")
  })

  it("before Hello that nobody can read end the session", () => {
    const pair = greeting()
    pair.west.session.unreadableEvent(10, { _tag: "UnknownMethod" })
    assert.deepStrictEqual(pair.west.last("Bye").reason, { _tag: "UnknownMethod" })
  })

  it("overdraw the bytes by one event", () => {
    const pair = joined()
    pair.west.weigh = (message) => (message._tag === "Event" ? 60_000 : 0)
    const sent = emitAll(pair, 1000)
    assert.strictEqual(sent, Math.ceil(firstWindow.bytes / 60_000))
    pair.run()
    assert.strictEqual(pair.east.events.length, sent)
    assert.deepStrictEqual(pair.east.faults, [])
  })

  it("wait for a link that is full", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    assert.strictEqual(pair.west.session.emit(0, 1), "wait")
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.west.session.setWritable(true)
    assert.strictEqual(pair.west.credits, 1)
    assert.strictEqual(pair.west.session.emit(0, 1), "sent")
    pair.west.session.setWritable(true)
    assert.strictEqual(pair.west.credits, 1)
  })

  it("that wait for credit are not told of a link that takes more", () => {
    const pair = joined()
    emitAll(pair, 2000)
    pair.run()
    pair.west.session.setWritable(false)
    pair.west.session.setWritable(true)
    assert.strictEqual(pair.west.credits, 0)
    pair.west.session.setWritable(false)
    take(pair, 1024)
    assert.strictEqual(pair.west.credits, 0, "nor of credit, while the link takes none")
    pair.west.session.setWritable(true)
    assert.strictEqual(pair.west.credits, 1)
  })

  it("that may be emitted again may be emitted at once", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    pair.west.session.emit(0, 1)
    pair.west.onCredit = () => assert.strictEqual(pair.west.session.emit(0, 1), "sent")
    pair.west.session.setWritable(true)
    assert.deepStrictEqual(pair.west.tags(), ["Event"])
  })

  it("without credit are reported and dropped", () => {
    const pair = joined()
    for (let n = 0; n < 1030; n++) pair.east.hear({ _tag: "Event", method: 0, payload: n, bytes: 1 })
    assert.strictEqual(pair.east.events.length, 1024)
    assert.strictEqual(pair.east.faults.length, 6)
    assert.deepStrictEqual(pair.east.faults[0], { _tag: "Overloaded", what: "events without credit", limit: 0 })
    assert.strictEqual(pair.east.end, undefined)
  })

  it("wait, on a wire whose peer counts them, until one was taken", () => {
    const pair = joined({ eventWindow: 1 }, { eventWindow: 1 })
    assert.strictEqual(emitAll(pair, 3), 1)
    pair.run()
    take(pair, 1)
    assert.strictEqual(pair.west.session.emit(0, 2), "wait", "the codec tells what the peer says, the session does not")
    pair.west.hear({ _tag: "Credit", of: "events", id: 0, items: 1, bytes: 10 })
    assert.strictEqual(pair.west.credits, 1)
    assert.strictEqual(pair.west.session.emit(0, 2), "sent")
  })

  it("wait for nothing but the link on a wire whose peer does not count them", () => {
    const pair = joined({ eventWindow: Infinity })
    assert.strictEqual(emitAll(pair, 5000), 5000)
  })

  it("that need no credit are all delivered, and hold up the reading while too many wait", () => {
    const pair = joined({}, { eventWindow: Infinity })
    for (let n = 0; n < 1023; n++) pair.east.hear({ _tag: "Event", method: 0, payload: n, bytes: 1 })
    assert.isFalse(pair.east.isCongested)
    for (let n = 0; n < 3; n++) pair.east.hear({ _tag: "Event", method: 0, payload: n, bytes: 1 })
    assert.isTrue(pair.east.isCongested)
    assert.deepStrictEqual([pair.east.events.length, pair.east.faults], [1026, []])
    take(pair, 514)
    assert.isTrue(pair.east.isCongested)
    take(pair, 1)
    assert.isFalse(pair.east.isCongested)
    assert.notInclude(pair.east.tags(), "Credit")
  })

  it("that need no credit hold up the reading by their bytes, too", () => {
    const pair = joined({}, { eventWindow: Infinity })
    pair.east.hear({ _tag: "Event", method: 0, payload: "large", bytes: firstWindow.bytes })
    assert.isTrue(pair.east.isCongested)
    take(pair, 1)
    assert.isFalse(pair.east.isCongested)
  })

  it("that need no credit are read on when none is taken and a call waits: its answer may be behind them", () => {
    const pair = joined({}, { eventWindow: Infinity })
    const hear = (count: number) => {
      for (let n = 0; n < count; n++) pair.east.hear({ _tag: "Event", method: 0, payload: n, bytes: 1 })
    }
    hear(1024)
    pair.east.session.tick(5000)
    assert.isTrue(pair.east.isCongested, "nobody waits for anything but the handlers")
    const call = pair.east.ask()
    assert.strictEqual(pair.east.session.deadlineMillis, 6000)
    take(pair, 1)
    pair.east.session.tick(6000)
    assert.isTrue(pair.east.isCongested, "events are taken")
    pair.east.session.tick(6999)
    assert.isTrue(pair.east.isCongested)
    pair.east.session.tick(7000)
    assert.isFalse(pair.east.isCongested)
    assert.strictEqual(pair.east.session.deadlineMillis, Infinity)

    hear(64 * 1024)
    assert.strictEqual(pair.east.events.length, 64 * 1024, "and no more than that is kept")
    assert.strictEqual(pair.east.faults.length, 1023)
    pair.east.hear({ _tag: "Success", id: call.id, method: 0, value: 1 })
    assert.deepStrictEqual(call.outcome, { succeeded: 1 })
    take(pair, 64 * 1024 - 511)
    hear(512)
    assert.isFalse(pair.east.isCongested)
    hear(1)
    assert.isTrue(pair.east.isCongested, "then it is as before")
  })

  it("that need no credit hold up nothing once the session is over", () => {
    const pair = joined({}, { eventWindow: Infinity, goodbye: true })
    for (let n = 0; n < 1024; n++) pair.east.hear({ _tag: "Event", method: 0, payload: n, bytes: 1 })
    pair.east.session.drain(pair.now)
    assert.isFalse(pair.east.isCongested, "the peer's Bye is still to be read")
    take(pair, 1024)
    assert.isFalse(pair.east.isCongested)
  })

  it("that cannot be said say why, and cost no credit", () => {
    const pair = joined()
    pair.west.weigh = refusing((message) => message._tag === "Event", invalid)
    for (let n = 0; n < 2000; n++) assert.strictEqual(pair.west.session.emit(0, n), invalid)
    pair.west.weigh = () => oversized
    assert.strictEqual(pair.west.session.emit(0, "large"), oversized)
    pair.west.weigh = () => 1
    assert.strictEqual(emitAll(pair, 2000), 1024)
  })

  it("that are too large before Hello wait for it", () => {
    const pair = greeting()
    pair.west.weigh = (message) => (message._tag === "Event" && !pair.west.session.greeted ? oversized : 0)
    assert.strictEqual(pair.west.session.emit(0, "large"), "wait")
    assert.strictEqual(pair.west.credits, 0)
    pair.run()
    assert.strictEqual(pair.west.credits, 1)
    assert.strictEqual(pair.west.session.emit(0, "large"), "sent")
  })

  it("after the end answer why, and tell nobody of credit", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    assert.strictEqual(pair.west.session.emit(0, 1), "wait")
    pair.cut()
    assert.deepStrictEqual(pair.west.session.emit(0, 1), linkLost)
    pair.west.session.setWritable(true)
    pair.west.hear({ _tag: "Credit", of: "events", id: 0, items: 1, bytes: 1 })
    assert.strictEqual(pair.west.credits, 0)
    pair.east.session.eventTaken({ _tag: "Event", method: 0, payload: 1, bytes: 2_000_000 })
    assert.notInclude(pair.east.tags(), "Credit")
  })
})
