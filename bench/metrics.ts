/** The metrics: their units, which way is better, what they are compared with, and the window that measures them. */
import { itemsPerStream } from "./workload.ts"

export const windowNames = [
  "calls256",
  "calls16",
  "latency",
  "streamItems",
  "streamArrays",
  "inputItems",
  "echoText",
  "echoBytes",
  "cold"
] as const

/** One stretch of measuring; some give two metrics. */
export type WindowName = (typeof windowNames)[number]

/** What a warm window gives, of both processes. */
export interface Figures {
  readonly operations: number
  readonly millis: number
  readonly cpuMicros: number
  readonly serverCpuMicros: number
  readonly p50?: number
  readonly p99?: number
}

export interface Metric {
  readonly name: string
  readonly unit: string
  /** The name of a window of the run. What is measured in no window, as `cold`, has a name of its own. */
  readonly window: string
  readonly better: "higher" | "lower"
  /** The subject that ratios are against; undefined where the figure speaks for itself. */
  readonly yardstick: string | undefined
  /** Digits after the point. */
  readonly digits: number
  /** The title of the table it stands in, where there are several. */
  readonly study?: string
  /** A difference that should be none: runs are not compared by it. */
  readonly aroundZero?: boolean
  /** The value that a warm window gives; left out where none does. */
  readonly of?: (figures: Figures) => number
}

export const perSecond = ({ millis, operations }: Figures): number => (operations / millis) * 1000

const items = (figures: Figures): number => perSecond(figures) * itemsPerStream

export const cpuPerOperation = ({ cpuMicros, operations, serverCpuMicros }: Figures): number =>
  (cpuMicros + serverCpuMicros) / operations

const higher = { better: "higher", yardstick: "raw-json", digits: 0 } as const
const lower = { better: "lower", yardstick: "raw-json", digits: 1 } as const

export const metrics: ReadonlyArray<Metric> = [
  { name: "calls256", unit: "calls/s", window: "calls256", ...higher, of: perSecond },
  { name: "calls16", unit: "calls/s", window: "calls16", ...higher, of: perSecond },
  { name: "p50", unit: "us", window: "latency", ...lower, of: ({ p50 }) => p50! },
  { name: "p99", unit: "us", window: "latency", ...lower, of: ({ p99 }) => p99! },
  { name: "cpuPerCall256", unit: "us", window: "calls256", ...lower, digits: 2, of: cpuPerOperation },
  { name: "streamItems", unit: "items/s", window: "streamItems", ...higher, of: items },
  { name: "streamArrays", unit: "items/s", window: "streamArrays", ...higher, of: items },
  { name: "inputItems", unit: "items/s", window: "inputItems", ...higher, of: items },
  { name: "echoText", unit: "MiB/s", window: "echoText", ...higher, digits: 1, of: perSecond },
  { name: "echoBytes", unit: "MiB/s", window: "echoBytes", ...higher, digits: 1, yardstick: "raw-echo", of: perSecond },
  { name: "cold", unit: "ms", window: "cold", ...lower, yardstick: "raw-json-effect" }
]
