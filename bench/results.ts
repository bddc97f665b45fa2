/** All samples of a run, by transport, subject and metric. */
import { metrics } from "./metrics.ts"
import { median } from "./stats.ts"
import type { Transport } from "./subject.ts"
import { subjects } from "./subjects.ts"

export interface Row {
  readonly subject: string
  readonly transport: Transport
  readonly metric: string
  readonly value: number
}

export class Results {
  readonly #samples = new Map<string, Array<number>>()

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

  rows(transports: ReadonlyArray<Transport>): ReadonlyArray<Row & { readonly samples: ReadonlyArray<number> }> {
    return transports.flatMap((transport) =>
      subjects.flatMap(({ name: subject }) =>
        metrics.flatMap(({ name: metric }) => {
          const value = this.median(transport, subject, metric)
          if (value === undefined) return []
          return [{ subject, transport, metric, value, samples: this.samples(transport, subject, metric) }]
        })
      )
    )
  }
}
