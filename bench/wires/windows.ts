/** The windows of the wires: those of the standard run, and the reading of codecs by themselves. */
import { Pace, windows as standard, type Window } from "../measure.ts"
import type { WireClient } from "./client.ts"
import { messagesDecoded } from "./decoding.ts"

const decode256: Window<WireClient> = {
  warm: 200,
  offered: ({ decoding }) => decoding !== undefined,
  run: async ({ decoding }, stretch) => {
    const pace = new Pace(stretch, 1)
    let millis = 0
    while (pace.more()) millis += decoding!()
    return { operations: pace.operations * messagesDecoded, millis, cpuMicros: millis * 1000 }
  }
}

export const windows: Readonly<Record<string, Window<WireClient>>> = { ...standard, decode256 }
