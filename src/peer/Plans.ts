/**
 * The plan of a schema: what its values look like in JSON, where that is plain.
 *
 * Plain are structs, optional fields, arrays, tuples, strings, numbers, booleans, literals, enums, nullable values and
 * unions whose members JSON tells apart by their first character or by the literal of one field. Whatever is
 * transformed, recursive or declared has no plan, and neither has what holds it.
 *
 * @since 0.1.0
 */
import type * as AST from "effect/SchemaAST"
import {
  type Case,
  type Field,
  kindOf,
  type ObjectPlan,
  type Passes,
  type Plan,
  type Word
} from "../wire/payload/JsonPlan.ts"

/** Larger schemas are not worth their code. */
const mostNodes = 500

/** Answers the plan of a schema; undefined if it has none. */
export const of = (ast: AST.AST): Plan | undefined => {
  let nodes = 0
  const visit = (node: AST.AST): Plan | undefined => (++nodes > mostNodes ? undefined : planOf(node, visit))
  return visit(ast)
}

type Visit = (ast: AST.AST) => Plan | undefined

const planOf = (ast: AST.AST, visit: Visit): Plan | undefined => {
  // What decodes from something else, or is parsed in a way of its own, is not what it looks like.
  if (ast.encoding !== undefined || ast.annotations?.parseOptions !== undefined) return undefined
  if ("encodingChecks" in ast && ast.encodingChecks !== undefined) return undefined
  const passes = passesOf(ast)
  switch (ast._tag) {
    case "String":
      return { is: "string", passes }
    case "Number":
      return isInteger(ast)
        ? { is: "number", integer: true, passes: undefined }
        : { is: "number", integer: false, passes }
    case "Arrays":
      return arrayOf(ast, passes, visit)
    case "Objects":
      return objectOf(ast, passes, visit)
  }
  if (passes !== undefined) return undefined
  switch (ast._tag) {
    case "Boolean":
      return { is: "boolean" }
    case "Null":
      return { is: "word", words: [null] }
    case "Undefined":
      return { is: "nothing" }
    case "Literal":
      return typeof ast.literal === "bigint" ? undefined : { is: "word", words: [ast.literal] }
    case "Enum":
      return unionOf(ast.enums.map(([, value]): Plan => ({ is: "word", words: [value] })))
    case "Union":
      // Where exactly one member has to fit, the others would have to be tried.
      return ast.options?.mode === "oneOf" ? undefined : unionOf(ast.types.map(visit))
    default:
      return undefined
  }
}

/** Whether safe integers are all that it checks. */
const isInteger = ({ checks }: AST.Number): boolean =>
  checks?.length === 1 && checks[0].annotations?.representation?.id === "effect/schema/isInt"

const passesOf = (ast: AST.AST): Passes | undefined => {
  const { checks } = ast
  if (checks === undefined) return undefined
  return (value) => {
    try {
      return checks.every((check) => passesCheck(check, value, ast))
    } catch {
      // The general way meets the same error, and reports it.
      return false
    }
  }
}

const passesCheck = (check: AST.Check<unknown>, value: unknown, ast: AST.AST): boolean =>
  check._tag === "Filter"
    ? check.run(value, ast, {}) === undefined
    : check.checks.every((part) => passesCheck(part, value, ast))

const isOptional = (ast: AST.AST): boolean => ast.context?.isOptional === true

const arrayOf = (ast: AST.Arrays, passes: Passes | undefined, visit: Visit): Plan | undefined => {
  if (ast.rest.length > 1 || ast.elements.some(isOptional)) return undefined
  const elements = all(ast.elements.map(visit))
  const rest = ast.rest.map(visit)
  return elements === undefined || rest.includes(undefined)
    ? undefined
    : { is: "array", elements, rest: rest[0], passes }
}

const objectOf = (ast: AST.Objects, passes: Passes | undefined, visit: Visit): ObjectPlan | undefined => {
  // A struct without fields lets every value pass.
  if (ast.indexSignatures.length > 0 || ast.propertySignatures.length === 0) return undefined
  const fields = all(
    ast.propertySignatures.map(({ name, type }): Field | undefined => {
      const plan = visit(type)
      const optional = isOptional(type)
      if (plan === undefined || !isPlainName(name) || isReplaced(type, plan)) return undefined
      // What every object inherits is there even if it was left out, and then it does not fit.
      return optional && name in {} ? undefined : { name, plan, optional }
    })
  )
  return fields && { is: "object", fields, passes }
}

/** Objects keep the order of their keys, unless they look like numbers; and one name means something else. */
const isPlainName = (name: PropertyKey): name is string =>
  typeof name === "string" && !/^\d+$/.test(name) && name !== "__proto__"

/** Whether a constructor puts its default in the place of a value that has a plan, which is `undefined`. */
const isReplaced = (ast: AST.AST, plan: Plan): boolean =>
  ast.context?.constructorDefault !== undefined && membersOf(plan).some(({ is }) => is === "nothing")

const unionOf = (plans: ReadonlyArray<Plan | undefined>): Plan | undefined => {
  const known = all(plans)
  if (known === undefined || known.length === 0) return undefined
  const members = besideNumbers(known.flatMap(membersOf))
  if (members === undefined) return undefined
  const kinds = Array.from(new Set(members.map(kindOf)))
  const merged = all(kinds.map((kind) => mergedOf(members.filter((member) => kindOf(member) === kind))))
  if (merged === undefined) return undefined
  return merged.length === 1 ? merged[0] : { is: "either", members: merged }
}

/** The members of a union within a union are its own. */
const membersOf = (plan: Plan): ReadonlyArray<Plan> => {
  if (plan.is === "either") return plan.members.flatMap(membersOf)
  return plan.is === "tagged" ? plan.cases.map((each) => each.plan) : [plan]
}

/** Numbers that are not finite travel as these words. Beside a number, a string that is one is not told from it. */
const nonFinite: ReadonlyArray<unknown> = ["NaN", "Infinity", "-Infinity"]

const besideNumbers = (members: ReadonlyArray<Plan>): ReadonlyArray<Plan> | undefined =>
  members.some((member) => member.is === "number" && !member.integer) ? all(members.map(besideNumber)) : members

const besideNumber = (plan: Plan): Plan | undefined => {
  if (plan.is === "word" && plan.words.some((word) => nonFinite.includes(word))) return undefined
  if (plan.is !== "string") return plan
  const { passes } = plan
  return { is: "string", passes: (value) => !nonFinite.includes(value) && (passes === undefined || passes(value)) }
}

/** Members of one kind as one plan. */
const mergedOf = (members: ReadonlyArray<Plan>): Plan | undefined => {
  if (members.length === 1) return members[0]
  const words = all(members.map((member) => (member.is === "word" ? member.words : undefined)))?.flat()
  if (words !== undefined) return { is: "word", words: Array.from(new Set(words)) }
  const objects = all(members.map((member) => (member.is === "object" ? member : undefined)))
  return objects && taggedOf(objects)
}

/** Objects that each have a word of their own in a field that all have. */
const taggedOf = (plans: ReadonlyArray<ObjectPlan>): Plan | undefined => {
  for (const { name } of plans[0]!.fields) {
    const cases = all(plans.map((plan) => caseOf(plan, name)))
    if (cases !== undefined && new Set(cases.map(({ word }) => word)).size === cases.length) {
      return { is: "tagged", tag: name, cases }
    }
  }
  return undefined
}

const caseOf = (plan: ObjectPlan, tag: string): Case | undefined => {
  const field = plan.fields.find(({ name }) => name === tag)
  if (field === undefined || field.optional || field.plan.is !== "word") return undefined
  const [word, ...others] = field.plan.words as [Word, ...Array<Word>]
  return others.length > 0 ? undefined : { word, plan }
}

/** All or none. */
const all = <A>(list: ReadonlyArray<A | undefined>): ReadonlyArray<A> | undefined =>
  list.includes(undefined) ? undefined : (list as ReadonlyArray<A>)
