/**
 * Where two schemas differ, and who can still read whom.
 *
 * Walks the encoded sides, as `Shape` does, into structs and arrays. What it cannot tell apart further is one difference
 * that nobody can read across.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as Shape from "./Shape.ts"

/** How values differ at one place. */
export interface Difference {
  readonly kind: "added" | "removed" | "changed" | "widened" | "narrowed"
  readonly path: string
  /** What there was, and what there is, in words. */
  readonly detail: string
  /** Whether who has the later schema reads all that who has the earlier one writes. */
  readonly laterReads: boolean
  /** Which of the values of the later schema who has the earlier one reads. */
  readonly earlierReads: "all" | "some" | "none"
}

/** A property of a struct. */
export type Property = readonly [name: string, type: AST.AST]

/** The differences between two schemas; none when their shapes are equal. */
export const between = (earlier: AST.AST, later: AST.AST, path: string): ReadonlyArray<Difference> =>
  walk(earlier, later, path, [])

/** The differences between two structs. */
export const betweenStructs = (
  earlier: ReadonlyArray<Property>,
  later: ReadonlyArray<Property>,
  path: string
): ReadonlyArray<Difference> => structs(earlier, later, path, [])

/** The pairs above, so that what refers back to itself ends. */
type Open = ReadonlyArray<readonly [earlier: AST.AST, later: AST.AST]>

const walk = (earlier: AST.AST, later: AST.AST, path: string, open: Open): ReadonlyArray<Difference> => {
  const [was, is] = [resolved(earlier), resolved(later)]
  if (open.some(([a, b]) => a === was && b === is)) return []
  if (shapeOf(was) === shapeOf(is)) return []
  return parts(was, is, path, [...open, [was, is]]) ?? alternatives(was, is, path)
}

const resolved = (ast: AST.AST): AST.AST => {
  const node = Shape.encodedSide(ast)
  return node._tag === "Suspend" ? resolved(node.thunk()) : node
}

const shapeOf = (ast: AST.AST): string => Shape.of(Schema.make(ast))

/** The differences inside, where both are structs, or both arrays. */
const parts = (was: AST.AST, is: AST.AST, path: string, open: Open): ReadonlyArray<Difference> | undefined => {
  if (was._tag === "Objects" && is._tag === "Objects" && isPlain(was) && isPlain(is)) {
    return structs(properties(was), properties(is), path, open)
  }
  const [item, itemThen] = [itemOf(was), itemOf(is)]
  return item === undefined || itemThen === undefined ? undefined : walk(item, itemThen, `${path}[]`, open)
}

/** A struct of no fields is anything but null, so it is like no other. */
const isPlain = ({ indexSignatures, propertySignatures }: AST.Objects): boolean =>
  indexSignatures.length === 0 && propertySignatures.length > 0

const properties = (node: AST.Objects): ReadonlyArray<Property> =>
  node.propertySignatures.map(({ name, type }) => [String(name), type])

const itemOf = (node: AST.AST): AST.AST | undefined =>
  node._tag === "Arrays" && node.elements.length === 0 && node.rest.length === 1 ? node.rest[0] : undefined

const structs = (
  earlier: ReadonlyArray<Property>,
  later: ReadonlyArray<Property>,
  path: string,
  open: Open
): ReadonlyArray<Difference> => {
  const [was, is] = [new Map(earlier), new Map(later)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) =>
    property(was.get(name), is.get(name), `${path}.${name}`, open)
  )
}

const property = (
  was: AST.AST | undefined,
  is: AST.AST | undefined,
  path: string,
  open: Open
): ReadonlyArray<Difference> => {
  if (was === undefined) {
    const optional = isOptional(is!)
    const detail = `the ${optional ? "optional" : "required"} field was added`
    return [{ kind: "added", path, detail, laterReads: optional, earlierReads: "all" }]
  }
  if (is === undefined) {
    const optional = isOptional(was)
    const detail = `the ${optional ? "optional" : "required"} field was removed`
    // What is still written there is read by nobody.
    return [{ kind: "removed", path, detail, laterReads: false, earlierReads: optional ? "all" : "none" }]
  }
  if (Shape.fieldIdOf(was) !== Shape.fieldIdOf(is)) {
    return [
      { kind: "changed", path, detail: "the number of the field changed", laterReads: false, earlierReads: "none" }
    ]
  }
  const inner = walk(was, is, path, open)
  if (isOptional(was) === isOptional(is)) return inner
  return [isOptional(is) ? becameOptional(path) : becameRequired(path), ...inner]
}

const isOptional = (ast: AST.AST): boolean => Shape.encodedSide(ast).context?.isOptional === true

const becameOptional = (path: string): Difference => ({
  kind: "widened",
  path,
  detail: "the field became optional",
  laterReads: true,
  earlierReads: "some"
})

const becameRequired = (path: string): Difference => ({
  kind: "narrowed",
  path,
  detail: "the field became required",
  laterReads: false,
  earlierReads: "all"
})

/** Compares what a value may be, one alternative with another. */
const alternatives = (was: AST.AST, is: AST.AST, path: string): ReadonlyArray<Difference> => {
  const [earlier, later] = [alternativesOf(was), alternativesOf(is)]
  const lost = earlier.filter((shape) => !covers(later, shape))
  const gained = later.filter((shape) => !covers(earlier, shape))
  if (lost.length === 0 && gained.length === 0 && [...earlier, ...later].every(isSimple)) return []
  if (lost.length === 0 && gained.length > 0) {
    return [{ kind: "widened", path, detail: `it may also be ${told(gained)}`, laterReads: true, earlierReads: "some" }]
  }
  if (gained.length === 0 && lost.length > 0) {
    return [{ kind: "narrowed", path, detail: `it is no longer ${told(lost)}`, laterReads: false, earlierReads: "all" }]
  }
  const detail = `it was ${told(earlier)} and is ${told(later)}`
  return [{ kind: "changed", path, detail, laterReads: false, earlierReads: "none" }]
}

const alternativesOf = (ast: AST.AST): ReadonlyArray<string> => {
  const node = resolved(ast)
  if (node._tag === "Never") return []
  if (node._tag === "Union") return [...new Set(node.types.flatMap(alternativesOf))]
  if (node._tag === "Enum") return node.enums.map(([, value]) => literal(value))
  return [shapeOf(node)]
}

const literal = (value: string | number): string =>
  typeof value === "string" ? JSON.stringify(value) : `number ${value}`

const covers = (shapes: ReadonlyArray<string>, shape: string): boolean =>
  shapes.includes(shape) || shapes.includes(kindOf(shape) ?? shape)

/** The type that has this value among its own. */
const kindOf = (shape: string): string | undefined => {
  if (shape.startsWith('"') && shape.endsWith('"')) return "String"
  if (shape === "Int" || shape.startsWith("number ")) return "Number"
  return shape.startsWith("boolean ") ? "Boolean" : undefined
}

/** Whether it cannot be mistaken for another alternative, so that their order makes no difference. */
const isSimple = (shape: string): boolean => kindOf(shape) !== undefined || /^[A-Z][a-z]+$/.test(shape)

const told = (shapes: ReadonlyArray<string>): string =>
  shapes.length === 0
    ? "nothing"
    : shapes.map((shape) => (shape.startsWith("~") ? "another structure" : shape)).join(" or ")
