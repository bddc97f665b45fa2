/**
 * A message of innmind/ipc: bytes, and what kind of bytes they are.
 *
 * @example
 * ```ts
 * import * as InnmindMessage from "effect-ipc/foreign/InnmindMessage"
 *
 * const ping = InnmindMessage.of("text/plain", "ping")
 *
 * InnmindMessage.text(ping) // "ping"
 * InnmindMessage.equals(ping, InnmindMessage.of("text/plain", "ping")) // true
 * ```
 *
 * @since 0.1.0
 */
import * as MediaType from "../../wire/framing/MediaType.ts"
import type { MediaMessage } from "../../wire/framing/MediaFrame.ts"

/**
 * A media type and a content. One that was read has its media type in the form in which the library writes it:
 * `text/plain; charset=utf-8, version=1`.
 *
 * @category models
 * @since 0.1.0
 */
export type InnmindMessage = MediaMessage

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * Makes a message of text or bytes, which must not change any more. Bytes stay as they are.
 *
 * A media type that is none is found out when the message is sent, which fails with `Unsayable`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (mediaType: string, content: string | Uint8Array): InnmindMessage => ({
  mediaType: MediaType.normal(mediaType) ?? mediaType,
  content: typeof content === "string" ? encoder.encode(content) : content
})

/**
 * Answers the content as text. Bytes that are not UTF-8 become U+FFFD.
 *
 * @category accessors
 * @since 0.1.0
 */
export const text = ({ content }: InnmindMessage): string => decoder.decode(content)

/**
 * Whether two messages have the same media type, however it is written, and the same content, byte for byte.
 *
 * @category combinators
 * @since 0.1.0
 */
export const equals = (one: InnmindMessage, other: InnmindMessage): boolean =>
  (one.mediaType === other.mediaType || MediaType.equals(one.mediaType, other.mediaType)) &&
  one.content.length === other.content.length &&
  one.content.every((byte, at) => byte === other.content[at])

/**
 * Whether a text is a media type that innmind/ipc reads: a known top level type, restricted names, parameters after `; `
 * or `, `; upper and lower case differ.
 *
 * @category guards
 * @since 0.1.0
 */
export const isMediaType = (text: string): boolean => MediaType.parse(text) !== undefined
