/**
 * How requests and events are messages of innmind/ipc: what a user says of each, and what that comes to.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as MediaType from "../framing/MediaType.ts"
import type { Lexicon, Method, Objection, Shape } from "../Wire.ts"
import * as Control from "./InnmindControl.ts"

/**
 * What a content is: JSON, the text of one string, or the bytes of one `Uint8Array`.
 *
 * @category models
 * @since 0.1.0
 */
export type Content = "json" | "text" | "bytes"

/**
 * How one request or event travels. All may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mapping {
  /**
   * The media type of its messages, by which a server knows them; one member of a protocol at most has it. JSON is then
   * that of the fields alone. Default: `text/plain` for text, `application/octet-stream` for bytes; JSON has
   * `application/json` and is known by its `_tag`.
   */
  readonly mediaType?: string | undefined
  /** Default: `"text"` with a `literal`, else `"json"`. */
  readonly content?: Content | undefined
  /** The whole text of a request or event without fields, e.g. `ping`. */
  readonly literal?: string | undefined
  /** The field that is the text, where there are others, which may be left out; one that is not cannot be said. Default: the only field. */
  readonly field?: string | undefined
  /** What the answer is. Default: JSON, as `application/json`. */
  readonly success?: { readonly mediaType?: string | undefined; readonly content?: Content | undefined } | undefined
  /**
   * Whether the acknowledgement is all the answer there is, for a request without `success`: the call succeeds once the
   * server has the message, whatever becomes of it there. Default: false.
   */
  readonly acknowledged?: boolean | undefined
}

const key = Context.Service<Mapping>("effect-ipc/Innmind/Mapping")

/**
 * Makes the annotations of a request or event, for its option `annotations`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const annotations = (mapping: Mapping): Context.Context<never> =>
  Context.make(key, mapping) as Context.Context<never>

/** A value as a message. */
export interface Side {
  readonly mediaType: string
  readonly content: Content
  readonly shape: Shape
  /** The field that is the text; undefined where the value is. */
  readonly field: string | undefined
}

/** A request or event, as it travels. */
export interface Plan {
  readonly method: Method
  readonly payload: Side
  /** Whether it is known by its media type, and not by its tag. */
  readonly byType: boolean
  readonly literal: { readonly text: string; readonly bytes: Uint8Array } | undefined
  readonly success: Side
  readonly acknowledged: boolean
}

const types: Readonly<Record<Content, string>> = {
  json: "application/json",
  text: "text/plain",
  bytes: "application/octet-stream"
}

/** Answers how a method travels. */
export const plan = (method: Method): Plan => {
  const mapping = Context.getOrUndefined(method.annotations as Context.Context<Mapping>, key) ?? {}
  const content = mapping.content ?? (mapping.literal === undefined ? "json" : "text")
  const { literal, success = {} } = mapping
  const ofSuccess = success.content ?? "json"
  return {
    method,
    payload: sideOf(content, mapping.mediaType, method.payload, mapping.field ?? soleField(content, method.payload)),
    byType: literal === undefined && (content !== "json" || mapping.mediaType !== undefined),
    literal: literal === undefined ? undefined : { text: literal, bytes: new TextEncoder().encode(literal) },
    success: sideOf(ofSuccess, success.mediaType, method.success, undefined),
    acknowledged: mapping.acknowledged === true && method.kind === "request"
  }
}

/** The field that is a text, where there is no other. */
const soleField = (content: Content, { fields = {} }: Shape): string | undefined => {
  const names = content === "text" ? Object.keys(fields) : []
  return names.length === 1 ? names[0] : undefined
}

const sideOf = (content: Content, mediaType: string | undefined, shape: Shape, field: string | undefined): Side => ({
  content,
  // One that is none is objected to before anything is said.
  mediaType: mediaType === undefined ? types[content] : (MediaType.normal(mediaType) ?? mediaType),
  shape,
  field
})

/** Answers the first member of either side that cannot travel as it is mapped. */
export const objection = ({ answers, says }: Lexicon, version: Control.Version): Objection | undefined => {
  for (const methods of [says, answers]) {
    const seen = new Map<string, string>()
    for (const method of methods) {
      const detail = objectionTo(plan(method), version, seen)
      if (detail !== undefined) return { tag: method.tag, detail }
    }
  }
  return undefined
}

const objectionTo = (plan: Plan, version: Control.Version, seen: Map<string, string>): string | undefined => {
  const { acknowledged, byType, literal, method, payload, success } = plan
  const unfit = sideFault(payload) ?? (method.kind === "request" ? sideFault(success) : undefined)
  if (unfit !== undefined) return unfit
  if (byType && payload.content === "text" && payload.field === undefined && payload.shape.raw?.is !== "text") {
    return "text needs one field, or the name of the one that is the text"
  }
  if (payload.field !== undefined && method.payload.fields?.[payload.field] === undefined) {
    return `it has no field ${payload.field}`
  }
  if (literal !== undefined && !isVoid(method.payload, {}))
    return "a literal is all of its message: leave out the fields"
  if (literal !== undefined && isControl(literal.bytes, payload.mediaType, version)) {
    return `"${literal.text}" is a message of innmind/ipc itself: choose another literal`
  }
  if (acknowledged && !isVoid(method.success, undefined)) {
    return "an acknowledgement carries no answer: leave out success, or acknowledged"
  }
  if (literal === undefined && !byType) return undefined
  const name = literal === undefined ? `the media type ${payload.mediaType}` : `the literal "${literal.text}"`
  const first = seen.get(name)
  if (first !== undefined) return `it is known by ${name}, and so is ${first}: give one of them another`
  seen.set(name, method.tag)
  return undefined
}

const isControl = (content: Uint8Array, mediaType: string, version: Control.Version): boolean =>
  Control.read({ mediaType, content }, version) !== undefined

const sideFault = ({ content, mediaType, shape }: Side): string | undefined => {
  if (MediaType.parse(mediaType) === undefined) {
    return `"${mediaType}" is no media type that innmind/ipc reads: see docs/wire/innmind-ipc.md`
  }
  if (content === "bytes" && shape.raw?.is !== "bytes") return "bytes need a value, or one field, of Schema.Uint8Array"
  return undefined
}

/** Whether this value is all that the shape can say. */
const isVoid = (shape: Shape, value: unknown): boolean => {
  try {
    const json = shape.encode(value) ?? {}
    return typeof json === "object" && Object.keys(json).length === 0
  } catch {
    return false
  }
}
