/**
 * UTF-8 text in place: Node's own reading and writing where it is there, the platform's otherwise. Both do the same:
 * bytes that are not UTF-8 become U+FFFD, and so does half a surrogate pair; a byte order mark is a character.
 *
 * @since 0.1.0
 */

/** Ways to read and write text in place. */
export interface Text {
  /** Reads the text between two offsets. */
  readonly read: (bytes: Uint8Array, start: number, end: number) => string
  /** Writes `text` at `offset`, where there must be room, and answers how many bytes it took. */
  readonly write: (bytes: Uint8Array, text: string, offset: number) => number
  readonly byteLength: (text: string) => number
}

/** The methods of Node's Buffer that read and write in place; they work on any `Uint8Array`. */
interface InPlace {
  utf8Slice(this: Uint8Array, start: number, end: number): string
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number
}

interface BufferClass {
  readonly prototype: Partial<InPlace>
  byteLength(text: string): number
}

/** Text by Node's Buffer, or undefined where it is another one. */
export const fromBuffer = (buffer: BufferClass | undefined): Text | undefined => {
  if (buffer === undefined) return undefined
  const { utf8Slice, utf8Write } = buffer.prototype
  if (utf8Slice === undefined || utf8Write === undefined) return undefined
  return {
    read: (bytes, start, end) => utf8Slice.call(bytes, start, end),
    write: (bytes, text, offset) => utf8Write.call(bytes, text, offset, bytes.length - offset),
    byteLength: (text) => buffer.byteLength(text)
  }
}

/** Text by what every platform has. */
export const fromPlatform = (): Text => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  const encoder = new TextEncoder()
  return {
    read: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)),
    write: (bytes, text, offset) => encoder.encodeInto(text, bytes.subarray(offset)).written,
    byteLength: (text) => encoder.encode(text).length
  }
}

export const { read, write, byteLength }: Text =
  fromBuffer((globalThis as { Buffer?: BufferClass }).Buffer) ?? fromPlatform()

const shortText = 2048

/** How many bytes to make room for: exact for a long text, at most three a character for a short one. */
export const room = (text: string): number => (text.length <= shortText ? text.length * 3 : byteLength(text))
