/**
 * One message of hx/interop that came, or leaves, as a chunk of its own: the JavaScript flavour, over WebSocket.
 *
 * Its end is the chunk's end, so whatever is wrong with one message is over with it.
 *
 * @since 0.1.0
 */
import { indexOf } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"
import { HxHead } from "./HxHead.ts"
import { shown } from "./HxMessage.ts"
import type { HxLimits, HxSink } from "./HxReader.ts"

const lf = 0x0a
const cr = 0x0d
const colon = 0x3a

/** Reads the message that a chunk holds. */
export const read = (chunk: Uint8Array, sink: HxSink, limits: HxLimits): void => {
  const head = new HxHead()
  const refuse = (detail: string): void => sink.refuse({ _tag: "Malformed", detail }, head)
  const bodyStart = readHead(chunk, head, limits)
  if (typeof bodyStart === "string") return refuse(bodyStart)
  if (chunk.length > limits.maxFrameBytes) {
    return sink.refuse({ _tag: "Oversized", bytes: chunk.length, maxBytes: limits.maxFrameBytes }, head)
  }
  const length = head.bodyLength
  if (length === "unclear") return refuse("expected one Content-Length, a decimal number")
  if (length === "paragraph") return sink.message(head, chunk, bodyStart, withoutLineEnd(chunk, bodyStart))
  const end = bodyStart + length
  const next = lineEnd(chunk, end)
  if (next < 0)
    return refuse(`expected a body of ${length} bytes and a line end, got ${chunk.length - bodyStart} bytes`)
  sink.message(head, chunk, bodyStart, end)
  if (next < chunk.length) sink.junk(chunk.subarray(next))
}

/** Reads header lines and the empty line after them: answers where the body begins, or what is wrong. */
const readHead = (chunk: Uint8Array, head: HxHead, limits: HxLimits): number | string => {
  let line = 0
  while (true) {
    const end = indexOf(chunk, lf, line)
    if (end < 0 || end >= limits.maxHeaderBytes) {
      const most = `${limits.maxHeaderBytes} bytes`
      return end < 0 ? "a message has no empty line after its headers" : `a message has more than ${most} of headers`
    }
    if (lineEnd(chunk, line) === end + 1) return end + 1
    const mark = indexOf(chunk, colon, line)
    if (mark < 0 || mark > end) return `a header line has no colon: ${shown(Utf8.read(chunk, line, end))}`
    if (head.count === limits.maxHeaders) return `a message has more than ${limits.maxHeaders} headers`
    head.add(chunk, 0, line, mark, end)
    line = end + 1
  }
}

/** Where the line end that begins at an offset ends, or -1 when there is none. */
const lineEnd = (bytes: Uint8Array, at: number): number =>
  bytes[at] === lf ? at + 1 : bytes[at] === cr && bytes[at + 1] === lf ? at + 2 : -1

/** Every writer puts one LF after the body, which is no part of it. */
const withoutLineEnd = (chunk: Uint8Array, bodyStart: number): number =>
  chunk.length > bodyStart && chunk.at(-1) === lf ? chunk.length - 1 : chunk.length
