/**
 * The short way of the JSON serializer: `{"__class":...,"id":...,"request":{"__class":...,` and the fields.
 *
 * @since 0.1.0
 */
import { isAt } from "../Bytes.ts"
import { libraryOf } from "../framing/StreamIpcFormat.ts"
import type { Generation } from "../framing/StreamIpcFrames.ts"
import * as JsonReader from "../payload/JsonReader.ts"
import * as JsonWriter from "../payload/JsonWriter.ts"
import { isPlainJson } from "../payload/PhpPlan.ts"
import { ascii, closeBrace, type Form, type Kind } from "./StreamIpcForm.ts"

const quote = 0x22
const slash = 0x2f
const backslash = 0x5c
const comma = 0x2c
const firstNonAscii = 0x80

const middles = { request: ascii('","request":'), response: ascii('","response":'), notification: ascii("") }
const classKey = ascii('{"__class":"')

/** The bytes that may begin what PHP writes otherwise: half a surrogate pair, a separator; in the old generation more. */
const suspects = { v1: new Uint8Array(256), old: new Uint8Array(256) }
for (const byte of [backslash, 0xe2]) suspects.v1[byte] = 1
suspects.old.fill(1, firstNonAscii)
for (const byte of [backslash, slash]) suspects.old[byte] = 1

const isEscape = (json: Uint8Array, at: number): boolean => json[at] === backslash

/** Whether the text has what PHP writes otherwise. */
const isOther = (json: Uint8Array, start: number, end: number, generation: Generation): boolean => {
  const suspect = suspects[generation]
  for (let at = start; at < end; at++) {
    if (suspect[json[at]!] === 0) continue
    if (!isEscape(json, at)) {
      if (generation === "old") return true
      if (json[at + 1] === 0x80 && (json[at + 2]! & 0xfe) === 0xa8) return true
    } else if (json[at + 1] === 0x75 && json[at + 2] === 0x64) {
      return true
    } else {
      at++
    }
  }
  return false
}

export const jsonForm = (generation: Generation): Form => {
  const library = `{"__class":"${libraryOf(generation)}\\\\Envelope\\\\`
  const envelopes = {
    request: ascii(`${library}RequestEnvelope","id":"`),
    response: ascii(`${library}ResponseEnvelope","id":"`),
    notification: ascii("")
  }
  /** Where the names of the two envelopes part: `..\\Req` and `..\\Res`. */
  const kindOffset = library.length + 2
  return {
    envelopes,
    frameOf: (kind, phpClass) => {
      // The name of a class has no slash, but may have what the old generation escapes.
      const name = JSON.stringify(phpClass).replaceAll(
        /[\u0080-\uffff]/g,
        generation === "old" ? escaped : (each) => each
      )
      return {
        kind,
        open: envelopes[kind],
        head: Uint8Array.from([...middles[kind], ...classKey, ...new TextEncoder().encode(name.slice(1))])
      }
    },
    kindAt: (bytes, start, end) => {
      const byte = bytes[start + kindOffset]
      const kind: Kind = byte === 0x71 ? "request" : byte === 0x73 ? "response" : "notification"
      return isAt(bytes, start, end, envelopes[kind]) ? kind : "notification"
    },
    idAt: (bytes, start, end, found) => {
      let at = start
      while (at < end && bytes[at] !== quote) at++
      if (bytes[at] !== quote) return -1
      found.start = start
      found.end = at
      return at
    },
    headEnd: (bytes, start, end, kind) => {
      // No name of a class has a quote.
      for (let at = start + middles[kind].length + classKey.length; at < end; at++)
        if (bytes[at] === quote) return at + 1
      return -1
    },
    putBeforeId: (_, __, at) => at,
    writer: (plan) => {
      const write = isPlainJson(plan) ? JsonWriter.compile(plan) : undefined
      if (write === undefined) return undefined
      return (value, bytes, start, end) => {
        const after = write(value, bytes, start, end)
        if (after < 0 || isOther(bytes, start, after, generation)) return -1
        // The class comes first: where the opening brace was is a comma, or nothing but the closing brace.
        if (after - start > 2) bytes[start] = comma
        else bytes[start] = closeBrace
        return after - start > 2 ? after : start + 1
      }
    },
    reader: (plan) => (isPlainJson(plan) ? JsonReader.compileRest(plan) : undefined)
  }
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
