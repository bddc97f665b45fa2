/**
 * The short way of PHP's `serialize`: `O:34:"..RequestEnvelope":2:{s:2:"id";..s:7:"request";O:..{` and the properties.
 *
 * @since 0.1.0
 */
import * as MagicFrame from "../framing/MagicFrame.ts"
import { JsonToPhp } from "../payload/JsonToPhp.ts"
import { PhpToJson } from "../payload/PhpToJson.ts"
import { putCount } from "../payload/PhpTranscode.ts"
import { ascii, type Form, idBytes, isAt, type Kind, mostBytes, put, putId, valueStart } from "./StreamIpcForm.ts"

const quote = 0x22
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
/** Room for the header, the id, and what is around the properties. */
const besidesBytes = 256
const lastBytes = 8
/** How much longer properties may be than their JSON: `0,` becomes `i:0;i:0;`, and indexes grow. */
const growth = 8

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

const toPhp = new JsonToPhp()
const toJson = new PhpToJson()
let scratch = new Uint8Array(4096)
/** Where the JSON of a value is written before it becomes properties. */
const json = new Uint8Array(8 * 1024)
const valueProperty = ascii('1:{s:5:"value";')

/** Puts the properties that are fields of the object in `json`, and answers the offset after them, or -1. */
const putFields = (into: Uint8Array, at: number, jsonEnd: number): number => {
  // How many there are is known last; more than nine need room for another digit.
  into[at + 1] = colon
  into[at + 2] = openBrace
  toPhp.begin(json, 0, jsonEnd, into, at + 3, into.length - lastBytes)
  const count = toPhp.properties()
  if (count < 0 || toPhp.at !== jsonEnd || count > 99) return -1
  const end = toPhp.to
  if (count > 9) into.copyWithin(at + 2, at + 1, end)
  putCount(into, at, count)
  return count > 9 ? end + 1 : end
}

/** Puts the properties of an answer: its fields, or the one that holds a value. */
const putAnswer = (into: Uint8Array, at: number, jsonEnd: number): number => {
  if (json[0] === openBrace) {
    // An object that looks like what stands for a value is put into one.
    return isAt(json, 0, jsonEnd, valueStart) ? -1 : putFields(into, at, jsonEnd)
  }
  const from = put(valueProperty, into, at)
  // What ends a value is looked for behind it.
  json[jsonEnd] = closeBrace
  toPhp.begin(json, 0, jsonEnd, into, from, into.length - lastBytes)
  toPhp.value(0)
  return toPhp.at === jsonEnd ? toPhp.to : -1
}

export const phpForm: Form = {
  nameOf: ascii,
  frameOf: (kind, phpClass) => {
    const name = ascii(phpClass)
    const head = [...middles[kind], ...ascii(`${name.length}:"`), ...name, quote, colon]
    return { kind, open: envelopes[kind], head: Uint8Array.from(head) }
  },
  write: ({ head, kind, open }, id, shape, value, buffer) => {
    const isAlone = kind === "notification"
    const idLength = isAlone ? 0 : idBytes(id)
    const jsonEnd = idLength < 0 ? -1 : shape.write(value, json, 0, json.length)
    if (jsonEnd < 0) return -1
    const frameAt = buffer.reserve(open.length + head.length + besidesBytes + jsonEnd * growth)
    const { slab } = buffer
    const start = frameAt + MagicFrame.headerBytes
    let at = put(open, slab, start)
    if (!isAlone) {
      at = putCount(slab, at, idLength)
      slab[at++] = colon
      slab[at++] = quote
      at = putId(id, slab, at)
    }
    at = put(head, slab, at)
    at = kind === "response" ? putAnswer(slab, at, jsonEnd) : putFields(slab, at, jsonEnd)
    if (at < 0) return -1
    slab[at++] = closeBrace
    if (!isAlone) slab[at++] = closeBrace
    MagicFrame.writeHeader(slab, frameAt, at - start)
    buffer.commit(at - frameAt)
    return at - start
  },
  read: (bytes, start, end, found) => {
    if (end - start > mostBytes) return false
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

/** Where the names of the two envelopes part: `O:34` and `O:35`. */
const kindOffset = "O:3".length

const kindAt = (bytes: Uint8Array, start: number, end: number): Kind => {
  const byte = bytes[start + kindOffset]
  const kind = byte === 0x34 ? "request" : byte === 0x35 ? "response" : "notification"
  return isAt(bytes, start, end, envelopes[kind]) ? kind : "notification"
}
