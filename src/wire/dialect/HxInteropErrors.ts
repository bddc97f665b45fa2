/**
 * Errors as `Interop-Error`: text that anyone can read, and facts beside it for who speaks effect-ipc.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import { shown } from "../framing/HxMessage.ts"
import * as Body from "./NativeBody.ts"

/** The content type of a refusal's facts. */
export const refusalType = "application/vnd.effect-ipc.refusal+json"

const maxChars = 1000

/** A text as one header's value: no line breaks, no control characters, nothing at its ends, not too long. */
export const oneLine = (text: string): string =>
  text
    .slice(0, maxChars)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .replaceAll(/^[\s\u0085]+|[\s\u0085]+$/g, "")

/** What an application error says: its tag or name, and its message. */
export const failureText = (error: unknown, json: unknown): string => {
  const { _tag, message, name } = isRecord(error) ? error : ({} as Record<string, unknown>)
  const tag = typeof _tag === "string" ? _tag : typeof name === "string" ? name : ""
  const said = typeof message === "string" ? message : typeof json === "string" ? json : ""
  return (
    oneLine([tag, said].filter((part) => part !== "").join(": ")) || oneLine(JSON.stringify(json) ?? "") || "failed"
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** What a refusal says. `className` is the class that was asked, where it is unknown. */
export const refusalText = (reason: Refusal, className: string | undefined): string => {
  switch (reason._tag) {
    case "UnknownMethod":
      return oneLine(`unknown class ${shown(className ?? "")}`)
    case "InvalidPayload":
      return oneLine(`invalid ${reason.part}: ${reason.detail}`)
    case "Oversized":
      return `too large: ${reason.bytes} bytes, at most ${reason.maxBytes} are read`
    case "Overloaded":
      return oneLine(`overloaded: ${reason.what}, at most ${reason.limit}`)
    case "Draining":
      return "closing: no new calls are taken"
    case "TimedOut":
    case "PeerSilent":
    case "HandshakeTimedOut":
      return `timed out after ${reason.afterMillis} ms`
    case "Incompatible":
      return oneLine(`incompatible: ${reason.local} and ${reason.remote}`)
    case "RemoteDefect":
      return oneLine(reason.detail) || "a defect"
    default:
      return oneLine(`${reason._tag}: ${reason.detail}`)
  }
}

/** The facts of a refusal, as JSON. */
export const writeRefusal: (reason: Refusal) => string = Body.writeRefusal

/** Reads the facts of a refusal, or answers a defect that says what the text says. */
export const readRefusal = (bytes: Uint8Array, start: number, end: number, text: string): Refusal => {
  try {
    return Body.readRefusal(bytes, start, end)
  } catch {
    return defect(text)
  }
}

/** A refusal that says what a foreign peer said. */
export const defect = (text: string): Refusal => ({
  _tag: "RemoteDefect",
  detail: text === "" ? "an error without a text" : Body.detailOf(text)
})
