/** The recorded bytes of hx/interop: messages that the four implementations wrote, and whole sessions. */
import * as Fs from "node:fs"
import * as HxFormat from "../../../src/foreign/hx/HxFormat.ts"
import type { HxMessage } from "../../../src/foreign/hx/HxMessage.ts"
import { WriteBuffer } from "../../../src/wire/WriteBuffer.ts"

interface Recorded {
  readonly name: string
  readonly base64: string
}

const { messages, sessions } = JSON.parse(
  Fs.readFileSync(new URL("../../fixtures/foreign/hx-interop.json", import.meta.url), "utf8")
) as { readonly messages: ReadonlyArray<Recorded>; readonly sessions: ReadonlyArray<Recorded> }

const find = (all: ReadonlyArray<Recorded>, wanted: string): Uint8Array => {
  const found = all.find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`there is no ${wanted}`)
  return new Uint8Array(Buffer.from(found.base64, "base64"))
}

/** The bytes of one direction of a session. */
export const session = (client: string, server: string, way: "c2s" | "s2c"): Uint8Array =>
  find(sessions, `${client}-client.${server}-server.${way}.bin`)

export const messageNamed = (name: string): HxMessage => read(find(messages, name))[0]!

/** The messages in some bytes. */
export const read = (bytes: Uint8Array): ReadonlyArray<HxMessage> => {
  const found: Array<HxMessage> = []
  const fail = (reason: unknown) => {
    throw new Error(JSON.stringify(reason))
  }
  const framer = HxFormat.format().open({ maxFrameBytes: 1 << 20 })
  framer.read(bytes, { message: (message) => void found.push(message), junk: fail, refuse: fail, lost: fail })
  return found
}

/** The bytes of a message, as text. */
export const write = (message: HxMessage, options: HxFormat.HxOptions = {}): string => {
  const buffer = new WriteBuffer()
  const written = HxFormat.format(options)
    .open({ maxFrameBytes: 1 << 20 })
    .write(message, buffer)
  if (typeof written !== "number") throw new Error(JSON.stringify(written))
  let text = ""
  buffer.flush((chunk) => (text += new TextDecoder().decode(chunk)))
  return text
}
