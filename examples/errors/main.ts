/**
 * The errors a caller meets, each recovered: the application's by its tag, the others by the reason of `IpcError`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Bank, InsufficientFunds } from "./protocol.ts"

const program = Effect.gen(function* () {
  const bank = yield* RpcClient.make(Bank)

  // The application's own
  yield* bank
    .Withdraw({ amount: 150 })
    .pipe(
      Effect.catchTag("InsufficientFunds", (error) =>
        Console.log(`InsufficientFunds: ${error.message} (of the class: ${error instanceof InsufficientFunds})`)
      )
    )

  // A payload that does not fit is found here, before it is sent
  yield* bank
    .Withdraw({ amount: -5 })
    .pipe(
      Effect.catchReason("IpcError", "InvalidPayload", ({ detail, side }) =>
        Console.log(`InvalidPayload (${side}): ${detail.replaceAll(/\s+/g, " ")}`)
      )
    )
  yield* bank
    .Note({ text: "x".repeat(100_000) })
    .pipe(
      Effect.catchReason("IpcError", "Oversized", ({ bytes, maxBytes }) =>
        Console.log(`Oversized: ${bytes} bytes, where the worker takes ${maxBytes}`)
      )
    )

  // The deadline covers all of it, and stops the handler
  yield* bank
    .Audit({}, { timeout: "50 millis" })
    .pipe(
      Effect.catchReason("IpcError", "TimedOut", ({ afterMillis }) => Console.log(`TimedOut: after ${afterMillis} ms`))
    )

  // A bug in the handler fails this call and no other
  yield* bank
    .Interest()
    .pipe(Effect.catchReason("IpcError", "RemoteDefect", ({ detail }) => Console.log(`RemoteDefect: ${detail}`)))

  // The worker exits: every call that waits is told how
  yield* bank
    .Rob()
    .pipe(
      Effect.catchReason("IpcError", "Disconnected", ({ exitCode, stderrTail }) =>
        Console.log(`Disconnected: exit code ${exitCode}, ${stderrTail?.trim().split("\n").at(-1)}`)
      )
    )
  // So is every later one. Any reason at all: catch the tag.
  yield* bank.Withdraw({ amount: 1 }).pipe(Effect.catchTag("IpcError", ({ reason }) => Console.log(reason._tag)))
})

const worker = (command: string) => ChildProcess.layer({ command, args: [`${import.meta.dirname}/worker.ts`] })

const run = (command: string) => program.pipe(Effect.scoped, Effect.provide(worker(command)))

run(process.execPath).pipe(
  Effect.andThen(run("no-such-program")),
  Effect.catchReason("IpcError", "ConnectFailed", ({ detail }) => Console.log(`ConnectFailed: ${detail}`)),
  NodeRuntime.runMain
)
