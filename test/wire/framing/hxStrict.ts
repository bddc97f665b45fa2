/**
 * The strictest reader of hx/interop that could be: it takes only what all four implementations read alike.
 *
 * LF only; colon and one space; clean names; a decimal length on every body; at least one header (JavaScript).
 */
import type { HxHeader } from "../../../src/wire/framing/HxMessage.ts"

export interface StrictMessage {
  readonly headers: ReadonlyArray<HxHeader>
  readonly body: string
}

const line = /^([A-Z0-9][a-z0-9]*(?:-[A-Z0-9][a-z0-9]*)*): (.*)$/

/** Reads messages of bytes in Latin-1, and throws on anything that one of the readers would read otherwise. */
export const readAllStrictly = (text: string): ReadonlyArray<StrictMessage> => {
  const messages: Array<StrictMessage> = []
  let rest = text
  while (rest !== "") {
    const end = rest.indexOf("\n\n")
    if (end < 1) throw new Error(`expected headers and an empty line: ${JSON.stringify(rest)}`)
    const headers = rest.slice(0, end).split("\n").map(headerOf)
    const length = lengthOf(headers)
    const bodyStart = end + 2
    if (rest[bodyStart + length] !== "\n") throw new Error(`expected LF after the body: ${JSON.stringify(rest)}`)
    messages.push({ headers, body: rest.slice(bodyStart, bodyStart + length) })
    rest = rest.slice(bodyStart + length + 1)
  }
  return messages
}

export const readStrictly = (text: string): StrictMessage => {
  const [message, ...more] = readAllStrictly(text)
  if (message === undefined || more.length > 0) throw new Error(`expected one message: ${JSON.stringify(text)}`)
  return message
}

const headerOf = (text: string): HxHeader => {
  const match = line.exec(text)
  if (match === null) throw new Error(`expected a clean header: ${JSON.stringify(text)}`)
  const value = Buffer.from(match[2]!, "latin1").toString("utf8")
  if (/[\0\r]|^\s|\s$/.test(value)) throw new Error(`expected a clean value: ${JSON.stringify(text)}`)
  return [match[1]!, value]
}

const lengthOf = (headers: ReadonlyArray<HxHeader>): number => {
  const lengths = headers.filter(([name]) => name === "Content-Length").map(([, value]) => value)
  if (lengths.length > 1 || lengths.some((length) => !/^(0|[1-9][0-9]*)$/.test(length))) {
    throw new Error(`expected one decimal length: ${lengths}`)
  }
  return Number(lengths[0] ?? 0)
}
