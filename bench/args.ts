/** The arguments of `npm run bench`. */
import { parseArgs } from "node:util"
import type { Times } from "./pair.ts"
import type { Transport } from "./subject.ts"
import { extras } from "./extras/suite.ts"
import { standard, type Suite } from "./suite.ts"

export interface Args {
  readonly suite: Suite
  readonly json: string | undefined
  /** What an earlier run has written, to be compared with. */
  readonly compare: string | undefined
  readonly rounds: number
  readonly subjects: ReadonlySet<string>
  readonly metrics: ReadonlySet<string>
  readonly transports: ReadonlyArray<Transport>
  readonly times: Times
  /** Cold starts per round. */
  readonly colds: number
  /** Where measured processes leave a profile. */
  readonly cpuProf: string | undefined
}

/** The files that `--plot` reads; measures nothing. */
export interface PlotArgs {
  readonly plot: ReadonlyArray<string>
}

const namesOf = (named: ReadonlyArray<{ readonly name: string }>): string => named.map(({ name }) => name).join(" ")

export const usage = `npm run bench -- [options]

  --json FILE      write medians and samples to FILE
  --compare FILE   say what got slower than in FILE beyond noise, an earlier --json; exit code 1 if something did
  --extras         instead of the standard run: payloads, checksum, tracer, promises, memory, scaling; about 4 minutes
  --plot [FILE...] measure nothing; draw docs/plots from the --json of earlier runs
                   (unless given: bench/results/latest.json and bench/results/extras.json)
  --only A,B,...   only these subjects, metrics or transports (unix, stdio)
  --rounds N       rounds, 5 unless given (1 with --quick)
  --quick          one round of short windows: a look, not a measurement
  --cpu-prof DIR   every measured process leaves a CPU profile in DIR

subjects  ${namesOf(standard.subjects)}
metrics   ${namesOf(standard.metrics)}

of --extras
subjects  ${namesOf(extras.subjects)}
metrics   ${namesOf(extras.metrics)}`

/** Keeps of `all` what `chosen` names; all, when it names none of them. */
const pick = <A extends string>(all: ReadonlyArray<A>, chosen: ReadonlySet<string>): ReadonlyArray<A> => {
  const picked = all.filter((name) => chosen.has(name))
  return picked.length === 0 ? all : picked
}

/** Throws an Error whose message is for the user. */
export const parse = (argv: ReadonlyArray<string>): Args | PlotArgs | "help" => {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: "string" },
      compare: { type: "string" },
      extras: { type: "boolean", default: false },
      plot: { type: "boolean", default: false },
      only: { type: "string", multiple: true },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return "help"
  if (values.plot) return { plot: positionals }
  if (positionals.length > 0) throw new Error(`what is ${positionals.join(" ")}?\n\n${usage}`)
  const suite = values.extras ? extras : standard
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a number from 1, not ${values.rounds}`)

  const only = new Set((values.only ?? []).flatMap((names) => names.split(",")).filter((name) => name !== ""))
  const names = {
    subjects: suite.subjects.map(({ name }) => name),
    metrics: suite.metrics.map(({ name }) => name),
    transports: suite.transports
  }
  const known = new Set<string>(Object.values(names).flat())
  const unknown = [...only].filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`--only knows no ${unknown.join(", ")}\n\n${usage}`)

  return {
    suite,
    json: values.json,
    compare: values.compare,
    rounds,
    subjects: new Set(pick(names.subjects, only)),
    metrics: new Set(pick(names.metrics, only)),
    transports: pick(names.transports, only),
    times: values.quick
      ? { warmUpMillis: 150, warmUpShare: 0.1, againMillis: 100, windowMillis: 200 }
      : { warmUpMillis: 400, warmUpShare: 1, againMillis: 300, windowMillis: 400 },
    colds: values.quick ? 1 : 2,
    cpuProf: values["cpu-prof"]
  }
}
