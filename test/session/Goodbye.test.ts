/** The end of a session on a wire where a Bye is answered with one. */
import { assert, describe, it } from "@effect/vitest"
import { greeting, joined, linkLost, type Pair } from "./pair.ts"

const drainMillis = 5000

const polite = (): Pair => joined({ goodbye: true, drainMillis })

const bye = { _tag: "Bye", reason: undefined } as const

describe("a session that says Bye first", () => {
  it("is over at once for its calls and duties, and closes when the peer has answered", () => {
    const pair = polite()
    const call = pair.west.ask()
    pair.west.hear({ _tag: "Request", id: 1, method: 0, payload: 1, timeoutMillis: 0, headers: undefined })
    pair.west.session.close({ _tag: "Disconnected", detail: "enough" })
    assert.isDefined(call.outcome)
    assert.isTrue(pair.west.latest.isStopped)
    assert.deepStrictEqual([pair.west.end, pair.west.partings], [undefined, 1])
    assert.isFalse(pair.west.session.takesCalls)
    pair.west.hear(bye)
    assert.deepStrictEqual(pair.west.end, { reason: { _tag: "Disconnected", detail: "enough" }, side: "local" })
    assert.strictEqual(pair.west.session.deadlineMillis, Infinity)
  })

  it("closes without the answer once the time to drain has passed", () => {
    const pair = polite()
    // However long nothing was heard before.
    pair.now = 60_000
    pair.west.session.drain(pair.now)
    assert.strictEqual(pair.west.session.deadlineMillis, 60_000 + drainMillis)
    pair.west.session.tick(60_000 + drainMillis - 1)
    assert.strictEqual(pair.west.end, undefined)
    pair.west.session.tick(60_000 + drainMillis)
    assert.isDefined(pair.west.end)
  })

  it("closes when the link ends instead", () => {
    const pair = polite()
    pair.west.session.drain(pair.now)
    pair.west.session.lost(linkLost)
    assert.deepStrictEqual(pair.west.end?.reason, { _tag: "Disconnected", detail: "closed by this side" })
  })

  it("closes once when the link ends as it says so", () => {
    const pair = polite()
    pair.west.onSend = () => pair.west.session.lost(linkLost)
    pair.west.session.close({ _tag: "Disconnected", detail: "enough" })
    assert.deepStrictEqual(pair.west.end?.reason, linkLost)
    assert.deepStrictEqual([pair.west.partings, pair.west.session.deadlineMillis], [0, Infinity])
  })

  it("says and hears nothing but Bye while it waits", () => {
    const pair = polite()
    pair.west.session.drain(pair.now)
    pair.west.tags()
    pair.west.hear({ _tag: "Request", id: 1, method: 0, payload: 1, timeoutMillis: 0, headers: undefined })
    pair.west.hear({ _tag: "Ping" })
    const late = pair.west.ask()
    assert.isDefined(late.outcome)
    assert.deepStrictEqual([pair.west.tags(), pair.west.duties, pair.west.end], [[], [], undefined])
  })

  it("does not wait for a peer that has not said Hello", () => {
    const pair = greeting({ goodbye: true })
    pair.west.session.drain(pair.now)
    assert.isDefined(pair.west.end)
  })

  it("does not wait again when the peer said it first", () => {
    const pair = polite()
    pair.west.hear(bye)
    assert.deepStrictEqual([pair.west.partings, pair.west.end?.side], [0, "remote"])
  })
})
