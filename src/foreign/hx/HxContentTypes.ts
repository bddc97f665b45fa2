/**
 * Content types of hx/interop: what the body of a message means, by its `Content-Type`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HxContentTypes, HxMessage } from "effect-ipc/foreign"
 *
 * const csv: HxContentTypes.ContentType = {
 *   name: "text/csv",
 *   encode: (row) => new TextEncoder().encode(String(row)),
 *   decode: (bytes, start, end) => new TextDecoder().decode(bytes.subarray(start, end)).split(",")
 * }
 * const types = HxContentTypes.make(...HxContentTypes.standard, csv)
 *
 * export const program = Effect.gen(function* () {
 *   const message = yield* HxMessage.content("text/csv", ["a", "b"], { types })
 *   return yield* HxMessage.decode(message, { types })
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { IpcError } from "../../peer/IpcError.ts"
import { fromRefusal } from "../../peer/Reason.ts"
import * as Types from "../../wire/payload/ContentType.ts"
import * as HxHttp from "./HxHttp.ts"
import * as MediaType from "./MediaType.ts"

export { bytes, type ContentType, text } from "../../wire/payload/ContentType.ts"

type ContentType = Types.ContentType

/**
 * Content types that know each other apart.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContentTypes extends Iterable<ContentType> {
  /**
   * Finds the type of a `Content-Type`: the one with exactly this name; else, in any case and spacing, one whose name it
   * has, and all whose parameters. `application/json; charset=utf-8` is `application/json`; a `charset` that is not UTF-8
   * is none of them.
   */
  readonly find: (contentType: string) => ContentType | undefined
}

/**
 * JSON of any value that has one. White space around it is read over.
 *
 * @category types
 * @since 0.1.0
 */
export const json: ContentType = {
  ...Types.json,
  encode: (value) => {
    const text = JSON.stringify(value)
    if (text === undefined) throw new TypeError(`expected a value that JSON has, got ${typeof value}`)
    return new TextEncoder().encode(text)
  }
}

/**
 * Makes a registry. Throws when two of the types have one name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (...types: ReadonlyArray<ContentType>): ContentTypes => {
  const parsed = types.map((type) => ({ type, media: MediaType.parse(type.name) }))
  parsed.forEach(({ media, type }, index) => {
    const same = parsed.slice(0, index).find((other) => isSame(other.media, media))
    if (same !== undefined) throw new Error(`Two content types are called "${type.name}": leave one out`)
  })
  // Who asks for more is asked first.
  const bySize = parsed.toSorted((a, b) => b.media.parameters.size - a.media.parameters.size)
  return {
    [Symbol.iterator]: () => types[Symbol.iterator](),
    find: (contentType) => {
      const exact = types.find(({ name }) => name === contentType)
      if (exact !== undefined) return exact
      const wanted = MediaType.parse(contentType)
      if (!MediaType.isUtf8(wanted)) return undefined
      return bySize.find(({ media }) => MediaType.fits(wanted, media))?.type
    }
  }
}

const isSame = (one: MediaType.MediaType, other: MediaType.MediaType): boolean =>
  MediaType.fits(one, other) && MediaType.fits(other, one)

/**
 * The types that are there when nothing is said: JSON, bytes, text, and HTTP requests and responses.
 *
 * @category types
 * @since 0.1.0
 */
export const standard: ContentTypes = make(json, Types.bytes, Types.text, HxHttp.request, HxHttp.response)

/**
 * Makes the body of a value. Fails with `InvalidPayload` when there is no such type, or the value is not of it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const encode = (
  contentType: string,
  value: unknown,
  types: ContentTypes = standard
): Effect.Effect<Uint8Array, IpcError> => attempt(contentType, types, (type) => type.encode(value))

/**
 * Makes the value of a body. Fails with `InvalidPayload` when there is no such type, or the body is not of it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const decode = (
  contentType: string,
  body: Uint8Array,
  types: ContentTypes = standard
): Effect.Effect<unknown, IpcError> => attempt(contentType, types, (type) => type.decode(body, 0, body.length))

const attempt = <A>(
  contentType: string,
  types: ContentTypes,
  run: (type: ContentType) => A
): Effect.Effect<A, IpcError> =>
  Effect.suspend(() => {
    const type = types.find(contentType)
    if (type === undefined) return invalid(`the content type ${JSON.stringify(contentType)} is not registered`)
    try {
      return Effect.succeed(run(type))
    } catch (cause) {
      return invalid(`no ${type.name}: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  })

const invalid = (detail: string): Effect.Effect<never, IpcError> =>
  Effect.fail(fromRefusal({ _tag: "InvalidPayload", part: "payload", detail }, "local", { address: "hx/interop" }))
