/**
 * The short way of PHP's `serialize`: `O:34:"..RequestEnvelope":2:{s:2:"id";..s:7:"request";O:..{` and the properties.
 *
 * @since 0.1.0
 */
import { putCount, ToJson, ToPhp } from "../payload/PhpTranscode.ts"
import { ascii, type Form, isAt, type Kind, put, putId } from "./StreamIpcForm.ts"

const quote = 0x22
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const besidesBytes = 120

const envelopes = {
  request: ascii(String.raw`O:34:"StreamIpc\Envelope\RequestEnvelope":2:{s:2:"id";s:`),
  response: ascii(String.raw`O:35:"StreamIpc\Envelope\ResponseEnvelope":2:{s:2:"id";s:`),
  notification: ascii("")
}
const middles = {
  request: ascii('";s:7:"request";O:'),
  response: ascii('";s:8:"response";O:'),
  notification: ascii("O:")
}

const toPhp = new ToPhp()
const toJson = new ToJson()
let scratch = new Uint8Array(4096)

export const phpForm: Form = {
  // `0,` becomes `i:0;i:0;`, and indexes grow.
  growth: 8,
  nameOf: ascii,
  headOf: (kind, phpClass) => {
    const name = ascii(phpClass)
    return Uint8Array.from([...middles[kind], ...ascii(`${name.length}:"`), ...name, quote, colon])
  },
  write: (kind, head, id, json, jsonStart, jsonEnd, into, start, room) => {
    const envelope = envelopes[kind]
    if (start + envelope.length + head.length + besidesBytes > room) return -1
    let at = put(envelope, into, start)
    if (kind !== "notification") {
      at = putCount(into, at, id.length)
      into[at++] = colon
      into[at++] = quote
      at = putId(id, into, at)
    }
    if (at < 0) return -1
    at = put(head, into, at)
    // How many properties there are is known last; more than nine need room for another digit.
    const countAt = at
    into[at + 1] = colon
    into[at + 2] = openBrace
    toPhp.begin(json, jsonStart, jsonEnd, into, at + 3, room - 4)
    const count = toPhp.properties()
    if (count < 0 || toPhp.at !== jsonEnd || count > 99) return -1
    at = toPhp.to
    if (count > 9) into.copyWithin(countAt + 2, countAt + 1, at++)
    putCount(into, countAt, count)
    into[at++] = closeBrace
    if (kind !== "notification") into[at++] = closeBrace
    return at
  },
  read: (bytes, start, end, found) => {
    const kind = kindAt(bytes, start, end)
    found.kind = kind
    toJson.begin(bytes, start + envelopes[kind].length, end, scratch, 0, scratch.length)
    if (kind !== "notification" && !readId(bytes, end, found)) return false
    if (!isAt(bytes, toJson.at, end, middles[kind])) return false
    toJson.at += middles[kind].length
    const length = toJson.count(colon)
    if (length < 0 || bytes[toJson.at] !== quote) return false
    found.classStart = toJson.at + 1
    found.classEnd = found.classStart + length
    if (bytes[found.classEnd] !== quote || bytes[found.classEnd + 1] !== colon) return false
    toJson.at = found.classEnd + 2
    const count = toJson.count(colon)
    if (count < 0 || bytes[toJson.at++] !== openBrace) return false
    // JSON never takes more: an index and its value at least as much as a comma, a property as its quotes and its colon.
    if (end - toJson.at > scratch.length) toJson.into = scratch = new Uint8Array((end - toJson.at) * 2)
    toJson.room = scratch.length
    toJson.properties(count)
    if (toJson.at < 0 || (kind !== "notification" && bytes[toJson.at] !== closeBrace)) return false
    found.bytes = bytes
    found.json = scratch
    found.jsonStart = 0
    found.jsonEnd = toJson.to
    return true
  }
}

const readId = (bytes: Uint8Array, end: number, found: { idStart: number; idEnd: number }): boolean => {
  const length = toJson.count(colon)
  if (length < 0 || bytes[toJson.at] !== quote || toJson.at + length >= end) return false
  found.idStart = toJson.at + 1
  found.idEnd = found.idStart + length
  toJson.at = found.idEnd
  return true
}

const kindAt = (bytes: Uint8Array, start: number, end: number): Kind => {
  if (isAt(bytes, start, end, envelopes.request)) return "request"
  return isAt(bytes, start, end, envelopes.response) ? "response" : "notification"
}
