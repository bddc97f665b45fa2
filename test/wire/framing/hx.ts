/**
 * What the tests of hx/interop share: the vectors, and framers that take down what they find.
 */
import * as Fs from "node:fs"
import type { FormatOptions, FramerOut, Refusal } from "../../../src/wire/Format.ts"
import { format, type HxOptions } from "../../../src/wire/framing/HxFormat.ts"
import { type HxHeader, HxHeaders, type HxMessage } from "../../../src/wire/framing/HxMessage.ts"
import { WriteBuffer } from "../../../src/wire/WriteBuffer.ts"
import { lend } from "../tools.ts"

type ReadMessage = { readonly headers: ReadonlyArray<HxHeader>; readonly body_b64: string }
type Reading = { readonly messages: ReadonlyArray<ReadMessage>; readonly end: string }
type HostileStep = { readonly h?: ReadonlyArray<HxHeader>; readonly b?: string; readonly end?: string; panic?: string }

export interface Vectors {
  readonly messages: ReadonlyArray<{
    readonly name: string
    readonly writer: string
    readonly base64: string
    readonly stream_complete: boolean
    readonly reads_as: {
      readonly go: Reading
      readonly rb: Reading
      readonly php: Reading
      readonly js_frame: ReadMessage | { readonly error: string }
    }
  }>
  readonly sessions: ReadonlyArray<{ readonly name: string; readonly base64: string }>
  readonly hostile: ReadonlyArray<{ readonly name: string; readonly input: string; readonly go: Array<HostileStep> }>
}

const path = new URL("../../fixtures/foreign/hx-interop.json", import.meta.url)

export const vectors: Vectors = JSON.parse(Fs.readFileSync(path, "utf8"))

export const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))

/** Takes down what a framer finds. */
export class Finder implements FramerOut<HxMessage> {
  readonly messages: Array<{ readonly headers: ReadonlyArray<HxHeader>; readonly body: string }> = []
  readonly refused: Array<Refusal> = []
  losses: Array<Refusal> = []
  junked = ""

  readonly #bodies: Array<Uint8Array> = []

  message({ headers, body }: HxMessage): void {
    this.messages.push({ headers: headers.pairs, body: Buffer.from(body).toString("latin1") })
    this.#bodies.push(body)
  }
  /** Throws where a body has changed since it came: it was in memory that was lent. */
  check(): void {
    for (const [index, body] of this.#bodies.entries()) {
      if (Buffer.from(body).toString("latin1") !== this.messages[index]!.body) throw new Error("a body has changed")
    }
  }
  junk(bytes: Uint8Array): void {
    this.junked += Buffer.from(bytes).toString("latin1")
  }
  refuse(reason: Refusal): void {
    this.refused.push(reason)
  }
  lost(reason: Refusal): void {
    this.losses.push(reason)
  }
}

export const maxFrameBytes = 1024 * 1024

/** What a framer finds in pieces, with or without their end. */
export const find = (
  pieces: ReadonlyArray<Uint8Array>,
  options: HxOptions & Partial<FormatOptions> & { readonly ends?: boolean } = {}
): Finder => {
  const finder = new Finder()
  const framer = format(options).open({ maxFrameBytes: options.maxFrameBytes ?? maxFrameBytes })
  for (const piece of pieces) lend(piece, (chunk) => framer.read(chunk, finder))
  if (options.ends !== false) framer.end(finder)
  finder.check()
  return finder
}

export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))

/** The bytes that are written for a message, as text, or why it is not. */
export const written = (
  headers: ReadonlyArray<HxHeader>,
  body: Uint8Array | string = "",
  options: HxOptions = {}
): string | Refusal => {
  const buffer = new WriteBuffer()
  const message = { headers: HxHeaders.make(headers), body: typeof body === "string" ? latin1(body) : body }
  const bytes = format(options).open({ maxFrameBytes }).write(message, buffer)
  if (typeof bytes !== "number") return bytes
  let text = ""
  buffer.flush((chunk) => (text += Buffer.from(chunk).toString("latin1")))
  return text
}
