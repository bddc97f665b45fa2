import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Table } from "../../src/session/Table.ts"

interface Entry {
  id: number
}

const lastId = 0xffffffff

const claim = (table: Table<Entry>): number => {
  const entry = { id: 0 }
  table.claim(entry)
  return entry.id
}

const claims = (table: Table<Entry>, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, () => claim(table))

describe("a table", () => {
  it("numbers from 1", () => {
    const table = new Table<Entry>()
    assert.deepStrictEqual(claims(table, 4), [1, 2, 3, 4])
    assert.strictEqual(table.size, 4)
    assert.deepStrictEqual(
      table.all().map((entry) => entry.id),
      [1, 2, 3, 4]
    )
  })

  it("gives an id only once, also after its entry was taken", () => {
    const table = new Table<Entry>()
    const ids = Array.from({ length: 1000 }, () => table.take(claim(table))!.id)
    assert.strictEqual(new Set(ids).size, 1000)
    assert.strictEqual(table.size, 0)
  })

  it("skips an id whose place is taken", () => {
    const table = new Table<Entry>()
    const old = { id: 0 }
    table.claim(old)
    for (let id = 2; id <= 16; id++) table.take(claim(table))
    // 17 has the place of 1 while there are 16 places.
    assert.strictEqual(claim(table), 18)
    assert.strictEqual(table.get(1), old)
    assert.strictEqual(table.get(17), undefined)
    assert.strictEqual(table.get(18)?.id, 18)
  })

  it("goes on with 1 after the last id", () => {
    assert.deepStrictEqual(claims(new Table<Entry>(lastId - 2), 4), [lastId - 1, lastId, 1, 2])
  })

  it("finds ids beyond 2^31, where bitwise arithmetic turns negative", () => {
    const table = new Table<Entry>(2 ** 31 - 2)
    for (const id of claims(table, 3)) assert.strictEqual(table.take(id)?.id, id)
    const entry = { id: lastId }
    assert.isTrue(table.put(entry))
    assert.strictEqual(table.get(lastId), entry)
  })

  it("finds everything after it has grown", () => {
    const table = new Table<Entry>()
    const ids = claims(table, 1000)
    assert.strictEqual(table.size, 1000)
    for (const id of ids) assert.strictEqual(table.take(id)?.id, id)
    assert.deepStrictEqual(table.all(), [])
  })

  it("keeps ids that a peer chose so that they share a place, also when it grows", () => {
    const table = new Table<Entry>()
    const ids = Array.from({ length: 500 }, (_, n) => 7 + n * 0x10000)
    for (const id of ids) assert.isTrue(table.put({ id }))
    for (const id of ids) assert.isFalse(table.put({ id }), "each id only once")
    assert.strictEqual(table.size, 500)
    for (const id of ids.toReversed()) assert.strictEqual(table.take(id)?.id, id)
    assert.strictEqual(table.size, 0)
  })

  it("finds an id whose place was emptied under it, and takes no second one", () => {
    const table = new Table<Entry>()
    const [first, second] = [{ id: 1 }, { id: 65 }]
    table.put(first)
    table.put(second)
    assert.strictEqual(table.take(1), first)
    assert.strictEqual(table.get(65), second)
    assert.isFalse(table.put({ id: 65 }))
    assert.isTrue(table.put({ id: 1 }))
    assert.strictEqual(table.take(65), second)
    assert.strictEqual(table.take(65), undefined)
  })

  it("is a map from ids to entries, whatever ids a peer chooses", () => {
    // Few ids, of which many share a place.
    const id = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(64, 128, 192, 2 ** 31, 2 ** 31 + 64, lastId))
    const step = fc.record({ op: fc.constantFrom("put", "put", "take", "get"), id })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new Table<Entry>()
        const model = new Map<number, Entry>()
        for (const { id, op } of steps) {
          const entry = { id }
          if (op === "put") {
            assert.strictEqual(table.put(entry), !model.has(id))
            if (!model.has(id)) model.set(id, entry)
          } else {
            assert.strictEqual(op === "get" ? table.get(id) : table.take(id), model.get(id))
            if (op === "take") model.delete(id)
          }
          assert.strictEqual(table.size, model.size)
        }
        assert.sameMembers(table.all(), [...model.values()])
      })
    )
  })

  it("is a map from ids to entries when it numbers them itself, around the last id", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 400 }), (steps) => {
        const table = new Table<Entry>(lastId - 50)
        const model = new Map<number, Entry>()
        for (const step of steps) {
          const taken = [...model.keys()][step]
          if (taken === undefined) {
            const entry = { id: 0 }
            table.claim(entry)
            assert.isTrue(entry.id >= 1 && entry.id <= lastId && !model.has(entry.id))
            model.set(entry.id, entry)
          } else {
            assert.strictEqual(table.take(taken), model.get(taken))
            model.delete(taken)
            assert.strictEqual(table.get(taken), undefined)
          }
          assert.strictEqual(table.size, model.size)
        }
        for (const [id, entry] of model) assert.strictEqual(table.get(id), entry)
      })
    )
  })
})
