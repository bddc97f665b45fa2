/** The tables for people: per transport a line per metric, and per subject its median and its ratio; or the other way. */
import type { Part } from "./args.ts"
import { verdicts } from "./goals.ts"
import type { Metric } from "./metrics.ts"
import type { Results } from "./results.ts"
import { spread } from "./stats.ts"
import type { Transport } from "./subject.ts"

/** Only yardsticks, and named where they are used. */
const asides = ["raw-json-effect", "raw-echo"]

const number = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** Pads cells to columns: the first `left` of them, which are texts, on the right, and numbers on the left. */
const align = (lines: ReadonlyArray<ReadonlyArray<string>>, left: number): string => {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
    )
    .map((line) => line.trimEnd())
    .join("\n")
}

const transposed = (lines: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> =>
  lines[0]!.map((_, column) => lines.map((line) => line[column]!))

/** The lines of `metrics`, and a column for each subject that has any; undefined when none has. */
const tableOf = (
  results: Results,
  transport: Transport,
  part: Part,
  metrics: ReadonlyArray<Metric>
): string | undefined => {
  const columns = part.suite.subjects
    .map(({ name }) => name)
    .filter((name) => !asides.includes(name) && part.subjects.has(name))
    .filter((name) => metrics.some((metric) => results.median(transport, name, metric.name) !== undefined))

  const baseOf = ({ name, yardstick }: Metric): number | undefined =>
    yardstick === undefined ? undefined : results.median(transport, yardstick, name)

  const cell = (subject: string, metric: Metric): string => {
    const { digits, name, yardstick } = metric
    const value = results.median(transport, subject, name)
    if (value === undefined) return "-"
    const base = baseOf(metric)
    if (base === undefined || yardstick === undefined) return number(value, digits)
    const ratios = results.ratios(transport, subject, name, yardstick)
    const noise = subject === yardstick || ratios.length < 3 ? "" : ` ±${spread(ratios).toFixed(2)}`
    return `${number(value, digits)} ${(value / base).toFixed(2)}x${noise}`
  }
  const line = (metric: Metric): ReadonlyArray<ReadonlyArray<string>> => {
    const cells = columns.map((subject) => cell(subject, metric))
    const base = baseOf(metric)
    if (base === undefined && cells.every((text) => text === "-")) return []
    const aside = asides.includes(metric.yardstick ?? "") && base !== undefined
    return [[metric.name, metric.unit, ...cells, aside ? `${metric.yardstick} ${number(base, metric.digits)}` : ""]]
  }
  const lines = metrics.filter(({ name }) => part.metrics.has(name)).flatMap(line)
  if (lines.length === 0) return undefined
  const all = [["metric", "unit", ...columns, ""], ...lines]
  return part.suite.rows === "subjects" ? align(transposed(all.map((line) => line.slice(0, -1))), 1) : align(all, 2)
}

const goalsOf = (results: Results, transport: Transport): ReadonlyArray<string> => {
  const lines = verdicts(results, transport)
  return lines.length === 0 ? [] : [align([["goal", "", "measured", ""], ...lines], 2)]
}

const missing = (transport: Transport, part: Part): ReadonlyArray<string> =>
  part.suite.subjects
    .filter(({ name, transports }) => part.subjects.has(name) && !transports.includes(transport))
    .map(({ name }) => `${name}: not offered over ${transport}.`)

/** The metrics in groups that have a table of their own; those of no study are one group. */
const groups = (metrics: ReadonlyArray<Metric>): ReadonlyArray<readonly [title: string, ReadonlyArray<Metric>]> =>
  [...new Set(metrics.map(({ study = "" }) => study))].map((title) => [
    title,
    metrics.filter(({ study = "" }) => study === title)
  ])

export const table = (results: Results, part: Part): string =>
  part.transports
    .map((transport) => {
      const tables = groups(part.suite.metrics).flatMap(([title, metrics]) => {
        const text = tableOf(results, transport, part, metrics)
        return text === undefined ? [] : [title === "" ? text : `${title}\n${text}`]
      })
      const remarks = missing(transport, part).join("\n")
      return [transport, ...tables, ...goalsOf(results, transport), ...(remarks === "" ? [] : [remarks])].join("\n\n")
    })
    .join("\n\n")
