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

const maxUint32 = 0xffffffff
const maxDetailChars = 4096
const maxHeaders = 64
const maxHeaderBytes = 16 * 1024
const maxMethods = 0xffff
const maxProofBytes = 256
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

/** Answers the body of a Hello. JSON has no word for a limit that is infinite: frames end at 4 GiB anyway. */
export const writeHello = (hello: Hello): string => {
  const { calls, frameBytes } = hello.limits
  const limits = { frameBytes: Math.min(frameBytes, maxUint32), calls: Math.min(calls, maxUint32) }
  return JSON.stringify({ ...hello, limits })
}

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
    secret: json.secret === undefined ? undefined : text(json, "secret"),
    nonce: json.nonce === undefined ? undefined : text(json, "nonce")
  }
}

/** Reads a proof. Throws when it is too long to be one. */
export const readProof = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start > maxProofBytes) throw new Error(`expected at most ${maxProofBytes} bytes`)
  return Utf8.read(bytes, start, end)
}

/** Answers the body of a refusal. Its texts are clipped, so that every peer can read it and its call ends. */
export const writeRefusal = (refusal: Refusal): string =>
  JSON.stringify(refusal, (_, value: unknown) => (typeof value === "string" ? clipped(value) : value))

const clipped = (value: string): string =>
  value.length <= maxDetailChars ? value : `${value.slice(0, maxDetailChars - 1)}…`

/** What a thrown value says of itself; whatever it is, and whatever it does when asked. */
export const detailOf = (error: unknown): string => {
  try {
    return clipped(error instanceof Error ? error.message : String(error))
  } catch {
    return "an error that cannot be shown"
  }
}

/** Says that a part does not fit its shape. */
export const invalid = (part: Part, error: unknown): Refusal => ({
  _tag: "InvalidPayload",
  part,
  detail: detailOf(error)
})

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

/** Answers the headers as JSON. Throws when they are not string pairs, or too many. */
export const writeHeaders = (headers: Headers): string => {
  const json = JSON.stringify(headers)
  checkHeaderBytes(Utf8.byteLength(json))
  checkHeaders(headers)
  return json
}

/** Reads headers. Throws when they are not string pairs, or too many. */
export const readHeaders = (bytes: Uint8Array, start: number, end: number): Headers => {
  checkHeaderBytes(end - start)
  const headers = readObject(bytes, start, end)
  checkHeaders(headers)
  return headers as Headers
}

const checkHeaderBytes = (headerBytes: number): void => {
  if (headerBytes > maxHeaderBytes) throw new Error(`expected headers of at most ${maxHeaderBytes} bytes in all`)
}

const checkHeaders = (headers: Json): void => {
  const values = Object.values(headers)
  if (values.length > maxHeaders) throw new Error(`expected at most ${maxHeaders} headers`)
  if (!values.every((value) => typeof value === "string")) throw new Error("expected headers of strings")
}

type Credit = Extract<Message, { readonly _tag: "Credit" }>

const streams: ReadonlyArray<Credit["of"]> = ["answer", "input", "events"]

const creditBytes = 8

/** Which stream a number in the header of a Credit stands for: 1 answer, 2 input, 3 events. */
export const creditOf = (number: number): Credit["of"] | undefined => streams[number - 1]

/** The number that stands for a stream in the header of a Credit. */
export const creditNumber = (of: Credit["of"]): number => streams.indexOf(of) + 1

/** Makes the body of a Credit: items, bytes. */
export const writeCredit = (credit: Credit): Uint8Array => {
  const bytes = new Uint8Array(creditBytes)
  writeUint32(bytes, 0, credit.items)
  writeUint32(bytes, 4, credit.bytes)
  return bytes
}

/** Reads a Credit. Throws when it is none. */
export const readCredit = (id: number, number: number, bytes: Uint8Array, start: number, end: number): Credit => {
  const of = creditOf(number)
  if (of === undefined || end - start < creditBytes) throw new Error("expected a stream, items and bytes")
  return { _tag: "Credit", of, id, items: readUint32(bytes, start), bytes: readUint32(bytes, start + 4) }
}
