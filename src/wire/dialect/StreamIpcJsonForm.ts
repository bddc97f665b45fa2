/**
 * The short way of the JSON serializer: `{"__class":...,"id":...,"request":{"__class":...,` and the fields.
 *
 * @since 0.1.0
 */
import { ascii, type Form, isAt, type Kind, put, putId } from "./StreamIpcForm.ts"

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = 0x2c
const besidesBytes = 80

const envelopes = {
  request: ascii(String.raw`{"__class":"StreamIpc\\Envelope\\RequestEnvelope","id":"`),
  response: ascii(String.raw`{"__class":"StreamIpc\\Envelope\\ResponseEnvelope","id":"`),
  notification: ascii("")
}
const middles = { request: ascii('","request":'), response: ascii('","response":'), notification: ascii("") }
const classKey = ascii('{"__class":"')

/** The name without the quotes around it. */
const nameOf = (phpClass: string): Uint8Array => ascii(JSON.stringify(phpClass).slice(1, -1))

/** A payload is copied behind this; its opening brace gives way to a comma. */
let scratch = new Uint8Array(4096)

/** Where the string that begins at `start` ends; -1 if it has an escape that is none of a class's name. */
const stringEnd = (bytes: Uint8Array, start: number, end: number, isClass: boolean): number => {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte !== backslash) continue
    if (!isClass || bytes[at + 1] !== backslash) return -1
    at++
  }
  return -1
}

/** Whether the text has what PHP writes otherwise, or means otherwise: a tag, a separator, half a surrogate pair. */
const isOther = (json: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const byte = json[at]
    if (byte === 0x5f) {
      if (json[at + 1] === 0x74 && json[at + 2] === 0x61 && json[at + 3] === 0x67 && json[at - 1] === quote) return true
    } else if (byte === backslash) {
      if (json[at + 1] === 0x75 && json[at + 2] === 0x64) return true
      at++
    } else if (byte === 0xe2 && json[at + 1] === 0x80 && (json[at + 2]! & 0xfe) === 0xa8) {
      return true
    }
  }
  return false
}

export const jsonForm: Form = {
  growth: 1,
  nameOf,
  headOf: (kind, phpClass) => {
    const head = [...middles[kind], ...classKey, ...nameOf(phpClass), quote]
    return Uint8Array.from(head)
  },
  write: (kind, head, id, json, jsonStart, jsonEnd, into, start, room) => {
    const envelope = envelopes[kind]
    const jsonBytes = jsonEnd - jsonStart
    if (start + envelope.length + head.length + jsonBytes + besidesBytes > room) return -1
    if (isOther(json, jsonStart, jsonEnd)) return -1
    let at = put(envelope, into, start)
    if (kind !== "notification") at = putId(id, into, at)
    if (at < 0) return -1
    at = put(head, into, at)
    if (jsonBytes > 2) {
      into.set(json.subarray(jsonStart, jsonEnd), at)
      into[at] = comma
      at += jsonBytes
    } else {
      into[at++] = closeBrace
    }
    if (kind !== "notification") into[at++] = closeBrace
    return at
  },
  read: (bytes, start, end, found) => {
    const kind = kindAt(bytes, start, end)
    found.kind = kind
    let at = start + envelopes[kind].length
    let last = end
    if (kind !== "notification") {
      const idEnd = stringEnd(bytes, at, end, false)
      if (idEnd < 0) return false
      found.idStart = at
      found.idEnd = idEnd
      if (!isAt(bytes, idEnd, end, middles[kind])) return false
      at = idEnd + middles[kind].length
      if (bytes[--last] !== closeBrace) return false
    }
    if (!isAt(bytes, at, last, classKey)) return false
    at += classKey.length
    const classEnd = stringEnd(bytes, at, last, true)
    if (classEnd < 0 || bytes[last - 1] !== closeBrace) return false
    found.bytes = bytes
    found.classStart = at
    found.classEnd = classEnd
    const from = classEnd + 1
    const length = last - from
    if (length !== 1 && bytes[from] !== comma) return false
    if (length + 1 > scratch.length) scratch = new Uint8Array(length * 2)
    if (length === 1) scratch[1] = closeBrace
    else scratch.set(bytes.subarray(from, last), 0)
    scratch[0] = openBrace
    found.json = scratch
    found.jsonStart = 0
    found.jsonEnd = length === 1 ? 2 : length
    return true
  }
}

const kindAt = (bytes: Uint8Array, start: number, end: number): Kind => {
  if (isAt(bytes, start, end, envelopes.request)) return "request"
  return isAt(bytes, start, end, envelopes.response) ? "response" : "notification"
}
