/** The windows of the extras: those of the standard run, and these. */
import { calls, Pace, timed, windows as standard, type Window } from "../measure.ts"
import type { Operation } from "../subject.ts"
import { checkSum, request } from "../workload.ts"
import type { ExtraClient } from "./client.ts"
import { flights, links } from "./scales.ts"
import { checkOrder, checkText, orderOf, textOf } from "./workload.ts"

type ExtraWindow = Window<ExtraClient>

const exchange = <A>(
  operation: (client: ExtraClient) => Operation<A, A> | undefined,
  input: (n: number) => A,
  check: (sent: A, received: A) => void
): ExtraWindow => ({
  warm: 1000,
  offered: (client) => operation(client) !== undefined,
  run: (client, stretch) => {
    const pace = new Pace(stretch, 1)
    const next = (): A | undefined => (pace.more() ? input(pace.operations) : undefined)
    return timed(operation(client)!, 16, { next, done: check }, pace)
  }
})

/** Each caller has a few turns at least, or the window would be all beginning and end. */
const leastTurns = 5

const inFlight = (callers: number): ExtraWindow => {
  const { offered, run, warm } = calls(callers)
  return {
    warm,
    offered,
    run: (client, { millis, operations }) =>
      run(client, { millis, operations: Math.max(operations, callers * leastTurns) })
  }
}

/** A thousand calls in flight, however many connections they are spread over. */
const overLinks = (count: number): ExtraWindow => ({
  warm: 4000,
  offered: (client) => client.links !== undefined,
  run: async (client, stretch) => {
    const operation = await client.links!(count)
    const pace = new Pace(stretch, 16)
    const next = () => (pace.more() ? request(pace.operations) : undefined)
    return timed(operation, 1000, { next, done: checkSum }, pace)
  }
})

export const windows: Readonly<Record<string, ExtraWindow>> = {
  ...standard,
  text64k: exchange((client) => client.text, textOf, checkText),
  nested: exchange((client) => client.nested, orderOf, checkOrder),
  ...Object.fromEntries(flights.map((callers) => [`flight${callers}`, inFlight(callers)])),
  ...Object.fromEntries(links.map((count) => [`links${count}`, overLinks(count)]))
}
