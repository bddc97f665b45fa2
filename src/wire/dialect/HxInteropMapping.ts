/**
 * How the requests and events of a protocol are said in hx/interop: classes, which fields are headers, what the body is.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as HxMessage from "../framing/HxMessage.ts"
import { nameIsClean, valueIsClean } from "../framing/HxText.ts"
import * as ContentType from "../payload/ContentType.ts"
import type { Lexicon, Method, Objection, RawShape, Shape } from "../Wire.ts"

/**
 * How the fields of a value are spread over headers and a body.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spread {
  /**
   * The fields that are headers, by their names (`layerName` is the header `Layer-Name`), or with the header of each. They
   * are strings, numbers or booleans; one that is left out, or null, is no header. Default: none.
   */
  readonly headers?: ReadonlyArray<string> | Readonly<Record<string, string>> | undefined
  /** The one field that is the whole body. Default: an object of all fields that are no headers. */
  readonly body?: string | undefined
  /** The name of the body's content type. Default: JSON, and bytes for a body that is one `Uint8Array`. */
  readonly contentType?: string | undefined
}

/**
 * How one request or event is said.
 *
 * @category models
 * @since 0.1.0
 */
export interface Annotations extends Spread {
  /** What the other side calls it. Default: its tag. */
  readonly class?: string | undefined
  /** How the answer is spread. Default: it is the body. */
  readonly success?: Spread | undefined
}

/** The key of a request's or event's annotations. */
export const Key = Context.Reference<Annotations>("effect-ipc/HxInterop/Annotations", { defaultValue: () => ({}) })

/** A field that is a header. */
export interface HeaderField {
  readonly field: string
  readonly header: string
  readonly shape: Shape
}

/** How one value is said. */
export interface HxPart {
  readonly kind: "payload" | "success"
  readonly shape: Shape
  readonly headers: ReadonlyArray<HeaderField>
  readonly body: { readonly field: string; readonly shape: Shape } | undefined
  readonly type: ContentType.ContentType
  /** How the body travels as it is, where it does. */
  readonly raw: RawShape | undefined
  /** Whether the value is the body, as JSON, and nothing else. */
  readonly plain: boolean
}

/** A request or event, and how it is said. */
export interface HxMethod {
  readonly method: Method
  readonly class: string
  readonly classBytes: Uint8Array
  readonly payload: HxPart
  readonly success: HxPart
  /** Headers that are fields of the payload; other headers are those of the call. */
  readonly taken: ReadonlySet<string>
}

/** Makes the mapping of a list of methods. What it objects to makes no sense, and is never opened. */
export const compile = (methods: ReadonlyArray<Method>, types: ContentType.ContentTypes): ReadonlyArray<HxMethod> =>
  methods.map((method) => {
    const annotations = Context.get(method.annotations, Key)
    const payload = partOf("payload", method.payload, annotations, types)
    const name = annotations.class ?? method.tag
    return {
      method,
      class: name,
      classBytes: new TextEncoder().encode(name),
      payload,
      success: partOf("success", method.success, annotations.success ?? {}, types),
      taken: new Set(payload.headers.map(({ header }) => header))
    }
  })

const partOf = (kind: HxPart["kind"], shape: Shape, spread: Spread, types: ContentType.ContentTypes): HxPart => {
  const headers = pairsOf(spread).map(([field, header]) => ({ field, header, shape: shape.fields?.[field] ?? shape }))
  const bodyShape = spread.body === undefined ? undefined : shape.fields?.[spread.body]
  const body = bodyShape === undefined ? undefined : { field: spread.body!, shape: bodyShape }
  const whole = body?.shape ?? (headers.length === 0 ? shape : undefined)
  const isBytes = whole?.raw?.is === "bytes" && (kind === "success" || body !== undefined)
  const type = types.get(spread.contentType ?? (isBytes ? ContentType.bytes.name : ContentType.json.name))!
  const raw = whole?.raw?.is === rawOf(type) ? whole?.raw : undefined
  return {
    kind,
    shape,
    headers,
    body,
    type,
    raw,
    plain: headers.length === 0 && body === undefined && type === ContentType.json
  }
}

const rawOf = (type: ContentType.ContentType): RawShape["is"] | "none" =>
  type === ContentType.bytes ? "bytes" : type === ContentType.text ? "text" : "none"

/** The fields that are headers, with the header of each. */
const pairsOf = ({ headers = [] }: Spread): ReadonlyArray<readonly [field: string, header: string]> =>
  Array.isArray(headers)
    ? headers.map((field: string) => [field, headerOf(field)] as const)
    : Object.entries(headers).map(([field, header]) => [field, HxMessage.canonical(header)] as const)

/** The header of a field: words that begin with a capital, or are parted by underscores, are parted by hyphens. */
const headerOf = (field: string): string =>
  HxMessage.canonical(field.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").replaceAll("_", "-"))

const reserved: ReadonlySet<string> = new Set(Object.values(HxMessage.Reserved))

/** Whether hx/interop itself gives a header its meaning. */
export const isReserved = (header: string): boolean => reserved.has(header)

/** Answers what of a protocol cannot be said, by how it is annotated. */
export const objection = (lexicon: Lexicon, types: ContentType.ContentTypes): Objection | undefined =>
  objectionOf(lexicon.says, types) ?? objectionOf(lexicon.answers, types)

const objectionOf = (methods: ReadonlyArray<Method>, types: ContentType.ContentTypes): Objection | undefined => {
  const classes = new Map<string, string>()
  for (const { annotations, kind, payload, success, tag } of methods) {
    const spread = Context.get(annotations, Key)
    const name = spread.class ?? tag
    const detail =
      nameObjection(name) ??
      doubled(classes.get(name), name) ??
      spreadObjection("payload", payload, spread, types) ??
      (kind === "event" && spread.success !== undefined ? "an event has no answer to spread" : undefined) ??
      (kind === "request" ? spreadObjection("success", success, spread.success ?? {}, types) : undefined)
    if (detail !== undefined) return { tag, detail }
    classes.set(name, tag)
  }
  return undefined
}

const nameObjection = (name: string): string | undefined =>
  name === "" || !valueIsClean(name) ? `the class ${HxMessage.shown(name)} cannot be a header's value` : undefined

const doubled = (tag: string | undefined, name: string): string | undefined =>
  tag === undefined ? undefined : `${tag} has the class ${HxMessage.shown(name)} too`

const spreadObjection = (
  part: string,
  shape: Shape,
  spread: Spread,
  types: ContentType.ContentTypes
): string | undefined => {
  const pairs = pairsOf(spread)
  if (spread.contentType !== undefined && types.get(spread.contentType) === undefined) {
    return `the content type ${HxMessage.shown(spread.contentType)} is unknown: give it to the wire in \`contentTypes\``
  }
  const names = [...pairs.map(([field]) => field), ...(spread.body === undefined ? [] : [spread.body])]
  const missing = names.find((field) => shape.fields === undefined || !Object.hasOwn(shape.fields, field))
  if (missing !== undefined) return `the ${part} has no field ${HxMessage.shown(missing)}`
  if (new Set(names).size < names.length) return `a field of the ${part} is said twice`
  const object = pairs.find(([field]) => shape.fields?.[field]?.fields !== undefined)
  if (object !== undefined) return `the field ${HxMessage.shown(object[0])} is an object, and no header says one`
  return pairsObjection(pairs) ?? lostField(part, shape, spread, names)
}

const pairsObjection = (pairs: ReadonlyArray<readonly [string, string]>): string | undefined => {
  const headers = new Set<string>()
  for (const [, header] of pairs) {
    const shown = HxMessage.shown(header)
    if (!nameIsClean(header)) return `${shown} is no name of a header: letters, digits, and single hyphens between them`
    if (isReserved(header)) return `the header ${shown} is hx/interop's own`
    if (headers.has(header)) return `two fields have the header ${shown}`
    headers.add(header)
  }
  return undefined
}

/** Where one field is the body, the others are headers or would be lost. */
const lostField = (part: string, shape: Shape, { body }: Spread, names: ReadonlyArray<string>): string | undefined => {
  if (body === undefined) return undefined
  const lost = Object.keys(shape.fields ?? {}).find((field) => !names.includes(field))
  return lost === undefined
    ? undefined
    : `the field ${HxMessage.shown(lost)} of the ${part} is no header and not the body`
}
