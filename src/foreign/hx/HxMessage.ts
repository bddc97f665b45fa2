/**
 * Messages of hx/interop: headers and a body, made and read by functions that never change one.
 *
 * A request has a class and an id, a response an id alone, an event a class alone; nothing else tells them apart.
 * `Content-Length` is nobody's business here: the format writes it. Functions that alter a message take it first, or last
 * in a `pipe`.
 *
 * @example
 * ```ts
 * import { Console, Effect, pipe } from "effect"
 * import { HxMessage } from "effect-ipc/foreign"
 *
 * const tick = pipe(HxMessage.event("tick", { headers: { "Layer-Name": "sky" } }), HxMessage.addHeader("Count", "5"))
 *
 * export const program = Effect.gen(function* () {
 *   yield* Console.log(HxMessage.isEvent(tick), HxMessage.header(tick, "count"))
 *   const answer = yield* HxMessage.json({ sum: 3 })
 *   return yield* HxMessage.decode(answer)
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { IpcError } from "../../peer/IpcError.ts"
import { fromRefusal } from "../../peer/Reason.ts"
import { type HxHeader, HxHeaders, type HxMessage as Message, Reserved } from "../../wire/framing/HxMessage.ts"
import * as HxContentTypes from "./HxContentTypes.ts"

export { type HxHeader, HxHeaders, Reserved } from "../../wire/framing/HxMessage.ts"

/**
 * Headers and a body.
 *
 * @category models
 * @since 0.1.0
 */
export type HxMessage = Message

/**
 * What a message is made of. What is left out is empty.
 *
 * @category models
 * @since 0.1.0
 */
export interface Parts {
  readonly headers?: Iterable<HxHeader> | Readonly<Record<string, string>> | undefined
  /** A string is written in UTF-8. */
  readonly body?: Uint8Array | string | undefined
}

/**
 * Headers that go with content.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContentOptions extends Pick<Parts, "headers"> {
  /** Default: `HxContentTypes.standard`. */
  readonly types?: HxContentTypes.ContentTypes | undefined
}

const nothing = new Uint8Array(0)
const bodyOf = (body: Uint8Array | string): Uint8Array =>
  typeof body === "string" ? new TextEncoder().encode(body) : body

/**
 * Makes a message of its parts; of nothing, an empty one.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (parts: Parts = {}): HxMessage => ({
  headers: HxHeaders.make(parts.headers ?? []),
  body: bodyOf(parts.body ?? nothing)
})

/**
 * Makes a message of a class: an event. A client makes a request of it by giving it an id.
 *
 * @category constructors
 * @since 0.1.0
 */
export const event = (name: string, parts: Parts = {}): HxMessage => withClass(make(parts), name)

/**
 * Makes a message with text as its body.
 *
 * @category constructors
 * @since 0.1.0
 */
export const text = (body: string, options: Pick<Parts, "headers"> = {}): HxMessage =>
  addHeader(make({ ...options, body }), Reserved.contentType, HxContentTypes.text.name)

/**
 * Makes a message with a body of bytes, which are not copied.
 *
 * @category constructors
 * @since 0.1.0
 */
export const bytes = (body: Uint8Array, options: Pick<Parts, "headers"> = {}): HxMessage =>
  addHeader(make({ ...options, body }), Reserved.contentType, HxContentTypes.bytes.name)

/**
 * Makes a message with a value as JSON. Fails with `InvalidPayload` when JSON has no such value.
 *
 * @category constructors
 * @since 0.1.0
 */
export const json = (value: unknown, options: Pick<Parts, "headers"> = {}): Effect.Effect<HxMessage, IpcError> =>
  content(HxContentTypes.json.name, value, options)

/**
 * Makes a message with a value as content of a type. Fails with `InvalidPayload` when the type is not registered, or the
 * value is not of it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const content = (
  contentType: string,
  value: unknown,
  options: ContentOptions = {}
): Effect.Effect<HxMessage, IpcError> => withContent(make({ headers: options.headers }), contentType, value, options)

/**
 * Joins messages and parts, the later ones over the earlier: a header replaces those of its name, a body that is not
 * empty replaces the body. What is undefined is skipped.
 *
 * @category constructors
 * @since 0.1.0
 */
export const merge = (...all: ReadonlyArray<HxMessage | Parts | undefined>): HxMessage => {
  let headers = HxHeaders.empty
  let body: Uint8Array = nothing
  for (const each of all) {
    const next = make(each)
    for (const [name] of next.headers) headers = headers.delete(name)
    headers = HxHeaders.make([...headers, ...next.headers])
    if (next.body.length > 0) body = next.body
  }
  return { headers, body }
}

const altering =
  <A extends ReadonlyArray<string>>(alter: (headers: HxHeaders, ...args: A) => HxHeaders) =>
  (self: HxMessage, ...args: A): HxMessage => ({ headers: alter(self.headers, ...args), body: self.body })

/**
 * Puts one header in the place of those of its name.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withHeader: {
  (name: string, value: string): (self: HxMessage) => HxMessage
  (self: HxMessage, name: string, value: string): HxMessage
} = dual(
  3,
  altering((headers, name: string, value: string) => headers.set(name, value))
)

/**
 * Adds a header, whether there are others of its name or not.
 *
 * @category combinators
 * @since 0.1.0
 */
export const addHeader: {
  (name: string, value: string): (self: HxMessage) => HxMessage
  (self: HxMessage, name: string, value: string): HxMessage
} = dual(
  3,
  altering((headers, name: string, value: string) => headers.add(name, value))
)

/**
 * Takes away the headers of a name.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withoutHeader: {
  (name: string): (self: HxMessage) => HxMessage
  (self: HxMessage, name: string): HxMessage
} = dual(
  2,
  altering((headers, name: string) => headers.delete(name))
)

/**
 * Sets the class, before all other headers.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withClass: {
  (name: string): (self: HxMessage) => HxMessage
  (self: HxMessage, name: string): HxMessage
} = dual(
  2,
  altering((headers, name: string) => HxHeaders.make([[Reserved.class, name], ...headers.delete(Reserved.class)]))
)

/**
 * Sets the id, after all other headers.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withId: {
  (id: string): (self: HxMessage) => HxMessage
  (self: HxMessage, id: string): HxMessage
} = dual(
  2,
  altering((headers, id: string) => headers.set(Reserved.id, id))
)

/**
 * Adds an error. A text of several lines becomes one line, as a header has no other.
 *
 * @category combinators
 * @since 0.1.0
 */
export const addError: {
  (error: string): (self: HxMessage) => HxMessage
  (self: HxMessage, error: string): HxMessage
} = dual(
  2,
  altering((headers, error: string) => headers.add(Reserved.error, oneLine(error)))
)

/**
 * Sets the body; headers stay as they are.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withBody: {
  (body: Uint8Array | string): (self: HxMessage) => HxMessage
  (self: HxMessage, body: Uint8Array | string): HxMessage
} = dual(2, (self: HxMessage, body: Uint8Array | string): HxMessage => ({ headers: self.headers, body: bodyOf(body) }))

/**
 * Sets the body to a value as content of a type, and the header `Content-Type`. Fails as `content` does.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withContent = (
  self: HxMessage,
  contentType: string,
  value: unknown,
  options: Pick<ContentOptions, "types"> = {}
): Effect.Effect<HxMessage, IpcError> =>
  Effect.map(HxContentTypes.encode(contentType, value, options.types), (body) =>
    withBody(withHeader(self, Reserved.contentType, contentType), body)
  )

/**
 * Answers the first value of a header, whatever the case of its name.
 *
 * @category getters
 * @since 0.1.0
 */
export const header = (self: HxMessage, name: string): string | undefined => self.headers.get(name)

/**
 * Answers the class.
 *
 * @category getters
 * @since 0.1.0
 */
export const classOf = (self: HxMessage): string | undefined => self.headers.get(Reserved.class)

/**
 * Answers the id. An empty one, and "0", are ids.
 *
 * @category getters
 * @since 0.1.0
 */
export const idOf = (self: HxMessage): string | undefined => self.headers.get(Reserved.id)

/**
 * Answers the errors, in order.
 *
 * @category getters
 * @since 0.1.0
 */
export const errorsOf = (self: HxMessage): ReadonlyArray<string> => self.headers.getAll(Reserved.error)

/**
 * Answers the content type, with its parameters.
 *
 * @category getters
 * @since 0.1.0
 */
export const contentTypeOf = (self: HxMessage): string | undefined => self.headers.get(Reserved.contentType)

/**
 * Answers the body as text. Bytes that are not UTF-8 become U+FFFD.
 *
 * @category getters
 * @since 0.1.0
 */
export const textOf = (self: HxMessage): string => new TextDecoder().decode(self.body)

/**
 * Tells whether something is a message.
 *
 * @category guards
 * @since 0.1.0
 */
export const isMessage = (value: unknown): value is HxMessage =>
  typeof value === "object" &&
  value !== null &&
  "headers" in value &&
  value.headers instanceof HxHeaders &&
  "body" in value &&
  value.body instanceof Uint8Array

/**
 * Tells whether a message has a class and an id.
 *
 * @category guards
 * @since 0.1.0
 */
export const isRequest = (self: HxMessage): boolean => classOf(self) !== undefined && idOf(self) !== undefined

/**
 * Tells whether a message has an id and no class.
 *
 * @category guards
 * @since 0.1.0
 */
export const isResponse = (self: HxMessage): boolean => classOf(self) === undefined && idOf(self) !== undefined

/**
 * Tells whether a message has a class and no id.
 *
 * @category guards
 * @since 0.1.0
 */
export const isEvent = (self: HxMessage): boolean => classOf(self) !== undefined && idOf(self) === undefined

/**
 * Makes the value of the body, by the content type. Fails with `InvalidPayload` when the message has no content type and
 * no `otherwise` is given, when the type is not registered, or the body is not of it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const decode = (
  self: HxMessage,
  options: Pick<ContentOptions, "types"> & {
    /** The content type of a message that has none. */
    readonly otherwise?: string | undefined
  } = {}
): Effect.Effect<unknown, IpcError> => {
  const contentType = contentTypeOf(self) ?? options.otherwise
  if (contentType !== undefined) return HxContentTypes.decode(contentType, self.body, options.types)
  const detail = "the message has no Content-Type: say with `otherwise` what it is"
  return Effect.fail(
    fromRefusal({ _tag: "InvalidPayload", part: "payload", detail }, "local", { address: "hx/interop" })
  )
}

const longestError = 1024

/** Makes one line of a text that every reader reads alike; of nothing, a word. */
const oneLine = (error: string): string => {
  const line = error
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
  return line === "" ? "error" : line.slice(0, longestError).toWellFormed().trim()
}
