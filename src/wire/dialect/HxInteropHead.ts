/**
 * What the headers of one message of hx/interop say to a dialect: its id, class, content type, errors, and the headers of a call.
 *
 * @since 0.1.0
 */
import type { Headers } from "../../session/Message.ts"
import type { HxHead } from "../framing/HxHead.ts"
import { Known, readDigits } from "../framing/HxText.ts"
import type { HxMethod } from "./HxInteropMapping.ts"

/** A peer's id is kept until it is answered. */
export const maxIdBytes = 1024

/** The class of a message, or nothing. */
export const classOf = (head: HxHead): string => {
  const at = head.find(Known.class)
  return at < 0 ? "" : head.value(at)
}

/** All errors of a message in one text, as Go joins them. */
export const errorText = (head: HxHead): string => head.values(Known.error).join("; ")

/** Whether a message says exactly this content type. */
export const isType = (head: HxHead, type: Uint8Array): boolean => {
  const at = head.find(Known.contentType)
  if (at < 0) return false
  return isText(head.bytes, head.valueStart(at), head.valueEnd(at), type)
}

/** Whether these bytes, and no others, stand between two offsets. */
export const isText = (bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean => {
  if (end - start !== text.length) return false
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text[index]) return false
  return true
}

const zero = 0x30
const mostDigits = 15

/** An id: a number where it is written as one is, else its bytes; undefined if it is too long to keep. */
export const readId = (bytes: Uint8Array, start: number, end: number): number | Uint8Array | undefined => {
  if (end - start > maxIdBytes) return undefined
  const isPlain = end - start === 1 || (end - start <= mostDigits && bytes[start] !== zero)
  const value = isPlain ? readDigits(bytes, start, end) : -1
  return value >= 0 ? value : new Uint8Array(bytes.subarray(start, end))
}

/** The headers of a call: those that mean nothing to hx/interop, and are no fields. The first of each name is taken. */
export const headersOf = (head: HxHead, { taken }: HxMethod): Headers | undefined => {
  const headers = new Map<string, string>()
  for (let header = 0; header < head.count; header++) {
    const name = head.name(header)
    if (head.isKnown(header) || taken.has(name)) continue
    const key = name.toLowerCase()
    if (!headers.has(key)) headers.set(key, head.value(header))
  }
  return headers.size === 0 ? undefined : Object.fromEntries(headers)
}
