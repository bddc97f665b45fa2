/** The operations of a client, whatever its link is. */
import type * as Effect from "effect/Effect"
import type { Client as RpcClient } from "../../../src/peer/Client.ts"
import type { Client, Operation } from "../../subject.ts"
import type { Streamed } from "../../workload.ts"
import { byFiber } from "../kit/fibers.ts"
import type * as Streams from "../kit/streams.ts"
import type { Bench } from "./protocol.ts"

/** Loads Stream when a stream is asked for, and not before: programs that only call do not need it. */
const streaming =
  <E>(open: (streams: typeof Streams, count: number) => Effect.Effect<Streamed, E>): Operation<number, Streamed> =>
  async (callers, load) => {
    const streams = await import("../kit/streams.ts")
    return byFiber((count: number) => open(streams, count))(callers, load)
  }

export const clientOf = (rpc: RpcClient<typeof Bench>): Client => ({
  add: byFiber(rpc.Add),
  items: streaming(({ tallied }, count) => tallied(rpc.Items({ count }))),
  arrays: streaming(({ tallied }, count) => tallied(rpc.Arrays({ count }))),
  input: streaming(({ singleItems }, count) => rpc.Input({}, { input: singleItems(count) })),
  echoText: byFiber((text) => rpc.EchoText({ text })),
  echoBytes: byFiber((bytes) => rpc.EchoBytes({ bytes }))
})
