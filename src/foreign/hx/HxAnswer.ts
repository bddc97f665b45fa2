/**
 * What a handler of an hx/interop server comes to, as the message that answers.
 *
 * Law: an answer has the id of its request and no class; what went wrong is one `Interop-Error`, as Ruby and JavaScript
 * see only one, in one line, as a line break would end the header.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as HxMessage from "./HxMessage.ts"

/** Makes the answer to a request of how its handler ended. */
export const of = (
  request: HxMessage.HxMessage,
  exit: Exit.Exit<HxMessage.HxMessage | undefined | void, unknown>
): HxMessage.HxMessage => {
  const id = HxMessage.idOf(request)
  const said = Exit.isSuccess(exit) ? (exit.value ?? HxMessage.make()) : failed(exit.cause)
  const answer = HxMessage.withoutHeader(HxMessage.withoutHeader(said, HxMessage.Reserved.class), HxMessage.Reserved.id)
  return id === undefined ? answer : HxMessage.withId(answer, id)
}

const failed = (cause: Cause.Cause<unknown>): HxMessage.HxMessage => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure !== undefined) return HxMessage.addError(HxMessage.make(), textOf(failure.error))
  const death = cause.reasons.find(Cause.isDieReason)
  return HxMessage.addError(
    HxMessage.make(),
    death === undefined ? "the handler was interrupted" : `the handler died: ${textOf(death.defect)}`
  )
}

/** What an error says of itself, whatever it does when it is asked. */
const textOf = (error: unknown): string => {
  try {
    return said(error)
  } catch {
    return "error"
  }
}

/** `Tag: message` of a tagged error, the message of another one, the text of anything else. */
const said = (error: unknown): string => {
  if (typeof error === "string") return error
  if (typeof error !== "object" || error === null) return String(error)
  const { _tag: tag, message } = error as { readonly _tag?: unknown; readonly message?: unknown }
  const parts = [tag, message].filter((part) => typeof part === "string" && part !== "")
  return parts.length > 0 ? parts.join(": ") : (JSON.stringify(error) ?? "error")
}
