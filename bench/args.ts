/** The arguments of `npm run bench`. */
import { parseArgs } from "node:util"
import { metrics } from "./metrics.ts"
import type { Times } from "./pair.ts"
import type { Transport } from "./subject.ts"
import { subjects } from "./subjects.ts"

export interface Args {
  readonly json: string | undefined
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

export const usage = `npm run bench -- [options]

  --json FILE      write medians and samples to FILE
  --only A,B,...   only these subjects, metrics or transports (unix, stdio)
  --rounds N       rounds, 5 unless given (1 with --quick)
  --quick          one round of short windows: a look, not a measurement
  --cpu-prof DIR   every measured process leaves a CPU profile in DIR

subjects  ${subjects.map(({ name }) => name).join(" ")}
metrics   ${metrics.map(({ name }) => name).join(" ")}`

/** Keeps of `all` what `chosen` names; all, when it names none of them. */
const pick = <A extends string>(all: ReadonlyArray<A>, chosen: ReadonlySet<string>): ReadonlyArray<A> => {
  const picked = all.filter((name) => chosen.has(name))
  return picked.length === 0 ? all : picked
}

/** Throws an Error whose message is for the user. */
export const parse = (argv: ReadonlyArray<string>): Args | "help" => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: "string" },
      only: { type: "string", multiple: true },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return "help"
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a number from 1, not ${values.rounds}`)

  const only = new Set((values.only ?? []).flatMap((names) => names.split(",")).filter((name) => name !== ""))
  const names = {
    subjects: subjects.map(({ name }) => name),
    metrics: metrics.map(({ name }) => name),
    transports: ["unix", "stdio"] as const
  }
  const known = new Set<string>(Object.values(names).flat())
  const unknown = [...only].filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`--only knows no ${unknown.join(", ")}\n\n${usage}`)

  return {
    json: values.json,
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
