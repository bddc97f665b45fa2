/**
 * `application/xml` as a content type of hx/interop, as Go's `encoding/xml` writes and reads simple structs.
 *
 * ```
 * { a: 1, tags: ["x", "y"], b: { c: "z" } }     with the root "t"
 * <t><a>1</a><tags>x</tags><tags>y</tags><b><c>z</c></b></t>
 * ```
 * XML knows no numbers, no lists and no null, so what is read has strings: use schemas such as `Schema.NumberFromString`, and
 * name the elements that are lists whatever their number. No element stands for null, undefined or an empty list.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Encoding from "effect/encoding/Xml"
import type { ContentType } from "../../wire/payload/ContentType.ts"

/**
 * How documents look, and how large they may be.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name of the outermost element: in Go, that of the type. One that is read may have any name. */
  readonly root: string
  /** The elements that are lists though there is but one of them, wherever they stand. Default: none. */
  readonly lists?: ReadonlyArray<string> | undefined
  /** The name of the content type. Default: `application/xml`. */
  readonly name?: string | undefined
  /** The most bytes of a document that is read. Default: 1 MiB. */
  readonly maxBytes?: number | undefined
  /** How deep elements may be nested. Default: 64. */
  readonly maxDepth?: number | undefined
}

const defaultBytes = 1024 * 1024
const defaultDepth = 64

/** The field that holds the text of an element with attributes, and what the name of an attribute's field begins with. */
const textField = "#text"
const attributeMark = "@"

/**
 * Makes the content type.
 *
 * A field is an element of its name, and each item of a list is one. A field whose name begins with `@` is an attribute, and
 * `#text` is the text of an element that has some. Text beside elements is refused. Comments, processing instructions and
 * document types are passed over; entities of a document type are refused, and nothing outside the document is ever read.
 *
 * @example
 * ```ts
 * import { HxInterop } from "effect-ipc"
 * import * as HxXml from "effect-ipc/foreign/HxXml"
 *
 * export const wire = HxInterop.wire({ contentTypes: [HxXml.contentType({ root: "order", lists: ["item"] })] })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const contentType = (options: Options): ContentType => {
  const { lists = [], maxBytes = defaultBytes, maxDepth = defaultDepth, name = "application/xml", root } = options
  return {
    name,
    encode: (json) => write(root, json, maxDepth),
    decode: (bytes, start, end) => {
      if (end - start > maxBytes) throw new Error(`expected at most ${maxBytes} bytes of XML, got ${end - start}`)
      return valueOf(read(bytes.slice(start, end), maxDepth), new Set(lists))
    }
  }
}

/** Reads the one element that a document is. */
const read = (bytes: Uint8Array, maxDepth: number): Encoding.Element => {
  const elements = Stream.make(bytes).pipe(
    Stream.pipeThroughChannel(Encoding.decode({ maxDepth, maxTokenSize: bytes.length })),
    Stream.pipeThroughChannel(Encoding.elements(["*"])),
    Stream.runCollect
  )
  return Effect.runSync(elements)[0]!
}

const valueOf = ({ attributes, children, name }: Encoding.Element, lists: ReadonlySet<string>): unknown => {
  const elements = children.filter((child) => typeof child !== "string")
  const text = children.filter((child) => typeof child === "string").join("")
  const fields = new Map<string, unknown>(
    Object.entries(attributes).map(([attribute, value]) => [`${attributeMark}${attribute}`, value])
  )
  if (elements.length === 0 && fields.size === 0) return text
  if (elements.length > 0 && text.trim() !== "") throw new Error(`the element ${name} has text beside elements`)
  if (elements.length === 0) fields.set(textField, text)
  for (const element of elements) add(fields, element.name, valueOf(element, lists), lists)
  return Object.fromEntries(fields)
}

/** Adds an element's value to its siblings: the second one of a name makes a list of both. */
const add = (fields: Map<string, unknown>, name: string, value: unknown, lists: ReadonlySet<string>): void => {
  const there = fields.get(name)
  if (Array.isArray(there)) there.push(value)
  else if (fields.has(name)) fields.set(name, [there, value])
  else fields.set(name, lists.has(name) ? [value] : value)
}

const write = (root: string, json: unknown, maxDepth: number): Uint8Array => {
  const events: Array<Encoding.Event> = []
  if (Array.isArray(json)) throw new Error("expected an object or a word: a list has no element around it in XML")
  pushElement(events, root, json, maxDepth)
  const chunks = Effect.runSync(
    Stream.fromIterable(events).pipe(Stream.pipeThroughChannel(Encoding.encodeString()), Stream.mkString)
  )
  return new TextEncoder().encode(chunks)
}

const pushElement = (events: Array<Encoding.Event>, name: string, json: unknown, depthLeft: number): void => {
  if (depthLeft === 0) throw new Error("the value is nested too deep for XML")
  const isRecord = typeof json === "object" && json !== null && !Array.isArray(json)
  const fields = isRecord ? Object.entries(json) : []
  const isAttribute = ([field]: readonly [string, unknown]): boolean => field.startsWith(attributeMark)
  const attributes = fields.filter(isAttribute).map(([field, value]) => [field.slice(1), wordOf(field, value)])
  events.push({ _tag: "StartElement", name, attributes: Object.fromEntries(attributes) })
  if (!isRecord) pushText(events, wordOf(name, json))
  for (const [field, value] of fields.filter((one) => !isAttribute(one))) {
    if (field === textField) pushText(events, wordOf(field, value))
    else pushField(events, field, value, depthLeft - 1)
  }
  events.push({ _tag: "EndElement", name })
}

const pushField = (events: Array<Encoding.Event>, field: string, value: unknown, depthLeft: number): void => {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (Array.isArray(one)) throw new Error(`the field ${field} is a list of lists, which XML cannot say`)
    if (one !== undefined && one !== null) pushElement(events, field, one, depthLeft)
  }
}

const pushText = (events: Array<Encoding.Event>, text: string): void => {
  if (text !== "") events.push({ _tag: "Text", text })
}

const wordOf = (field: string, json: unknown): string => {
  if (typeof json === "string" || typeof json === "number" || typeof json === "boolean") return String(json)
  if (json === undefined || json === null) return ""
  throw new Error(`${field} is no text, number or boolean`)
}
