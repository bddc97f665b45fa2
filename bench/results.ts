/** All samples of a run, by transport, subject and metric. */
import { readFileSync } from "node:fs"
import { median } from "./stats.ts"
import type { Transport } from "./subject.ts"
import type { Suite } from "./suite.ts"

export interface Row {
  readonly subject: string
  readonly transport: Transport
  readonly metric: string
  readonly value: number
}

/** What `--json` writes: `samples` are those of `rows`, at the same place. */
export interface Kept {
  readonly rows: ReadonlyArray<Row>
  readonly meta: Readonly<Record<string, string | number>>
  readonly samples: ReadonlyArray<ReadonlyArray<number>>
}

/** Reads what an earlier run has written. */
export const read = (file: string): Kept => JSON.parse(readFileSync(file, "utf8"))

export class Results {
  readonly #samples = new Map<string, Array<number>>()

  static of({ rows, samples }: Kept): Results {
    const results = new Results()
    for (const [at, { metric, subject, transport }] of rows.entries()) {
      for (const value of samples[at]!) results.add(transport, subject, metric, value)
    }
    return results
  }

  add(transport: Transport, subject: string, metric: string, value: number): void {
    const key = `${transport} ${subject} ${metric}`
    const samples = this.#samples.get(key)
    if (samples === undefined) this.#samples.set(key, [value])
    else samples.push(value)
  }

  /** In the order they were taken; empty when there are none. */
  samples(transport: Transport, subject: string, metric: string): ReadonlyArray<number> {
    return this.#samples.get(`${transport} ${subject} ${metric}`) ?? []
  }

  /** Undefined when there are no samples. */
  median(transport: Transport, subject: string, metric: string): number | undefined {
    const samples = this.samples(transport, subject, metric)
    return samples.length === 0 ? undefined : median(samples)
  }

  /** Each sample over the one the yardstick gave in the same round. */
  ratios(transport: Transport, subject: string, metric: string, yardstick: string): ReadonlyArray<number> {
    const against = this.samples(transport, yardstick, metric)
    return this.samples(transport, subject, metric).flatMap((value, at) =>
      at in against ? [value / against[at]!] : []
    )
  }

  kept(suites: ReadonlyArray<Suite>, meta: Kept["meta"]): Kept {
    const rows = suites.flatMap(({ metrics, subjects, transports }) =>
      transports.flatMap((transport) =>
        subjects.flatMap(({ name: subject }) =>
          metrics.flatMap(({ name: metric }) => {
            const value = this.median(transport, subject, metric)
            return value === undefined ? [] : [{ subject, transport, metric, value }]
          })
        )
      )
    )
    const samples = rows.map(({ metric, subject, transport }) => this.samples(transport, subject, metric))
    return { rows, meta, samples }
  }
}
