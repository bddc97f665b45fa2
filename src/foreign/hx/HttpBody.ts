/**
 * The body of an HTTP/1.1 message: counted, in chunks, or all that follows.
 *
 * Law: where the headers leave two ways to end a body, it is not read.
 *
 * @since 0.1.0
 */
import { find, type Head } from "./HttpHead.ts"

type Headers = Head["headers"]

const lf = 0x0a
const cr = 0x0d
const maxChunkLine = 1024

/** Adds to headers and body what says where the body ends. */
export const frame = (
  headers: Headers,
  body: Uint8Array,
  counted: boolean
): { readonly headers: Headers; readonly body: Uint8Array } => {
  const others = headers.filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name))
  if (find(headers, "transfer-encoding") !== undefined) {
    return { headers: [...others, ["Transfer-Encoding", "chunked"]], body: inChunks(body) }
  }
  return { headers: counted ? [...others, ["Content-Length", String(body.length)]] : others, body }
}

/** Reads the body that follows a head; of `Transfer-Encoding` nothing is left then. */
export const read = (
  bytes: Uint8Array,
  { bodyStart, headers }: Head,
  otherwise: "nothing" | "everything"
): { readonly headers: Headers; readonly body: Uint8Array } => {
  const lengths = valuesOf(headers, "content-length")
  const codings = valuesOf(headers, "transfer-encoding")
  if (codings.length > 0) {
    if (codings.length > 1 || codings[0]!.toLowerCase() !== "chunked" || lengths.length > 0) {
      throw new TypeError(`expected Transfer-Encoding: chunked and no Content-Length, got ${codings.join(", ")}`)
    }
    const others = headers.filter(([name]) => name.toLowerCase() !== "transfer-encoding")
    return { headers: others, body: fromChunks(bytes, bodyStart) }
  }
  if (lengths.length === 0) {
    return { headers, body: otherwise === "everything" ? bytes.slice(bodyStart) : new Uint8Array(0) }
  }
  const length = Number(lengths[0])
  if (lengths.some((text) => !/^\d{1,15}$/.test(text) || Number(text) !== length)) {
    throw new TypeError(`expected one Content-Length, got ${lengths.join(", ")}`)
  }
  if (bytes.length - bodyStart < length) {
    throw new TypeError(`the body has ${bytes.length - bodyStart} of ${length} bytes`)
  }
  return { headers, body: bytes.slice(bodyStart, bodyStart + length) }
}

const valuesOf = (headers: Headers, name: string): ReadonlyArray<string> =>
  headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)

const inChunks = (body: Uint8Array): Uint8Array => {
  const encoder = new TextEncoder()
  const start = body.length === 0 ? "" : `${body.length.toString(16)}\r\n`
  const end = body.length === 0 ? "0\r\n\r\n" : "\r\n0\r\n\r\n"
  const bytes = new Uint8Array(start.length + body.length + end.length)
  encoder.encodeInto(start, bytes)
  bytes.set(body, start.length)
  encoder.encodeInto(end, bytes.subarray(start.length + body.length))
  return bytes
}

const fromChunks = (bytes: Uint8Array, start: number): Uint8Array => {
  const parts: Array<Uint8Array> = []
  let total = 0
  let at = start
  while (true) {
    const line = lineAt(bytes, at)
    const size = /^([0-9a-f]{1,8})[\t ]*(?:;|$)/i.exec(line.text)?.[1]
    if (size === undefined) throw new TypeError(`${JSON.stringify(line.text)} is no size of a chunk`)
    at = line.next
    const length = Number.parseInt(size, 16)
    if (length === 0) break
    if (bytes.length - at < length) throw new TypeError(`a chunk has ${bytes.length - at} of ${length} bytes`)
    parts.push(bytes.subarray(at, at + length))
    total += length
    const end = lineAt(bytes, at + length)
    if (end.text !== "") throw new TypeError("expected a line end after a chunk")
    at = end.next
  }
  // Trailers are read over.
  for (let line = lineAt(bytes, at); line.text !== ""; line = lineAt(bytes, line.next));
  const body = new Uint8Array(total)
  let offset = 0
  for (const part of parts) {
    body.set(part, offset)
    offset += part.length
  }
  return body
}

const lineAt = (bytes: Uint8Array, start: number): { readonly text: string; readonly next: number } => {
  const end = bytes.subarray(start, start + maxChunkLine).indexOf(lf)
  if (end < 0) throw new TypeError("expected a line")
  const last = end > 0 && bytes[start + end - 1] === cr ? end - 1 : end
  return { text: new TextDecoder("latin1").decode(bytes.subarray(start, start + last)), next: start + end + 1 }
}
