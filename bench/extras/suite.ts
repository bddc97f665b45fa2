/** `--extras`: what a user would weigh, what memory is held, and how cost grows. */
import { cpuPerOperation, perSecond, type Metric } from "../metrics.ts"
import type { Suite } from "../suite.ts"
import { memoryApart } from "./memory.ts"
import { flights, links } from "./scales.ts"
import { extraSubjects } from "./subjects.ts"

const rate = { unit: "calls/s", better: "higher", digits: 0, of: perSecond } as const
const cpu = { unit: "us", better: "lower", digits: 2, of: cpuPerOperation } as const
const micros = { unit: "us", better: "lower", digits: 1 } as const
const bytes = { unit: "bytes", better: "lower", digits: 0, yardstick: undefined } as const

const payloads = {
  study: "payloads: 32 characters, 64 KiB of text, an order of 20 fields; both ways, 16 in flight",
  yardstick: "raw-json"
}
const variants = {
  study:
    "variants of effect-ipc: checksums, and on both sides middleware, metrics or spans; promises; both ends in one process",
  yardstick: "effect-ipc-plain"
}
const inFlight = { study: "scaling: calls in flight on one connection", yardstick: "raw-json" }
const overLinks = { study: "scaling: connections, with 1,000 calls in flight spread over them", yardstick: "raw-json" }
const memory = { study: "memory" }

const metrics: ReadonlyArray<Metric> = [
  { name: "small", window: "calls16", ...payloads, ...rate },
  { name: "text64k", window: "text64k", ...payloads, ...rate },
  { name: "nested", window: "nested", ...payloads, ...rate },
  { name: "calls256", window: "calls256", ...variants, ...rate },
  { name: "cpuPerCall256", window: "calls256", ...variants, ...cpu },
  { name: "p50", window: "latency", ...variants, ...micros, of: ({ p50 }) => p50! },
  { name: "p99", window: "latency", ...variants, ...micros, of: ({ p99 }) => p99! },
  ...flights.map((callers) => ({ name: `flight${callers}`, window: `flight${callers}`, ...inFlight, ...rate })),
  ...flights.map((callers) => ({ name: `cpuFlight${callers}`, window: `flight${callers}`, ...inFlight, ...cpu })),
  ...links.map((count) => ({ name: `links${count}`, window: `links${count}`, ...overLinks, ...rate })),
  ...links.map((count) => ({ name: `cpuLinks${count}`, window: `links${count}`, ...overLinks, ...cpu })),
  { name: "heapPerCall", window: "heap", ...memory, ...bytes },
  { name: "idleResident", window: "idle", ...memory, ...bytes },
  { name: "idleHeap", window: "idle", ...memory, ...bytes },
  { name: "idleLink", window: "idle", ...memory, ...bytes },
  { name: "idleLinkHeap", window: "idle", ...memory, ...bytes },
  { name: "heldServer", window: "held", ...memory, ...bytes },
  { name: "heldClient", window: "held", ...memory, ...bytes },
  { name: "keptServer", window: "held", ...memory, ...bytes, aroundZero: true },
  { name: "keptClient", window: "held", ...memory, ...bytes, aroundZero: true },
  { name: "leakServer", window: "held", ...memory, ...bytes, aroundZero: true },
  { name: "leakClient", window: "held", ...memory, ...bytes, aroundZero: true }
]

export const extras: Suite = {
  entry: "extras/process.js",
  transports: ["unix"],
  subjects: extraSubjects,
  metrics,
  apart: memoryApart
}
