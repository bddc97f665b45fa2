/**
 * The beginning of an envelope, of a payload that is too large to be read: whose answer it is, or whose request.
 *
 * PHP and this side write the id before the message. A beginning that is written otherwise tells nothing.
 *
 * @since 0.1.0
 */
import * as Base64 from "../payload/Base64.ts"
import * as Utf8 from "../Utf8.ts"

export interface Head {
  readonly kind: "request" | "response"
  readonly id: string
}

const php = /^O:\d+:"(?:Php)?StreamIpc\\Envelope\\Re(quest|sponse)Envelope":2:\{s:2:"id";s:(\d{1,3}):"(\p{ASCII}*)/iu
const json = /^\{"__class":"(?:Php)?StreamIpc\\\\Envelope\\\\Re(quest|sponse)Envelope","id":("(?:[^"\\]|\\.)*")/iu
const openingBrace = 0x7b

/** Reads the beginning of a payload; a line is Base64 unless it is JSON. */
export const read = (bytes: Uint8Array, isLine: boolean): Head | undefined => {
  if (bytes[0] === openingBrace) return ofJson(Utf8.read(bytes, 0, bytes.length))
  const plain = isLine ? Base64.read(bytes, 0, bytes.length - (bytes.length % 4)) : bytes
  return plain && ofPhp(Utf8.read(plain, 0, plain.length))
}

const ofPhp = (text: string): Head | undefined => {
  const [, kind, length, rest] = php.exec(text) ?? []
  const bytes = Number(length)
  if (kind === undefined || rest?.slice(bytes, bytes + 2) !== '";') return undefined
  return { kind: kindOf(kind), id: rest.slice(0, bytes) }
}

const ofJson = (text: string): Head | undefined => {
  const [, kind, quoted] = json.exec(text) ?? []
  if (kind === undefined) return undefined
  try {
    return { kind: kindOf(kind), id: JSON.parse(quoted!) as string }
  } catch {
    return undefined
  }
}

const kindOf = (end: string): Head["kind"] => (end.toLowerCase() === "quest" ? "request" : "response")
