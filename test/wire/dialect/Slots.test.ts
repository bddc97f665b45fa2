import { assert, it } from "@effect/vitest"
import fc from "fast-check"
import { Slots } from "../../../src/wire/dialect/Slots.ts"

it("holds what a map would, whatever shares a slot", () => {
  // Numbers that meet in few slots, each set once, as those of calls are.
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 80 })
  fc.assert(
    fc.property(steps, (all) => {
      const slots = new Slots<number>()
      const map = new Map<number, number>()
      const seen = new Set<number>()
      for (const [isSet, place] of all) {
        const number = 1 + (place % 4) + 1024 * Math.floor(place / 4)
        if (isSet && !seen.has(number)) {
          seen.add(number)
          slots.set(number, place)
          map.set(number, place)
        } else if (!isSet) {
          slots.delete(number)
          map.delete(number)
        }
        for (const each of [...seen, 0, 77]) assert.strictEqual(slots.get(each), map.get(each))
      }
    }),
    { numRuns: 200 }
  )
})
