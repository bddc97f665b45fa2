/**
 * One round over one transport: each window is measured for one subject right after the other, so that what slows the
 * machine down slows them all.
 */
import type { Part } from "./args.ts"
import { coldStart } from "./coldStart.ts"
import { close, measure, open, warmUp, type Pair, type Site } from "./pair.ts"
import type { Quiet } from "./Quiet.ts"
import type { Suite } from "./suite.ts"

export type Record = (subject: string, metric: string, value: number) => void

const rotated = <A>(list: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const at = by % Math.max(1, list.length)
  return [...list.slice(at), ...list.slice(0, at)]
}

export interface RoundOptions {
  readonly part: Part
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

/** The windows of the chosen metrics, each once. */
export const windowsOf = ({ metrics, suite }: Part): ReadonlySet<string> =>
  new Set(suite.metrics.filter(({ name }) => metrics.has(name)).map(({ window }) => window))

const measuredBy = ({ windows }: Suite["subjects"][number], window: string): boolean =>
  windows === undefined || windows.includes(window)

/** Starts the subjects' processes and warms them. */
export const openField = async (part: Part, site: Site, onProgress: OnProgress): Promise<Field> => {
  const windows = windowsOf(part)
  const chosen = part.suite.subjects.filter(
    (subject) =>
      part.subjects.has(subject.name) &&
      subject.transports.includes(site.transport) &&
      [...windows].some((window) => measuredBy(subject, window))
  )
  const pairs: Array<Pair> = []
  for (const subject of chosen) {
    onProgress(`${subject.name} warms up`)
    const pair = await open(site, subject, (window) => windows.has(window) && measuredBy(subject, window))
    pairs.push(pair)
    await warmUp(pair, part.times)
  }
  return { site, pairs }
}

export const closeField = async ({ pairs }: Field): Promise<void> => {
  for (const pair of pairs) await close(pair)
}

const measureWarm = async (options: RoundOptions): Promise<void> => {
  const { part, field, record, round } = options
  for (const [at, window] of [...windowsOf(part)].entries()) {
    const given = part.suite.metrics.filter((metric) => metric.window === window)
    for (const pair of rotated(field.pairs, round + at)) {
      if (!pair.windows.includes(window)) continue
      options.onProgress(`${pair.subject.name} ${window}`)
      const sample = await options.quietly(() => measure(pair, window, part.times))
      for (const { name, of } of given) record(pair.subject.name, name, of!(sample))
    }
  }
}

const measureCold = async ({ part, field, onProgress, record, round }: RoundOptions): Promise<void> => {
  const starting = field.pairs.map(({ subject }) => subject).filter((subject) => measuredBy(subject, "cold"))
  for (let n = 0; n < part.colds; n++) {
    for (const subject of rotated(starting, round + n)) {
      onProgress(`${subject.name} cold`)
      record(subject.name, "cold", await coldStart(field.site, subject))
    }
  }
}

export const runRound = async (options: RoundOptions): Promise<void> => {
  await measureWarm(options)
  if (windowsOf(options.part).has("cold")) await measureCold(options)
}
