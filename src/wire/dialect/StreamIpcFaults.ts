/**
 * Errors as text that a person can read, which is all that php-stream-ipc has for them.
 *
 * The last line is ours: `effect-ipc:` and JSON, from which this side makes the same error again.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import * as Utf8 from "../Utf8.ts"
import * as Body from "./NativeBody.ts"
import { isJson } from "./StreamIpcPlain.ts"

const mark = "effect-ipc:"
/** A longer last line is not believed. */
const mostChars = 1024 * 1024

/** Answers the text of an application's error, of which `json` is the JSON-safe form. */
export const ofFailure = (error: unknown, json: unknown): string =>
  `${readable(error, json)}\n${mark}${JSON.stringify({ failure: json })}`

/** Answers the text of a refusal of a request of this class. */
export const ofRefusal = (reason: Refusal, phpClass: string): string => {
  const text = reason._tag === "UnknownMethod" ? `${unhandled}${phpClass}` : describe(reason)
  return `${text.toWellFormed().trim()}\n${mark}${JSON.stringify({ refusal: JSON.parse(Body.writeRefusal(reason)) })}`
}

/** What the last line of a text says, where it is ours. */
export type Line = { readonly failure: unknown } | { readonly refusal: Refusal }

/** Reads the last line of a text; undefined where it is not ours. */
export const lineOf = (text: string): Line | undefined => {
  const at = text.lastIndexOf("\n") + 1
  if (!text.startsWith(mark, at) || text.length - at > mostChars) return undefined
  try {
    const json: unknown = JSON.parse(text.slice(at + mark.length))
    if (!isJson(json)) return undefined
    if ("failure" in json) return { failure: json.failure }
    const refusal = new TextEncoder().encode(JSON.stringify(json.refusal))
    return { refusal: Body.readRefusal(refusal, 0, refusal.length) }
  } catch {
    return undefined
  }
}

const unhandled = "Unhandled request: "

/** Makes a refusal of the text that PHP says for any error: that no one answers such requests, or what was thrown. */
export const refusalOf = (text: string, phpClass: string): Refusal => {
  if (text.startsWith(unhandled) && text.slice(unhandled.length).toLowerCase() === phpClass.toLowerCase()) {
    return { _tag: "UnknownMethod" }
  }
  const stack = text.indexOf("\n#0 ")
  return stack < 0
    ? { _tag: "RemoteDefect", detail: text }
    : { _tag: "RemoteDefect", detail: text.slice(0, stack), stack: text.slice(stack + 1) }
}

const readable = (error: unknown, json: unknown): string => {
  const said = [tagOf(error, json), messageOf(error, json)]
    .filter((part) => part !== undefined && part !== "")
    .join(": ")
  return (said === "" ? short(json) : said).toWellFormed().trim()
}

const tagOf = (error: unknown, json: unknown): string | undefined => {
  if (isJson(json) && typeof json._tag === "string") return json._tag
  return error instanceof Error ? error.name : undefined
}

const messageOf = (error: unknown, json: unknown): string | undefined => {
  if (error instanceof Error) return Body.detailOf(error)
  if (isJson(json) && typeof json.message === "string") return json.message
  return isJson(json) && typeof json._tag === "string" ? undefined : short(json)
}

const short = (json: unknown): string => (typeof json === "string" ? json : (JSON.stringify(json) ?? "an error"))

const describe = (reason: Refusal): string => {
  switch (reason._tag) {
    case "InvalidPayload":
      return `The ${reason.part} does not fit: ${reason.detail}`
    case "Oversized":
      return `The message has ${reason.bytes} bytes, and at most ${reason.maxBytes} are read`
    case "Overloaded":
      return `Overloaded: ${reason.what}, at most ${reason.limit}`
    case "Draining":
      return "Draining: no more requests are answered"
    case "TimedOut":
    case "PeerSilent":
    case "HandshakeTimedOut":
      return `${reason._tag}: after ${reason.afterMillis} ms`
    case "RemoteDefect":
      return `Error in dispatch\n${reason.detail}`
    case "Incompatible":
      return `Incompatible: ${reason.local} and ${reason.remote}`
    case "UnknownMethod":
      return reason._tag
    default:
      return `${reason._tag}: ${reason.detail}`
  }
}

/** Says a payload that no one could read. */
export const excerpt = (bytes: Uint8Array, start: number, end: number): string => {
  const last = Math.min(end, start + excerptBytes)
  return `${JSON.stringify(Utf8.read(bytes, start, last))}${last < end ? ` and ${end - last} bytes more` : ""}`
}

const excerptBytes = 200
