/**
 * Reads values from the bytes of PHP's `serialize` by functions generated from a plan, as `JsonReader` does for JSON.
 *
 * Law: what is read is what the general way reads. Properties have to be in the order of their fields, as
 * `PhpPlanWriter` and a PHP class that declares them so write them. Anything else is not read: the general way is taken, and
 * says what is wrong.
 *
 * @since 0.1.0
 */
import { unread } from "../Wire.ts"
import { bytesOf, Source } from "./JsonCode.ts"
import { type ArrayPlan, type Kind, kindOf, type ObjectPlan, type Passes, type Plan, type Word } from "./JsonPlan.ts"
import type { Read } from "./JsonReader.ts"
import type { Cursor } from "./JsonScan.ts"
import { stringText, wordText } from "./PhpPlan.ts"
import * as Scan from "./PhpScan.ts"

/**
 * Compiles what reads the properties of an object, from their number to the brace behind them. The plan is that of an
 * object, or of several, and plain. Undefined where the platform forbids generated code.
 */
export const compile = (plan: Plan): Read | undefined => {
  const source = new Source()
  type ReadAt = (bytes: Uint8Array, cursor: Cursor) => unknown
  const readAt = source.compile<ReadAt>(propertiesOf(plan, source), Scan)
  if (readAt === undefined) return undefined
  return (bytes, start, end) => {
    const cursor = { at: start }
    const value = readAt(bytes, cursor)
    return cursor.at === end ? value : unread
  }
}

const propertiesOf = (plan: Plan, source: Source): string => {
  switch (plan.is) {
    case "object":
      return source.add("b, c", objectBody(plan, "", source))
    case "tagged":
      return source.add("b, c", casesBody(plan.cases.map((each) => propertiesOf(each.plan, source))))
    default:
      throw new Error("only objects have properties")
  }
}

/** The name of a function of the bytes `b` and the cursor `c`. It answers a value, or leaves `c.at` at -1. */
const functionOf = (plan: Plan, source: Source): string => {
  if (plan.is === "string" && plan.passes === undefined) return "string"
  if (plan.is === "number" && plan.passes === undefined) return plan.integer ? "integer" : "number"
  return source.add("b, c", bodyOf(plan, source))
}

/** An expression that reads a value. */
const valueOf = (plan: Plan, source: Source): string => `${functionOf(plan, source)}(b, c)`

const bodyOf = (plan: Plan, source: Source): string => {
  switch (plan.is) {
    case "string":
    case "number":
      return `const v = ${valueOf({ ...plan, passes: undefined }, source)}\n${returnIf(plan.passes, source)}`
    case "boolean":
      return wordsBody([true, false])
    case "word":
      return wordsBody(plan.words)
    case "nothing":
      return expect(wordText(null))
    case "array":
      return arrayBody(plan, source)
    case "object":
      return objectBody(plan, "a:", source)
    case "tagged":
      return casesBody(plan.cases.map((each) => functionOf(each.plan, source)))
    case "either":
      return [
        "const k = b[c.at]",
        ...plan.members.map((member) => `if (${begins[kindOf(member)!]}) return ${valueOf(member, source)}`),
        failed
      ].join("\n")
  }
}

/** The words of the cases differ, so at most one of them reads what is there. */
const casesBody = (functions: ReadonlyArray<string>): string =>
  ["const p = c.at", "let v", ...functions.map((name) => `c.at = p; v = ${name}(b, c); if (c.at >= 0) return v`)].join(
    "\n"
  )

const failed = "c.at = -1"
const orReturn = "if (c.at < 0) return"

/** Returns `v` if it was read and passes. */
const returnIf = (passes: Passes | undefined, source: Source): string =>
  passes === undefined ? "return v" : `if (c.at >= 0 && ${source.value(passes)}(v)) return v\n${failed}`

/** Whether this text comes next. */
const isNext = (text: string): string =>
  bytesOf(text)
    .map((byte, index) => `b[c.at + ${index}] === ${byte}`)
    .join(" && ")

/** Passes over this text, or gives up. */
const expect = (text: string): string =>
  `if (${isNext(text)}) c.at += ${bytesOf(text).length}\nelse { ${failed}; return }`

const byteOf = (character: string): string => bytesOf(character)[0]!

/** Whether a value that begins with the byte `k` is of a kind. */
const begins: Readonly<Record<Kind, string>> = {
  string: `k === ${byteOf("s")}`,
  number: `k === ${byteOf("i")} || k === ${byteOf("d")}`,
  boolean: `k === ${byteOf("b")}`,
  null: `k === ${byteOf("N")}`,
  array: `k === ${byteOf("a")}`,
  object: `k === ${byteOf("a")}`
}

const wordsBody = (words: ReadonlyArray<Word>): string => {
  const tries = words.map((word) => {
    const text = wordText(word)
    return `if (${isNext(text)}) { c.at += ${bytesOf(text).length}; return ${JSON.stringify(word)} }`
  })
  return [...tries, failed].join("\n")
}

const arrayBody = ({ elements, passes, rest }: ArrayPlan, source: Source): string => {
  const wrongCount = rest === undefined ? `n !== ${elements.length}` : `n < ${elements.length}`
  const lines = [expect("a:"), "const n = count(b, c)", `if (${wrongCount}) { ${failed}; return }`, "const v = []"]
  elements.forEach((element, index) => {
    lines.push(expect(`i:${index};`), `v.push(${valueOf(element, source)})`, orReturn)
  })
  if (rest !== undefined) {
    lines.push(
      `for (let i = ${elements.length}; i < n; i++) {`,
      `place(b, c, i); ${orReturn}`,
      `v.push(${valueOf(rest, source)}); ${orReturn}`,
      `}`
    )
  }
  return [...lines, expect("}"), returnIf(passes, source)].join("\n")
}

/** Reads the fields of an object behind `before`: how many there are, and each by its name. */
const objectBody = ({ fields, passes }: ObjectPlan, before: string, source: Source): string => {
  const required = fields.filter(({ optional }) => !optional)
  if (required.length === fields.length) {
    const lines = fields.flatMap(({ name, plan }, index) => [
      expect(`${index === 0 ? `${before}${fields.length}:{` : ""}${stringText(name)}`),
      `const v${index} = ${valueOf(plan, source)}`,
      orReturn
    ])
    const made = fields.map(({ name }, index) => `${JSON.stringify(name)}: v${index}`).join(", ")
    const last = fields.length === 0 ? `${before}0:{}` : "}"
    return [...lines, expect(last), `const v = { ${made} }`, returnIf(passes, source)].join("\n")
  }
  const lines = [...(before === "" ? [] : [expect(before)]), "let n = count(b, c)", orReturn, "const v = {}"]
  for (const { name, optional, plan } of fields) {
    const key = stringText(name)
    const read = `v[${JSON.stringify(name)}] = ${valueOf(plan, source)}; ${orReturn}; n--`
    if (optional) lines.push(`if (${isNext(key)}) { c.at += ${bytesOf(key).length}; ${read} }`)
    else lines.push(expect(key), read)
  }
  return [...lines, `if (n !== 0) { ${failed}; return }`, expect("}"), returnIf(passes, source)].join("\n")
}
