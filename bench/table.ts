/** The table for people: per transport a line per metric, and per subject its median and its ratio. */
import type { Args } from "./args.ts"
import { metrics, type Metric } from "./metrics.ts"
import type { Results } from "./results.ts"
import { spread } from "./stats.ts"
import type { Transport } from "./subject.ts"
import { subjects } from "./subjects.ts"

/** Only yardsticks, and named where they are used. */
const asides = ["raw-json-effect", "raw-echo"]

const number = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })

const align = (lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
    )
    .map((line) => line.trimEnd())
    .join("\n")
}

const tableOf = (results: Results, transport: Transport, args: Args): string => {
  const columns = subjects
    .map(({ name }) => name)
    .filter((name) => !asides.includes(name) && args.subjects.has(name))
    .filter((name) => metrics.some((metric) => results.median(transport, name, metric.name) !== undefined))

  const cell = (subject: string, { digits, name, yardstick }: Metric): string => {
    const value = results.median(transport, subject, name)
    if (value === undefined) return "-"
    const base = results.median(transport, yardstick, name)
    if (base === undefined) return number(value, digits)
    const ratios = results.ratios(transport, subject, name, yardstick)
    const noise = subject === yardstick || ratios.length < 3 ? "" : ` ±${spread(ratios).toFixed(2)}`
    return `${number(value, digits)} ${(value / base).toFixed(2)}x${noise}`
  }
  const line = (metric: Metric): ReadonlyArray<ReadonlyArray<string>> => {
    const cells = columns.map((subject) => cell(subject, metric))
    const base = results.median(transport, metric.yardstick, metric.name)
    if (base === undefined && cells.every((text) => text === "-")) return []
    const aside = asides.includes(metric.yardstick) && base !== undefined
    return [[metric.name, metric.unit, ...cells, aside ? `${metric.yardstick} ${number(base, metric.digits)}` : ""]]
  }
  return align([
    ["metric", "unit", ...columns, ""],
    ...metrics.filter(({ name }) => args.metrics.has(name)).flatMap(line)
  ])
}

/** The goal that is not against raw-json. */
const againstRpc = (results: Results, transport: Transport): ReadonlyArray<string> => {
  const ours = results.median(transport, "effect-ipc", "calls256")
  const theirs = results.median(transport, "effect-rpc", "calls256")
  if (ours === undefined || theirs === undefined) return []
  return [`effect-ipc makes ${(ours / theirs).toFixed(1)} x the calls of effect-rpc, 256 in flight.`]
}

const missing = (transport: Transport, args: Args): ReadonlyArray<string> =>
  subjects
    .filter(({ name, transports }) => args.subjects.has(name) && !transports.includes(transport))
    .map(({ name }) => `${name}: not offered over ${transport}.`)

export const table = (results: Results, args: Args): string =>
  args.transports
    .map((transport) =>
      [
        transport,
        "",
        tableOf(results, transport, args),
        "",
        ...againstRpc(results, transport),
        ...missing(transport, args)
      ].join("\n")
    )
    .join("\n\n")
