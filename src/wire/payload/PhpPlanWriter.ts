/**
 * Writes values as the bytes of PHP's `serialize` by functions generated from a plan, as `JsonWriter` does for JSON.
 *
 * Law: what is written is what the general way writes. A value that does not fit the plan, or has no room, is not written:
 * the general way is taken, and says what is wrong.
 *
 * @since 0.1.0
 */
import { bytesOf, Source } from "./JsonCode.ts"
import {
  type ArrayPlan,
  type Field,
  type Kind,
  kindOf,
  type ObjectPlan,
  type Passes,
  type Plan,
  type Word
} from "./JsonPlan.ts"
import type { Write } from "./JsonWriter.ts"
import { stringText, wordText } from "./PhpPlan.ts"
import * as Put from "./PhpPut.ts"

/**
 * Compiles what writes the properties of an object, from their number to the brace behind them. The plan is that of an
 * object, or of several, and plain. Undefined where the platform forbids generated code.
 */
export const compile = (plan: Plan): Write | undefined => {
  const source = new Source()
  const write = source.compile<Write>(propertiesOf(plan, source), Put)
  if (write === undefined) return undefined
  return (value, bytes, start, end) => {
    try {
      const after = write(value, bytes, start, end)
      return after <= end ? after : -1
    } catch {
      // Something of the user's own, such as a getter: the general way meets it too, and reports it.
      return -1
    }
  }
}

const parameters = "v, b, p, e"

const propertiesOf = (plan: Plan, source: Source): string => {
  switch (plan.is) {
    case "object":
      return source.add(parameters, objectBody(plan, "", source))
    case "tagged":
      return source.add(
        parameters,
        casesBody(
          plan.tag,
          plan.cases.map((each) => [each.word, propertiesOf(each.plan, source)])
        )
      )
    default:
      throw new Error("only objects have properties")
  }
}

/** The name of a function of the value `v`, the bytes `b`, the offset `p` and the end `e`, that answers an offset. */
const functionOf = (plan: Plan, source: Source): string => {
  if (plan.is === "string" && plan.passes === undefined) return "string"
  if (plan.is === "number" && plan.passes === undefined) return plan.integer ? "integer" : "number"
  return source.add(parameters, bodyOf(plan, source))
}

/** Writes what an expression gives, or gives up. */
const put = (plan: Plan, value: string, source: Source): string =>
  `if ((p = ${functionOf(plan, source)}(${value}, b, p, e)) < 0) return -1`

const bodyOf = (plan: Plan, source: Source): string => {
  switch (plan.is) {
    case "string":
    case "number":
      return `${failUnless(plan.passes, source)}\n${put({ ...plan, passes: undefined }, "v", source)}\nreturn p`
    case "boolean":
      return wordsBody([true, false])
    case "word":
      return wordsBody(plan.words)
    case "nothing":
      return `if (v !== undefined) return -1\n${write(wordText(null))}\nreturn p`
    case "array":
      return arrayBody(plan, source)
    case "object":
      return objectBody(plan, "a:", source)
    case "tagged":
      return casesBody(
        plan.tag,
        plan.cases.map((each) => [each.word, functionOf(each.plan, source)])
      )
    case "either":
      return [
        ...plan.members.map((member) => `if (${isOf(member)}) return ${functionOf(member, source)}(v, b, p, e)`),
        `return -1`
      ].join("\n")
  }
}

const literal = (word: Word): string => JSON.stringify(word)

const casesBody = (tag: string, cases: ReadonlyArray<readonly [Word, string]>): string =>
  [
    `if (typeof v !== "object" || v === null) return -1`,
    `switch (v[${JSON.stringify(tag)}]) {`,
    ...cases.map(([word, name]) => `case ${literal(word)}: return ${name}(v, b, p, e)`),
    `}`,
    `return -1`
  ].join("\n")

/** Gives up unless `v` passes. */
const failUnless = (passes: Passes | undefined, source: Source): string =>
  passes === undefined ? "" : `if (!${source.value(passes)}(v)) return -1`

/** Writes this text. */
const write = (text: string): string => {
  const bytes = bytesOf(text)
  return `${bytes.map((byte, index) => `b[p + ${index}] = ${byte}`).join("; ")}; p += ${bytes.length}`
}

const wordsBody = (words: ReadonlyArray<Word>): string =>
  [...words.map((word) => `if (v === ${literal(word)}) { ${write(wordText(word))}; return p }`), `return -1`].join("\n")

const arrayBody = ({ elements, passes, rest }: ArrayPlan, source: Source): string => {
  const count = elements.length
  const wrongLength = rest === undefined ? `v.length !== ${count}` : `v.length < ${count}`
  const lines = [
    `if (!Array.isArray(v) || ${wrongLength}) return -1`,
    failUnless(passes, source),
    write("a:"),
    `p = digits(v.length, b, p)`,
    write(":{")
  ]
  elements.forEach((element, index) => lines.push(write(`i:${index};`), put(element, `v[${index}]`, source)))
  if (rest !== undefined) {
    lines.push(
      `for (let i = ${count}; i < v.length; i++) {`,
      // Who has no room left need not go on.
      `if (p > e) return -1`,
      `p = place(i, b, p)`,
      put(rest, "v[i]", source),
      `}`
    )
  }
  return [...lines, write("}"), `return p`].join("\n")
}

/** Writes the fields of an object behind `before`: how many there are, and each by its name. */
const objectBody = ({ fields, passes }: ObjectPlan, before: string, source: Source): string => {
  const lines = [`if (typeof v !== "object" || v === null || Array.isArray(v)) return -1`, failUnless(passes, source)]
  const required = fields.filter(({ optional }) => !optional).length
  const isFixed = required === fields.length
  if (!isFixed) lines.push(`let n = ${required}`)
  fields.forEach((field, index) => lines.push(...seen(field, index)))
  if (isFixed) lines.push(write(`${before}${required}:{`))
  else lines.push(...(before === "" ? [] : [write(before)]), `p = digits(n, b, p)`, write(":{"))
  fields.forEach(({ name, optional, plan }, index) => {
    const written = [write(stringText(name)), put(plan, `v${index}`, source)]
    lines.push(...(optional ? [`if (h${index}) {`, ...written, `}`] : written))
  })
  return [...lines, write("}"), `return p`].join("\n")
}

/** Looks at a field: once, as it may be a getter. */
const seen = ({ name, optional }: Field, index: number): ReadonlyArray<string> => {
  const key = JSON.stringify(name)
  const value = `const v${index} = v[${key}]`
  // A field that may be undefined must be there all the same.
  if (!optional) return [value, `if (v${index} === undefined && !(${key} in v)) return -1`]
  return [value, `const h${index} = v${index} !== undefined || ${key} in v`, `if (h${index}) n++`]
}

/** Whether `v` is what a member of a union writes. */
const isOf = (member: Plan): string => (member.is === "nothing" ? "v === undefined" : tests[kindOf(member)!])

const tests: Readonly<Record<Kind, string>> = {
  string: `typeof v === "string"`,
  number: `typeof v === "number"`,
  boolean: `typeof v === "boolean"`,
  null: `v === null`,
  array: `Array.isArray(v)`,
  object: `typeof v === "object" && v !== null && !Array.isArray(v)`
}
