/** `--markdown`: the tables of README.md and docs/performance.md, from what an earlier run has kept. */
import type { Results } from "./results.ts"
import type { Transport } from "./subject.ts"

/** Three digits that count, at most. */
const figure = (value: number): string => {
  if (value < 10) return value.toFixed(1)
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2)
  return (Math.round(value / unit) * unit).toLocaleString("en-US")
}

const times = (ratio: number): string => `${ratio.toFixed(ratio < 1.995 ? 2 : 1)} x`

const ratioOf = (
  results: Results,
  transport: Transport,
  yardstick: string,
  subject: string,
  metric: string
): string => {
  const [ours, base] = [subject, yardstick].map((name) => results.median(transport, name, metric))
  return ours === undefined || base === undefined ? "-" : times(ours / base)
}

const tableOf = (lines: ReadonlyArray<ReadonlyArray<string>>): string =>
  [lines[0]!, lines[0]!.map((_, at) => (at === 0 ? "---" : "--:")), ...lines.slice(1)]
    .map((cells) =>
      cells[0] === "---" ? `|${cells.join("|")}|` : `| ${cells.join(" | ")} |`.replace(/^\|\s+\|/, "| |")
    )
    .join("\n")

/** What the speed table has of each metric: its name, its unit, and its yardstick unless that is raw-json. */
const lines: ReadonlyArray<readonly [metric: string, title: string, unit: string, yardstick?: string]> = [
  ["calls256", "calls/s, 256 in flight", ""],
  ["calls16", "calls/s, 16 in flight", ""],
  ["p50", "one call, median", " µs"],
  ["p99", "one call, 99th percentile", " µs"],
  ["cpuPerCall256", "CPU per call, both processes, 256 in flight", " µs"],
  ["streamItems", "items/s of a stream, one by one", ""],
  ["streamArrays", "items/s of a stream, in arrays", ""],
  ["inputItems", "items/s of an input, one by one", ""],
  ["echoText", "1 MiB of text, there and back", " MiB/s"],
  ["echoBytes", "1 MiB of bytes, there and back", " MiB/s", "raw-echo"],
  ["cold", "start of a client to its first answer", " ms", "raw-json-effect"]
]

const others = ["effect-rpc", "effect-rpc-notrace", "birpc"]

const speed = (results: Results): string => {
  const head = [
    "",
    "raw-json",
    "effect-ipc",
    "effect/rpc",
    "effect/rpc, no tracing",
    "birpc (validates nothing)",
    "effect-ipc, child's stdio"
  ]
  const rows = lines.flatMap(([metric, title, unit, yardstick = "raw-json"]) => {
    const base = results.median("unix", yardstick, metric)
    if (base === undefined) return []
    const named = yardstick === "raw-json" ? "" : `(${yardstick}) `
    const ratio = (transport: Transport, subject: string) => ratioOf(results, transport, yardstick, subject, metric)
    return [
      [
        title,
        `${named}${figure(base)}${unit}`,
        `**${ratio("unix", "effect-ipc")}**`,
        ...others.map((subject) => ratio("unix", subject)),
        `**${ratio("stdio", "effect-ipc")}**`
      ]
    ]
  })
  return rows.length === 0 ? "" : tableOf([head, ...rows])
}

const yardstick = "effect-ipc-stdio"

/** What the rows are called, in their order. */
const kinds: Readonly<Record<string, string>> = {
  [yardstick]: "a child's stdio",
  "effect-ipc-fd3": "a child's descriptor 3",
  "effect-ipc-fifo": "FIFOs",
  "effect-ipc-unix": "Unix socket",
  "effect-ipc-tcp": "TCP",
  "effect-ipc-tls": "TCP with TLS",
  "effect-ipc-duplex": "`DuplexLink`, over a Unix socket",
  "effect-ipc-websocket": "`SocketLink`, over a WebSocket",
  "effect-ipc-worker": "worker thread",
  "effect-ipc-memory": "memory, one thread"
}

const columns: Readonly<Record<string, readonly [title: string, unit: string]>> = {
  calls256: ["calls/s, 256 in flight", ""],
  calls16: ["calls/s, 16 in flight", ""],
  p50: ["one call, median", " µs"],
  streamItems: ["items/s of a stream", ""],
  echoBytes: ["1 MiB of bytes, there and back", " MiB/s"]
}

const transports = (results: Results): string => {
  const measured = Object.keys(kinds).filter(
    (subject) => results.median("transports", subject, "calls256") !== undefined
  )
  const cell = (subject: string, metric: string): string => {
    const value = results.median("transports", subject, metric)
    if (value === undefined) return "-"
    return subject === yardstick
      ? `${figure(value)}${columns[metric]![1]}`
      : ratioOf(results, "transports", yardstick, subject, metric)
  }
  if (measured.length === 0) return ""
  const head = ["", ...Object.values(columns).map(([title]) => title)]
  const rows = measured.map((subject) => [
    kinds[subject]!,
    ...Object.keys(columns).map((metric) => cell(subject, metric))
  ])
  return tableOf([head, ...rows])
}

/** The tables that the run has figures for. */
export const tables = (results: Results): ReadonlyArray<string> =>
  [speed(results), transports(results)].filter((table) => table !== "")

export const markdown = (results: Results): string => tables(results).join("\n\n")
