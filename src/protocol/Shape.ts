/**
 * The shape of a schema: a text that is equal for schemas whose values look the same on a wire.
 *
 * The walk reads the encoded side as JSON would see it. Properties are sorted; members of unions, elements and
 * literals keep their order; recursion is written as a reference back. A long shape is replaced by its hash, so that a
 * schema used twice costs its size once.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type { Fields } from "./Request.ts"

/** Writes the shape of `schema`. */
export const of = (schema: Schema.Constraint): string => visit(schema.ast, { open: [], met: new Map() })

/** Writes the shape of a struct of `fields`. */
export const ofFields = (fields: Fields): string =>
  struct(
    // A struct keeps its symbols to itself: no wire has a name for them.
    Object.keys(fields).map((name) => [name, fields[name]!.ast]),
    { open: [], met: new Map() }
  )

interface Walk {
  /** The nodes above, outermost first. */
  readonly open: Array<AST.AST>
  /** What recursion reached outside the nodes above, numbered in that order. */
  readonly met: Map<AST.AST, number>
  recursions?: number
}

/** Shapes of nodes without recursion, which mean the same wherever they stand. */
const known = new WeakMap<AST.AST, string>()

const visit = (ast: AST.AST, walk: Walk): string => {
  const node = encodedSide(ast)
  const before = walk.recursions
  const seen = known.get(node)
  if (seen !== undefined) return seen
  walk.open.push(node)
  const shape = shorten(describe(node, walk))
  walk.open.pop()
  if (walk.recursions === before) known.set(node, shape)
  return shape
}

/** What of a schema travels. */
export const encodedSide = (ast: AST.AST): AST.AST => {
  let node = ast
  while (node.encoding !== undefined) node = node.encoding[node.encoding.length - 1]!.to
  return node
}

const describe = (node: AST.AST, walk: Walk): string => {
  switch (node._tag) {
    case "Number":
      return isInteger(node.checks) ? "Int" : "Number"
    case "Literal":
      return typeof node.literal === "string" ? JSON.stringify(node.literal) : `${typeof node.literal} ${node.literal}`
    case "UniqueSymbol":
      return `Symbol ${JSON.stringify(node.symbol.description)}`
    case "Enum":
      return `Union[${node.enums.map(([, value]) => JSON.stringify(value)).join()}]`
    case "TemplateLiteral":
      return `Template${list(node.parts, walk)}`
    case "Arrays":
      return `Tuple[${node.elements.map((element) => optional(element) + visit(element, walk)).join()}]${list(node.rest, walk)}`
    case "Objects":
      return (
        struct(
          node.propertySignatures.map(({ name, type }) => [String(name), type]),
          walk
        ) + node.indexSignatures.map(({ parameter, type }) => list([parameter, type], walk)).join("")
      )
    case "Union":
      return `Union${list(node.types, walk)}`
    case "Suspend":
      return recursion(encodedSide(node.thunk()), walk)
    case "Declaration":
      return declaration(node, walk)
    case "Any":
      return "Unknown"
    default:
      return node._tag
  }
}

const list = (nodes: ReadonlyArray<AST.AST>, walk: Walk): string => `[${nodes.map((node) => visit(node, walk)).join()}]`

const struct = (properties: ReadonlyArray<readonly [name: string, type: AST.AST]>, walk: Walk): string => {
  const sorted = [...properties].sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, type]) => property(name, type, walk)).join()}}`
}

/** Schema can number the fields of a binary struct; the number is part of what travels. */
const fieldIdKey = "~effect/encoding/SchemaBinary/fieldId"

/** The number of a field, where it has one. */
export const fieldIdOf = (type: AST.AST): unknown => encodedSide(type).context?.annotations?.[fieldIdKey]

const property = (name: string, type: AST.AST, walk: Walk): string => {
  const fieldId = fieldIdOf(type)
  return `${JSON.stringify(name)}${fieldId === undefined ? "" : `@${String(fieldId)}`}${optional(type)}:${visit(type, walk)}`
}

const optional = (ast: AST.AST): string => (encodedSide(ast).context?.isOptional === true ? "?" : "")

/** Refers to a node above by distance, to one met earlier by number; describes any other. */
const recursion = (target: AST.AST, walk: Walk): string => {
  walk.recursions = (walk.recursions ?? 0) + 1
  const above = walk.open.lastIndexOf(target)
  if (above >= 0) return `^${walk.open.length - above}`
  const number = walk.met.get(target)
  if (number !== undefined) return `#${number}`
  walk.met.set(target, walk.met.size)
  return `*${visit(target, walk)}`
}

/** A type of its own, such as Date or Option: its name where it has one, and how JSON shows it. */
const declaration = (node: AST.Declaration, walk: Walk): string => {
  const { representation, toCodec, toCodecJson } = (node.annotations ?? {}) as {
    readonly representation?: { readonly id?: unknown }
    readonly toCodec?: ToLink
    readonly toCodecJson?: ToLink
  }
  const link = (toCodecJson ?? toCodec)?.(node.typeParameters.map((parameter) => Schema.make(parameter)))
  const shape = link === undefined ? `Json${list(node.typeParameters, walk)}` : visit(link.to, walk)
  return `${typeof representation?.id === "string" ? JSON.stringify(representation.id) : ""}(${shape})`
}

type ToLink = (typeParameters: ReadonlyArray<Schema.Constraint>) => AST.Link | undefined

const isInteger = (checks: AST.Checks | undefined): boolean =>
  checks?.some((check) =>
    check._tag === "FilterGroup"
      ? isInteger(check.checks)
      : check.annotations?.representation?.id === "effect/schema/isInt"
  ) ?? false

const shorten = (shape: string): string => (shape.length <= 64 ? shape : `~${hash(shape)}`)

/**
 * Hashes text to 64 bits, written as 16 hex digits.
 *
 * Two lanes of 32 bits that stir each other at the end (cyrb53, unshortened): quick without BigInt, and no defence
 * against someone who looks for two texts with one hash.
 */
export const hash = (text: string): string => {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return hex(b) + hex(a)
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, "0")
