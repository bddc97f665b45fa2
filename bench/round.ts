/**
 * One round over one transport: every subject's processes are started afresh, and each window is measured for one
 * subject right after the other, so that what slows the machine down slows them all.
 */
import type { Args } from "./args.ts"
import { coldStart } from "./coldStart.ts"
import { metrics, windowNames, type WindowName } from "./metrics.ts"
import { close, measure, open, type Measured, type Pair, type Site } from "./pair.ts"
import { subjects, type Subject } from "./subjects.ts"
import { itemsPerStream } from "./workload.ts"

export type Record = (subject: string, metric: string, value: number) => void

const rotated = <A>(list: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const at = by % Math.max(1, list.length)
  return [...list.slice(at), ...list.slice(0, at)]
}

/** The metrics that a window gives. */
const values = (window: WindowName, sample: Measured): ReadonlyArray<readonly [string, number]> => {
  const perSecond = (sample.operations / sample.millis) * 1000
  switch (window) {
    case "calls256":
      return [
        ["calls256", perSecond],
        ["cpuPerCall256", (sample.cpuMicros + sample.serverCpuMicros) / sample.operations]
      ]
    case "latency":
      return [
        ["p50", sample.p50!],
        ["p99", sample.p99!]
      ]
    case "streamItems":
    case "streamArrays":
    case "inputItems":
      return [[window, perSecond * itemsPerStream]]
    default:
      return [[window, perSecond]]
  }
}

export interface RoundOptions {
  readonly args: Args
  readonly site: Site
  /** The number of the round; turns the order of the subjects. */
  readonly round: number
  readonly record: Record
  /** Called after each window with the share of the machine that others have used in it. */
  readonly onForeign: (share: number) => void
  readonly onProgress: (text: string) => void
}

const measureWarm = async (pairs: ReadonlyArray<Pair>, options: RoundOptions): Promise<void> => {
  const { args, record, round } = options
  for (const [at, window] of windowNames.entries()) {
    if (window === "cold") continue
    for (const pair of rotated(pairs, round + at)) {
      if (!pair.windows.includes(window)) continue
      options.onProgress(`${pair.subject.name} ${window}`)
      const sample = await measure(pair, window, args)
      options.onForeign(sample.foreignShare)
      for (const [metric, value] of values(window, sample)) record(pair.subject.name, metric, value)
    }
  }
}

const measureCold = async (chosen: ReadonlyArray<Subject>, options: RoundOptions): Promise<void> => {
  const starting = chosen.filter(({ windows }) => windows === undefined || windows.includes("cold"))
  for (let n = 0; n < options.args.colds; n++) {
    for (const subject of rotated(starting, options.round + n)) {
      options.onProgress(`${subject.name} cold`)
      options.record(subject.name, "cold", await coldStart(options.site, subject))
    }
  }
}

export const runRound = async (options: RoundOptions): Promise<void> => {
  const { args, site } = options
  const wantedWindows = new Set<string>(
    metrics.filter(({ name }) => args.metrics.has(name)).map(({ window }) => window)
  )
  const wanted = (window: string): boolean => wantedWindows.has(window)
  const chosen = subjects.filter(
    ({ name, transports, windows = windowNames }) =>
      args.subjects.has(name) && transports.includes(site.transport) && windows.some(wanted)
  )
  const pairs: Array<Pair> = []
  try {
    for (const subject of chosen) {
      options.onProgress(`${subject.name} starts`)
      pairs.push(await open(site, subject, wanted))
    }
    await measureWarm(pairs, options)
    if (wanted("cold")) await measureCold(chosen, options)
  } finally {
    for (const pair of pairs) await close(pair)
  }
}
