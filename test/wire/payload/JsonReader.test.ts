import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Plans from "../../../src/peer/Plans.ts"
import * as JsonReader from "../../../src/wire/payload/JsonReader.ts"
import { unread } from "../../../src/wire/Wire.ts"
import { concat } from "../tools.ts"
import { general, samples, shown } from "./schemas.ts"

interface Ways {
  readonly short: JsonReader.Read
  readonly read: ReturnType<typeof general>["read"]
}

/** Bytes that may come before and after a frame in the same memory. */
const afters = ["", "}", "]", "1", '"', "e5", ".5", ',"a":1}', 'x","b":2}', "null"]

/** Reads a text in the middle of others, by the short way; what that reads is what the general way reads. */
const isSame = ({ read, short }: Ways, text: Uint8Array, after: string): boolean => {
  const bytes = concat('{"a', text, after)
  const value = short(bytes, 3, 3 + text.length)
  if (value === unread) return false
  const expected = read(text)
  if (expected === undefined) throw new Error(`${Buffer.from(text).toString()} was read as ${shown(value)}`)
  assert.strictEqual(shown(value), shown(expected.value), Buffer.from(text).toString())
  return true
}

const snippets: ReadonlyArray<string | Uint8Array> = [
  [" ", "\n", "0", "00", "1", "-", "-0", "+1", ".", ".5", "1.", "1.0", "01", "e3", "1e3", "1E+2", "1e400", "e"],
  ["\\u0061", "\\ud83d", "\\n", "\\", "\\x", '"', "'", ",", ":", "[", "]", "{", "}", "null", "true", "NaN", '"NaN"'],
  ['"a":1,', ',"a":1', "\0", "\n", "\u007f", "\u2028", "\ufeff", "ü", "👋"],
  [Uint8Array.of(0xff), Uint8Array.of(0xc3), Uint8Array.of(0xf0, 0x9f), Uint8Array.of(0xed, 0xa0, 0x80)]
].flat()

/** Changes to a text: where, how many bytes go, and what comes in their place. */
const changes = fc.array(
  fc.tuple(fc.nat(200), fc.constantFrom(0, 0, 1, 2), fc.constantFrom(...snippets), fc.constantFrom(...afters)),
  { minLength: 30, maxLength: 30 }
)

/** The texts of a value with all fields in other order, twice, with unknown ones, and with blanks. */
const rearranged = (json: unknown): ReadonlyArray<string> => {
  const turned = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map(turned)
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, field]) => [key, turned(field)])
    )
  }
  const text = JSON.stringify(json)
  return [
    JSON.stringify(turned(json)),
    JSON.stringify(json, null, 1),
    text.replaceAll("{", '{"unknown":1,'),
    text.replaceAll("}", ',"unknown":{}}'),
    text.replaceAll(/("[^"\\]*"):(\d+|null|true|"")/g, "$1:$2,$1:$2"),
    text.replaceAll("[", "[[").replaceAll("]", "]]")
  ]
}

describe("a value that is read", () => {
  it("is what the general way reads, and one in its plain form is read", () => {
    const count = { planned: 0, all: 0, changed: 0 }
    fc.assert(
      fc.property(samples, changes, ({ plan, right, schema }, how) => {
        count.all++
        if (plan === undefined) return
        count.planned++
        const { read, write } = general(schema)
        const ways: Ways = { short: JsonReader.compile(plan)!, read }
        const texts = right.map(write).filter((text) => text !== undefined)
        for (const text of texts) {
          const bytes = concat(text)
          // Digits that stand behind a number look like more of it.
          for (const after of afters) assert.isTrue(isSame(ways, bytes, after) || /^[1e.]/.test(after), text)
          for (const other of rearranged(JSON.parse(text))) isSame(ways, concat(other), "}")
        }
        const bytes = concat(texts[0] ?? "")
        for (let end = 0; end < Math.min(bytes.length, 300); end++) {
          const rest = Buffer.from(bytes.subarray(end)).toString("latin1")
          // What is cut off still stands behind the end.
          isSame(ways, bytes.subarray(0, end), rest)
        }
        how.forEach(([at, gone, by, after], index) => {
          const whole = concat(texts[index % texts.length] ?? "")
          const from = at % (whole.length + 1)
          const changed = concat(whole.subarray(0, from), by, whole.subarray(from + gone))
          if (isSame(ways, changed, after)) count.changed++
        })
      }),
      { numRuns: 200 }
    )
    assert.isAbove(count.planned, count.all * 0.4)
    assert.isAbove(count.changed, 0)
  })

  const read = (schema: Schema.Top, text: string | Uint8Array): unknown => {
    const bytes = concat(text)
    return JsonReader.compile(Plans.of(schema.ast)!)!(bytes, 0, bytes.length)
  }

  it.each<readonly [string, Schema.Top, string, unknown]>([
    ["a word that begins as another does", Schema.Literals([1, 10, 100]), "10", 10],
    ["the other one", Schema.Literals([1, 10, 100]), "1", 1],
    ["-0", Schema.Int, "-0", -0],
    ["a number in another form", Schema.Number, "1.5E+2", 150],
    ["an integer in another form", Schema.Int, "1e3", 1000],
    [
      "an optional field that is null",
      Schema.Struct({ a: Schema.optional(Schema.Int) }),
      '{"a":null}',
      { a: undefined }
    ],
    ["an optional field that is left out", Schema.Struct({ a: Schema.optional(Schema.Int) }), "{}", {}],
    [
      "a case by a tag that comes last",
      Schema.Union([
        Schema.Struct({ of: Schema.Int, _tag: Schema.Literal("a") }),
        Schema.Struct({ of: Schema.Int, _tag: Schema.Literal("b") })
      ]),
      '{"of":1,"_tag":"b"}',
      { of: 1, _tag: "b" }
    ],
    ["escapes", Schema.String, '"\\u00fc\\ud83d\\n\\/"', "ü\ud83d\n/"]
  ])("may be %s", (_, schema, text, value) => {
    assert.strictEqual(shown(read(schema, text)), shown(value))
  })

  it.each<readonly [string, Schema.Top, string | Uint8Array]>([
    ["nothing", Schema.String, ""],
    ["blanks", Schema.Int, " 1"],
    ["two values", Schema.Int, "1 2"],
    ["a number that JSON has not", Schema.Number, "01"],
    ["a number that is too large", Schema.Number, "1e400"],
    ["a number that is no integer", Schema.Int, "1.5"],
    ["an integer that is too large", Schema.Int, "9007199254740992"],
    ["a number that is said in words", Schema.Number, '"NaN"'],
    ["a control character", Schema.String, '"\n"'],
    ["an escape that is none", Schema.String, '"\\x"'],
    ["a string without end", Schema.String, '"abc\\"'],
    ["fields in other order", Schema.Struct({ a: Schema.Int, b: Schema.Int }), '{"b":1,"a":2}'],
    ["a field twice", Schema.Struct({ a: Schema.Int }), '{"a":1,"a":2}'],
    ["a list that is too long", Schema.Tuple([Schema.Int]), "[1,2]"],
    ["a list that ends with a comma", Schema.Array(Schema.Int), "[1,]"],
    ["what does not pass", Schema.String.check(Schema.isMinLength(2)), '"a"'],
    [
      "what its check fails on",
      Schema.String.check(
        Schema.makeFilter(() => {
          throw new Error("bug")
        })
      ),
      '"a"'
    ]
  ])("is left to the general way when it is %s", (_, schema, text) => {
    assert.strictEqual(read(schema, text), unread)
  })
})
