/**
 * One round over one transport: each window is measured for one subject right after the other, so that what slows the
 * machine down slows them all.
 */
import type { Args } from "./args.ts"
import { coldStart } from "./coldStart.ts"
import { metrics, windowNames, type WindowName } from "./metrics.ts"
import { close, measure, open, warmUp, type Measured, type Pair, type Site } from "./pair.ts"
import type { Quiet } from "./Quiet.ts"
import { subjects } from "./subjects.ts"
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
  readonly field: Field
  /** The number of the round; turns the order of the subjects. */
  readonly round: number
  readonly record: Record
  readonly quietly: Quiet["measure"]
  readonly onProgress: OnProgress
}

export type OnProgress = (text: string) => void

/** The subjects of one transport, with their processes, which live for the whole run. */
export interface Field {
  readonly site: Site
  readonly pairs: ReadonlyArray<Pair>
}

const wantedOf = (args: Args): ((window: string) => boolean) => {
  const windows = new Set<string>(metrics.filter(({ name }) => args.metrics.has(name)).map(({ window }) => window))
  return (window) => windows.has(window)
}

/** Starts the subjects' processes and warms them. */
export const openField = async (args: Args, site: Site, onProgress: OnProgress): Promise<Field> => {
  const wanted = wantedOf(args)
  const chosen = subjects.filter(
    ({ name, transports, windows = windowNames }) =>
      args.subjects.has(name) && transports.includes(site.transport) && windows.some(wanted)
  )
  const pairs: Array<Pair> = []
  for (const subject of chosen) {
    onProgress(`${subject.name} warms up`)
    const pair = await open(site, subject, wanted)
    pairs.push(pair)
    await warmUp(pair, args.times)
  }
  return { site, pairs }
}

export const closeField = async ({ pairs }: Field): Promise<void> => {
  for (const pair of pairs) await close(pair)
}

const measureWarm = async (options: RoundOptions): Promise<void> => {
  const { args, field, record, round } = options
  for (const [at, window] of windowNames.entries()) {
    if (window === "cold") continue
    for (const pair of rotated(field.pairs, round + at)) {
      if (!pair.windows.includes(window)) continue
      options.onProgress(`${pair.subject.name} ${window}`)
      const sample = await options.quietly(() => measure(pair, window, args.times))
      for (const [metric, value] of values(window, sample)) record(pair.subject.name, metric, value)
    }
  }
}

const measureCold = async ({ args, field, onProgress, record, round }: RoundOptions): Promise<void> => {
  const starting = field.pairs
    .map(({ subject }) => subject)
    .filter(({ windows }) => windows === undefined || windows.includes("cold"))
  for (let n = 0; n < args.colds; n++) {
    for (const subject of rotated(starting, round + n)) {
      onProgress(`${subject.name} cold`)
      record(subject.name, "cold", await coldStart(field.site, subject))
    }
  }
}

export const runRound = async (options: RoundOptions): Promise<void> => {
  await measureWarm(options)
  if (wantedOf(options.args)("cold")) await measureCold(options)
}
