/**
 * Text of PHP, whose strings are bytes.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const replacement = "\ufffd"

/** Reads text, or undefined where the bytes are no UTF-8. */
export const textOf = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  const text = Utf8.read(bytes, start, end)
  if (!text.includes(replacement)) return text
  try {
    return strict.decode(bytes.subarray(start, end))
  } catch {
    return undefined
  }
}
