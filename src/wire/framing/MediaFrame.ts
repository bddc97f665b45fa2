/**
 * The frames of innmind/ipc: a media type, a content, and a mark at the end.
 *
 * ```
 * 0      2  length of the media type in bytes, big-endian
 * 2      L  media type, ASCII
 * 2+L    4  length of the content in bytes, big-endian
 * 6+L    C  content
 * 6+L+C  1  CE
 * ```
 * Law 1: a frame that is too large, or whose media type is none, is refused and the next one is read, as its lengths say
 * where that begins. A byte other than CE at the end says that the lengths were none: the framing is lost.
 * Law 2: nothing is allocated for a length that a peer only claims.
 * Law 3: a frame is written whole, in one piece of memory: a peer of the 4.x line reads each field with one system call,
 * and takes a frame that is cut for a broken one.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import { ByteBuffer } from "../ByteBuffer.ts"
import type { Format, FormatOptions, Framer, FramerOut } from "../Format.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import { readUint32, writeUint32 } from "./MarkedFrame.ts"
import * as MediaType from "./MediaType.ts"

/**
 * What innmind/ipc sends: bytes, and what kind of bytes they are.
 *
 * @category models
 * @since 0.1.0
 */
export interface MediaMessage {
  /** A media type; one that was read is in its normal form. */
  readonly mediaType: string
  readonly content: Uint8Array
}

const endMark = 0xce
/** The two lengths and the end mark. */
const aroundBytes = 7
const maxMediaTypeBytes = 0xffff
const maxContentBytes = 0xffffffff

/** What a frame of these lengths takes, in bytes. */
const sizeOf = (mediaTypeBytes: number, contentBytes: number): number => aroundBytes + mediaTypeBytes + contentBytes

/** What a user may set of what is written. */
export interface Options {
  /** The largest frame written, in bytes. Default: what the lengths can say. */
  readonly maxWriteBytes?: number | undefined
}

/** Makes the format. */
export const format = ({ maxWriteBytes = Infinity }: Options = {}): Format<MediaMessage> => ({
  name: "innmind/ipc",
  open: (options) => new MediaFramer(options, maxWriteBytes)
})

/** One connection's reader and writer of frames. */
export class MediaFramer implements Framer<MediaMessage> {
  readonly #maxFrameBytes: number
  readonly #maxWriteBytes: number
  readonly #held = new ByteBuffer()
  /** Bytes of the content of a frame that is passed over, still to come; -1 where none is. */
  #passing = -1
  #lost = false
  /** The media type that was seen last, as it was and in its normal form: most messages have the same. */
  #text = ""
  #normal: string | undefined = undefined

  constructor({ maxFrameBytes }: FormatOptions, maxWriteBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
    this.#maxWriteBytes = maxWriteBytes
  }

  /** Whether a frame has begun and is not whole. */
  get unfinished(): boolean {
    return this.#held.length > 0 || this.#passing >= 0
  }

  read(chunk: Uint8Array, out: FramerOut<MediaMessage>, stream?: number): void {
    // It has one stream; what a link reads besides it is text.
    if (stream === 1) return out.junk(chunk, stream)
    let at = this.#passed(chunk, 0, out)
    while (this.#held.length > 0 && at < chunk.length) {
      at += this.#held.fill(chunk, at, wanted(this.#held.bytes, this.#held.length))
      const read = this.#frame(this.#held.bytes, 0, this.#held.length, out)
      if (read > 0) at = this.#passed(chunk, at, out)
    }
    while (at < chunk.length && !this.#lost) {
      const read = this.#frame(chunk, at, chunk.length, out)
      if (read === 0) {
        this.#held.fill(chunk, at, chunk.length - at)
        return
      }
      at = this.#passed(chunk, at + read, out)
    }
  }

  end(out: FramerOut<MediaMessage>): void {
    const { bytes, length } = this.#held
    this.#passing = -1
    this.#held.clear()
    if (length > 0) out.junk(bytes.subarray(0, length))
  }

  /** Answers the bytes of a frame, or why it cannot be said. */
  measure({ content, mediaType }: MediaMessage): number | Refusal {
    const form = this.#formOf(mediaType)
    if (form === undefined) return { _tag: "Unsayable", detail: `${quoted(mediaType)} is no media type` }
    if (form.length > maxMediaTypeBytes) {
      return { _tag: "Oversized", bytes: form.length, maxBytes: maxMediaTypeBytes }
    }
    if (content.length > maxContentBytes) {
      return { _tag: "Oversized", bytes: content.length, maxBytes: maxContentBytes }
    }
    const bytes = sizeOf(form.length, content.length)
    return bytes > this.#maxWriteBytes ? { _tag: "Oversized", bytes, maxBytes: this.#maxWriteBytes } : bytes
  }

  write(message: MediaMessage, buffer: WriteBuffer): number | Refusal {
    const size = this.measure(message)
    if (typeof size !== "number") return size
    const form = this.#formOf(message.mediaType)!
    const at = buffer.reserve(size)
    const { slab } = buffer
    slab[at] = form.length >>> 8
    slab[at + 1] = form.length
    Utf8.write(slab, form, at + 2)
    const contentAt = at + 6 + form.length
    writeUint32(slab, contentAt - 4, message.content.length)
    slab.set(message.content, contentAt)
    slab[at + size - 1] = endMark
    buffer.commit(size)
    return size
  }

  /** Reads the frame at `at`, and answers how many bytes it took: 0 when it is not whole. */
  #frame(bytes: Uint8Array, at: number, end: number, out: FramerOut<MediaMessage>): number {
    if (end - at < 2) return 0
    const typeBytes = readUint16(bytes, at)
    const contentAt = at + 6 + typeBytes
    if (contentAt > end) return 0
    const contentBytes = readUint32(bytes, contentAt - 4)
    const size = sizeOf(typeBytes, contentBytes)
    if (size > this.#maxFrameBytes) {
      this.#taken(bytes)
      this.#passing = contentBytes
      out.refuse({ _tag: "Oversized", bytes: size, maxBytes: this.#maxFrameBytes })
      return contentAt - at
    }
    if (at + size > end) return 0
    const content = this.#own(bytes, contentAt, contentAt + contentBytes)
    const text = Utf8.read(bytes, at + 2, at + 2 + typeBytes)
    const mark = bytes[at + size - 1]!
    this.#taken(bytes)
    if (mark === endMark) this.#whole(text, content, out)
    else this.#lose(mark, out)
    return size
  }

  #whole(text: string, content: Uint8Array, out: FramerOut<MediaMessage>): void {
    const mediaType = this.#formOf(text)
    if (mediaType !== undefined) return out.message({ mediaType, content })
    out.refuse({ _tag: "Malformed", detail: `a message says that it is ${quoted(text)}, which is no media type` })
  }

  #lose(mark: number, out: FramerOut<MediaMessage>): void {
    this.#lost = true
    const found = mark.toString(16).padStart(2, "0")
    out.lost({ _tag: "Malformed", detail: `a frame ends with the byte ${found} where ce should be` })
  }

  /** What is held was read, and belongs to who got it. */
  #taken(bytes: Uint8Array): void {
    if (bytes === this.#held.bytes) this.#held.clear()
  }

  /** Passes over what is left of a frame that is too large, and answers where the chunk goes on. */
  #passed(chunk: Uint8Array, at: number, out: FramerOut<MediaMessage>): number {
    if (this.#lost) return chunk.length
    if (this.#passing < 0) return at
    const bytes = Math.min(this.#passing, chunk.length - at)
    this.#passing -= bytes
    if (this.#passing > 0 || at + bytes === chunk.length) return at + bytes
    this.#passing = -1
    const mark = chunk[at + bytes]!
    if (mark !== endMark) this.#lose(mark, out)
    return mark === endMark ? at + bytes + 1 : chunk.length
  }

  #own(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const part = bytes.subarray(start, end)
    // Held memory is forgotten once its frame was read, so that a large content needs no second copy.
    return bytes === this.#held.bytes ? part : new Uint8Array(part)
  }

  #formOf(text: string): string | undefined {
    if (text !== this.#text) {
      this.#text = text
      this.#normal = MediaType.normal(text)
    }
    return this.#normal
  }
}

const readUint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!

/** How many bytes the frame that has begun is known to need. */
const wanted = (bytes: Uint8Array, length: number): number => {
  if (length < 2) return 2
  const contentAt = 6 + readUint16(bytes, 0)
  return length < contentAt ? contentAt : contentAt + readUint32(bytes, contentAt - 4) + 1
}

const quotedChars = 100

const quoted = (text: string): string =>
  JSON.stringify(text.length <= quotedChars ? text : `${text.slice(0, quotedChars)}…`)
