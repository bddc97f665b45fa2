/**
 * The bank. It takes frames of 64 KiB at most, so that one is too large.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Bank, InsufficientFunds } from "./protocol.ts"

const balance = 100

const handlers = Handlers.layer(Bank)({
  Withdraw: ({ amount }) =>
    amount > balance ? Effect.fail(new InsufficientFunds({ missing: amount - balance })) : Effect.succeed(amount),

  Audit: () => Effect.never,

  Interest: () => Effect.die(new TypeError("the rate is not a number")),

  Rob: () =>
    Effect.sync(() => {
      console.error("the vault is empty")
      process.exit(3)
    }),

  Note: () => Effect.void
})

RpcServer.run(Bank, { maxFrameBytes: 65_536 }).pipe(
  Effect.provide(handlers),
  Effect.provide(Stdio.layerListener()),
  NodeRuntime.runMain
)
