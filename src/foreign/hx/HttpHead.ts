/**
 * The head of an HTTP/1.1 message: its first line and its headers, as text.
 *
 * Bytes above ASCII in values are read and written one by one, as Latin-1: HTTP gives them no other meaning.
 *
 * @since 0.1.0
 */
type Headers = ReadonlyArray<readonly [name: string, value: string]>

export interface Head {
  readonly line: string
  readonly headers: Headers
  /** Where the body begins. */
  readonly bodyStart: number
}

const maxHeadBytes = 64 * 1024
const maxHeaders = 256

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/
const lineText = /^[\t\x20-\x7e\x80-\xff]*$/
const targetText = /^[\x21-\x7e\x80-\xff]+$/

const lf = 0x0a

/** Reads the lines up to the empty one. */
export const read = (bytes: Uint8Array): Head => {
  const lines: Array<string> = []
  let at = 0
  while (lines.length <= maxHeaders + 1) {
    const end = bytes.subarray(0, maxHeadBytes).indexOf(lf, at)
    if (end < 0) break
    const line = latin1(bytes, at, end).replace(/\r$/, "")
    at = end + 1
    if (line === "") return { line: lines[0] ?? "", headers: lines.slice(1).map(header), bodyStart: at }
    lines.push(line)
  }
  const why = at === 0 || lines.length <= maxHeaders ? `no empty line within ${maxHeadBytes} bytes` : "too many headers"
  throw new TypeError(`the head does not end: ${why}`)
}

/** Writes the lines and the empty one. */
export const write = (line: string, headers: Headers): Uint8Array => {
  for (const [name, value] of headers) {
    if (!token.test(name)) throw new TypeError(`${JSON.stringify(name)} cannot be the name of a header`)
    if (!lineText.test(value)) throw new TypeError(`the header ${name} has a character that no header can have`)
  }
  const lines = [line, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return Uint8Array.from(`${lines.join("\r\n")}\r\n\r\n`, (char) => char.charCodeAt(0))
}

/** The first value of a header; `name` is in lower case. */
export const find = (headers: Headers, name: string): string | undefined =>
  headers.find(([other]) => other.toLowerCase() === name)?.[1]

/** Writes the first line of a request. */
export const requestLine = (method: string, target: string): string => {
  if (!token.test(method)) throw new TypeError(`${JSON.stringify(method)} cannot be a method`)
  if (!targetText.test(target)) throw new TypeError(`${JSON.stringify(target)} cannot stand in a request line`)
  return `${method} ${target} HTTP/1.1`
}

/** Reads the first line of a request. */
export const readRequestLine = (line: string): { readonly method: string; readonly url: string } => {
  const parts = /^(\S+) (\S+) HTTP\/1\.[01]$/.exec(line)
  if (parts === null || !token.test(parts[1]!)) throw new TypeError(`${quote(line)} is no request line`)
  return { method: parts[1]!, url: parts[2]! }
}

/** Writes the first line of a response. */
export const statusLine = (status: number, reason: string): string => {
  if (!Number.isInteger(status) || status < 100 || status > 999) throw new TypeError(`${status} cannot be a status`)
  if (!lineText.test(reason)) throw new TypeError("the reason has a character that no status line can have")
  return `HTTP/1.1 ${status} ${reason}`
}

/** Reads the first line of a response. */
export const readStatusLine = (line: string): { readonly status: number; readonly reason: string } => {
  const parts = /^HTTP\/1\.[01] ([1-9]\d\d)(?: (.*))?$/.exec(line)
  if (parts === null) throw new TypeError(`${quote(line)} is no status line`)
  return { status: Number(parts[1]), reason: parts[2] ?? "" }
}

/** What of an address stands in the request line, and what in `Host`. */
export const target = (url: string): { readonly target: string; readonly host: string | undefined } => {
  if (!/^https?:\/\//i.test(url)) return { target: url, host: undefined }
  const { host, pathname, search } = new URL(url)
  return { target: pathname + search, host }
}

const header = (line: string): readonly [string, string] => {
  const colon = line.indexOf(":")
  const name = line.slice(0, Math.max(0, colon))
  // A line that begins with a space would go on with the value before it: nobody writes that any more.
  if (!token.test(name)) throw new TypeError(`${quote(line)} is no header`)
  const value = line.slice(colon + 1).replaceAll(/^[\t ]+|[\t ]+$/g, "")
  if (!lineText.test(value)) throw new TypeError(`the header ${name} has a character that no header can have`)
  return [name, value]
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string => {
  let text = ""
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

const quote = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
