import { assert, describe, it } from "@effect/vitest"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import fc from "fast-check"
import * as Difference from "../../src/protocol/Difference.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import { Divide, Follow, Note, Ping, Tick } from "./Messages.ts"

type Options = Parameters<ReturnType<typeof Request.Class>>[1]
/** A request whose parts were computed: their types are open here. */
const request = (options: Options = {}, tag = "A") => Request.Class<Divide>()(tag, options) as unknown as Request.Any
const event = (fields: Request.Fields, tag = "A") => Event.Class<Tick>()(tag, fields) as unknown as Event.Any
const protocol = (
  server: ReadonlyArray<Protocol.Member>,
  client: ReadonlyArray<Protocol.Member> = [],
  version = "1.0.0"
) => Protocol.make("p", { version, server, client })

/** The changes from one message to another: kind, path, and whom they break. */
const changed = (before: Protocol.Member, after: Protocol.Member): ReadonlyArray<string> => {
  const { additive, breaking } = Protocol.compare(protocol([before]), protocol([after]))
  return [...breaking, ...additive].map(({ breaks, kind, path }) =>
    [kind, path, breaks.length === 0 ? "additive" : `breaks ${breaks.join(" and ")}`].join(" ")
  )
}

const int = Schema.Int
const optional = Schema.optionalKey
const [ab, abc] = [Schema.Literals(["a", "b"]), Schema.Literals(["a", "b", "c"])]
class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {}) {}
class Denied extends Schema.TaggedError<Denied>()("Denied", {}) {}
interface Tree {
  readonly nodes: ReadonlyArray<Tree>
  readonly label: string | number
}
const tree = (label: Request.Codec): Request.Codec => {
  const node: Request.Codec = Schema.Struct({
    nodes: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => node as Schema.Codec<Tree>)),
    label
  })
  return node
}

describe("Protocol.compare", () => {
  it.each<readonly [what: string, before: Options, after: Options, expected: ReadonlyArray<string>]>([
    ["a required field added", {}, { payload: { n: int } }, ["added A.payload.n breaks says"]],
    ["an optional field added", {}, { payload: { n: optional(int) } }, ["added A.payload.n additive"]],
    ["a required field removed", { payload: { n: int } }, {}, ["removed A.payload.n breaks says and takes"]],
    ["an optional field removed", { payload: { n: optional(int) } }, {}, ["removed A.payload.n breaks says"]],
    [
      "a field that became optional",
      { payload: { n: int } },
      { payload: { n: optional(int) } },
      ["widened A.payload.n additive"]
    ],
    [
      "a field that became required",
      { payload: { n: optional(int) } },
      { payload: { n: int } },
      ["narrowed A.payload.n breaks says"]
    ],
    [
      "a field of another type",
      { payload: { n: int } },
      { payload: { n: Schema.String } },
      ["changed A.payload.n breaks says and takes"]
    ],
    ["a wider field", { payload: { n: ab } }, { payload: { n: abc } }, ["widened A.payload.n additive"]],
    ["a narrower field", { payload: { n: abc } }, { payload: { n: ab } }, ["narrowed A.payload.n breaks says"]],
    [
      "a field two structs down, in an array",
      { payload: { at: Schema.Array(Schema.Struct({ x: int })) } },
      { payload: { at: Schema.Array(Schema.Struct({ x: Schema.NullOr(int), y: int })) } },
      ["added A.payload.at[].y breaks says", "widened A.payload.at[].x additive"]
    ],
    [
      "a field of what refers to itself",
      { payload: { tree: tree(Schema.String) } },
      { payload: { tree: tree(Schema.Union([Schema.String, int])) } },
      ["widened A.payload.tree.label additive"]
    ],
    [
      "the number of a field in binary",
      { payload: { n: int.pipe(SchemaBinary.fieldId(1)) } },
      { payload: { n: int.pipe(SchemaBinary.fieldId(2)) } },
      ["changed A.payload.n breaks says and takes"]
    ],
    ["an answer", {}, { success: int }, ["changed A.success breaks says and takes"]],
    ["a wider answer", { success: ab }, { success: abc }, ["widened A.success breaks says"]],
    ["a narrower answer", { success: abc }, { success: ab }, ["narrowed A.success breaks takes"]],
    [
      "a required field added to the answer",
      { success: Schema.Struct({ a: int }) },
      { success: Schema.Struct({ a: int, n: int }) },
      ["added A.success.n breaks takes"]
    ],
    [
      "an optional field added to the answer",
      { success: Schema.Struct({ a: int }) },
      { success: Schema.Struct({ a: int, n: optional(int) }) },
      ["added A.success.n additive"]
    ],
    ["a first error", {}, { error: NotFound }, ["widened A.error breaks says"]],
    [
      "another error",
      { error: NotFound },
      { error: Schema.Union([NotFound, Denied]) },
      ["widened A.error breaks says"]
    ],
    ["no error any more", { error: NotFound }, {}, ["narrowed A.error breaks takes"]],
    ["progress", {}, { progress: int }, ["widened A.progress breaks says"]],
    ["no progress any more", { progress: int }, {}, ["narrowed A.progress breaks takes"]],
    ["an input", {}, { input: int }, ["added A.input breaks says and takes"]],
    ["a wider input", { input: int }, { input: Schema.Number }, ["widened A.input additive"]],
    ["a stream for an answer", { success: int }, { stream: int }, ["added A.stream breaks says and takes"]],
    ["an answer for a stream", { stream: int }, { success: int }, ["removed A.stream breaks says and takes"]],
    ["a wider stream", { stream: int }, { stream: Schema.Number }, ["widened A.stream breaks says"]],
    ["a field of another order", { payload: { a: int, b: ab } }, { payload: { b: ab, a: int } }, []],
    [
      "literals in another order",
      { payload: { at: Schema.Struct({ a: ab }) } },
      { payload: { at: Schema.Struct({ a: Schema.Literals(["b", "a"]) }) } },
      []
    ],
    [
      "structs in another order, as a value may be read as either",
      { payload: { a: Schema.Union([Schema.Struct({ x: int }), Schema.Struct({ x: Schema.Number })]) } },
      { payload: { a: Schema.Union([Schema.Struct({ x: Schema.Number }), Schema.Struct({ x: int })]) } },
      ["changed A.payload.a breaks says and takes"]
    ],
    ["an option", {}, { idempotent: true, timeout: "1 second" }, []]
  ])("tells of %s", (_, before, after, expected) => {
    assert.deepStrictEqual([...changed(request(before), request(after))].sort(), [...expected].sort())
  })

  it("tells of messages that came, went, or became of another kind, on either side", () => {
    const { additive, breaking } = Protocol.compare(protocol([Divide, Note], [Tick]), protocol([Divide, Ping], []))
    assert.deepStrictEqual(
      breaking.map(({ breaks, kind, side, tag }) => [kind, side, tag, breaks]),
      [
        ["removed", "server", "Note", ["says"]],
        ["removed", "client", "Tick", ["says"]]
      ]
    )
    assert.deepStrictEqual(
      additive.map(({ message }) => message),
      ["Ping: the request was added"]
    )
    assert.deepStrictEqual(changed(event({}), request()), ["changed A breaks says and takes"])
    assert.deepStrictEqual(changed(event({ n: int }), event({})), ["removed A.payload.n breaks says and takes"])
  })

  it("says it in a sentence", () => {
    const { breaking } = Protocol.compare(
      protocol([request({ payload: { n: int } })]),
      protocol([request({ payload: { n: Schema.String } })])
    )
    assert.strictEqual(
      breaking[0]!.message,
      "A.payload.n: it was Int and is String; breaks an older peer that says or takes A"
    )
  })

  it.each([
    ["1.2.3", "major", "minor", "patch"],
    ["0.2.3", "minor", "patch", "patch"]
  ] as const)(
    "advises, for version %s, %s for what breaks, %s for what is added, else %s",
    (version, breaks, adds, none) => {
      const released = protocol([Ping], [], version)
      assert.strictEqual(Protocol.compare(released, protocol([])).advises, breaks)
      assert.strictEqual(Protocol.compare(released, protocol([Ping, Divide])).advises, adds)
      assert.strictEqual(Protocol.compare(released, protocol([Ping])).advises, none)
    }
  )

  it("finds no change between equal fingerprints", () => {
    const messages = [Divide, Ping, Follow, Note, Tick]
    fc.assert(
      fc.property(fc.shuffledSubarray(messages), fc.shuffledSubarray(messages), (server, client) => {
        const { additive, breaking } = Protocol.compare(
          protocol(server, client),
          protocol(server.toReversed(), client.toReversed(), "2.0.0")
        )
        assert.deepStrictEqual([...breaking, ...additive], [])
      })
    )
  })

  it("finds as breaking one way what is breaking or additive the other way, and nothing that is not", () => {
    const messages = [Divide, Ping, Follow, Note, Tick]
    fc.assert(
      fc.property(fc.subarray(messages), fc.subarray(messages), (before, after) => {
        const there = Protocol.compare(protocol(before), protocol(after))
        const back = Protocol.compare(protocol(after), protocol(before))
        const tags = (changes: ReadonlyArray<Protocol.Change>) => changes.map(({ tag }) => tag).sort()
        assert.deepStrictEqual(tags(there.breaking), tags(back.additive))
        assert.deepStrictEqual(tags(there.additive), tags(back.breaking))
      })
    )
  })
})

describe("a difference", () => {
  const samples = ["a", "b", "c", "", 0, 1, 0.5, true, null, [], [1], ["a"], {}, { x: 1 }, { x: "a" }, { x: 1, y: 1 }]
  const types: ReadonlyArray<Request.Codec> = [
    Schema.String,
    ab,
    abc,
    int,
    Schema.Number,
    Schema.Boolean,
    Schema.Null,
    Schema.Never,
    Schema.NullOr(int),
    Schema.Union([int, Schema.String]),
    Schema.Literals([1, "a"]),
    Schema.Array(int),
    Schema.Array(Schema.Number),
    Schema.Tuple([int]),
    Schema.Struct({}),
    Schema.Struct({ x: int }),
    Schema.Struct({ x: Schema.Number }),
    Schema.Struct({ x: optional(int) }),
    Schema.Struct({ x: int, y: int }),
    Schema.Struct({ x: int, y: optional(int) }),
    Schema.Union([Schema.Struct({ x: int }), Schema.Null])
  ]
  const readers = types.map((type) => {
    const decode = Schema.decodeUnknownExit(type)
    return (value: unknown) => Exit.isSuccess(decode(value))
  })

  it("says that one reads what the other writes only where it does", () => {
    types.forEach((earlier, i) => {
      types.forEach((later, j) => {
        const found = Difference.between(earlier.ast, later.ast, "value")
        const told = `${i} -> ${j}: ${JSON.stringify(found)}`
        // A struct reads any object, so what it ignores is no sample of what it writes.
        const writes = (n: number) =>
          samples.filter(
            (value) => readers[n]!(value) && (typeof value !== "object" || value === null || isExact(types[n]!, value))
          )
        if (found.every(({ laterReads }) => laterReads)) {
          for (const value of writes(i)) assert.isTrue(readers[j]!(value), `${JSON.stringify(value)} ${told}`)
        }
        if (found.every(({ earlierReads }) => earlierReads === "all")) {
          for (const value of writes(j)) assert.isTrue(readers[i]!(value), `${JSON.stringify(value)} ${told}`)
        }
      })
    })
  })

  /** Whether a schema writes this value as it is. */
  const isExact = (type: Request.Codec, value: unknown): boolean =>
    JSON.stringify(Schema.decodeUnknownSync(type)(value)) === JSON.stringify(value)
})
