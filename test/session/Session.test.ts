import { assert, describe, it } from "@effect/vitest"
import type { Message, Refusal } from "../../src/session/Message.ts"
import { asked, crowded, joined, linkLost, type Pair } from "./pair.ts"
import type { Asked } from "./party.ts"

const closedHere: Refusal = { _tag: "Disconnected", detail: "closed by this side" }
const closedThere: Refusal = { _tag: "Disconnected", detail: "the peer closed the connection" }

const drain = (pair: Pair, side: "west" | "east"): void => pair[side].session.drain(pair.now)

const refusalOf = (call: Asked | undefined): string | undefined =>
  call?.outcome !== undefined && "refused" in call.outcome ? call.outcome.refused._tag : undefined

describe("a session that drains", () => {
  it("closes at once where nothing runs", () => {
    const pair = joined()
    const own = pair.east.ask()
    drain(pair, "east")
    assert.deepStrictEqual(pair.east.tags(), ["Request", "Drain", "Bye"])
    assert.deepStrictEqual(pair.east.end, { reason: closedHere, side: "local" })
    assert.deepStrictEqual(own.outcome, { refused: closedHere, side: "local" })
    pair.run()
    assert.deepStrictEqual(pair.west.end, { reason: closedThere, side: "remote" })
    assert.deepStrictEqual(pair.west.tags(), [], "nobody answers a Bye")
  })

  it("finishes what runs, then says Bye", () => {
    const pair = joined()
    const [first, second] = [pair.west.ask(), pair.west.ask()]
    pair.run()
    drain(pair, "east")
    pair.run()
    pair.east.succeed("one", pair.east.duties[0])
    pair.run()
    assert.strictEqual(pair.east.end, undefined)
    pair.east.succeed("two", pair.east.duties[1])
    pair.run()
    assert.deepStrictEqual([first.outcome, second.outcome], [{ succeeded: "one" }, { succeeded: "two" }])
    assert.deepStrictEqual(pair.east.tags(), ["Drain", "Success", "Success", "Bye"])
  })

  it("is asked nothing new", () => {
    const pair = joined()
    asked(pair)
    drain(pair, "east")
    pair.run()
    pair.west.tags()
    const late = pair.west.ask()
    assert.deepStrictEqual(late.outcome, { refused: { _tag: "Draining" }, side: "remote" })
    assert.deepStrictEqual(pair.west.tags(), [])
  })

  it("refuses what was asked before the peer knew", () => {
    const pair = joined()
    asked(pair)
    drain(pair, "east")
    const crossing = pair.west.ask()
    pair.run()
    assert.deepStrictEqual(crossing.outcome, { refused: { _tag: "Draining" }, side: "remote" })
    assert.strictEqual(pair.east.duties.length, 1)
  })

  it("has its peer refuse the calls that wait", () => {
    const pair = crowded()
    const [running, waiting] = [pair.west.ask(), pair.west.ask()]
    let asks: Asked | undefined
    waiting.onEnd = () => {
      asks = pair.west.ask()
    }
    pair.run()
    drain(pair, "east")
    pair.run()
    assert.deepStrictEqual(waiting.outcome, { refused: { _tag: "Draining" }, side: "remote" })
    assert.strictEqual(refusalOf(asks), "Draining")
    pair.east.succeed("done")
    pair.run()
    assert.deepStrictEqual(running.outcome, { succeeded: "done" })
  })

  it("lets what runs ask the peer, and be asked items", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    drain(pair, "east")
    pair.run()
    const back = pair.east.ask()
    pair.run()
    pair.west.succeed("yes")
    pair.run()
    assert.deepStrictEqual(back.outcome, { succeeded: "yes" })
    pair.west.session.sendItems(call, ["input"])
    pair.east.session.sendItems(duty, ["item"])
    pair.east.session.progress(duty, "half")
    pair.run()
    assert.deepStrictEqual([call.received, call.progress, duty.received], [["item"], ["half"], ["input"]])
    pair.east.succeed("done")
    pair.run()
    assert.deepStrictEqual(call.outcome, { succeeded: "done" })
  })

  it("closes when the last duty is stopped, however that came", () => {
    const ends: ReadonlyArray<(pair: Pair, call: Asked) => void> = [
      (pair, call) => pair.west.cancel(call),
      (pair) => pair.east.session.unreadable("duty", 1, 0, { _tag: "InvalidPayload", part: "input", detail: "" }),
      (pair) => {
        pair.east.weigh = (message) =>
          message._tag === "Chunk" ? { _tag: "InvalidPayload", part: "item", detail: "" } : 0
        pair.east.session.sendItems(pair.east.latest, ["bad"])
      },
      (pair) => pair.advance(1000)
    ]
    for (const end of ends) {
      const pair = joined()
      const [call] = asked(pair, { timeoutMillis: 1000 })
      drain(pair, "east")
      pair.run()
      assert.strictEqual(pair.east.end, undefined)
      end(pair, call)
      pair.run()
      assert.deepStrictEqual(pair.east.end, { reason: closedHere, side: "local" })
      assert.isTrue(pair.east.latest.isStopped)
    }
  })

  it("closes as the last duty runs out of time, before the caller says so", () => {
    const pair = joined()
    pair.east.hear({ _tag: "Request", id: 1, method: 0, payload: 1, timeoutMillis: 500, headers: undefined })
    drain(pair, "east")
    pair.advance(500)
    assert.deepStrictEqual(pair.east.tags(), ["Drain", "Defect", "Bye"])
  })

  it("waits for answers that the link does not take yet", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.session.setWritable(false)
    drain(pair, "east")
    pair.east.succeed("done")
    assert.deepStrictEqual(pair.east.tags(), ["Drain"])
    pair.east.session.setWritable(true)
    assert.deepStrictEqual(pair.east.tags(), ["Success", "Bye"])
    pair.run()
    assert.deepStrictEqual(call.outcome, { succeeded: "done" })
  })

  it("does not wait for an answer that nobody wants any more", () => {
    const pair = joined()
    const [call] = asked(pair)
    pair.east.session.setWritable(false)
    drain(pair, "east")
    pair.east.succeed("done")
    pair.west.cancel(call)
    pair.run()
    assert.deepStrictEqual(pair.east.end, { reason: closedHere, side: "local" })
  })

  it("waits for a bounded time, stops what still runs, and says so", () => {
    const pair = joined({}, { drainMillis: 500 })
    const [call, duty] = asked(pair)
    drain(pair, "east")
    pair.advance(499)
    assert.isFalse(duty.isStopped)
    drain(pair, "east")
    pair.advance(1)
    assert.isTrue(duty.isStopped)
    assert.deepStrictEqual(pair.east.end, { reason: closedHere, side: "local" })
    pair.run()
    const reason: Refusal = { _tag: "Disconnected", detail: "the peer closed before the call had finished" }
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "remote" })
    assert.deepStrictEqual(pair.east.tags(), ["Drain", "Defect", "Bye"])
  })

  it("says with its Bye that what crosses it never began, and only where that is so", () => {
    const pair = joined()
    const [answered] = asked(pair)
    drain(pair, "east")
    pair.east.succeed("done")
    const crossing = pair.west.ask()
    pair.run()
    assert.deepStrictEqual(pair.east.last("Bye").reason, { _tag: "Draining" })
    assert.deepStrictEqual(answered.outcome, { succeeded: "done" })
    assert.deepStrictEqual(crossing.outcome, { refused: { _tag: "Draining" }, side: "remote" })
    assert.isFalse(pair.west.session.takesCalls)
    assert.deepStrictEqual(pair.west.end, { reason: closedThere, side: "remote" })
  })

  it("says nothing of answers that never left when its time is over", () => {
    const pair = joined({}, { drainMillis: 500 })
    const [parked, running] = [pair.west.ask(), pair.west.ask()]
    pair.run()
    pair.east.session.setWritable(false)
    pair.east.succeed("parked", pair.east.duties[0])
    drain(pair, "east")
    pair.advance(500)
    assert.deepStrictEqual(
      pair.east.duties.map((duty) => duty.isStopped),
      [false, true]
    )
    assert.deepStrictEqual(pair.east.tags(), ["Drain", "Bye"])
    assert.isUndefined(pair.east.last("Bye").reason)
    pair.run()
    assert.deepStrictEqual(parked.outcome, { refused: closedThere, side: "remote" })
    assert.deepStrictEqual(running.outcome, parked.outcome)
  })

  it("at both ends at once finishes what both run", () => {
    const pair = joined()
    const [west, east] = [pair.west.ask(), pair.east.ask()]
    pair.run()
    drain(pair, "west")
    drain(pair, "east")
    pair.run()
    assert.strictEqual(refusalOf(pair.west.ask()), "Draining")
    assert.strictEqual(refusalOf(pair.east.ask()), "Draining")
    pair.west.succeed("for east")
    pair.deliver(pair.west)
    assert.deepStrictEqual(east.outcome, { succeeded: "for east" })
    assert.deepStrictEqual(pair.west.end, { reason: closedHere, side: "local" })
    assert.deepStrictEqual(
      west.outcome,
      { refused: closedHere, side: "local" },
      "whose side has nothing left to do goes"
    )
    assert.strictEqual(pair.east.end?.side, "remote")
  })
})

describe("a session that is over", () => {
  const message = (tag: Message["_tag"], pair: Pair): Message =>
    ({
      id: 1,
      method: 0,
      payload: 1,
      timeoutMillis: 0,
      items: [1],
      bytes: 1,
      value: 1,
      of: "answer",
      _tag: tag,
      hello: pair.west.hello
    }) as never

  it("says and hears nothing", () => {
    const pair = joined({ heartbeatMillis: 1000 })
    const [, duty] = asked(pair)
    const call = pair.east.ask()
    pair.run()
    const own = pair.west.latest
    pair.east.session.setWritable(false)
    pair.west.session.setWritable(false)
    pair.cut()
    pair.west.tags()
    for (const { session } of [pair.west, pair.east]) {
      session.setWritable(true)
      session.sendItems(duty, [1])
      session.sendItems(call, [1])
      session.endInput(call)
      session.cancel(call)
      session.consumed(duty, 1024, 10)
      session.succeed(own, 1)
      session.progress(own, 1)
      session.emit(0, 1)
      session.drain(pair.now)
      session.close(linkLost)
      session.lost(linkLost)
      session.tick(1e9)
      session.unreadable("none", 0, 0, linkLost)
      session.unreadable("call", 1, 0, linkLost)
      session.unreadable("duty", 1, 0, linkLost)
      assert.strictEqual(session.deadlineMillis, Infinity)
      assert.strictEqual(session.running, 0)
    }
    for (const tag of [
      "Request",
      "Success",
      "Chunk",
      "Progress",
      "Input",
      "Cancel",
      "Credit",
      "Ping",
      "Hello",
      "Drain",
      "Bye"
    ] as const) {
      pair.west.hear(message(tag, pair))
      pair.east.hear(message(tag, pair))
    }
    assert.deepStrictEqual([...pair.west.tags(), ...pair.east.tags()].slice(-1), ["Request"])
  })

  it("says why when it is the peer's fault, and only Bye when it is not", () => {
    const [left, refused] = [joined(), joined()]
    left.west.session.close(closedHere)
    assert.deepStrictEqual(left.west.last("Bye").reason, undefined)
    const reason: Refusal = { _tag: "Malformed", detail: "nonsense" }
    refused.west.session.close(reason)
    assert.deepStrictEqual(refused.west.last("Bye").reason, reason)
    refused.run()
    assert.deepStrictEqual(refused.east.end, { reason, side: "remote" })
  })

  it("knows who ended it", () => {
    const pair = joined()
    assert.strictEqual(pair.west.session.endedBy, "local")
    pair.east.session.close(closedHere)
    pair.run()
    assert.deepStrictEqual([pair.west.session.endedBy, pair.east.session.endedBy], ["remote", "local"])
  })

  it("has ended once, also where its last words end the link", () => {
    const pair = joined()
    pair.west.onSend = () => pair.west.session.lost(linkLost)
    pair.west.session.close(closedHere)
    assert.deepStrictEqual(pair.west.end, { reason: linkLost, side: "local" })
  })
})

describe("a session", () => {
  it("answers a ping", () => {
    const pair = joined()
    pair.west.hear({ _tag: "Ping" })
    assert.deepStrictEqual(pair.west.tags(), ["Pong"])
  })

  it("reports what concerns no call and cannot be read", () => {
    const pair = joined()
    const reason: Refusal = { _tag: "UnknownMethod" }
    pair.west.session.unreadable("none", 0, -1, reason)
    assert.deepStrictEqual(pair.west.faults, [reason])
    assert.strictEqual(pair.west.end, undefined)
  })

  it("acts on what the peer says also where that comes while it speaks", () => {
    const pair = joined()
    pair.west.onSend = (said) => {
      if (said._tag === "Request") pair.west.hear({ _tag: "Success", id: said.id, method: 0, value: "at once" })
    }
    const call = pair.west.ask()
    assert.deepStrictEqual(call.outcome, { succeeded: "at once" })
    assert.strictEqual(call.credits, 0)
  })
})
