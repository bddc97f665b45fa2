import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Plans from "../../../src/peer/Plans.ts"
import * as JsonWriter from "../../../src/wire/payload/JsonWriter.ts"
import { type AnySchema, general, samples } from "./schemas.ts"

const guard = 7

/** The writer of a schema that has a plan. */
const writer = (schema: Schema.Top): JsonWriter.Write => JsonWriter.compile(Plans.of(schema.ast)!)!

/** What is written with this much room, or -1. What is before it must not change. */
const written = (write: JsonWriter.Write, value: unknown, room: number, slack = 0): string | -1 => {
  const bytes = Buffer.alloc(guard + room + slack, 0xee)
  const end = write(value, bytes, guard, guard + room)
  assert.isTrue(bytes.subarray(0, guard).every((byte) => byte === 0xee))
  assert.isAtMost(end, guard + room)
  return end === -1 ? -1 : bytes.subarray(guard, end).toString()
}

const enough = 64 * 1024

describe("a value that is written", () => {
  it("is what the general way writes, and one that fits and has a plan is written", () => {
    const count = { planned: 0, all: 0, bent: 0 }
    fc.assert(
      fc.property(samples, ({ plan, right, schema, wrong }) => {
        count.all++
        if (plan === undefined) return
        count.planned++
        const write = JsonWriter.compile(plan)!
        const { write: writeGeneral } = general(schema)
        for (const value of right) assert.strictEqual(written(write, value, enough), writeGeneral(value))
        for (const value of wrong) {
          const text = written(write, value, enough)
          if (text === -1) continue
          count.bent++
          assert.strictEqual(text, writeGeneral(value))
        }
      }),
      { numRuns: 300 }
    )
    assert.isAbove(count.planned, count.all * 0.6)
    assert.isAbove(count.bent, 0)
  })
})
