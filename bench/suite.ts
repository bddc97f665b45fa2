/** What is measured together: the standard suite, the transports, the extras. */
import { metrics, type Metric } from "./metrics.ts"
import type { Site } from "./pair.ts"
import type { Record } from "./round.ts"
import type { Transport } from "./subject.ts"
import { subjects, type Subject } from "./subjects.ts"

export interface Apart {
  readonly windows: ReadonlyArray<string>
  /** The subject whose memory it is. */
  readonly subject: string
  /** Measures once. */
  readonly measure: (site: Site, window: string, record: Record) => Promise<void>
}

export interface Suite {
  /** The entry of its processes, in the folder of the built bench. */
  readonly entry: string
  readonly subjects: ReadonlyArray<Subject>
  readonly transports: ReadonlyArray<Transport>
  /** In this order their windows are run. */
  readonly metrics: ReadonlyArray<Metric>
  /** What is measured apart from windows, in processes of its own. */
  readonly apart?: Apart
  /** Its table has a row per subject; else one per metric. */
  readonly rows?: "subjects"
  /** At most so many rounds. */
  readonly mostRounds?: number
  /** Its windows last this share of the usual time. */
  readonly timeShare?: number
}

export const standard: Suite = { entry: "process.js", transports: ["unix", "stdio"], subjects, metrics }
