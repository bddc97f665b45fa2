/**
 * Answers as messages of innmind/ipc.
 *
 * | answer | media type | content |
 * |---|---|---|
 * | a value | as mapped, default `application/json` | the value |
 * | a typed error | `application/json; ipc=failure` | the error |
 * | none | `text/plain; ipc=refusal` | a sentence, and the facts as JSON in the last line |
 *
 * @since 0.1.0
 */
import type { AnswerMessage, Part, Refusal } from "../../session/Message.ts"
import type { MediaMessage } from "../framing/MediaFrame.ts"
import * as Json from "../payload/Json.ts"
import * as Utf8 from "../Utf8.ts"
import * as Content from "./InnmindContent.ts"
import type { Plan } from "./InnmindMapping.ts"
import * as Body from "./NativeBody.ts"

const failureType = "application/json; ipc=failure"
const refusalType = "text/plain; ipc=refusal"

/** Answers the message of an answer, or why it cannot be said. */
export const write = (answer: AnswerMessage, plan: Plan | undefined): MediaMessage | Refusal => {
  if (answer._tag === "Defect") return { mediaType: refusalType, content: Content.text(refusalText(answer.reason)) }
  const part: Part = answer._tag === "Success" ? "success" : "error"
  try {
    if (answer._tag === "Success") {
      return { mediaType: plan!.success.mediaType, content: Content.of(plan!.success, answer.value) }
    }
    return { mediaType: failureType, content: Content.text(Json.text(plan!.method.error, answer.error)) }
  } catch (error) {
    return Body.invalid(part, error)
  }
}

/** Reads the answer to call `id`. What is none is answered as the refusal that says so, with the call it ends. */
export const read = (
  { content, mediaType }: MediaMessage,
  { id, index, plan }: { readonly id: number; readonly index: number; readonly plan: Plan }
): AnswerMessage | { readonly _tag: "Unread"; readonly reason: Refusal } => {
  if (mediaType === refusalType) return { _tag: "Defect", id, method: index, reason: readRefusal(content) }
  const isFailure = mediaType === failureType
  try {
    if (isFailure) {
      const error = Json.read(plan.method.error, content, 0, content.length)
      return { _tag: "Failure", id, method: index, error }
    }
    return { _tag: "Success", id, method: index, value: Content.read(plan.success, content) }
  } catch (error) {
    const { detail } = Body.invalid("success", error) as { readonly detail: string }
    const part = isFailure ? "error" : "success"
    return {
      _tag: "Unread",
      reason: { _tag: "InvalidPayload", part, detail: `${detail} (the answer is ${mediaType})` }
    }
  }
}

const refusalText = (reason: Refusal): string => {
  const facts = Body.writeRefusal(reason)
  const { detail } = JSON.parse(facts) as { readonly detail?: string }
  return `the request was refused (${reason._tag})${detail === undefined ? "" : `: ${detail}`}\n${facts}`
}

const readRefusal = (content: Uint8Array): Refusal => {
  const start = content.lastIndexOf(0x0a) + 1
  try {
    return Body.readRefusal(content, start, content.length)
  } catch {
    return { _tag: "RemoteDefect", detail: Utf8.read(content, 0, Math.min(content.length, quotedBytes)) }
  }
}

const quotedBytes = 4096
