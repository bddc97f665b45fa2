/** The metrics: their units, which way is better, what they are compared with, and the window that measures them. */

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

export interface Metric {
  readonly name: string
  readonly unit: string
  readonly window: WindowName
  readonly better: "higher" | "lower"
  /** The subject that ratios are against. */
  readonly yardstick: string
  /** Digits after the point. */
  readonly digits: number
}

const metric = (name: string, unit: string, window: WindowName, digits = 0, yardstick = "raw-json"): Metric => ({
  name,
  unit,
  window,
  better: /^(p50|p99|cpu|cold)/.test(name) ? "lower" : "higher",
  yardstick,
  digits
})

export const metrics: ReadonlyArray<Metric> = [
  metric("calls256", "calls/s", "calls256"),
  metric("calls16", "calls/s", "calls16"),
  metric("p50", "us", "latency", 1),
  metric("p99", "us", "latency", 1),
  metric("cpuPerCall256", "us", "calls256", 2),
  metric("streamItems", "items/s", "streamItems"),
  metric("streamArrays", "items/s", "streamArrays"),
  metric("inputItems", "items/s", "inputItems"),
  metric("echoText", "MiB/s", "echoText", 1),
  metric("echoBytes", "MiB/s", "echoBytes", 1, "raw-echo"),
  metric("cold", "ms", "cold", 1, "raw-json-effect")
]
