/**
 * The short way of PHP's `serialize`: `O:34:"..RequestEnvelope":2:{s:2:"id";..s:7:"request";O:..{` and the properties.
 *
 * @since 0.1.0
 */
import { isAt } from "../Bytes.ts"
import { libraryOf } from "../framing/StreamIpcFormat.ts"
import type { Generation } from "../framing/StreamIpcFrames.ts"
import { isPlain } from "../payload/PhpPlan.ts"
import * as PhpPlanReader from "../payload/PhpPlanReader.ts"
import * as PhpPlanWriter from "../payload/PhpPlanWriter.ts"
import { digits as putDigits } from "../payload/PhpPut.ts"
import { ascii, type Form, type Kind } from "./StreamIpcForm.ts"

const quote = 0x22
const colon = 0x3a
const zero = 0x30
const mostDigits = 6

const middles = {
  request: ascii('";s:7:"request";O:'),
  response: ascii('";s:8:"response";O:'),
  notification: ascii("O:")
}

/** Answers the offset behind a length, a colon, a quote and that many bytes; -1 where there is none. */
const quotedEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let length = 0
  let at = start
  for (let digit = bytes[at]! - zero; digit >= 0 && digit <= 9; digit = bytes[++at]! - zero)
    length = length * 10 + digit
  if (at === start || at - start > mostDigits || bytes[at] !== colon || bytes[at + 1] !== quote) return -1
  const after = at + 2 + length
  return after < end && bytes[after] === quote ? after : -1
}

export const phpForm = (generation: Generation): Form => {
  const envelope = (kind: string): Uint8Array => {
    const name = `${libraryOf(generation)}\\Envelope\\${kind}Envelope`
    return ascii(`O:${name.length}:"${name}":2:{s:2:"id";s:`)
  }
  const envelopes = { request: envelope("Request"), response: envelope("Response"), notification: ascii("") }
  /** Where the lengths of the two envelopes' names part. */
  const kindOffset = "O:3".length
  const [ofRequest, ofResponse] = [envelopes.request[kindOffset]!, envelopes.response[kindOffset]!]
  return {
    envelopes,
    frameOf: (kind, phpClass) => {
      const name = ascii(phpClass)
      const head = [...middles[kind], ...ascii(`${name.length}:"`), ...name, quote, colon]
      return { kind, open: envelopes[kind], head: Uint8Array.from(head) }
    },
    kindAt: (bytes, start, end) => {
      const byte = bytes[start + kindOffset]
      const kind: Kind = byte === ofRequest ? "request" : byte === ofResponse ? "response" : "notification"
      return isAt(bytes, start, end, envelopes[kind]) ? kind : "notification"
    },
    idAt: (bytes, start, end, found) => {
      found.end = quotedEnd(bytes, start, end)
      if (found.end < 0) return -1
      found.start = start
      while (bytes[found.start++] !== quote);
      return found.end
    },
    headEnd: (bytes, start, end, kind) => {
      const after = quotedEnd(bytes, start + middles[kind].length, end)
      return after < 0 ? -1 : after + 2
    },
    putBeforeId: (idBytes, into, at) => {
      const after = putDigits(idBytes, into, at)
      into[after] = colon
      into[after + 1] = quote
      return after + 2
    },
    writer: (plan) => (isPlain(plan) ? PhpPlanWriter.compile(plan) : undefined),
    reader: (plan) => (isPlain(plan) ? PhpPlanReader.compile(plan) : undefined)
  }
}
