/**
 * The binary form of a schema's values, where it has one that a hostile peer cannot turn against us. It is loaded, with
 * what encodes and decodes it, only where a peer asks for binary payloads.
 *
 * JSON is what all other values travel in, so each rule here costs bytes and time only.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Codec } from "../protocol/Request.ts"
import { Binary } from "../wire/payload/Binary.ts"
import type { BinaryShape } from "../wire/Wire.ts"

type Convert = (value: unknown) => unknown

export interface Recipe {
  readonly schema: Codec
  /** What becomes of a value before it is encoded; it may throw. */
  readonly fill: Convert
  /** What becomes of a value that was decoded. */
  readonly instance: Convert
}

/**
 * In a list of structs a text may stand once and be meant in every row: what little is sent may be much to who looks at
 * it. In this many bytes it is no more than a large frame of JSON could be.
 */
const maxRowBytes = 64 * 1024

/** Makes the binary form, or answers undefined where the values travel as JSON only. */
export const of = ({ fill, instance, schema }: Recipe): BinaryShape | undefined => {
  try {
    const list = Schema.Array(schema)
    if (!isBounded(encodedSide(list))) return undefined
    const one = compile(schema)
    let many: Binary | undefined
    const lists = (): Binary => (many ??= compile(list))
    return {
      write: (value) => one.write(fill(value)),
      writeList: (values) => lists().write(values),
      read: (bytes, start, end) => {
        const values = one.read(bytes, start, end)
        if (values.length !== 1) throw new Error(`expected one value, got ${values.length}`)
        return instance(values[0])
      },
      readList: (bytes, start, end) => {
        const read = lists().read(bytes, start, end)
        const values = (read.length === 1 ? read[0] : read.flat()) as ReadonlyArray<unknown>
        if (values.length === 0) throw new Error("expected a list of at least one item")
        return values
      }
    }
  } catch {
    // SchemaBinary has no layout for it.
    return undefined
  }
}

/** What the schema looks like in JSON: plainer than in binary, with the same lists and structs. */
const encodedSide = (schema: Codec): AST.AST => AST.toEncoded(Schema.toCodecJson(schema).ast)

const compile = (schema: Codec): Binary =>
  new Binary(schema, hasRows(encodedSide(schema)) ? maxRowBytes : Infinity, looked(schema))

/**
 * SchemaBinary itself takes anything for a row of a list, or for a number after a fraction, and does not see what an
 * object inherits. With a check, even one that says yes, it has the schema look first, as for JSON.
 */
const looked = (schema: Codec): Codec => schema.check(Schema.makeFilter(() => true))

/**
 * Whether what a value takes to decode is bounded by its bytes. What recurs is not: each level may claim a list of a
 * million. Nor is a list of what has no bytes. What may be any JSON had better be JSON.
 */
const isBounded = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "Suspend":
    case "Declaration":
    case "Unknown":
    case "Any":
    case "ObjectKeyword":
      return false
    case "Arrays":
      return !ast.rest.some(isEmpty) && partsOf(ast).every(isBounded)
    default:
      return partsOf(ast).every(isBounded)
  }
}

/** Whether there is a list of structs in it. */
const hasRows = (ast: AST.AST): boolean =>
  (ast._tag === "Arrays" && ast.rest.some(isStruct)) || partsOf(ast).some(hasRows)

const isStruct = (ast: AST.AST): boolean => ast._tag === "Objects" || (ast._tag === "Union" && ast.types.some(isStruct))

const isEmpty = (ast: AST.AST): boolean => ast._tag === "Null" || (ast._tag === "Union" && ast.types.every(isEmpty))

const partsOf = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type)
    case "Arrays":
      return [...ast.elements, ...ast.rest]
    case "Union":
      return ast.types
    default:
      return []
  }
}
