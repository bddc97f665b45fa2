/** The tables of `npm run bench`, on made-up samples. */
import { assert, describe, it } from "@effect/vitest"
import { parse, type Part } from "../../bench/args.ts"
import { Results } from "../../bench/results.ts"
import { table } from "../../bench/table.ts"

const partOf = (only: string): Part => {
  const args = parse(["--only", only])
  if (args === "help" || !("parts" in args)) throw new Error("it measures nothing")
  return args.parts[0]!
}

const linesOf = (results: Results, only: string): ReadonlyArray<string> => table(results, partOf(only)).split("\n")

describe("a table", () => {
  it("has a row per metric where libraries are compared", () => {
    const results = new Results()
    results.add("unix", "raw-json", "calls16", 100_000)
    results.add("unix", "effect-ipc", "calls16", 120_000)
    assert.deepStrictEqual(linesOf(results, "raw-json,effect-ipc,unix,calls16").slice(0, 4), [
      "unix",
      "",
      "metric   unit          raw-json     effect-ipc",
      "calls16  calls/s  100,000 1.00x  120,000 1.20x"
    ])
  })

  it("has a row per transport where those are", () => {
    const results = new Results()
    results.add("transports", "effect-ipc-stdio", "calls16", 100_000)
    results.add("transports", "effect-ipc-fifo", "calls16", 90_000)
    assert.deepStrictEqual(linesOf(results, "effect-ipc-stdio,effect-ipc-fifo,calls16"), [
      "transports",
      "",
      "metric                  calls16",
      "unit                    calls/s",
      "effect-ipc-stdio  100,000 1.00x",
      "effect-ipc-fifo    90,000 0.90x",
      "",
      "goal                                                    measured",
      "calls16 of effect-ipc-fifo  >= 0.67 x effect-ipc-stdio    0.90 x  met"
    ])
  })
})
