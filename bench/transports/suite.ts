/** effect-ipc over every transport, against a child's stdio. */
import { metrics } from "../metrics.ts"
import type { Suite } from "../suite.ts"
import { transportSubjects } from "./subjects.ts"

/** Those that links differ by: how often they wake a process, and what a byte costs. */
const telling = ["calls256", "calls16", "p50", "streamItems", "echoBytes"]

export const transports: Suite = {
  entry: "process.js",
  transports: ["transports"],
  subjects: transportSubjects,
  metrics: metrics
    .filter(({ name }) => telling.includes(name))
    .map((metric) => ({ ...metric, yardstick: "effect-ipc-stdio" })),
  rows: "subjects",
  // Ten subjects that differ by a lot: two minutes are enough.
  mostRounds: 3,
  timeShare: 0.75
}
