/**
 * Values as JSON text in place, by the shapes of a lexicon. No bytes at all stand for `undefined`.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import type { Shape } from "../Wire.ts"

/** Answers the text of a value. Throws when the shape does not fit it. */
export const text = (shape: Shape, value: unknown): string => stringify(shape.encode(value))

/** Answers the text of a list of values. Throws when the shape does not fit one of them. */
export const listText = (shape: Shape, values: ReadonlyArray<unknown>): string =>
  values.length === 1 ? `[${stringify(shape.encode(values[0]))}]` : stringify(values.map(shape.encode))

/** Reads a value. Throws when the bytes are not JSON or the shape does not fit them. */
export const read = (shape: Shape, bytes: Uint8Array, start: number, end: number): unknown =>
  shape.decode(start === end ? undefined : JSON.parse(Utf8.read(bytes, start, end)))

/** Reads a list of values. Throws when the bytes are none or the shape does not fit one of them. */
export const readList = (shape: Shape, bytes: Uint8Array, start: number, end: number): ReadonlyArray<unknown> => {
  const list: unknown = JSON.parse(Utf8.read(bytes, start, end))
  if (!Array.isArray(list) || list.length === 0) throw new Error("expected a list of at least one item")
  for (let index = 0; index < list.length; index++) list[index] = shape.decode(list[index])
  return list
}

const stringify = (json: unknown): string => (json === undefined ? "" : JSON.stringify(json))
