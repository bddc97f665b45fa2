import { assert, describe, it } from "@effect/vitest"
import { Heartbeat } from "../../src/session/Heartbeat.ts"
import { asked, greeting, joined } from "./pair.ts"

const beating = { heartbeatMillis: 1000 }

describe("a heartbeat", () => {
  it("pings after one interval of silence, once", () => {
    const pair = joined(beating)
    pair.advance(999)
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.advance(1)
    assert.deepStrictEqual(pair.west.tags(), ["Ping"])
    pair.advance(999)
    assert.deepStrictEqual(pair.west.tags(), [])
  })

  it("gives a peer up that says nothing for two intervals", () => {
    const pair = joined(beating)
    const call = pair.west.ask()
    pair.advance(1999)
    assert.strictEqual(call.outcome, undefined)
    pair.advance(1)
    const reason = { _tag: "PeerSilent", afterMillis: 2000 } as const
    assert.deepStrictEqual(pair.west.end, { reason, side: "local" })
    assert.deepStrictEqual(call.outcome, { refused: reason, side: "local" })
    assert.deepStrictEqual(pair.west.tags(), ["Request", "Ping"], "a peer that does not listen is not told")
  })

  it("is content with the answer to its ping", () => {
    const pair = joined(beating)
    for (let n = 0; n < 5; n++) {
      pair.advance(1000)
      pair.run()
    }
    assert.deepStrictEqual(
      pair.west.tags(),
      Array.from({ length: 5 }, () => "Ping")
    )
    assert.deepStrictEqual(
      pair.east.tags(),
      Array.from({ length: 5 }, () => "Pong")
    )
    assert.strictEqual(pair.west.end, undefined)
  })

  it("takes any message for a sign of life, before and after its ping", () => {
    const pair = joined(beating)
    pair.advance(900)
    pair.west.hear({ _tag: "Pong" })
    pair.advance(999)
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.advance(1)
    assert.deepStrictEqual(pair.west.tags(), ["Ping"])
    pair.advance(900)
    pair.west.hear({ _tag: "Success", id: 99, method: 0, value: 1 })
    pair.advance(999)
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.advance(1)
    assert.deepStrictEqual(pair.west.tags(), ["Ping"])
  })

  it("leaves the peer an interval to answer its ping, also when this side was held up", () => {
    const pair = joined(beating)
    pair.now += 60_000
    pair.west.session.tick(pair.now)
    assert.deepStrictEqual(pair.west.tags(), ["Ping"])
    pair.west.session.tick(pair.now)
    pair.advance(999)
    assert.strictEqual(pair.west.end, undefined)
    pair.run()
    pair.advance(999)
    assert.strictEqual(pair.west.end, undefined)
  })

  it("begins with the peer's Hello: a peer that is slow to start is not silent", () => {
    const pair = greeting(beating)
    pair.west.tags()
    pair.advance(9000)
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.run()
    pair.advance(999)
    assert.deepStrictEqual(pair.west.tags(), [])
    pair.advance(1)
    assert.deepStrictEqual(pair.west.tags(), ["Ping"])
  })

  it("is off with an interval of Infinity", () => {
    const pair = joined({ heartbeatMillis: Infinity })
    assert.strictEqual(pair.west.session.deadlineMillis, Infinity)
    pair.advance(1e9)
    assert.deepStrictEqual(pair.west.tags(), [])
  })

  it("goes on while this side drains", () => {
    const pair = joined({}, { ...beating, drainMillis: 60_000 })
    asked(pair)
    pair.east.session.drain(pair.now)
    pair.run()
    pair.east.tags()
    pair.advance(1000)
    assert.deepStrictEqual(pair.east.tags(), ["Ping"])
    pair.advance(1000)
    assert.deepStrictEqual(pair.east.end?.reason, { _tag: "PeerSilent", afterMillis: 2000 })
    assert.isTrue(pair.east.latest.isStopped)
  })

  it("asks to be looked at when something is due, and not before", () => {
    const heartbeat = new Heartbeat(1000, 50)
    assert.strictEqual(heartbeat.deadlineMillis, 1050)
    assert.strictEqual(heartbeat.due(1049), "nothing")
    assert.strictEqual(heartbeat.due(1050), "ping")
    assert.strictEqual(heartbeat.deadlineMillis, 2050)
    assert.strictEqual(heartbeat.due(2049), "nothing")
    assert.strictEqual(heartbeat.due(2050), "silent")
    heartbeat.heard(2060)
    assert.strictEqual(heartbeat.deadlineMillis, 3060)
  })

  it("asks after every interval, and judges nobody, where peers need not answer", () => {
    const heartbeat = new Heartbeat(100, 0, false)
    assert.strictEqual(heartbeat.due(99), "nothing")
    for (const now of [100, 200, 300]) assert.strictEqual(heartbeat.due(now), "ping")
    heartbeat.heard(350)
    assert.strictEqual(heartbeat.due(449), "nothing")
  })
})
