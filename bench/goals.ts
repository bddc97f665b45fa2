/** What effect-ipc is to reach: one table of goals, and a line for each that says whether it was met. */
import type { Results } from "./results.ts"
import type { Transport } from "./subject.ts"

interface Goal {
  readonly metric: string
  /** The subject that is to reach it; effect-ipc unless given. */
  readonly subject?: string
  /** The subject whose value it is a multiple of; a figure by itself when left out. */
  readonly of?: string
  readonly bound: ">=" | "<=" | ">"
  readonly value: number
}

/** A goal holds for each transport over which both subjects were measured. */
export const goals: ReadonlyArray<Goal> = [
  { metric: "calls256", bound: ">=", value: 0.9, of: "raw-json" },
  { metric: "calls256", bound: ">=", value: 9, of: "effect-rpc" },
  { metric: "calls256", bound: ">", value: 1, of: "birpc" },
  { metric: "calls16", bound: ">=", value: 0.85, of: "raw-json" },
  { metric: "calls16", bound: ">", value: 1, of: "birpc" },
  { metric: "p50", bound: "<=", value: 1.15, of: "raw-json" },
  { metric: "p99", bound: "<=", value: 1.3, of: "raw-json" },
  { metric: "cpuPerCall256", bound: "<=", value: 1.3, of: "raw-json" },
  { metric: "streamItems", bound: ">=", value: 0.75, of: "raw-json" },
  { metric: "inputItems", bound: ">=", value: 0.75, of: "raw-json" },
  { metric: "streamArrays", bound: ">=", value: 1, of: "raw-json" },
  { metric: "echoText", bound: ">=", value: 1, of: "raw-json" },
  { metric: "echoBytes", bound: ">=", value: 0.75, of: "raw-echo" },
  { metric: "cold", bound: "<=", value: 1.2, of: "raw-json-effect" },
  { metric: "calls256", subject: "effect-ipc-fifo", bound: ">=", value: 1 / 1.5, of: "effect-ipc-stdio" },
  { metric: "calls16", subject: "effect-ipc-fifo", bound: ">=", value: 1 / 1.5, of: "effect-ipc-stdio" },
  { metric: "p50", subject: "effect-ipc-fifo", bound: "<=", value: 1.5, of: "effect-ipc-stdio" },
  { metric: "streamItems", subject: "effect-ipc-fifo", bound: ">=", value: 1 / 1.5, of: "effect-ipc-stdio" },
  { metric: "echoBytes", subject: "effect-ipc-fifo", bound: ">=", value: 1 / 1.5, of: "effect-ipc-stdio" },
  { metric: "cpuPerCall256", subject: "effect-ipc-memory", bound: "<=", value: 0.5, of: "effect-ipc-plain" },
  ...["wire-hx", "wire-php-json", "wire-php-serialize"].flatMap((subject): ReadonlyArray<Goal> => [
    { metric: "decode256", subject, bound: ">=", value: 0.5, of: "wire-native" },
    { metric: "calls256", subject, bound: ">=", value: 0.5, of: "wire-native" }
  ]),
  { metric: "heapPerCall", bound: "<=", value: 3000 },
  { metric: "idleLink", bound: "<=", value: 10 * 1024 },
  { metric: "idleLinkHeap", bound: "<=", value: 10 * 1024 }
]

/** The value that is held against the goal; undefined when it was not measured. */
const reached = (results: Results, transport: Transport, { metric, of, subject }: Goal): number | undefined => {
  const ours = results.median(transport, subject ?? "effect-ipc", metric)
  if (of === undefined || ours === undefined) return ours
  const theirs = results.median(transport, of, metric)
  return theirs === undefined ? undefined : ours / theirs
}

const met = ({ bound, value }: Goal, reached: number): boolean =>
  bound === ">=" ? reached >= value : bound === "<=" ? reached <= value : reached > value

/** One line per goal that was measured, in columns: goal, measured, verdict. */
export const verdicts = (results: Results, transport: Transport): ReadonlyArray<ReadonlyArray<string>> =>
  goals.flatMap((goal) => {
    const value = reached(results, transport, goal)
    if (value === undefined) return []
    const { bound, metric, of, subject } = goal
    const number = (value: number): string => (of === undefined ? value.toFixed(0) : `${value.toFixed(2)} x`)
    const who = subject === undefined ? metric : `${metric} of ${subject}`
    return [[who, `${bound} ${number(goal.value)} ${of ?? ""}`, number(value), met(goal, value) ? "met" : "missed"]]
  })
