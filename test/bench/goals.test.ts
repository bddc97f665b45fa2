/** The verdicts under the tables of `npm run bench`. */
import { assert, describe, it } from "@effect/vitest"
import { verdicts } from "../../bench/goals.ts"
import { Results } from "../../bench/results.ts"
import type { Transport } from "../../bench/subject.ts"

type Values = Readonly<Record<string, number>>

/** A run of one round that gave each subject one value. */
const run = (metric: string, values: Values, transport: Transport = "unix"): Results => {
  const results = new Results()
  for (const [subject, value] of Object.entries(values)) results.add(transport, subject, metric, value)
  return results
}

const cases: ReadonlyArray<{
  readonly what: string
  readonly metric: string
  readonly values: Values
  readonly lines: ReadonlyArray<ReadonlyArray<string>>
}> = [
  {
    what: "at least so many times the yardstick, and ahead of another",
    metric: "calls16",
    values: { "effect-ipc": 85, "raw-json": 100, birpc: 85 },
    lines: [
      ["calls16", ">= 0.85 x raw-json", "0.85 x", "met"],
      ["calls16", "> 1.00 x birpc", "1.00 x", "missed"]
    ]
  },
  {
    what: "at most so many times the yardstick",
    metric: "p50",
    values: { "effect-ipc": 120, "raw-json": 100 },
    lines: [["p50", "<= 1.15 x raw-json", "1.20 x", "missed"]]
  },
  {
    what: "a figure by itself",
    metric: "heapPerCall",
    values: { "effect-ipc": 2900 },
    lines: [["heapPerCall", "<= 3000", "2900", "met"]]
  },
  {
    what: "nothing where a side was not measured",
    metric: "calls16",
    values: { "raw-json": 100, birpc: 100 },
    lines: []
  }
]

describe("goals", () => {
  it.each(cases)("judge $what", ({ lines, metric, values }) => {
    const judged = verdicts(run(metric, values), "unix").map((line) => line.map((cell) => cell.trimEnd()))
    assert.deepStrictEqual(judged, lines)
  })

  it.each([
    { metric: "calls256", fifo: 70, bound: ">= 0.67 x", verdict: "met" },
    { metric: "streamItems", fifo: 60, bound: ">= 0.67 x", verdict: "missed" },
    { metric: "p50", fifo: 140, bound: "<= 1.50 x", verdict: "met" },
    { metric: "p50", fifo: 160, bound: "<= 1.50 x", verdict: "missed" }
  ])("ask of a FIFO that $metric is within 1.5 x of a child's stdio: $fifo to 100 is $verdict", (given) => {
    const { bound, fifo, metric, verdict } = given
    const values = { "effect-ipc-stdio": 100, "effect-ipc-fifo": fifo }
    assert.deepStrictEqual(verdicts(run(metric, values, "transports"), "transports"), [
      [`${metric} of effect-ipc-fifo`, `${bound} effect-ipc-stdio`, `${(fifo / 100).toFixed(2)} x`, verdict]
    ])
  })

  it("are judged for each transport by itself", () => {
    assert.deepStrictEqual(verdicts(run("p50", { "effect-ipc": 1, "raw-json": 1 }), "stdio"), [])
  })
})
