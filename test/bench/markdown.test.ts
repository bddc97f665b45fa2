/** What `npm run bench -- --markdown` prints, and that the documents show it. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { markdown, tables } from "../../bench/markdown.ts"
import { read, Results } from "../../bench/results.ts"

const fileOf = (path: string): string => new URL(`../../${path}`, import.meta.url).pathname

const measured = (values: Readonly<Record<string, Readonly<Record<string, number>>>>): Results => {
  const results = new Results()
  for (const [subject, metrics] of Object.entries(values)) {
    for (const [metric, value] of Object.entries(metrics)) results.add("transports", subject, metric, value)
  }
  return results
}

describe("the tables of the documents", () => {
  it("have a row per transport: figures of a child's stdio, and how the others compare", () => {
    const results = measured({
      "effect-ipc-stdio": { calls256: 337_655, p50: 28.9, echoBytes: 9.04 },
      "effect-ipc-fifo": { calls256: 303_000, p50: 58.1, echoBytes: 27.1 }
    })
    assert.strictEqual(
      markdown(results),
      [
        "| | calls/s, 256 in flight | calls/s, 16 in flight | one call, median | items/s of a stream | 1 MiB of bytes, there and back |",
        "|---|--:|--:|--:|--:|--:|",
        "| a child's stdio | 338,000 | - | 29 µs | - | 9.0 MiB/s |",
        "| FIFOs | 0.90 x | - | 2.0 x | - | 3.0 x |"
      ].join("\n")
    )
  })

  it("are left out where nothing was measured", () => {
    assert.deepStrictEqual(tables(new Results()), [])
  })

  it("in docs/performance.md are those of the latest run, and the first one is in README.md too", () => {
    const latest = tables(Results.of(read(fileOf("bench/results/latest.json"))))
    const performance = readFileSync(fileOf("docs/performance.md"), "utf8")
    for (const table of latest) assert.include(performance, table)
    assert.include(readFileSync(fileOf("README.md"), "utf8"), latest[0])
  })
})
