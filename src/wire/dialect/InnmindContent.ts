/**
 * Values as contents of messages, and back. Each function throws on what does not fit.
 *
 * @since 0.1.0
 */
import { allocate } from "../Bytes.ts"
import * as Json from "../payload/Json.ts"
import * as Utf8 from "../Utf8.ts"
import type { Plan, Side } from "./InnmindMapping.ts"

/** Answers the bytes of a text. */
export const text = (value: string): Uint8Array => {
  const bytes = allocate(Utf8.byteLength(value))
  Utf8.write(bytes, value, 0)
  return bytes
}

/** Answers the text of a content. Bytes that are not UTF-8 become U+FFFD. */
export const textIn = (content: Uint8Array): string => Utf8.read(content, 0, content.length)

/** Answers the content of a request or event. */
export const ofPayload = ({ byType, literal, method, payload }: Plan, value: unknown): Uint8Array => {
  if (literal !== undefined) {
    onlyField(payload.shape.encode(value), undefined)
    return literal.bytes
  }
  if (payload.content !== "json" || byType) return of(payload, value)
  const fields = Json.text(payload.shape, value)
  const tag = `{"_tag":${JSON.stringify(method.tag)}`
  return text(fields === "{}" ? `${tag}}` : `${tag},${fields.slice(1)}`)
}

/** Answers the content of a value. */
export const of = (side: Side, value: unknown): Uint8Array => {
  const { content, shape } = side
  switch (content) {
    case "bytes":
      return shape.raw!.encode(value) as Uint8Array
    case "text":
      return text(textOf(side, value))
    case "json":
      // A value that JSON has no word for still has to be some.
      return text(Json.text(shape, value) || "null")
  }
}

/** Reads a value. */
export const read = (side: Side, content: Uint8Array): unknown => {
  switch (side.content) {
    case "bytes":
      return (side.shape.raw!.decode as (bytes: Uint8Array) => unknown)(content)
    case "text":
      return readText(side, content)
    case "json":
      return Json.read(side.shape, content, 0, content.length)
  }
}

const textOf = ({ field, shape }: Side, value: unknown): string => {
  const raw = shape.raw?.is === "text" ? shape.raw.encode(value) : undefined
  const found = raw ?? soleText(shape.encode(value), field)
  if (typeof found !== "string" || !found.isWellFormed()) throw new Error("expected a text that UTF-8 can say")
  return found
}

const readText = ({ field, shape }: Side, content: Uint8Array): unknown => {
  const found = textIn(content)
  if (shape.raw?.is === "text") return shape.raw.decode(found)
  return shape.decode(field === undefined ? found : { [field]: found })
}

/** The text of a value that is one, or has it in one field. */
const soleText = (json: unknown, field: string | undefined): unknown => {
  if (typeof json !== "object" || json === null) return json
  const [name] = Object.keys(json)
  onlyField(json, field ?? name)
  return (json as Readonly<Record<string, unknown>>)[field ?? name ?? ""]
}

/** What is not said would be lost. */
const onlyField = (json: unknown, field: string | undefined): void => {
  const other = Object.keys(json as object).find((name) => name !== field)
  if (other !== undefined) throw new Error(`the field ${other} has no place in a message of this content`)
}
