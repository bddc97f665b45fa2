/**
 * `npm run bench`: measures every subject side by side, prints a table, compares, and writes JSON.
 *
 * Progress goes to stderr and the table to stdout. A wrong answer, a crash or a hang of any subject fails the run.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { parse, usage, type Args, type Part } from "./args.ts"
import { build } from "./build.ts"
import { compare, report } from "./compare.ts"
import { Control } from "./control.ts"
import type { Site } from "./pair.ts"
import { Quiet } from "./Quiet.ts"
import { read, Results, type Kept } from "./results.ts"
import { closeField, openField, runRound, windowsOf, type Field, type OnProgress } from "./round.ts"
import { table } from "./table.ts"
import type { Transport } from "./subject.ts"

const profile = (args: Args, transport: Transport): Site["profile"] => {
  const folder = args.cpuProf === undefined ? undefined : resolve(args.cpuProf)
  if (folder === undefined) return () => []
  return (name) => ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${transport}-${name}.cpuprofile`]
}

/** One line that is written over on a terminal; elsewhere a line per phase. */
const progress = (phase: string, text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${phase}: ${text}`)
  else if (text === "") process.stderr.write(`${phase}\n`)
}

const phase = (name: string): OnProgress => {
  progress(name, "")
  return (text) => progress(name, text)
}

/** Memory hardly changes from round to round. */
const mostTimesApart = 3

const measureApart = async (part: Part, site: Site, results: Results): Promise<void> => {
  const { apart } = part.suite
  if (apart === undefined || !part.subjects.has(apart.subject)) return
  const windows = windowsOf(part)
  for (const window of apart.windows.filter((window) => windows.has(window))) {
    const say = phase(window)
    for (let time = 0; time < Math.min(part.rounds, mostTimesApart); time++) {
      say(`time ${time + 1}`)
      await apart.measure(site, window, (subject, metric, value) => results.add(site.transport, subject, metric, value))
    }
  }
}

const write = (file: string, kept: Kept): void => {
  mkdirSync(dirname(resolve(file)), { recursive: true })
  writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`)
}

/** Answers whether something got slower. */
const sayChanges = (args: Args, file: string, before: Results, results: Results): boolean => {
  const changes = args.parts.flatMap(({ suite: { metrics, subjects } }) =>
    compare(
      before,
      results,
      metrics,
      subjects.map(({ name }) => name)
    )
  )
  console.log(`\n${report(changes, file)}`)
  return changes.some(({ verdict }) => verdict === "slower")
}

/** Answers the site of each transport. */
type SiteOf = (transport: Transport, entry: string) => Site

const measurePart = async (part: Part, siteOf: SiteOf, results: Results, quiet: Quiet): Promise<void> => {
  const fields: Array<Field> = []
  for (const transport of part.transports) {
    const site = siteOf(transport, part.suite.entry)
    fields.push(await openField(part, site, phase(`warm-up over ${transport}`)))
  }
  for (let round = 0; round < part.rounds; round++) {
    for (const field of fields) {
      const { transport } = field.site
      await runRound({
        part,
        field,
        round,
        record: (subject, metric, value) => results.add(transport, subject, metric, value),
        quietly: quiet.measure,
        onProgress: phase(`round ${round + 1} of ${part.rounds} over ${transport}`)
      })
    }
  }
  for (const field of fields) await closeField(field)
  for (const { site } of fields) await measureApart(part, site, results)
}

const measureAll = async (args: Args, folder: string, quiet: Quiet): Promise<Results> => {
  const results = new Results()
  const built = await build()
  const controlPath = join(folder, "control")
  const control = new Control(controlPath)
  const siteOf: SiteOf = (transport, entry) => ({
    transport,
    control,
    controlPath,
    built,
    entry,
    folder,
    profile: profile(args, transport)
  })
  for (const part of args.parts) await measurePart(part, siteOf, results, quiet)
  control.close()
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
  return results
}

const main = async (): Promise<void> => {
  const args = parse(process.argv.slice(2))
  if (args === "help") return console.log(usage)
  if ("plot" in args) {
    // Loads the library that draws.
    const { plot } = await import("./plot/plot.ts")
    return plot(args.plot)
  }
  if ("markdown" in args) {
    const { markdown } = await import("./markdown.ts")
    return console.log(markdown(Results.of(read(args.markdown))))
  }
  // First, so that nobody waits for a run whose end is an error.
  const before = args.compare === undefined ? undefined : Results.of(read(args.compare))
  const from = performance.now()
  const folder = mkdtempSync(join(tmpdir(), "effect-ipc-bench-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const quiet = new Quiet()
  const results = await measureAll(args, folder, quiet)
  const meta = {
    node: process.version,
    cpu: `${cpus().length} x ${cpus()[0]!.model}`,
    date: new Date().toISOString(),
    rounds: args.parts[0]!.rounds,
    windowMillis: args.parts[0]!.times.windowMillis,
    seconds: Math.round((performance.now() - from) / 1000),
    foreignCpuShare: quiet.foreignShare
  }
  console.log(
    `${args.parts.map((part) => table(results, part)).join("\n\n")}\n\n` +
      `${Object.values(meta).slice(0, 3).join(", ")}, ${meta.rounds} rounds, ${meta.seconds} s`
  )
  if (quiet.warning !== undefined) process.stderr.write(`${quiet.warning}\n`)
  const suites = args.parts.map(({ suite }) => suite)
  if (args.json !== undefined) write(args.json, results.kept(suites, meta))
  if (before !== undefined && sayChanges(args, args.compare!, before, results)) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
// A failed run may have left processes.
process.exit()
