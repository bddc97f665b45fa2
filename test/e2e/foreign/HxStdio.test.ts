/** hx/interop on the level of messages, between two processes. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as HxClient from "../../../src/foreign/hx/HxClient.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"

const child = ChildProcess.layer({
  command: process.execPath,
  args: [new URL("fixtures/countdown.ts", import.meta.url).pathname]
})

it.live("calls a child over stdio, hears its events in order, and is told how it died", () =>
  Effect.gen(function* () {
    const client = yield* HxClient.open()
    const heard = yield* Queue.unbounded<string>()
    yield* client.on("tick", (tick) => Queue.offer(heard, HxMessage.textOf(tick)))
    const answer = yield* client.call("countdown", { headers: { Ticks: "3" } })
    assert.strictEqual(yield* HxMessage.decode(answer), "liftoff")
    assert.deepStrictEqual(
      [yield* Queue.take(heard), yield* Queue.take(heard), yield* Queue.take(heard)],
      ["3", "2", "1"]
    )
    const { reason } = (yield* Effect.flip(client.call("die"))) as IpcError
    assert.deepInclude(reason, { _tag: "Disconnected", method: "die", exitCode: 3 })
  }).pipe(Effect.provide(child))
)
