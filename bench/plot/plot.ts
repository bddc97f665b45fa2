/** `--plot`: draws docs/plots from what earlier runs have kept. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { flights, links } from "../extras/scales.ts"
import { read, Results, type Kept } from "../results.ts"
import { bars, lines } from "./charts.ts"
import { draw, type Chart } from "./draw.ts"

const root = join(import.meta.dirname, "..", "..")
const folder = join(root, "docs", "plots")
const usual = ["latest.json", "extras.json"].map((name) => join(root, "bench", "results", name))

const size = { width: 960, height: 480 }
const yardstick = "raw-json"

/** One run that was kept. */
interface Run {
  readonly results: Results
  readonly meta: Kept["meta"]
}

const value = ({ results }: Run, subject: string, metric: string): number | undefined =>
  results.median("unix", subject, metric)

const subtitle = (better: string, { meta }: Run): string => {
  const date = String(meta["date"]).slice(0, 10)
  return `${better}\nUnix socket, one server and one client process, ${meta["cpu"]}, Node ${meta["node"]}, ${date}`
}

/** A file to draw; it takes its figures from the first run that has `needs`. */
interface Plot {
  readonly file: string
  readonly needs: string
  readonly chart: (run: Run) => Chart
}

interface Relative extends Pick<Plot, "file" | "needs"> {
  readonly title: string
  readonly better: string
  /** Name on the chart by metric. */
  readonly groups: Readonly<Record<string, string>>
}

/** Bars of every subject that has a value, relative to raw-json. */
const relative = ({ better, file, groups, needs, title }: Relative): Plot => ({
  file,
  needs,
  chart: (run) => {
    const series = ["effect-ipc", "birpc", "effect-rpc-notrace", "effect-rpc"].map((subject) => ({
      subject,
      values: Object.keys(groups).map((metric) => {
        const [ours, base] = [value(run, subject, metric), value(run, yardstick, metric)]
        return ours === undefined || base === undefined ? undefined : ours / base
      })
    }))
    return bars({
      title,
      subtitle: subtitle(better, run),
      yardstick,
      groups: Object.values(groups),
      series: series.filter(({ values }) => values.some((value) => value !== undefined))
    })
  }
})

const points = (run: Run, subject: string, metric: string, counts: ReadonlyArray<number>) =>
  counts.flatMap((count) => {
    const micros = value(run, subject, `${metric}${count}`)
    return micros === undefined ? [] : [[count, micros] as const]
  })

const plots: ReadonlyArray<Plot> = [
  relative({
    file: "calls.svg",
    needs: "calls256",
    title: "Operations per second, relative to raw-json",
    better: "Higher is better",
    groups: {
      calls256: "calls,\n256 in flight",
      calls16: "calls,\n16 in flight",
      streamItems: "stream,\none by one",
      streamArrays: "stream,\nin arrays",
      inputItems: "input stream",
      echoText: "1 MiB of text"
    }
  }),
  relative({
    file: "latency.svg",
    needs: "p50",
    title: "Time and CPU of a call, relative to raw-json",
    better: "Lower is better",
    groups: {
      p50: "one call,\nmedian",
      p99: "one call,\n99th percentile",
      cpuPerCall256: "CPU per call, both ends,\n256 in flight"
    }
  }),
  relative({
    file: "payloads.svg",
    needs: "nested",
    title: "Calls per second by payload, relative to raw-json",
    better: "Higher is better",
    groups: {
      small: "two integers and\n32 characters",
      nested: "an order of 20 fields,\nnested",
      text64k: "64 KiB of text"
    }
  }),
  {
    file: "scale.svg",
    needs: "cpuFlight10",
    chart: (run) =>
      lines({
        title: "CPU per call of both ends, in microseconds",
        subtitle: subtitle("Lower is better; a level line means that cost grows in proportion to calls", run),
        xName: "calls in flight on one connection; connections, with 1,000 calls in flight spread over them",
        yName: "µs per call",
        series: ["effect-ipc", yardstick].flatMap((subject) => [
          {
            subject,
            name: `${subject}, calls in flight`,
            dashed: false,
            points: points(run, subject, "cpuFlight", flights)
          },
          { subject, name: `${subject}, connections`, dashed: true, points: points(run, subject, "cpuLinks", links) }
        ])
      })
  }
]

const load = (file: string): ReadonlyArray<Run> => {
  if (!existsSync(file)) {
    console.log(`skips ${file}: there is no such file`)
    return []
  }
  const kept = read(file)
  return [{ results: Results.of(kept), meta: kept.meta }]
}

export const plot = (files: ReadonlyArray<string>): void => {
  const runs = (files.length === 0 ? usual : files).flatMap(load)
  mkdirSync(folder, { recursive: true })
  for (const { chart, file, needs } of plots) {
    const run = runs.find(
      (run) => value(run, "effect-ipc", needs) !== undefined && value(run, yardstick, needs) !== undefined
    )
    if (run === undefined) {
      console.log(`skips ${file}: no run has ${needs} of effect-ipc and ${yardstick}`)
      continue
    }
    writeFileSync(join(folder, file), draw(chart(run), size))
    console.log(`drew docs/plots/${file}`)
  }
}
