/**
 * Measures one client: runs a load for a stretch of time and answers what came of it.
 *
 * The clock is read as rarely as the load allows, since reading it costs as much as a tenth of a fast call.
 */
import type { Client, Load, Operation } from "./subject.ts"
import type { WindowName } from "./metrics.ts"
import {
  checkBytes,
  checkStreamed,
  checkSum,
  checkText,
  itemsPerStream,
  makeBytes,
  makeText,
  request,
  type Add,
  type Sum
} from "./workload.ts"

/** How long to go on: until both have been reached. */
export interface Stretch {
  readonly millis: number
  readonly operations: number
}

export interface Sample {
  readonly operations: number
  readonly millis: number
  /** CPU of this process, in microseconds. */
  readonly cpuMicros: number
  /** Percentiles of the time of one operation, in microseconds. */
  readonly p50?: number
  readonly p99?: number
}

export type WarmWindow = Exclude<WindowName, "cold">

export interface Window<in C = Client> {
  /** How many operations at least make the code warm. */
  readonly warm: number
  readonly offered: (client: C) => boolean
  readonly run: (client: C, stretch: Stretch) => Promise<Sample>
}

/** Says when a stretch is over, looking at the clock every `every` operations. */
export class Pace {
  operations = 0
  readonly #least: number
  readonly #end: number
  readonly #every: number
  #over = false

  constructor({ millis, operations }: Stretch, every: number) {
    this.#least = operations
    this.#every = every
    this.#end = performance.now() + millis
  }

  /** Counts one operation, unless it is over. */
  more(): boolean {
    if (this.#over) return false
    if (this.operations % this.#every === 0 && this.operations >= this.#least && performance.now() >= this.#end) {
      this.#over = true
      return false
    }
    this.operations += 1
    return true
  }
}

export const timed = async <I, O>(
  operation: Operation<I, O>,
  callers: number,
  load: Load<I, O>,
  pace: Pace
): Promise<Sample> => {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await operation(callers, load)
  const millis = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  return { operations: pace.operations, millis, cpuMicros: user + system }
}

export const calls = (callers: number): Window => ({
  warm: 4000,
  offered: ({ add }) => add !== undefined,
  run: ({ add }, stretch) => {
    const pace = new Pace(stretch, 16)
    return timed(
      add!,
      callers,
      { next: () => (pace.more() ? request(pace.operations) : undefined), done: checkSum },
      pace
    )
  }
})

const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!

const latency: Window = {
  warm: 2000,
  offered: ({ add }) => add !== undefined,
  run: async ({ add }, stretch) => {
    const pace = new Pace(stretch, 1)
    const laps = new Float64Array(1 << 20)
    let from = 0
    const load: Load<Add, Sum> = {
      next: () => {
        if (!pace.more()) return undefined
        const next = request(pace.operations)
        from = performance.now()
        return next
      },
      done: (request, sum) => {
        laps[pace.operations - 1] = (performance.now() - from) * 1000
        checkSum(request, sum)
      }
    }
    const sample = await timed(add!, 1, load, pace)
    const sorted = laps.subarray(0, pace.operations).sort()
    return { ...sample, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
  }
}

/** One operation after the other, always with the same input; `check` throws when the output is wrong. */
const oneByOne = <I, O>(
  warm: number,
  operation: (client: Client) => Operation<I, O> | undefined,
  makeInput: () => I,
  check: (input: I, output: O) => void
): Window => {
  let input: I | undefined
  return {
    warm,
    offered: (client) => operation(client) !== undefined,
    run: (client, stretch) => {
      input ??= makeInput()
      const pace = new Pace(stretch, 1)
      return timed(operation(client)!, 1, { next: () => (pace.more() ? input : undefined), done: check }, pace)
    }
  }
}

const streamed = (
  operation: (client: Client) => Operation<number, { count: number; total: number }> | undefined
): Window => oneByOne(10, operation, () => itemsPerStream, checkStreamed)

export const windows: Readonly<Record<WarmWindow, Window>> = {
  calls256: calls(256),
  calls16: calls(16),
  latency,
  streamItems: streamed((client) => client.items),
  streamArrays: streamed((client) => client.arrays),
  inputItems: streamed((client) => client.input),
  echoText: oneByOne(6, (client) => client.echoText, makeText, checkText),
  echoBytes: oneByOne(6, (client) => client.echoBytes, makeBytes, checkBytes)
}

/** What this client can be measured by. */
export const offered = (client: Client): ReadonlyArray<WarmWindow> =>
  (Object.keys(windows) as Array<WarmWindow>).filter((name) => windows[name].offered(client))

/** Runs a window for at least `millis`, and as often as it takes to make the code warm, or that `share` of it. */
export const warmUp = (client: Client, name: WarmWindow, millis: number, share = 1): Promise<Sample> =>
  windows[name].run(client, { millis, operations: windows[name].warm * share })

/** Runs a window for `millis`. */
export const run = (client: Client, name: WarmWindow, millis: number): Promise<Sample> =>
  windows[name].run(client, { millis, operations: 1 })
