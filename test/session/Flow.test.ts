import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { firstWindow, Inflow, Outflow } from "../../src/session/Flow.ts"

const frameBytes = 65_536

describe("credit", () => {
  it("allows one window of small items, and not one more", () => {
    const outflow = new Outflow()
    outflow.sent(outflow.allows(1), 1)
    outflow.sent(outflow.allows(Infinity), 1023)
    assert.strictEqual(outflow.allows(1), 0)
    outflow.granted(1, 1)
    assert.strictEqual(outflow.allows(10), 1)
  })

  it("takes first items to be large, and later ones to be as large as the last", () => {
    const outflow = new Outflow()
    assert.strictEqual(outflow.allows(1000), 16)
    outflow.sent(10, 100)
    assert.strictEqual(outflow.allows(1000), 1000)
    outflow.sent(10, 1_000_000)
    assert.strictEqual(outflow.allows(1000), 1, "the bytes that are left are less than one item")
  })

  it("overdraws the bytes by one frame, and then waits until they are paid back", () => {
    const outflow = new Outflow()
    outflow.sent(1, firstWindow.bytes - 1)
    assert.strictEqual(outflow.allows(5), 1)
    outflow.sent(1, frameBytes)
    assert.strictEqual(outflow.allows(1), 0)
    outflow.granted(1, frameBytes - 1)
    assert.strictEqual(outflow.allows(1), 0)
    outflow.granted(1, 1)
    assert.strictEqual(outflow.allows(1), 1)
  })

  it("is given back when half of the first window was consumed, in items or in bytes", () => {
    const byItems = new Inflow()
    assert.isTrue(byItems.arrived(1024, 1024))
    assert.strictEqual(byItems.used(511, 511), undefined)
    assert.deepStrictEqual(byItems.used(1, 1), { items: 512, bytes: 512 })
    assert.strictEqual(byItems.used(511, 511), undefined)
    const byBytes = new Inflow()
    assert.isTrue(byBytes.arrived(2, 600_000))
    assert.strictEqual(byBytes.used(1, 500_000), undefined)
    assert.deepStrictEqual(byBytes.used(1, 100_000), { items: 2, bytes: 600_000 })
  })

  it("refuses what comes without it, and counts none of that", () => {
    const inflow = new Inflow()
    assert.isTrue(inflow.arrived(1023, 10))
    assert.isFalse(inflow.arrived(2, 10))
    assert.isTrue(inflow.arrived(1, firstWindow.bytes + frameBytes), "the last frame may overdraw the bytes")
    assert.isFalse(inflow.arrived(0, 1))
    assert.deepStrictEqual(inflow.used(512, frameBytes), { items: 512, bytes: frameBytes })
    assert.isFalse(inflow.arrived(1, 1), "the frame that was overdrawn is not consumed")
    inflow.used(512, 11)
    assert.isTrue(inflow.arrived(1, 1))
  })

  it("never runs dry while the receiver consumes, and never holds more than a window and a frame", () => {
    const item = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 60_000 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(item, fc.nat({ max: 3 })), { minLength: 1, maxLength: 3000 }), (steps) => {
        const outflow = new Outflow()
        const inflow = new Inflow()
        const unread: Array<readonly [items: number, bytes: number]> = []
        const consume = (): void => {
          const [items, bytes] = unread.shift()!
          const grant = inflow.used(items, bytes)
          if (grant !== undefined) outflow.granted(grant.items, grant.bytes)
        }
        for (const [bytes, batches] of steps) {
          const want = 1 + (bytes % 100)
          const items = outflow.allows(want)
          assert.isAtMost(items, want)
          if (items === 0) {
            assert.isAbove(unread.length, 0, "a sender without credit has something unread")
            while (outflow.allows(1) === 0) {
              assert.isAbove(unread.length, 0, "reading everything gives credit again")
              consume()
            }
            continue
          }
          outflow.sent(items, bytes)
          assert.isTrue(inflow.arrived(items, bytes), "what the sender may send the receiver takes")
          unread.push([items, bytes])
          assert.isAtMost(sum(unread.map(([count]) => count)), firstWindow.items)
          assert.isAtMost(sum(unread.map(([, size]) => size)), firstWindow.bytes + frameBytes)
          for (let n = 0; n < batches && unread.length > 0 && want % 2 === 0; n++) consume()
        }
      })
    )
  })
})

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, n) => total + n, 0)
