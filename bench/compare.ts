/**
 * `--compare`: what has become slower or faster since an earlier run, beyond noise.
 *
 * Only ratios to the yardstick of the same round count, since machines differ and change. Noise is judged by the rounds:
 * the medians of the two runs' ratios must differ by more than both spreads together, and by at least 5 %.
 */
import type { Metric } from "./metrics.ts"
import type { Results } from "./results.ts"
import { median, spread } from "./stats.ts"
import { transports, type Transport } from "./subject.ts"

export interface Change {
  readonly transport: Transport
  readonly subject: string
  readonly metric: string
  /** The medians of the ratios; of the values themselves where there is no yardstick. */
  readonly before: number
  readonly after: number
  /** How many times as slow, or as large, as before; below 1 when it is better. */
  readonly worse: number
  /** How far `worse` may be from 1 by chance, as a share. */
  readonly noise: number
  readonly verdict: "slower" | "faster" | "same"
}

const leastShare = 0.05
/** With fewer there is no spread to speak of. */
const leastRounds = 3

const samplesOf = (
  results: Results,
  transport: Transport,
  subject: string,
  { name, yardstick }: Metric
): ReadonlyArray<number> =>
  yardstick === undefined
    ? results.samples(transport, subject, name)
    : results.ratios(transport, subject, name, yardstick)

const judge = (before: ReadonlyArray<number>, after: ReadonlyArray<number>, better: Metric["better"]) => {
  const [from, to] = [median(before), median(after)]
  const noise = Math.max(leastShare, spread(before) / from + spread(after) / to)
  const worse = better === "higher" ? from / to : to / from
  const verdict = worse > 1 + noise ? "slower" : 1 / worse > 1 + noise ? "faster" : "same"
  return { before: from, after: to, worse, noise, verdict } as const
}

/** Compares what effect-ipc and its variants did in both runs, where both had three rounds or more. */
export const compare = (
  before: Results,
  after: Results,
  metrics: ReadonlyArray<Metric>,
  subjects: ReadonlyArray<string>
): ReadonlyArray<Change> =>
  transports.flatMap((transport) =>
    metrics
      .filter(({ aroundZero }) => aroundZero !== true)
      .flatMap((metric) =>
        subjects
          .filter((subject) => subject.startsWith("effect-ipc") && subject !== metric.yardstick)
          .flatMap((subject) => {
            const [old, now] = [before, after].map((results) => samplesOf(results, transport, subject, metric))
            if (Math.min(old!.length, now!.length) < leastRounds) return []
            return [{ transport, subject, metric: metric.name, ...judge(old!, now!, metric.better) }]
          })
      )
  )

const digits = (value: number): string => (value < 100 ? value.toFixed(2) : value.toFixed(0))

const line = (
  { after, before, metric, noise, subject, transport, worse }: Change,
  word: "slower" | "faster"
): string => {
  const percent = ((word === "slower" ? worse : 1 / worse) - 1) * 100
  return (
    `  ${word}  ${transport} ${subject} ${metric}: ${digits(before)} -> ${digits(after)}, ` +
    `by ${percent.toFixed(0)} % (noise ${(noise * 100).toFixed(0)} %)`
  )
}

/** The comparison for people. */
export const report = (changes: ReadonlyArray<Change>, file: string): string => {
  const slower = changes.filter(({ verdict }) => verdict === "slower")
  const faster = changes.filter(({ verdict }) => verdict === "faster")
  if (changes.length === 0) return `Nothing to compare with ${file}: that takes ${leastRounds} rounds in both runs.`
  return [
    `Against ${file}, ${changes.length} figures, as ratios to their yardsticks:`,
    ...(slower.length === 0 ? ["  nothing got slower beyond noise"] : slower.map((change) => line(change, "slower"))),
    ...faster.map((change) => line(change, "faster")),
    "Beyond noise: the medians of the rounds differ by more than both spreads together, and by at least 5 %."
  ].join("\n")
}
