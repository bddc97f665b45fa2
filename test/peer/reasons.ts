/** Looking into errors. */
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import assert from "node:assert/strict"
import { IpcError, type Reason } from "../../src/peer/IpcError.ts"

type Tag = Reason["_tag"]

/** Answers the reason of an `IpcError`, which must have this tag. */
export const reasonOf = <T extends Tag>(error: unknown, tag: T): Extract<Reason, { readonly _tag: T }> => {
  assert(error instanceof IpcError, `expected an IpcError, got ${String(error)}`)
  assert.equal(error.reason._tag, tag, error.message)
  return error.reason as Extract<Reason, { readonly _tag: T }>
}

/** Answers the reason of an exit that failed with an `IpcError`. */
export const reasonOfExit = <T extends Tag>(exit: Exit.Exit<unknown, unknown>, tag: T) => {
  assert(Exit.isFailure(exit), "expected a failure")
  return reasonOf(Cause.squash(exit.cause), tag)
}
