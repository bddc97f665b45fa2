/** `--wires`: effect-ipc on the wires of other systems, against its own. */
import { cpuPerOperation, perSecond, type Metric } from "../metrics.ts"
import type { Suite } from "../suite.ts"
import { wireSubjects } from "./subjects.ts"

const against = { yardstick: "wire-native" } as const

const metrics: ReadonlyArray<Metric> = [
  {
    name: "decode256",
    unit: "messages/s",
    window: "decode256",
    better: "higher",
    digits: 0,
    of: perSecond,
    ...against
  },
  { name: "calls256", unit: "calls/s", window: "calls256", better: "higher", digits: 0, of: perSecond, ...against },
  {
    name: "cpuPerCall256",
    unit: "us",
    window: "calls256",
    better: "lower",
    digits: 2,
    of: cpuPerOperation,
    ...against
  },
  { name: "p50", unit: "us", window: "latency", better: "lower", digits: 1, of: ({ p50 }) => p50!, ...against }
]

export const wires: Suite = {
  entry: "wires/process.js",
  transports: ["wires"],
  subjects: wireSubjects,
  metrics,
  rows: "subjects"
}
