/**
 * hx/interop on the level of messages: headers and a body, in a stream of bytes or one in each chunk.
 *
 * Read is whatever the four implementations write, in either line end and any spelling of names. Written is what all of
 * them read alike: LF, clean names, a decimal `Content-Length` on every body, at least one header.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import { allocate } from "../Bytes.ts"
import type { Format, FormatOptions, Framer, FramerOut } from "../Format.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as HxFrame from "./HxFrame.ts"
import type { HxHead } from "./HxHead.ts"
import { type HxHeader, type HxMessage, objection, Reserved } from "./HxMessage.ts"
import { type HxLimits, HxReader, type HxSink } from "./HxReader.ts"

/**
 * How messages of one hx/interop peer travel.
 *
 * @category models
 * @since 0.1.0
 */
export interface HxOptions {
  /**
   * `"stream"`: one message after the other in a stream of bytes, as Go, Ruby and PHP do. `"message"`: each chunk of
   * the link is one message, and each message leaves as one chunk, as JavaScript does over WebSocket. Default: `"stream"`.
   */
  readonly frames?: "stream" | "message" | undefined
  /** The most bytes of headers read in one message, or written. Default: 64 KiB. */
  readonly maxHeaderBytes?: number | undefined
  /** The most headers read in one message, or written. Default: 128. */
  readonly maxHeaders?: number | undefined
}

const defaultHeaderBytes = 64 * 1024
const defaultHeaders = 128

/** The limits of a reader, with what was not set. */
export const limitsOf = (options: HxOptions, { maxFrameBytes }: FormatOptions): HxLimits => ({
  maxFrameBytes,
  maxHeaderBytes: options.maxHeaderBytes ?? defaultHeaderBytes,
  maxHeaders: options.maxHeaders ?? defaultHeaders
})

/**
 * Makes the format of hx/interop's messages.
 *
 * @category constructors
 * @since 0.1.0
 */
export const format = (options: HxOptions = {}): Format<HxMessage> => ({
  name: "hx-interop",
  open: (formatOptions) => new HxFramer(limitsOf(options, formatOptions), options.frames === "message")
})

class HxFramer implements Framer<HxMessage>, HxSink {
  readonly #limits: HxLimits
  readonly #inChunks: boolean
  readonly #reader: HxReader
  #out: FramerOut<HxMessage> | undefined

  constructor(limits: HxLimits, inChunks: boolean) {
    this.#limits = limits
    this.#inChunks = inChunks
    this.#reader = new HxReader(this, limits)
  }

  read(chunk: Uint8Array, out: FramerOut<HxMessage>, stream?: number): void {
    // Nothing tells messages from text, so a stream that may carry both carries text.
    if (stream === 1) return out.junk(chunk, 1)
    this.#out = out
    if (this.#inChunks) HxFrame.read(chunk, this, this.#limits)
    else this.#reader.read(chunk)
  }

  end(out: FramerOut<HxMessage>): void {
    this.#out = out
    this.#reader.end()
  }

  write(message: HxMessage, buffer: WriteBuffer): number | Refusal {
    const text = headerText(message, this.#inChunks)
    if (typeof text !== "string") return text
    const { body } = message
    const headBytes = Utf8.byteLength(text)
    const refusal = this.#tooLarge(message, headBytes)
    if (refusal !== undefined) return refusal
    const bytes = headBytes + body.length + 1
    const slab = this.#inChunks ? allocate(bytes) : undefined
    const at = slab === undefined ? buffer.reserve(bytes) : 0
    put(slab ?? buffer.slab, at, text, body)
    if (slab === undefined) buffer.commit(bytes)
    else buffer.foreign(slab)
    return bytes
  }

  /** Whoever reads single messages wants all of their headers. */
  whole(): number {
    return 0
  }

  /** Who reads with the limits of this side could not read on after such headers. */
  #tooLarge({ headers }: HxMessage, headBytes: number): Refusal | undefined {
    const { maxHeaderBytes, maxHeaders } = this.#limits
    if (headBytes > maxHeaderBytes) return { _tag: "Oversized", bytes: headBytes, maxBytes: maxHeaderBytes }
    if (headers.size < maxHeaders) return undefined
    const count = headers.size + (headers.has(Reserved.contentLength) ? 0 : 1)
    if (count <= maxHeaders) return undefined
    return { _tag: "Unsayable", detail: `expected at most ${maxHeaders} headers, got ${count}` }
  }

  message(head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    this.#out!.message({ headers: head.own(), body: this.#reader.own(bytes, start, end) })
  }

  junk(bytes: Uint8Array): void {
    this.#out!.junk(bytes)
  }

  refuse(reason: Refusal): void {
    this.#out!.refuse(reason)
  }

  lost(reason: Refusal): void {
    this.#out!.lost(reason)
  }
}

const lf = 0x0a

const put = (bytes: Uint8Array, at: number, text: string, body: Uint8Array): void => {
  const bodyStart = at + Utf8.write(bytes, text, at)
  bytes.set(body, bodyStart)
  bytes[bodyStart + body.length] = lf
}

/** The headers and the empty line after them, or why a header cannot be written. */
const headerText = ({ headers, body }: HxMessage, inChunks: boolean): string | Refusal => {
  let text = ""
  let hasLength = false
  for (const [name, value] of headers) {
    const isLength = name === Reserved.contentLength
    if (isLength && hasLength) continue
    hasLength ||= isLength
    const written: HxHeader = isLength ? [name, String(body.length)] : [name, value]
    const detail = objection(...written)
    if (detail !== undefined) return { _tag: "Unsayable", detail }
    text += `${name}: ${written[1]}\n`
  }
  // JavaScript reads the LF after an empty body as a body, unless it is told, and no message without headers.
  if (!hasLength && (body.length > 0 || inChunks || text === "")) text += `${Reserved.contentLength}: ${body.length}\n`
  return `${text}\n`
}
