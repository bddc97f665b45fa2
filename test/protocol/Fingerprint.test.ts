import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Shape from "../../src/protocol/Shape.ts"
import { Divide, Follow, Note, Ping, Tick } from "./Messages.ts"

type Options = Parameters<ReturnType<typeof Request.Class>>[1]
/** A request whose parts were computed: their types are open here. */
const request = (tag: string, options: Options) => Request.Class<Divide>()(tag, options) as unknown as Request.Any
const event = (tag: string, fields: Request.Fields) => Event.Class<Tick>()(tag, fields) as unknown as Event.Any
const protocol = (server: ReadonlyArray<Protocol.Member>, client: ReadonlyArray<Protocol.Member> = []) =>
  Protocol.make("p", { version: "1.0.0", server, client })
const ofPayload = (schema: Request.Codec) => protocol([request("A", { payload: { a: schema } })]).fingerprint

describe("a fingerprint", () => {
  it("is the same in every process and every run", () => {
    const made = Protocol.make("calculator", { version: "1.0.0", server: [Divide, Ping, Follow, Note], client: [Tick] })
    assert.strictEqual(made.fingerprint, "394f45b9d6227836")
  })

  it("is 16 hex digits, whatever is said", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[A-Z].*$/)), (tags) => {
        assert.match(protocol(tags.map((tag) => event(tag, {}))).fingerprint, /^[0-9a-f]{16}$/)
      })
    )
    assert.match(protocol([]).fingerprint, /^[0-9a-f]{16}$/)
  })

  it("is of what may be said, not of its name, version or annotations", () => {
    const other = Protocol.make("other", { version: "2.0.0", server: [Divide], client: [Tick] })
    assert.strictEqual(other.fingerprint, protocol([Divide], [Tick]).fingerprint)
  })

  it("does not depend on the order of messages", () => {
    const messages = [Divide, Ping, Follow, Note, Tick]
    const { fingerprint } = protocol(messages)
    fc.assert(
      fc.property(fc.shuffledSubarray(messages, { minLength: messages.length }), (shuffled) => {
        assert.strictEqual(protocol(shuffled).fingerprint, fingerprint)
      })
    )
  })

  it("is the same whether parts that mean nothing are said or left out", () => {
    const said = request("A", { success: Schema.Void, error: Schema.Never })
    assert.strictEqual(protocol([said]).fingerprint, protocol([request("A", {})]).fingerprint)
  })

  it("does not depend on options that do not travel", () => {
    const full = request("A", { idempotent: true, timeout: "1 second", key: () => "k" })
    assert.strictEqual(protocol([full]).fingerprint, protocol([request("A", {})]).fingerprint)
  })

  it("differs when anything else does", () => {
    const n = Schema.Number
    const variants = [
      protocol([]),
      protocol([request("A", {})]),
      protocol([request("B", {})]),
      protocol([], [request("A", {})]),
      protocol([request("A", {})], [request("A", {})]),
      protocol([event("A", {})]),
      protocol([], [event("A", {})]),
      protocol([request("A", { payload: { n } })]),
      protocol([event("A", { n })]),
      protocol([request("A", { success: n })]),
      protocol([request("A", { error: n })]),
      protocol([request("A", { stream: n })]),
      protocol([request("A", { stream: Schema.Void })]),
      protocol([request("A", { input: n })]),
      protocol([request("A", { progress: n })]),
      protocol([request("A", { success: n, error: n })]),
      protocol([request("A", { stream: n, error: n })]),
      protocol([request("A", { payload: { n }, success: n })]),
      protocol([request("A", {}), request("B", {})]),
      protocol([request('A" {} success Number "', {})])
    ].map((made) => made.fingerprint)
    assert.strictEqual(new Set(variants).size, variants.length)
  })
})

describe("the shape of a schema", () => {
  interface Tree {
    readonly value: number
    readonly children: ReadonlyArray<Tree>
  }
  const treeOf = (value: Schema.Codec<number>): Schema.Codec<Tree> => {
    const tree = Schema.Struct({ value, children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => tree)) })
    return tree
  }
  class Branch extends Schema.Class<Branch>("Branch")({
    value: Schema.Number,
    children: Schema.Array(Schema.suspend((): Schema.Codec<Branch, Tree> => Branch))
  }) {}
  class Point extends Schema.Class<Point>("Point")({ x: Schema.Number, y: Schema.Number }) {}
  const plain = Schema.Struct({ x: Schema.Number, y: Schema.Number })

  it.each<[what: string, one: Request.Codec, other: Request.Codec]>([
    ["the order of properties", plain, Schema.Struct({ y: Schema.Number, x: Schema.Number })],
    ["a description", plain, plain.annotate({ description: "where", title: "Point" })],
    ["an identifier", plain, plain.annotate({ identifier: "Point" })],
    [
      "a description of a key",
      plain,
      Schema.Struct({ y: Schema.Number.annotateKey({ description: "up" }), x: plain.fields.x })
    ],
    ["checks", Schema.String, Schema.String.check(Schema.isMinLength(3))],
    ["a brand", Schema.String, Schema.String.pipe(Schema.brand("Id"))],
    ["a class around the fields", plain, Point],
    [
      "a default when constructed",
      plain,
      Schema.Struct({ x: Schema.Number.pipe(Schema.withConstructorDefault(Effect.succeed(0))), y: Schema.Number })
    ],
    ["the type that text decodes to", Schema.String, Schema.DateFromString],
    ["encoded names", plain, Schema.Struct({ x: Schema.Number, z: Schema.Number }).pipe(Schema.encodeKeys({ z: "y" }))],
    ["a class around a recursive type", treeOf(Schema.Number), Branch],
    ["where recursion is built", treeOf(Schema.Number), treeOf(Schema.Number)]
  ])("does not depend on %s", (_, one, other) => {
    assert.strictEqual(Shape.of(one), Shape.of(other))
    assert.strictEqual(ofPayload(one), ofPayload(other))
  })

  it("differs for schemas that travel differently", () => {
    const optional = Schema.optionalKey(Schema.String)
    const a = Schema.Struct({ a: Schema.String })
    const schemas: ReadonlyArray<readonly [string, Request.Codec]> = Object.entries({
      string: Schema.String,
      number: Schema.Number,
      integer: Schema.Int,
      boolean: Schema.Boolean,
      bigint: Schema.BigInt,
      bytes: Schema.Uint8Array,
      date: Schema.Date,
      url: Schema.URL,
      duration: Schema.Duration,
      nothing: Schema.Void,
      null: Schema.Null,
      never: Schema.Never,
      unknown: Schema.Unknown,
      literal: Schema.Literal("a"),
      otherLiteral: Schema.Literal("b"),
      number1: Schema.Literal(1),
      text1: Schema.Literal("1"),
      bigint1: Schema.Literal(1n),
      boolean1: Schema.Literal(true),
      textTrue: Schema.Literal("true"),
      literals: Schema.Literals(["a", "b"]),
      moreLiterals: Schema.Literals(["a", "b", "c"]),
      template: Schema.TemplateLiteral(["a", Schema.String]),
      otherTemplate: Schema.TemplateLiteral(["a", Schema.Number]),
      empty: Schema.Struct({}),
      struct: a,
      otherName: Schema.Struct({ b: Schema.String }),
      quotedName: Schema.Struct({ 'a":String,"b': Schema.String }),
      twoNames: Schema.Struct({ a: Schema.String, b: Schema.String }),
      optional: Schema.Struct({ a: optional }),
      optionalOrUndefined: Schema.Struct({ a: Schema.optional(Schema.String) }),
      nested: Schema.Struct({ a }),
      renamed: a.pipe(Schema.encodeKeys({ a: "c" })),
      record: Schema.Record(Schema.String, Schema.String),
      otherRecord: Schema.Record(Schema.String, Schema.Number),
      structWithRest: Schema.StructWithRest(a, [Schema.Record(Schema.String, Schema.String)]),
      array: Schema.Array(Schema.String),
      nonEmpty: Schema.NonEmptyArray(Schema.String),
      arrayOfArrays: Schema.Array(Schema.Array(Schema.String)),
      tuple: Schema.Tuple([Schema.String]),
      longerTuple: Schema.Tuple([Schema.String, Schema.String]),
      optionalTuple: Schema.Tuple([Schema.String, optional]),
      emptyTuple: Schema.Tuple([]),
      union: Schema.Union([Schema.String, Schema.Number]),
      otherOrder: Schema.Union([Schema.Number, Schema.String]),
      option: Schema.Option(Schema.String),
      otherOption: Schema.Option(Schema.Number),
      map: Schema.ReadonlyMap(Schema.String, Schema.Number),
      otherMap: Schema.ReadonlyMap(Schema.String, Schema.String),
      set: Schema.ReadonlySet(Schema.String),
      tree: treeOf(Schema.Number),
      otherTree: treeOf(Schema.Int),
      forest: Schema.Array(treeOf(Schema.Number))
    })
    const seen = new Map<string, string>()
    for (const [name, schema] of schemas) {
      const fingerprint = ofPayload(schema)
      assert.isUndefined(seen.get(fingerprint), `${name} looks like ${seen.get(fingerprint)}`)
      seen.set(fingerprint, name)
    }
  })

  it("tells recursion to one place from recursion to another", () => {
    interface Node {
      readonly next?: Node
      readonly pair: { readonly inner?: unknown }
    }
    // The inner reference means the whole node in one schema and the pair in the other.
    const toNode: Schema.Codec<Node> = Schema.Struct({
      next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Node> => toNode)),
      pair: Schema.Struct({ inner: Schema.optionalKey(Schema.suspend((): Schema.Codec<Node> => toNode)) })
    })
    const pair: Schema.Codec<Node["pair"]> = Schema.Struct({
      inner: Schema.optionalKey(Schema.suspend((): Schema.Codec<unknown> => pair))
    })
    const toPair: Schema.Codec<Node> = Schema.Struct({
      next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Node> => toPair)),
      pair
    })
    assert.notStrictEqual(Shape.of(toNode), Shape.of(toPair))
  })

  it("is found in a moment when many types refer to one another", () => {
    // Written out as a tree, this graph of 40 types has more than 40! branches.
    const names = Array.from({ length: 40 }, (_, i) => `t${i}`)
    const types: Record<string, Request.Codec> = {}
    for (const name of names) {
      types[name] = Schema.Struct(
        Object.fromEntries(
          names.map((other) => [other, Schema.optionalKey(Schema.suspend((): Request.Codec => types[other]!))])
        )
      )
    }
    assert.isBelow(Shape.of(types["t0"]!).length, 100)
  })

  it("stays short however often a schema is used", () => {
    // Written out, this schema has 2^100 leaves.
    let schema: Request.Codec = Schema.String
    for (let i = 0; i < 100; i++) schema = Schema.Struct({ left: schema, right: schema })
    assert.isBelow(Shape.of(schema).length, 100)
  })

  it("does not depend on what was looked at before", () => {
    const build = () => {
      const leaf = Schema.Struct({ name: Schema.String, note: Schema.optionalKey(Schema.String) })
      const branches = Schema.Array(Schema.suspend((): Request.Codec => tree))
      const tree: Request.Codec = Schema.Struct({ leaf, again: Schema.Array(leaf), branches })
      return { leaf, branches, tree }
    }
    const first = build()
    const second = build()
    const parts = ["leaf", "branches", "tree"] as const
    const shapes = parts.map((part) => Shape.of(first[part]))
    const backwards = parts.toReversed().map((part) => Shape.of(second[part]))
    assert.deepStrictEqual(backwards.toReversed(), shapes)
    assert.deepStrictEqual(
      parts.map((part) => Shape.of(second[part])),
      shapes
    )
  })
})

// ---- any schema, against a description of what travels

type Description =
  | { readonly _: "leaf"; readonly name: keyof typeof leaves }
  | { readonly _: "literal"; readonly value: string | number | boolean }
  | { readonly _: "struct"; readonly fields: ReadonlyArray<readonly [string, boolean, Description]> }
  | { readonly _: "list" | "record" | "option"; readonly of: Description }
  | { readonly _: "union" | "tuple"; readonly of: ReadonlyArray<Description> }

const leaves = {
  String: Schema.String,
  Number: Schema.Number,
  Int: Schema.Int,
  Boolean: Schema.Boolean,
  Null: Schema.Null,
  Date: Schema.Date,
  Uint8Array: Schema.Uint8Array
}

const { description } = fc.letrec<{ description: Description }>((tie) => ({
  description: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ _: fc.constant("leaf" as const), name: fc.constantFrom(...(Object.keys(leaves) as Array<"Int">)) }),
    fc.record({ _: fc.constant("literal" as const), value: fc.oneof(fc.string(), fc.integer(), fc.boolean()) }),
    fc.record({
      _: fc.constant("struct" as const),
      fields: fc.uniqueArray(
        fc.tuple(
          fc.oneof(fc.constantFrom("a", "b", "c"), fc.string()).filter((n) => n !== "__proto__"),
          fc.boolean(),
          tie("description")
        ),
        { selector: ([name]) => name, maxLength: 4 }
      )
    }),
    fc.record({ _: fc.constantFrom("list" as const, "record" as const, "option" as const), of: tie("description") }),
    fc.record({
      _: fc.constantFrom("union" as const, "tuple" as const),
      of: fc.array(tie("description"), { maxLength: 3 })
    })
  )
}))

/** Builds the schema, each time of other objects; `odd` varies what must make no difference. */
const build = (described: Description, odd: boolean): Request.Codec => {
  const schema = bare(described, odd)
  return odd ? (schema.annotate({ description: "odd" }) as Request.Codec) : schema
}

const bare = (described: Description, odd: boolean): Request.Codec => {
  switch (described._) {
    case "leaf":
      return leaves[described.name]
    case "literal":
      return Schema.Literal(described.value)
    case "struct": {
      const fields = described.fields.map(([name, optional, of]) => {
        const schema = build(of, odd)
        return [name, optional ? Schema.optionalKey(schema) : schema] as const
      })
      const struct = Schema.Struct(Object.fromEntries(odd ? fields.reverse() : fields))
      return odd ? struct.check(Schema.makeFilter(() => true)) : struct
    }
    case "list":
      return Schema.Array(build(described.of, odd))
    case "record":
      return Schema.Record(Schema.String, build(described.of, odd))
    case "option":
      return Schema.Option(build(described.of, odd))
    case "union":
      return Schema.Union(described.of.map((of) => build(of, odd)))
    case "tuple":
      return Schema.Tuple(described.of.map((of) => build(of, odd)))
  }
}

/** What travels, written in another way than the source does. */
const canonical = (described: Description): unknown => {
  switch (described._) {
    case "leaf":
      return described.name
    case "literal":
      return { literal: described.value }
    case "struct":
      return {
        struct: described.fields
          .map(([name, optional, of]) => [name, optional, canonical(of)])
          .sort(([a], [b]) => String(a).localeCompare(String(b)) || (String(a) < String(b) ? -1 : 1))
      }
    case "list":
    case "record":
    case "option":
      return { [described._]: canonical(described.of) }
    case "union":
    case "tuple":
      return { [described._]: described.of.map(canonical) }
  }
}

/** The same description with one leaf somewhere in it changed. */
const withOtherLeaf = (described: Description, pick: number): Description => {
  switch (described._) {
    case "leaf":
      return { _: "leaf", name: described.name === "String" ? "Number" : "String" }
    case "literal":
      return { _: "literal", value: `${typeof described.value} ${described.value}` }
    case "list":
    case "record":
    case "option":
      return { ...described, of: withOtherLeaf(described.of, pick) }
    case "struct": {
      if (described.fields.length === 0) return { _: "struct", fields: [["a", false, { _: "leaf", name: "Int" }]] }
      const at = pick % described.fields.length
      return {
        ...described,
        fields: described.fields.map(([name, optional, of], i) =>
          i !== at
            ? [name, optional, of]
            : pick % 3 === 0
              ? [name, !optional, of]
              : [name, optional, withOtherLeaf(of, pick)]
        )
      }
    }
    case "union":
    case "tuple": {
      if (described.of.length === 0) return { ...described, of: [{ _: "leaf", name: "Int" }] }
      const at = pick % described.of.length
      return { ...described, of: described.of.map((of, i) => (i === at ? withOtherLeaf(of, pick) : of)) }
    }
  }
}

describe("for any schema", () => {
  it("the fingerprint ignores descriptions, checks and the order of properties", () => {
    fc.assert(
      fc.property(description, (described) => {
        assert.strictEqual(ofPayload(build(described, true)), ofPayload(build(described, false)))
      }),
      { numRuns: 500 }
    )
  })

  it("the fingerprint changes with any one leaf", () => {
    fc.assert(
      fc.property(description, fc.nat(1000), (described, pick) => {
        const other = withOtherLeaf(described, pick)
        assert.notStrictEqual(ofPayload(build(described, false)), ofPayload(build(other, false)))
      }),
      { numRuns: 500 }
    )
  })

  it("two fingerprints are equal exactly when the same travels", () => {
    fc.assert(
      fc.property(fc.array(description, { minLength: 20, maxLength: 40 }), (all) => {
        const byFingerprint = new Map<string, string>()
        const byText = new Map<string, string>()
        for (const described of all) {
          const text = JSON.stringify(canonical(described))
          const fingerprint = ofPayload(build(described, false))
          assert.strictEqual(byFingerprint.get(fingerprint) ?? text, text)
          assert.strictEqual(byText.get(text) ?? fingerprint, fingerprint)
          byFingerprint.set(fingerprint, text)
          byText.set(text, fingerprint)
        }
      })
    )
  })
})
