/**
 * Content types: how the values of a message's body look as bytes, by a name that travels with them.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import * as Json from "./Json.ts"

/**
 * A name and what it stands for. Both functions throw on what they cannot say or read; they say what is wrong with it.
 *
 * Values are JSON-safe, but where a schema's value is a `Uint8Array` and nothing else: that comes, and is given, as it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContentType {
  readonly name: string
  /** Makes the bytes of a value. They must not change afterwards. */
  encode(json: unknown): Uint8Array
  /** Makes the value of the bytes between two offsets. They are borrowed, and `end` is after them. */
  decode(bytes: Uint8Array, start: number, end: number): unknown
}

const encoder = new TextEncoder()

/**
 * `application/json`. White space around the value is read, as PHP ends its JSON with LF.
 *
 * @category content types
 * @since 0.1.0
 */
export const json: ContentType = {
  name: "application/json",
  encode: (value) => encoder.encode(JSON.stringify(value)),
  decode: Json.parse
}

/**
 * `application/octet-stream`: bytes as they are.
 *
 * @category content types
 * @since 0.1.0
 */
export const bytes: ContentType = {
  name: "application/octet-stream",
  encode: (value) => {
    if (value instanceof Uint8Array) return value
    throw new Error("expected a Uint8Array, as application/octet-stream says nothing else")
  },
  decode: (all, start, end) => new Uint8Array(all.subarray(start, end))
}

/**
 * `text/plain`: a string in UTF-8. Numbers and booleans are written as JSON writes them, and read as strings.
 *
 * @category content types
 * @since 0.1.0
 */
export const text: ContentType = {
  name: "text/plain",
  encode: (value) => {
    if (typeof value === "number" || typeof value === "boolean") return encoder.encode(String(value))
    if (typeof value === "string" && value.isWellFormed()) return encoder.encode(value)
    throw new Error("expected a string that UTF-8 can say, as text/plain says nothing else")
  },
  decode: Utf8.read
}

/**
 * Content types by their names.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContentTypes {
  /** Answers the type of exactly this name. */
  get(name: string): ContentType | undefined
  /**
   * Answers the type that a peer means: by its exact name, else without its parameters and whatever its case. A `charset`
   * that is not UTF-8 is not passed over.
   */
  meant(name: string): ContentType | undefined
}

const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i
const utf8 = /^(?:utf-?8|us-ascii)$/i

/**
 * Makes a registry of the standard types (JSON, bytes, text) and of more, which take the place of those of their name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (more: ReadonlyArray<ContentType> = []): ContentTypes => {
  const byName = new Map([json, bytes, text, ...more].map((type) => [type.name, type]))
  const get = (name: string): ContentType | undefined => byName.get(name)
  return {
    get,
    meant: (name) => {
      const exact = get(name)
      if (exact !== undefined) return exact
      const found = charset.exec(name)
      if (found !== null && !utf8.test(found[1]!)) return undefined
      return get(name.split(";", 1)[0]!.trim().toLowerCase())
    }
  }
}
