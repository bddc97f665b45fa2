/**
 * What of a plan code can be generated for that writes and reads PHP's `serialize`, or the JSON of php-stream-ipc.
 *
 * Not for what one of them says otherwise than plain JSON does: `_tag` and `__class` stand for classes there, keys that may
 * be numbers are numbers, names that begin with a zero byte say who may see them, and what has no entries is both a list
 * and a map.
 *
 * @since 0.1.0
 */
import type { ObjectPlan, Plan, Word } from "./JsonPlan.ts"
import * as Floats from "./PhpFloats.ts"

/** Whether PHP's `serialize` says the fields of objects of this plan by their names, and nothing besides. */
export const isPlain = (plan: Plan): boolean => is(plan, true, true)

/** As `isPlain`, of the JSON serializer. */
export const isPlainJson = (plan: Plan): boolean => is(plan, false, true)

const is = (plan: Plan, serialized: boolean, outermost: boolean): boolean => {
  const inner = (each: Plan): boolean => is(each, serialized, false)
  switch (plan.is) {
    case "word":
      // Half a surrogate pair is refused.
      return plan.words.every((word) => typeof word !== "string" || word.isWellFormed())
    case "array":
      return plan.elements.every(inner) && (plan.rest === undefined || inner(plan.rest))
    case "object":
      return isObject(plan, serialized, outermost) && plan.fields.every((field) => inner(field.plan))
    case "tagged":
      return plan.cases.every((each) => is(each.plan, serialized, outermost))
    case "either":
      return plan.members.every(inner) && !(serialized && areBothArrays(plan.members))
    default:
      return true
  }
}

const isObject = ({ fields }: ObjectPlan, serialized: boolean, outermost: boolean): boolean => {
  if (!outermost && !serialized && fields.every(({ optional }) => optional)) return false
  return fields.every(({ name }) => isName(name) && (outermost || !/^[-\d]/.test(name)))
}

const isName = (name: string): boolean =>
  name !== "" && name !== "_tag" && name !== "__class" && name[0] !== "\0" && name.isWellFormed()

/** Lists and maps are both arrays in PHP. */
const areBothArrays = (members: ReadonlyArray<Plan>): boolean =>
  members.filter((member) => member.is === "array" || member.is === "object" || member.is === "tagged").length > 1

/** A word as `serialize` writes it. */
export const wordText = (word: Word): string => {
  if (word === null) return "N;"
  if (typeof word === "string") return stringText(word)
  if (typeof word === "boolean") return word ? "b:1;" : "b:0;"
  return Number.isSafeInteger(word) ? `i:${word};` : `d:${Floats.write(word, "E")};`
}

const utf8 = new TextEncoder()

/** A string as `serialize` writes it. */
export const stringText = (text: string): string => `s:${utf8.encode(text).length}:"${text}";`
