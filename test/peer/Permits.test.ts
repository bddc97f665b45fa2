import { assert, describe, it } from "@effect/vitest"
import { Permits } from "../../src/peer/Permits.ts"

describe("Permits", () => {
  it("starts as many as there are permits at once, and the others in the order they came", () => {
    const permits = new Permits(2)
    const started: Array<string> = []
    for (const name of ["a", "b", "c", "d"]) permits.take(() => started.push(name))
    assert.deepStrictEqual(started, ["a", "b"])
    permits.release()
    assert.deepStrictEqual(started, ["a", "b", "c"])
    permits.release()
    assert.deepStrictEqual(started, ["a", "b", "c", "d"])
  })

  it("never starts who has left the line, and gives the permit to the next", () => {
    const permits = new Permits(1)
    const started: Array<string> = []
    permits.take(() => started.push("a"))
    const leave = permits.take(() => started.push("b"))
    permits.take(() => started.push("c"))
    leave()
    permits.release()
    assert.deepStrictEqual(started, ["a", "c"])
  })

  it("does nothing for who leaves after they were started", () => {
    const permits = new Permits(1)
    let started = 0
    const leave = permits.take(() => started++)
    leave()
    permits.take(() => started++)
    assert.strictEqual(started, 1)
    permits.release()
    assert.strictEqual(started, 2)
  })

  it("keeps a permit that nobody waits for", () => {
    const permits = new Permits(1)
    let started = 0
    permits.take(() => started++)
    permits.release()
    permits.take(() => started++)
    permits.take(() => started++)
    assert.strictEqual(started, 2)
  })

  it("starts any number that each give their permit back at once", () => {
    const permits = new Permits(1)
    const order: Array<number> = []
    permits.take(() => {})
    for (let n = 0; n < 50_000; n++) {
      permits.take(() => {
        order.push(n)
        permits.release()
      })
    }
    permits.release()
    assert.strictEqual(order.length, 50_000)
    assert.isTrue(order.every((n, at) => n === at))
  })
})
