/**
 * UTF-8 text in place: Node's own reading and writing where it is there, the platform's otherwise.
 *
 * @since 0.1.0
 */

/** The methods of Node's Buffer that read and write in place; they work on any `Uint8Array`. */
interface InPlace {
  utf8Slice(this: Uint8Array, start: number, end: number): string
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number
}

const node: (InPlace & { readonly byteLength: (text: string) => number }) | undefined = (() => {
  const buffer = (globalThis as { Buffer?: { readonly prototype: Partial<InPlace>; byteLength(text: string): number } })
    .Buffer
  if (buffer === undefined) return undefined
  const { utf8Slice, utf8Write } = buffer.prototype
  if (utf8Slice === undefined || utf8Write === undefined) return undefined
  return { utf8Slice, utf8Write, byteLength: (text) => buffer.byteLength(text) }
})()

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Reads the text between two offsets; bytes that are not UTF-8 become U+FFFD. */
export const read: (bytes: Uint8Array, start: number, end: number) => string =
  node === undefined
    ? (bytes, start, end) => decoder.decode(bytes.subarray(start, end))
    : (bytes, start, end) => node.utf8Slice.call(bytes, start, end)

/** Writes `text` at `offset`, where there must be room, and answers how many bytes it took. */
export const write: (bytes: Uint8Array, text: string, offset: number) => number =
  node === undefined
    ? (bytes, text, offset) => encoder.encodeInto(text, bytes.subarray(offset)).written
    : (bytes, text, offset) => node.utf8Write.call(bytes, text, offset, bytes.length - offset)

const shortText = 2048

/** How many bytes to make room for: exact for a long text, at most three a character for a short one. */
export const room = (text: string): number => (text.length <= shortText ? text.length * 3 : byteLength(text))

const byteLength: (text: string) => number =
  node === undefined ? (text) => encoder.encode(text).length : node.byteLength
