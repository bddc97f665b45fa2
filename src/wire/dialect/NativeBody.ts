/**
 * The small bodies of Native that are not an application's values: Hello, refusals, headers, credit.
 *
 * They come from a peer that may be hostile or newer, so everything is checked, and what is unknown is left out.
 *
 * @since 0.1.0
 */
import type { Headers, Hello, Message, Part, Refusal } from "../../session/Message.ts"
import { readUint32, writeUint32 } from "../framing/MarkedFrame.ts"
import * as Utf8 from "../Utf8.ts"

const maxHeaders = 64
const maxHeaderBytes = 16 * 1024
const maxMethods = 0xffff
const parts: ReadonlyArray<Part> = ["payload", "success", "error", "item", "input", "progress"]

type Json = Readonly<Record<string, unknown>>

/** Parses the text between two offsets. Throws on text that is not a JSON object. */
const readObject = (bytes: Uint8Array, start: number, end: number): Json => {
  const value: unknown = JSON.parse(Utf8.read(bytes, start, end))
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("expected a JSON object")
  return value as Json
}

const text = (json: Json, key: string): string => {
  const value = json[key]
  if (typeof value !== "string") throw new Error(`expected a string at "${key}"`)
  return value
}

const count = (json: Json, key: string): number => {
  const value = json[key]
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new Error(`expected a number at "${key}"`)
  }
  return value
}

const texts = (json: Json, key: string, most: number): ReadonlyArray<string> => {
  const value = json[key]
  if (!Array.isArray(value) || value.length > most || !value.every((item) => typeof item === "string")) {
    throw new Error(`expected at most ${most} strings at "${key}"`)
  }
  return value
}

export const writeHello = (hello: Hello): string => JSON.stringify(hello)

/** Reads a Hello. Throws, saying what is missing, when it is none. */
export const readHello = (bytes: Uint8Array, start: number, end: number): Hello => {
  const json = readObject(bytes, start, end)
  const limits = (json.limits ?? {}) as Json
  return {
    wireVersion: count(json, "wireVersion"),
    protocol: text(json, "protocol"),
    version: text(json, "version"),
    fingerprint: text(json, "fingerprint"),
    methods: texts(json, "methods", maxMethods),
    payloads: texts(json, "payloads", 16),
    limits: { frameBytes: count(limits, "frameBytes"), calls: count(limits, "calls") },
    features: texts(json, "features", 64),
    pid: json.pid === undefined ? undefined : count(json, "pid"),
    secret: json.secret === undefined ? undefined : text(json, "secret")
  }
}

export const writeRefusal = (refusal: Refusal): string => JSON.stringify(refusal)

/** Reads a refusal. One of a kind that is unknown here keeps its name in a `RemoteDefect`. */
export const readRefusal = (bytes: Uint8Array, start: number, end: number): Refusal => {
  const json = readObject(bytes, start, end)
  const tag = text(json, "_tag")
  switch (tag) {
    case "UnknownMethod":
    case "Draining":
      return { _tag: tag }
    case "InvalidPayload":
      return {
        _tag: tag,
        part: parts.find((part) => part === json.part) ?? "payload",
        detail: text(json, "detail")
      }
    case "Oversized":
      return { _tag: tag, bytes: count(json, "bytes"), maxBytes: count(json, "maxBytes") }
    case "Overloaded":
      return { _tag: tag, what: text(json, "what"), limit: count(json, "limit") }
    case "TimedOut":
    case "PeerSilent":
    case "HandshakeTimedOut":
      return { _tag: tag, afterMillis: count(json, "afterMillis") }
    case "Malformed":
    case "Unauthorized":
    case "Disconnected":
    case "Unsayable":
      return { _tag: tag, detail: text(json, "detail") }
    case "Incompatible":
      // Seen from the other side.
      return { _tag: tag, local: text(json, "remote"), remote: text(json, "local") }
    case "RemoteDefect":
      return {
        _tag: tag,
        detail: text(json, "detail"),
        stack: json.stack === undefined ? undefined : text(json, "stack")
      }
    default:
      return { _tag: "RemoteDefect", detail: `the peer refused the call: ${tag}` }
  }
}

/** Answers the headers as JSON, or why there are too many. */
export const writeHeaders = (headers: Headers): string => {
  const json = JSON.stringify(headers)
  checkHeaders(headers, json.length)
  return json
}

/** Reads headers. Throws when they are not string pairs, or too many. */
export const readHeaders = (bytes: Uint8Array, start: number, end: number): Headers => {
  const headers = readObject(bytes, start, end)
  checkHeaders(headers, end - start)
  return headers as Headers
}

const checkHeaders = (headers: Json, headerBytes: number): void => {
  const values = Object.values(headers)
  if (values.length > maxHeaders || headerBytes > maxHeaderBytes) {
    throw new Error(`expected at most ${maxHeaders} headers of ${maxHeaderBytes} bytes in all`)
  }
  if (!values.every((value) => typeof value === "string")) throw new Error("expected headers of strings")
}

type Credit = Extract<Message, { readonly _tag: "Credit" }>

const streams: ReadonlyArray<Credit["of"]> = ["answer", "input", "events"]

const creditBytes = 9

/** Makes the body of a Credit: which stream (1 answer, 2 input, 3 events), items, bytes. */
export const writeCredit = (credit: Credit): Uint8Array => {
  const bytes = new Uint8Array(creditBytes)
  bytes[0] = streams.indexOf(credit.of) + 1
  writeUint32(bytes, 1, credit.items)
  writeUint32(bytes, 5, credit.bytes)
  return bytes
}

/** Reads the body of a Credit. Throws when it is none. */
export const readCredit = (id: number, bytes: Uint8Array, start: number, end: number): Credit => {
  const of = streams[bytes[start]! - 1]
  if (of === undefined || end - start < creditBytes) throw new Error("expected a stream, items and bytes")
  return { _tag: "Credit", of, id, items: readUint32(bytes, start + 1), bytes: readUint32(bytes, start + 5) }
}
