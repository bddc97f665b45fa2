import { assert, describe, it } from "@effect/vitest"
import * as Put from "../../../src/wire/payload/JsonPut.ts"
import { integers, numbers, strings } from "./schemas.ts"

const put = (by: typeof Put.string, value: unknown, room = 4096): string | -1 => {
  const bytes = Buffer.alloc(room + 3, 0xee)
  const end = by(value, bytes, 3, 3 + room)
  assert.strictEqual(bytes.subarray(0, 3).toString("hex"), "eeeeee")
  return end === -1 ? -1 : bytes.subarray(3, end).toString()
}

describe("what is put", () => {
  it("is what JSON.stringify makes of it", () => {
    for (const value of strings) assert.strictEqual(put(Put.string, value), JSON.stringify(value))
    for (const value of integers) assert.strictEqual(put(Put.integer, value), JSON.stringify(value))
    for (const value of [...numbers, ...integers]) assert.strictEqual(put(Put.number, value), JSON.stringify(value))
    for (let digits = 1; digits < 16; digits++) {
      for (const value of [10 ** digits - 1, 10 ** digits, 10 ** digits + 1]) {
        assert.strictEqual(put(Put.integer, value), `${value}`)
        assert.strictEqual(put(Put.integer, -value), `-${value}`)
      }
    }
  })

  it("is nothing where it is of another type", () => {
    for (const value of [1, undefined, null, Object("text")]) assert.strictEqual(put(Put.string, value), -1)
    for (const value of [...numbers.filter((value) => !Number.isSafeInteger(value)), "1", 1n, NaN, null, Object(1)]) {
      assert.strictEqual(put(Put.integer, value), -1)
    }
    for (const value of ["1", 1n, NaN, Infinity, -Infinity, null, [1]]) assert.strictEqual(put(Put.number, value), -1)
  })

  it("is nothing, or goes past the end, where it has no room", () => {
    for (const value of strings) {
      const whole = JSON.stringify(value)
      const bytes = Buffer.from(whole).length
      for (let room = 0; room < bytes; room++) {
        // What is cut off where the memory ends must not look whole.
        for (const memory of [Buffer.alloc(room), Buffer.alloc(4096)]) {
          const end = Put.string(value, memory, 0, room)
          assert.isTrue(end === -1 || end > room)
        }
      }
    }
  })
})
