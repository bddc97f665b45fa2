/**
 * The short way of the JSON serializer: `{"__class":...,"id":...,"request":{"__class":...,` and the fields.
 *
 * @since 0.1.0
 */
import * as MagicFrame from "../framing/MagicFrame.ts"
import type { JsonShape } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import {
  ascii,
  type Form,
  type Frame,
  type Id,
  idBytes,
  isAt,
  type Kind,
  mostBytes,
  mostIdBytes,
  put,
  putId,
  valueStart
} from "./StreamIpcForm.ts"

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = 0x2c
const underscore = 0x5f
/** Room for what follows a value, and what puts one into an object. */
const besidesBytes = 32
/** With less room than this left, a value is not worth a try; one that needs more is made first. */
const leastRoom = 2 * 1024
const mostRoom = 60 * 1024

const envelopes = {
  request: ascii(String.raw`{"__class":"StreamIpc\\Envelope\\RequestEnvelope","id":"`),
  response: ascii(String.raw`{"__class":"StreamIpc\\Envelope\\ResponseEnvelope","id":"`),
  notification: ascii("")
}
const middles = { request: ascii('","request":'), response: ascii('","response":'), notification: ascii("") }
const classKey = ascii('{"__class":"')

/** The name without the quotes around it. */
const nameOf = (phpClass: string): Uint8Array => ascii(JSON.stringify(phpClass).slice(1, -1))

/** Less is copied byte by byte faster. */
const shortBytes = 128
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

/** Writes a frame in place, and answers as `Form.write`, but -2 where more room would not help. */
const place = (
  { head, kind, open }: Frame,
  id: Id,
  json: JsonShape,
  value: unknown,
  buffer: WriteBuffer,
  room: number
): number => {
  const isAlone = kind === "notification"
  if (!isAlone && idBytes(id) < 0) return -2
  const frameAt = buffer.reserve(MagicFrame.headerBytes + open.length + mostIdBytes + head.length + besidesBytes + room)
  const { slab } = buffer
  const start = frameAt + MagicFrame.headerBytes
  let at = put(open, slab, start)
  if (!isAlone) at = putId(id, slab, at)
  at = put(head, slab, at)
  let end = json.write(value, slab, at, slab.length - besidesBytes)
  if (end < 0) return -1
  if (isOther(slab, at, end)) return -2
  if (slab[at] !== openBrace) {
    slab.copyWithin(at + valueStart.length, at, end)
    put(valueStart, slab, at)
    end += valueStart.length
    slab[end++] = closeBrace
  } else if (kind === "response" && isAt(slab, at, end, valueStart)) {
    // An object that looks like what stands for a value is put into one.
    return -2
  }
  if (end - at > 2) {
    slab[at] = comma
  } else {
    slab[at] = closeBrace
    end = at + 1
  }
  if (!isAlone) slab[end++] = closeBrace
  MagicFrame.writeHeader(slab, frameAt, end - start)
  buffer.commit(end - frameAt)
  return end - start
}

/** What can begin what PHP writes otherwise. */
const suspects = new Uint8Array(256)
for (const byte of [underscore, backslash, 0xe2]) suspects[byte] = 1

/** Whether the text has what PHP writes otherwise, or means otherwise: a tag, a separator, half a surrogate pair. */
const isOther = (json: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    if (suspects[json[at]!] === 0) continue
    const byte = json[at]
    if (byte === underscore) {
      if (json[at + 1] === 0x74 && json[at + 2] === 0x61 && json[at + 3] === 0x67 && json[at - 1] === quote) return true
      // `__class` among the fields would be taken for the class.
      if (json[at + 1] === underscore && json[at + 2] === 0x63 && json[at - 1] === quote) return true
    } else if (byte === backslash) {
      if (json[at + 1] === 0x75 && json[at + 2] === 0x64) return true
      at++
    } else if (json[at + 1] === 0x80 && (json[at + 2]! & 0xfe) === 0xa8) {
      return true
    }
  }
  return false
}

export const jsonForm: Form = {
  nameOf,
  frameOf: (kind, phpClass) => ({
    kind,
    open: envelopes[kind],
    head: Uint8Array.from([...middles[kind], ...classKey, ...nameOf(phpClass), quote])
  }),
  write: (frame, id, json, value, buffer) => {
    const placed = place(frame, id, json, value, buffer, leastRoom)
    return placed === -1 ? place(frame, id, json, value, buffer, mostRoom) : placed
  },
  read: (bytes, start, end, found) => {
    if (end - start > mostBytes) return false
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
    else if (length > shortBytes) scratch.set(bytes.subarray(from, last), 0)
    else for (let index = 1; index < length; index++) scratch[index] = bytes[from + index]!
    scratch[0] = openBrace
    found.json = scratch
    found.jsonStart = 0
    found.jsonEnd = length === 1 ? 2 : length
    return true
  }
}

/** Where the names of the two envelopes part: `..\\Req` and `..\\Res`. */
const kindOffset = String.raw`{"__class":"StreamIpc\\Envelope\\Re`.length

const kindAt = (bytes: Uint8Array, start: number, end: number): Kind => {
  const byte = bytes[start + kindOffset]
  const kind = byte === 0x71 ? "request" : byte === 0x73 ? "response" : "notification"
  return isAt(bytes, start, end, envelopes[kind]) ? kind : "notification"
}
