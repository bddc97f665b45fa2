/** What a run measures: the standard suite, or the extras. */
import { metrics, type Metric } from "./metrics.ts"
import type { Site } from "./pair.ts"
import type { Record } from "./round.ts"
import type { Transport } from "./subject.ts"
import { subjects, type Subject } from "./subjects.ts"

export interface Suite {
  /** The entry of its processes, in the folder of the built bench. */
  readonly entry: string
  readonly subjects: ReadonlyArray<Subject>
  readonly transports: ReadonlyArray<Transport>
  /** In this order their windows are run. */
  readonly metrics: ReadonlyArray<Metric>
  /** Measures, once per call, what no window does. */
  readonly apart?: (site: Site, wanted: (window: string) => boolean, record: Record) => Promise<void>
}

export const standard: Suite = { entry: "process.js", transports: ["unix", "stdio"], subjects, metrics }
