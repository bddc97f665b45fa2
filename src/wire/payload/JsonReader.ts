/**
 * Reads values from the bytes of JSON by functions generated from a plan: 1 us less per small message than `JSON.parse`
 * and a schema's decoder.
 *
 * Law: what is read is what the general way reads. Bytes are read only in the form that `JsonWriter` gives them: no
 * blanks, the fields in their order. Anything else is not read: the general way is taken, and says what is wrong.
 *
 * @since 0.1.0
 */
import { bytesOf, comma, opening, Source } from "./JsonCode.ts"
import { type ArrayPlan, type Kind, kindOf, type ObjectPlan, type Passes, type Plan, type Word } from "./JsonPlan.ts"
import * as Scan from "./JsonScan.ts"
import * as Utf8 from "../Utf8.ts"
import { unread } from "../Wire.ts"

/** Reads the value between two offsets, or answers `unread`: the bytes have to be read the general way. */
export type Read = (bytes: Uint8Array, start: number, end: number) => unknown

/** Compiles a plan; undefined where the platform forbids generated code. */
export const compile = (plan: Plan): Read | undefined => {
  const source = new Source()
  return compiled(functionOf(plan, source), source, Scan)
}

/**
 * Compiles what reads the rest of an object that has other fields first: a comma before each field, and the closing brace.
 * The plan is that of an object, or of several. As in PHP, half a surrogate pair is no text, and neither are bytes that are no
 * UTF-8: these are not read. Undefined where the platform forbids generated code.
 */
export const compileRest = (plan: Plan): Read | undefined => {
  const source = new Source()
  return compiled(restOf(plan, source), source, { ...Scan, string: strictString })
}

/** What stands where bytes were no UTF-8; who reads the general way finds out whether it was there before. */
const replacement = "\ufffd"
const quote = 0x22
const backslash = 0x5c
const firstPrintable = 0x20
const firstNonAscii = 0x80

const strictString: typeof Scan.string = (bytes, cursor) => {
  const start = cursor.at + 1
  let at = start
  let byte = bytes[at]!
  while (byte >= firstPrintable && byte < firstNonAscii && byte !== quote && byte !== backslash) byte = bytes[++at]!
  if (byte === quote && bytes[start - 1] === quote) {
    cursor.at = at + 1
    return Utf8.read(bytes, start, at)
  }
  const value = Scan.string(bytes, cursor)
  if (value !== undefined && (value.includes(replacement) || !value.isWellFormed())) cursor.at = -1
  return value
}

const restOf = (plan: Plan, source: Source): string => {
  switch (plan.is) {
    case "object":
      return source.add("b, c", objectBody(plan, source, comma))
    case "tagged":
      return source.add("b, c", casesBody(plan.cases.map((each) => restOf(each.plan, source))))
    default:
      throw new Error("only objects have fields")
  }
}

const compiled = (name: string, source: Source, scan: typeof Scan): Read | undefined => {
  type ReadAt = (bytes: Uint8Array, cursor: Scan.Cursor) => unknown
  const readAt = source.compile<ReadAt>(name, scan)
  if (readAt === undefined) return undefined
  return (bytes, start, end) => {
    const cursor = { at: start }
    const value = readAt(bytes, cursor)
    return cursor.at === end ? value : unread
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
      return expect("null")
    case "array":
      return arrayBody(plan, source)
    case "object":
      return objectBody(plan, source)
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

const byteOf = (character: string): string => bytesOf(character)[0]!

/** Whether these bytes, each an expression, come next. */
const isNext = (bytes: ReadonlyArray<string>): string =>
  bytes.map((byte, index) => `b[c.at + ${index}] === ${byte}`).join(" && ")

/** Passes over these bytes, or gives up. */
const pass = (bytes: ReadonlyArray<string>): string =>
  `if (${isNext(bytes)}) c.at += ${bytes.length}\nelse { ${failed}; return }`

const expect = (text: string): string => pass(bytesOf(text))

/** Whether a value that begins with the byte `k` is of a kind. */
const begins: Readonly<Record<Kind, string>> = {
  string: `k === ${byteOf('"')}`,
  number: `k === ${byteOf("-")} || (k >= ${byteOf("0")} && k <= ${byteOf("9")})`,
  boolean: `k === ${byteOf("t")} || k === ${byteOf("f")}`,
  null: `k === ${byteOf("n")}`,
  array: `k === ${byteOf("[")}`,
  object: `k === ${byteOf("{")}`
}

const wordsBody = (words: ReadonlyArray<Word>): string => {
  // One number may begin as another does, and then the longer one counts.
  const texts = words.map((word) => JSON.stringify(word)).sort((a, b) => b.length - a.length)
  const tries = texts.map((text) => `if (${isNext(bytesOf(text))}) { c.at += ${bytesOf(text).length}; return ${text} }`)
  return [...tries, failed].join("\n")
}

const arrayBody = ({ elements, passes, rest }: ArrayPlan, source: Source): string => {
  const lines = [expect("["), "const v = []"]
  elements.forEach((element, index) => {
    if (index > 0) lines.push(expect(","))
    lines.push(`v.push(${valueOf(element, source)})`, orReturn)
  })
  if (rest !== undefined) {
    const more = `v.push(${valueOf(rest, source)}); ${orReturn}`
    if (elements.length === 0) lines.push(`if (b[c.at] !== ${byteOf("]")}) { ${more} }`)
    lines.push(`while (b[c.at] === ${byteOf(",")}) { c.at++; ${more} }`)
  }
  return [...lines, expect("]"), returnIf(passes, source)].join("\n")
}

/** The text of a field begins with what separates it from what was before it: the opening brace, or a comma. */
const objectBody = ({ fields, passes }: ObjectPlan, source: Source, before = opening): string => {
  const required = fields.findIndex(({ optional }) => optional)
  const first = required === -1 ? fields : fields.slice(0, required)
  const lines = first.flatMap(({ name, plan }, index) => [
    pass([index === 0 ? before : comma, ...keyOf(name)]),
    `const v${index} = ${valueOf(plan, source)}`,
    orReturn
  ])
  lines.push(`const v = { ${first.map(({ name }, index) => `${JSON.stringify(name)}: v${index}`).join(", ")} }`)
  if (first.length < fields.length) lines.push(`let d = ${first.length === 0 ? before : comma}`)
  for (const { name, optional, plan } of fields.slice(first.length)) {
    const bytes = ["d", ...keyOf(name)]
    const read = `v[${JSON.stringify(name)}] = ${valueOf(plan, source)}; ${orReturn}; d = ${comma}`
    if (optional) lines.push(`if (${isNext(bytes)}) { c.at += ${bytes.length}; ${read} }`)
    else lines.push(pass(bytes), read)
  }
  if (first.length === 0 && before === opening) {
    lines.push(fields.length === 0 ? expect("{") : `if (d === ${opening}) { ${expect("{")} }`)
  }
  return [...lines, expect("}"), returnIf(passes, source)].join("\n")
}

const keyOf = (name: string): ReadonlyArray<string> => bytesOf(`${JSON.stringify(name)}:`)
