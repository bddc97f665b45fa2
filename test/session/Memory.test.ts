import { setImmediate } from "node:timers/promises"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { joined, type Pair } from "./pair.ts"
import { invalid, refusing } from "./party.ts"

V8.setFlagsFromString("--expose-gc")
const collectGarbage = Vm.runInNewContext("gc") as () => void

/** Brings one call, and the duty it begins, to its end in one way after having kept both busy. */
type Ending = (pair: Pair) => void

const endings: Readonly<Record<string, Ending>> = {
  answered: ({ east }) => east.succeed(),
  failed: ({ east }) => east.fail("no"),
  cancelled: ({ west }) => west.cancel(west.asked.at(-1)!),
  "cancelled behind its answer": ({ east, west }) => {
    east.succeed()
    west.cancel(west.asked.at(-1)!)
  },
  "timed out": (pair) => pair.advance(1000),
  "ended by an item that cannot be said": ({ east }) => {
    east.weigh = refusing((message) => message._tag === "Chunk", invalid)
    east.session.setWritable(true)
    east.session.sendItems(east.latest, [1])
  },
  "ended by what cannot be read": ({ east }) => east.session.unreadable("duty", east.latest.id, 0, invalid)
}

/** A call whose input waits for credit and a duty whose items and progress wait for the link, both brought to an end. */
const live = (pair: Pair, end: Ending): ReadonlyArray<WeakRef<object>> => {
  const { east, west } = pair
  const call = west.ask({ timeoutMillis: 1000 })
  pair.run()
  while (west.session.sendItems(call, [1]) > 0);
  east.session.setWritable(false)
  east.session.sendItems(east.latest, [1])
  east.session.progress(east.latest, "half")
  end(pair)
  pair.run()
  east.session.setWritable(true)
  pair.run()
  const ended = [new WeakRef<object>(call), new WeakRef<object>(east.latest)]
  west.forget()
  east.forget()
  return ended
}

describe("a session", () => {
  it.each(Object.entries(endings))("holds on to no call and no duty that is over: %s", async (_, end) => {
    const pair = joined()
    const ended = Array.from({ length: 5 }, () => live(pair, end)).flat()
    // A weak reference is strong until the turn is over.
    await setImmediate()
    collectGarbage()
    assert.strictEqual(ended.filter((reference) => reference.deref() !== undefined).length, 0)
    assert.strictEqual(pair.west.session.greeted, true, "the sessions are alive")
  })
})
