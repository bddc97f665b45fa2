/**
 * Values as headers and a body, and back.
 *
 * Every function throws on what does not fit, and says what is wrong with it.
 *
 * @since 0.1.0
 */
import type { HxHead } from "../framing/HxHead.ts"
import { type HxHeader, objection } from "../framing/HxMessage.ts"
import * as ContentType from "../payload/ContentType.ts"
import * as Json from "../payload/Json.ts"
import * as Utf8 from "../Utf8.ts"
import type { RawShape, Shape } from "../Wire.ts"
import type { HeaderField, HxPart } from "./HxInteropMapping.ts"

/** A value, ready to be written. A body that is left out has no content type either. */
export interface Spread {
  readonly headers: ReadonlyArray<HxHeader>
  readonly body: Uint8Array | string | undefined
}

type Json = Readonly<Record<string, unknown>>

const nothing = new Uint8Array(0)
const noHeaders: ReadonlyArray<HxHeader> = []

/** Spreads a value over headers and a body. */
export const write = (part: HxPart, value: unknown): Spread => {
  const { body, headers, raw, shape } = part
  if (raw !== undefined)
    return { headers: rawHeaders(part, value), body: rawBody(raw, body ? fieldOf(value, body) : value) }
  const json = shape.encode(value)
  if (headers.length === 0 && body === undefined) {
    const isNothing = json === undefined || (part.kind === "payload" && isEmpty(json))
    return { headers: noHeaders, body: isNothing ? undefined : bodyOf(part, json) }
  }
  const object = objectOf(json)
  const said = headersOf(headers, object)
  if (body !== undefined) {
    const own = object[body.field]
    return { headers: said, body: own === undefined ? undefined : bodyOf(part, own) }
  }
  const rest = Object.fromEntries(
    Object.entries(object).filter(([name]) => !headers.some(({ field }) => field === name))
  )
  return { headers: said, body: isEmpty(rest) ? undefined : bodyOf(part, rest) }
}

const bodyOf = ({ type }: HxPart, json: unknown): Uint8Array | string =>
  type === ContentType.json ? JSON.stringify(json) : type.encode(json)

const rawBody = (raw: RawShape, value: unknown): Uint8Array | string => {
  const body = raw.encode(value)
  if (body === undefined) throw new Error("expected a string that UTF-8 can say")
  return body
}

/** The header fields of a value whose body is raw: without turning the body into JSON, where that can be. */
const rawHeaders = ({ body, headers, raw, shape }: HxPart, value: unknown): ReadonlyArray<HxHeader> => {
  if (headers.length === 0 || body === undefined) return noHeaders
  const empty = raw!.is === "bytes" ? nothing : ""
  const quick = attempt(() => shape.encode({ ...(value as Json), [body.field]: empty }))
  // A class takes its own instances only, and a check may ask for the body itself.
  return headersOf(headers, objectOf(quick === failed ? shape.encode(value) : quick))
}

const failed = Symbol("failed")

const attempt = (run: () => unknown): unknown => {
  try {
    return run()
  } catch {
    return failed
  }
}

const fieldOf = (value: unknown, { field }: { readonly field: string }): unknown =>
  typeof value === "object" && value !== null ? (value as Json)[field] : undefined

const headersOf = (fields: ReadonlyArray<HeaderField>, object: Json): ReadonlyArray<HxHeader> => {
  const headers: Array<HxHeader> = []
  for (const { field, header } of fields) {
    const json = object[field]
    if (json === undefined || json === null) continue
    if (typeof json === "object")
      throw new Error(`the field "${field}" is a header: expected text, a number or a boolean`)
    const value = String(json)
    const detail = objection(header, value)
    if (detail !== undefined) throw new Error(detail)
    headers.push([header, value])
  }
  return headers
}

const isObject = (json: unknown): json is Json => typeof json === "object" && json !== null && !Array.isArray(json)

const isEmpty = (json: unknown): boolean => isObject(json) && Object.keys(json).length === 0

const objectOf = (json: unknown): Json => {
  if (isObject(json)) return json
  throw new Error("expected an object")
}

/** Answers bytes of a body, for keeping. */
export type Own = (bytes: Uint8Array, start: number, end: number) => Uint8Array

/** A body that is being read, and the content type that its message declares. */
export interface Body {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly type: ContentType.ContentType | undefined
  readonly own: Own
}

/** Reads a value of headers and a body. */
export const read = (part: HxPart, head: HxHead, body: Body): unknown => {
  const { shape } = part
  if (part.headers.length > 0 || part.body !== undefined) return readSpread(part, head, body)
  if (part.kind === "success") return readBody(shape, shape.raw, { ...body, type: typeOf(part, body) })
  if (body.start === body.end && part.raw === undefined) return shape.decode({})
  // Whoever leaves the type of a payload out means JSON, unless it was agreed otherwise.
  const type = body.type ?? part.type
  return readBody(shape, shape.raw, { ...body, type })
}

/** The declared type, or the agreed one; JSON is only agreed on where nothing else is. */
const typeOf = (part: HxPart, { type }: Body): ContentType.ContentType | undefined =>
  type ?? (part.type === ContentType.json ? undefined : part.type)

/** Reads a body that is the whole of a shape's value. */
export const readBody = (shape: Shape, raw: RawShape | undefined, body: Body): unknown => {
  const { bytes, end, start, type } = body
  if (type === ContentType.json) return Json.read(shape, bytes, start, trimmed(bytes, start, end))
  if (type !== undefined && type !== ContentType.bytes && type !== ContentType.text) {
    return shape.decode(type.decode(bytes, start, end))
  }
  if (raw?.is === "bytes") return raw.decode(body.own(bytes, start, end))
  if (raw?.is === "text") return raw.decode(Utf8.read(bytes, start, end))
  return shape.decode(guessed(body))
}

/** What a body says that has no type, or not that of its shape: JSON if it is some, text if not. */
const guessed = ({ bytes, end, start }: Body): unknown => {
  try {
    return Json.parse(bytes, start, end)
  } catch {
    return Utf8.read(bytes, start, end)
  }
}

const readSpread = (part: HxPart, head: HxHead, body: Body): unknown => {
  const { body: field, headers, shape } = part
  const type = typeOf(part, body)
  let object: Record<string, unknown> = {}
  const isThere = body.start < body.end || body.type !== undefined || part.raw !== undefined
  let bytes: Uint8Array | undefined
  if (field === undefined) {
    // A copy by assignment would take a field called `__proto__` for the prototype.
    if (body.start < body.end)
      object = { ...objectOf((type ?? ContentType.json).decode(body.bytes, body.start, body.end)) }
  } else if (isThere && field.shape.raw?.is === "bytes" && (type === undefined || type === ContentType.bytes)) {
    // The schema sees no bytes in place of these: JSON has a longer form of them, which is not worth making.
    bytes = body.own(body.bytes, body.start, body.end)
    object[field.field] = ""
  } else if (isThere) {
    const json = type === ContentType.json
    object[field.field] = json
      ? ContentType.json.decode(body.bytes, body.start, body.end)
      : field.shape.encode(readBody(field.shape, field.shape.raw, { ...body, type }))
  }
  for (const one of headers) {
    const json = readHeader(one, head)
    if (json !== undefined) object[one.field] = json
  }
  if (bytes === undefined) return shape.decode(object)
  const quick = attempt(() => Object.assign(shape.decode(object) as Json, { [field!.field]: bytes }))
  if (quick !== failed) return quick
  // A check may ask for the bytes themselves.
  return shape.decode({ ...object, [field!.field]: field!.shape.encode(bytes) })
}

const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/**
 * What a header's text stands for: the number or boolean that it spells, where the field takes that; else the text. A
 * header that is not there is `undefined`, or null where the field takes nothing but that.
 */
const readHeader = ({ header, shape }: HeaderField, head: HxHead): unknown => {
  const text = head.get(header)
  if (text === undefined) return !fits(shape, undefined) && fits(shape, null) ? null : undefined
  if (number.test(text) && fits(shape, Number(text))) return Number(text)
  if ((text === "true" || text === "false") && fits(shape, text === "true")) return text === "true"
  return text
}

const fits = (shape: Shape, json: unknown): boolean => {
  try {
    shape.decode(json)
    return true
  } catch {
    return false
  }
}

const space = 0x20
const lf = 0x0a
const cr = 0x0d
const tab = 0x09

/** Where JSON ends: PHP puts LF behind it. */
const trimmed = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (at > start) {
    const byte = bytes[at - 1]!
    if (byte !== lf && byte !== space && byte !== cr && byte !== tab) return at
    at--
  }
  return at
}
