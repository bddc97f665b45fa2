/**
 * What the tests of innmind/ipc share: the bytes that its library wrote, frames made by hand, and a framer's report.
 */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { FramerOut } from "../../src/wire/Format.ts"
import { MediaFramer, type MediaMessage } from "../../src/wire/framing/MediaFrame.ts"
import { WriteBuffer } from "../../src/wire/WriteBuffer.ts"
import { concat, lend } from "./tools.ts"

export interface Vector {
  readonly name: string
  readonly mediaType?: string
  readonly contentUtf8?: string | null
  readonly contentLength?: number
  readonly contentSha256?: string
  readonly frameLength: number
  readonly frameSha256?: string
  readonly base64?: string
  /** What the library's own decoder made of it. */
  readonly realDecoder?: string
}

const file = Path.resolve(import.meta.dirname, "../fixtures/foreign/innmind-ipc.json")
export const vectors: ReadonlyArray<Vector> = JSON.parse(Fs.readFileSync(file, "utf8")).entries

export const sha256 = (bytes: Uint8Array): string => Crypto.createHash("sha256").update(bytes).digest("hex")

export const vector = (name: string): Uint8Array => {
  const found = vectors.find((one) => one.name === name)
  if (found?.base64 === undefined) throw new Error(`there are no bytes of ${name}`)
  return new Uint8Array(Buffer.from(found.base64, "base64"))
}

/** Makes a frame by hand, right or wrong. */
export const frame = (
  mediaType: string,
  content: string | Uint8Array,
  {
    contentBytes,
    mark = 0xce,
    typeBytes
  }: { readonly contentBytes?: number; readonly typeBytes?: number; readonly mark?: number } = {}
): Uint8Array => {
  const [type, body] = [Buffer.from(mediaType), concat(content)]
  const lengths = Buffer.alloc(6)
  lengths.writeUInt16BE((typeBytes ?? type.length) % 65536, 0)
  lengths.writeUInt32BE(contentBytes ?? body.length, 2)
  return concat(lengths.subarray(0, 2), type, lengths.subarray(2), body, Uint8Array.of(mark))
}

export const message = (mediaType: string, content: string | Uint8Array): MediaMessage => ({
  mediaType,
  content: concat(content)
})

/** Control messages as the 4.x library writes them. */
export const control = {
  start: frame("text/plain", "innmind/ipc:connection.start"),
  startOk: frame("text/plain", "innmind/ipc:connection.start-ok"),
  close: frame("text/plain", "innmind/ipc:connection.close"),
  closeOk: frame("text/plain", "innmind/ipc:connection.close-ok"),
  heartbeat: frame("text/plain", "innmind/ipc:heartbeat"),
  received: frame("text/plain", "innmind/ipc:message.received"),
  ack: frame("text/plain", "innmind/ipc:ack")
}

/** Takes down what a framer tells, one line each; a large content by its size. */
export class Told implements FramerOut<MediaMessage> {
  readonly lines: Array<string> = []

  message({ content, mediaType }: MediaMessage): void {
    const text = content.length > 1000 ? `${content.length} bytes` : Buffer.from(content).toString("latin1")
    this.lines.push(`${mediaType} | ${text}`)
  }
  junk(bytes: Uint8Array): void {
    this.lines.push(`junk ${bytes.length}`)
  }
  refuse(reason: { readonly _tag: string }): void {
    this.lines.push(`refused ${reason._tag}`)
  }
  lost(reason: { readonly _tag: string }): void {
    this.lines.push(`lost ${reason._tag}`)
  }
}

export const framer = (maxFrameBytes = 4 * 1024 * 1024, maxWriteBytes = Infinity): MediaFramer =>
  new MediaFramer({ maxFrameBytes }, maxWriteBytes)

/** What a framer tells of pieces that are only lent, and of the end after them. */
export const told = (pieces: ReadonlyArray<Uint8Array>, maxFrameBytes?: number): ReadonlyArray<string> => {
  const out = new Told()
  const reading = framer(maxFrameBytes)
  for (const piece of pieces) lend(piece, (chunk) => reading.read(chunk, out))
  reading.end(out)
  return out.lines
}

/** The bytes of a message, or why it cannot be said. */
export const written = (one: MediaMessage, writing = framer()) => {
  const buffer = new WriteBuffer()
  const size = writing.write(one, buffer)
  const chunks: Array<Uint8Array> = []
  buffer.flush((chunk) => chunks.push(chunk))
  return { size, chunks }
}
