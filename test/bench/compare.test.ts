/** The verdicts of `npm run bench -- --compare`, on made-up samples. */
import { assert, describe, it } from "@effect/vitest"
import { compare, report } from "../../bench/compare.ts"
import type { Metric } from "../../bench/metrics.ts"
import { Results } from "../../bench/results.ts"

const calls: Metric = { name: "calls", unit: "calls/s", window: "calls", better: "higher", yardstick: "raw", digits: 0 }
const p50: Metric = { name: "p50", unit: "us", window: "latency", better: "lower", yardstick: "raw", digits: 1 }
const bytes: Metric = { name: "bytes", unit: "bytes", window: "heap", better: "lower", yardstick: undefined, digits: 0 }

const drift: Metric = { ...bytes, name: "drift", aroundZero: true }
const own: Metric = { ...calls, name: "own", yardstick: "effect-ipc" }

/** A run in which the yardstick gave 100 in each round. */
const run = (metric: Metric, values: ReadonlyArray<number>, subject = "effect-ipc"): Results => {
  const results = new Results()
  for (const value of values) {
    results.add("unix", subject, metric.name, value)
    if (metric.yardstick !== undefined) results.add("unix", metric.yardstick, metric.name, 100)
  }
  return results
}

interface Case {
  readonly what: string
  readonly metric: Metric
  readonly before: ReadonlyArray<number>
  readonly after: ReadonlyArray<number>
  readonly verdict: "slower" | "faster" | "same"
}

const cases: ReadonlyArray<Case> = [
  { what: "the same", metric: calls, before: [90, 90, 90], after: [90, 90, 90], verdict: "same" },
  { what: "fewer calls", metric: calls, before: [90, 91, 92], after: [80, 81, 82], verdict: "slower" },
  { what: "more calls", metric: calls, before: [80, 81, 82], after: [90, 91, 92], verdict: "faster" },
  { what: "a longer wait", metric: p50, before: [100, 101, 102], after: [120, 121, 122], verdict: "slower" },
  { what: "a shorter wait", metric: p50, before: [120, 121, 122], after: [100, 101, 102], verdict: "faster" },
  { what: "4 % fewer, without noise", metric: calls, before: [100, 100, 100], after: [96, 96, 96], verdict: "same" },
  { what: "6 % fewer, without noise", metric: calls, before: [100, 100, 100], after: [94, 94, 94], verdict: "slower" },
  {
    what: "8 % fewer, both spread by 5 %",
    metric: calls,
    before: [90, 100, 110],
    after: [82, 92, 102],
    verdict: "same"
  },
  {
    what: "12 % fewer, one round an outlier",
    metric: calls,
    before: [100, 100, 100, 100, 40],
    after: [88, 88, 88, 88, 130],
    verdict: "slower"
  },
  {
    what: "more bytes, against nothing",
    metric: bytes,
    before: [3000, 3000, 3000],
    after: [3300, 3300, 3300],
    verdict: "slower"
  }
]

describe("compare", () => {
  it.each(cases)("finds $what $verdict", ({ after, before, metric, verdict }) => {
    const changes = compare(run(metric, before), run(metric, after), [metric], ["raw", "effect-ipc"])
    assert.deepStrictEqual(
      changes.map((change) => change.verdict),
      [verdict]
    )
  })

  it("takes the ratio of each round, so that a machine of another speed changes nothing", () => {
    const slowly = new Results()
    for (const speed of [10, 25, 50]) {
      slowly.add("unix", "effect-ipc", "calls", speed * 0.9)
      slowly.add("unix", "raw", "calls", speed)
    }
    const [change] = compare(run(calls, [90, 90, 90]), slowly, [calls], ["effect-ipc"])
    assert.strictEqual(change!.verdict, "same")
    assert.closeTo(change!.worse, 1, 1e-9)
  })

  it("compares what was measured over the transports with a child's stdio", () => {
    const overFifo = (values: ReadonlyArray<number>): Results => {
      const results = new Results()
      for (const value of values) {
        results.add("transports", "effect-ipc-fifo", "calls", value)
        results.add("transports", "effect-ipc-stdio", "calls", 100)
      }
      return results
    }
    const metric: Metric = { ...calls, yardstick: "effect-ipc-stdio" }
    const subjects = ["effect-ipc-stdio", "effect-ipc-fifo"]
    const changes = compare(overFifo([90, 90, 90]), overFifo([60, 60, 60]), [metric], subjects)
    assert.deepStrictEqual(
      changes.map(({ subject, transport, verdict }) => [transport, subject, verdict]),
      [["transports", "effect-ipc-fifo", "slower"]]
    )
  })

  it.each([
    { what: "fewer than three rounds", before: run(calls, [90, 90, 90]), after: run(calls, [10, 10]) },
    { what: "what only one of them measured", before: run(p50, [90, 90, 90]), after: run(calls, [10, 10, 10]) },
    { what: "a difference that should be none", before: run(drift, [10, 10, 10]), after: run(drift, [90, 90, 90]) },
    { what: "the yardstick itself", before: run(own, [90, 90, 90]), after: run(own, [10, 10, 10]) },
    { what: "other libraries", before: run(calls, [90, 90, 90], "birpc"), after: run(calls, [10, 10, 10], "birpc") }
  ])("does not judge $what", ({ after, before }) => {
    assert.deepStrictEqual(compare(before, after, [calls, p50, drift, own], ["raw", "effect-ipc", "birpc"]), [])
  })
})

describe("the report of a comparison", () => {
  const reported = (before: ReadonlyArray<number>, after: ReadonlyArray<number>): string =>
    report(compare(run(calls, before), run(calls, after), [calls], ["effect-ipc"]), "old.json")

  it("names what got slower, by how much and against which noise", () => {
    assert.include(
      reported([90, 90, 90], [75, 75, 75]),
      "slower  unix effect-ipc calls: 0.90 -> 0.75, by 20 % (noise 5 %)"
    )
  })

  it("names what got faster, and says that nothing got slower", () => {
    const text = reported([75, 75, 75], [90, 90, 90])
    assert.include(text, "nothing got slower beyond noise")
    assert.include(text, "faster  unix effect-ipc calls: 0.75 -> 0.90, by 20 % (noise 5 %)")
  })

  it("says that there is nothing to compare", () => {
    assert.include(reported([90], [75]), "Nothing to compare with old.json")
  })
})
