/**
 * How a call failed, in a word for spans and metrics.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { IpcError } from "./IpcError.ts"
import * as Refused from "./Refused.ts"

/**
 * Answers the reason of an `IpcError` or of a refusal, the tag of another error, or `Defect`; undefined for a call that
 * succeeded or was given up.
 */
export const failureOf = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const failure = Cause.findError(exit.cause)
  if (Result.isSuccess(failure)) return nameOf(failure.success)
  if (!Cause.hasDies(exit.cause)) return undefined
  return Refused.reasonOf(exit.cause)?._tag ?? "Defect"
}

const nameOf = (error: unknown): string => {
  if (error instanceof IpcError) return error.reason._tag
  const tag = typeof error === "object" && error !== null && "_tag" in error ? error._tag : undefined
  return typeof tag === "string" ? tag : "Error"
}
