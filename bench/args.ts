/** The arguments of `npm run bench`. */
import { parseArgs } from "node:util"
import type { Times } from "./pair.ts"
import type { Transport } from "./subject.ts"
import { extras } from "./extras/suite.ts"
import { standard, type Suite } from "./suite.ts"
import { transports } from "./transports/suite.ts"
import { wires } from "./wires/suite.ts"

/** A suite, and what of it is measured. */
export interface Part {
  readonly suite: Suite
  readonly subjects: ReadonlySet<string>
  readonly metrics: ReadonlySet<string>
  readonly transports: ReadonlyArray<Transport>
  readonly rounds: number
  readonly times: Times
  /** Cold starts per round. */
  readonly colds: number
}

export interface Args {
  /** One is measured after the other. */
  readonly parts: ReadonlyArray<Part>
  readonly json: string | undefined
  /** What an earlier run has written, to be compared with. */
  readonly compare: string | undefined
  /** Where measured processes leave a profile. */
  readonly cpuProf: string | undefined
}

/** The files that `--plot` reads; measures nothing. */
export interface PlotArgs {
  readonly plot: ReadonlyArray<string>
}

/** What `--markdown` reads; measures nothing. */
export interface MarkdownArgs {
  readonly markdown: string
}

const namesOf = (named: ReadonlyArray<{ readonly name: string }>): string => named.map(({ name }) => name).join(" ")

export const usage = `npm run bench -- [options]

  --json FILE      write medians and samples to FILE
  --compare FILE   say what got slower than in FILE beyond noise, an earlier --json; exit code 1 if something did
  --extras         instead of the standard run: payloads, checksum, middleware, tracing, metrics, promises, memory, scaling; about 4 minutes
  --wires          instead of the standard run: the wires of other systems against the native one; about 1 minute
  --plot [FILE...] measure nothing; draw docs/plots from the --json of earlier runs
                   (unless given: bench/results/latest.json and bench/results/extras.json)
  --markdown FILE  measure nothing; print the tables of README.md and docs/performance.md from an earlier --json
  --only A,B,...   only these subjects, metrics or transports (unix, stdio; transports: effect-ipc over each of its own)
  --rounds N       rounds, 5 unless given (1 with --quick); over the transports at most ${transports.mostRounds}
  --quick          one round of short windows: a look, not a measurement
  --cpu-prof DIR   every measured process leaves a CPU profile in DIR

subjects  ${namesOf(standard.subjects)}
metrics   ${namesOf(standard.metrics)}

of transports
subjects  ${namesOf(transports.subjects)}
metrics   ${namesOf(transports.metrics)}

of --extras
subjects  ${namesOf(extras.subjects)}
metrics   ${namesOf(extras.metrics)}

of --wires
subjects  ${namesOf(wires.subjects)}
metrics   ${namesOf(wires.metrics)}`

/** Keeps of `all` what `chosen` names; all, when it names none of them. */
const pick = <A extends string>(all: ReadonlyArray<A>, chosen: ReadonlySet<string>): ReadonlyArray<A> => {
  const picked = all.filter((name) => chosen.has(name))
  return picked.length === 0 ? all : picked
}

const share = ({ warmUpShare, ...millis }: Times, by: number): Times => ({
  warmUpShare,
  warmUpMillis: millis.warmUpMillis * by,
  againMillis: millis.againMillis * by,
  windowMillis: millis.windowMillis * by
})

/** What `only` leaves of the suites: a suite of which it names no subject, while it names one of another, is left out. */
const partsOf = (
  suites: ReadonlyArray<Suite>,
  only: ReadonlySet<string>,
  run: Pick<Part, "rounds" | "times" | "colds">
): ReadonlyArray<Part> => {
  const names = {
    subjects: suites.flatMap(({ subjects }) => subjects.map(({ name }) => name)),
    metrics: suites.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
    transports: suites.flatMap(({ transports }) => transports)
  }
  const known = new Set<string>(Object.values(names).flat())
  const unknown = [...only].filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`--only knows no ${unknown.join(", ")}\n\n${usage}`)

  const [subjects, metrics] = [new Set(pick(names.subjects, only)), new Set(pick(names.metrics, only))]
  const transports = pick(names.transports, only)
  const parts = suites
    .filter((suite) => suite.subjects.some(({ name }) => subjects.has(name)))
    .filter((suite) => suite.metrics.some(({ name }) => metrics.has(name)))
    .map((suite) => ({
      suite,
      subjects,
      metrics,
      transports: suite.transports.filter((transport) => transports.includes(transport)),
      rounds: Math.min(run.rounds, suite.mostRounds ?? Infinity),
      times: share(run.times, suite.timeShare ?? 1),
      colds: run.colds
    }))
    .filter(({ transports }) => transports.length > 0)
  if (parts.length === 0) throw new Error(`--only ${[...only].join(",")} leaves nothing to measure\n\n${usage}`)
  return parts
}

/** Throws an Error whose message is for the user. */
export const parse = (argv: ReadonlyArray<string>): Args | PlotArgs | MarkdownArgs | "help" => {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: "string" },
      compare: { type: "string" },
      extras: { type: "boolean", default: false },
      wires: { type: "boolean", default: false },
      plot: { type: "boolean", default: false },
      markdown: { type: "string" },
      only: { type: "string", multiple: true },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return "help"
  if (values.plot) return { plot: positionals }
  if (values.markdown !== undefined) return { markdown: values.markdown }
  if (positionals.length > 0) throw new Error(`what is ${positionals.join(" ")}?\n\n${usage}`)
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a number from 1, not ${values.rounds}`)

  const only = new Set((values.only ?? []).flatMap((names) => names.split(",")).filter((name) => name !== ""))
  const suites = values.extras ? [extras] : values.wires ? [wires] : [standard, transports]
  const times = values.quick
    ? { warmUpMillis: 150, warmUpShare: 0.1, againMillis: 100, windowMillis: 200 }
    : { warmUpMillis: 400, warmUpShare: 1, againMillis: 300, windowMillis: 400 }

  return {
    parts: partsOf(suites, only, { rounds, times, colds: values.quick ? 1 : 2 }),
    json: values.json,
    compare: values.compare,
    cpuProf: values["cpu-prof"]
  }
}
