import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Lexicon from "../../src/peer/Lexicon.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import type { Method, Shape } from "../../src/wire/Wire.ts"
import { lines } from "../fixtures/wire/shapes.ts"

/** The method of a request or event of which this is the only one. */
const methodOf = (member: Request.Any | Event.Any): Method =>
  Lexicon.compile(Protocol.make("one", { version: "1.0.0", server: [member] }), "client").says[0]!

/** A value as it is on the other side, by way of JSON text. */
const across = (shape: Shape, value: unknown): unknown => {
  const json = shape.encode(value)
  return shape.decode(json === undefined ? undefined : JSON.parse(JSON.stringify(json)))
}

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { path: Schema.String }) {
  override get message(): string {
    return `no ${this.path}`
  }
}
class Denied extends Schema.TaggedError<Denied>()("Denied", {}) {}
class Person extends Schema.Class<Person>("Person")({ name: Schema.String, born: Schema.Date }) {
  get initial(): string {
    return this.name.slice(0, 1)
  }
}

interface Tree {
  readonly label: string
  readonly kids: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  label: Schema.String,
  kids: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

const counted = Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(7)))
const inner = Schema.Struct({ n: counted })

class Everything extends Request.Class<Everything>()("Everything", {
  payload: {
    text: Schema.String,
    number: Schema.Number,
    date: Schema.Date,
    bytes: Schema.Uint8Array,
    big: Schema.BigInt,
    option: Schema.Option(Schema.Int),
    may: Schema.optional(Schema.String),
    mayBeLeftOut: Schema.optionalKey(Schema.Int),
    either: Schema.Union([Schema.Int, Schema.Struct({ deep: Schema.NullOr(Schema.Boolean) })]),
    record: Schema.Record(Schema.String, Schema.Date),
    tree: Tree,
    person: Person
  }
}) {
  get shout(): string {
    return this.text.toUpperCase()
  }
}

const everything = {
  text: "hi",
  number: 1.5,
  date: new Date(86_400_000),
  bytes: Uint8Array.of(0, 250, 206),
  big: 12_345_678_901_234_567_890n,
  option: Option.some(3),
  either: { deep: null },
  record: { a: new Date(0) },
  tree: { label: "a", kids: [{ label: "b", kids: [] }] },
  person: new Person({ name: "Ada", born: new Date(0) })
}

describe("a lexicon", () => {
  class Ask extends Request.Class<Ask>()("Ask") {}
  class Tell extends Event.Class<Tell>()("Tell", { text: Schema.String }) {}
  class Confirm extends Request.Class<Confirm>()("Confirm", { success: Schema.Boolean }) {}
  const Talk = Protocol.make("talk", { version: "1.2.3", server: [Tell, Ask], client: [Confirm] })

  it("says what the other side answers, numbered in the order declared", () => {
    const client = Lexicon.compile(Talk, "client")
    const server = Lexicon.compile(Talk, "server")
    const tags = (methods: ReadonlyArray<Method>) => methods.map(({ kind, tag }) => `${kind} ${tag}`)
    assert.deepStrictEqual(tags(client.says), ["event Tell", "request Ask"])
    assert.deepStrictEqual(tags(client.answers), ["request Confirm"])
    assert.deepStrictEqual(tags(server.says), tags(client.answers))
    assert.deepStrictEqual(tags(server.answers), tags(client.says))
  })

  it("knows the protocol it was compiled from", () => {
    const { fingerprint, protocol, version } = Lexicon.compile(Talk, "server")
    assert.deepStrictEqual([protocol, version, fingerprint], ["talk", "1.2.3", Talk.fingerprint])
  })

  it("is compiled once for each side, and a class once for all protocols", () => {
    assert.strictEqual(Lexicon.compile(Talk, "client"), Lexicon.compile(Talk, "client"))
    const again = Protocol.make("again", { version: "1.0.0", server: [Ask] })
    assert.strictEqual(Lexicon.compile(again, "client").says[0], Lexicon.compile(Talk, "client").says[1])
  })

  it("compiles a part when it is first said", () => {
    let compiled = 0
    const lazy = Schema.suspend((): Schema.Codec<string> => {
      compiled++
      return Schema.String
    })
    class Lazy extends Request.Class<Lazy>()("Lazy", { payload: { text: Schema.String }, success: lazy }) {}
    const method = methodOf(Lazy)
    across(method.payload, { text: "x" })
    assert.strictEqual(compiled, 0)
    assert.strictEqual(across(method.success, "x"), "x")
    assert.isAbove(compiled, 0)
  })
})

describe("a payload", () => {
  const { payload } = methodOf(Everything)

  it("is given plain and comes as an instance of its class", () => {
    const there = across(payload, everything)
    assert.instanceOf(there, Everything)
    assert.strictEqual((there as Everything)._tag, "Everything")
    assert.strictEqual((there as Everything).shout, "HI")
    assert.isTrue(Equal.equals(there, new Everything(everything)))
    for (const [key, value] of Object.entries(everything)) {
      assert.isTrue(Equal.equals((there as unknown as Record<string, unknown>)[key], value), key)
    }
  })

  it("has classes, dates and bytes at any depth", () => {
    const there = across(payload, everything) as Everything
    assert.instanceOf(there.person, Person)
    assert.strictEqual(there.person.initial, "A")
    assert.instanceOf(there.record.a, Date)
    assert.instanceOf(there.bytes, Uint8Array)
    assert.deepStrictEqual(there.tree.kids[0], { label: "b", kids: [] })
  })

  it("is the same from an instance", () => {
    assert.deepStrictEqual(payload.encode(new Everything(everything)), payload.encode(everything))
  })

  it("carries no tag: the frame has its number", () => {
    assert.notProperty(payload.encode(new Everything(everything)), "_tag")
  })

  it("tells a field that was left out from one that is undefined no more than JSON does", () => {
    const absent = across(payload, everything) as Everything
    assert.isFalse("may" in absent)
    assert.isFalse("mayBeLeftOut" in absent)
    assert.isUndefined((across(payload, { ...everything, may: undefined }) as Everything).may)
    assert.strictEqual((across(payload, { ...everything, may: "x", mayBeLeftOut: 4 }) as Everything).mayBeLeftOut, 4)
  })

  it.each([
    ["a field is missing", { ...everything, text: undefined }],
    ["a field is of another type", { ...everything, number: "1" }],
    ["a field deep inside is wrong", { ...everything, tree: { label: "a", kids: [{ label: 1, kids: [] }] } }],
    ["a date is none", { ...everything, date: new Date(NaN) }],
    ["it is no object", 5],
    ["it is missing", undefined]
  ])("that does not fit is refused where it is said: %s", (_, value) => {
    assert.throws(() => payload.encode(value), /Expected|Missing/)
  })

  const json = () => JSON.parse(JSON.stringify(payload.encode(everything))) as Record<string, unknown>

  it.each([
    ["a field is missing", () => ({ ...json(), text: undefined })],
    ["a field is of another type", () => ({ ...json(), number: [] })],
    ["bytes are no base64", () => ({ ...json(), bytes: "?" })],
    ["a class lacks a field", () => ({ ...json(), person: { name: "Ada" } })],
    ["it is a list", () => []],
    ["it is null", () => null],
    ["it is text", () => "text"],
    ["it is missing", () => undefined]
  ])("that does not fit is refused where it comes: %s", (_, value) => {
    assert.throws(() => payload.decode(value()))
  })

  it("keeps only what was declared, whatever the peer adds", () => {
    const hostile = JSON.parse(
      `{"__proto__":{"polluted":1},"constructor":{},"shout":"no","_tag":"Other",${JSON.stringify(json()).slice(1)}`
    ) as unknown
    const there = payload.decode(hostile) as Everything
    assert.isTrue(Equal.equals(there, new Everything(everything)))
    assert.strictEqual(Object.getPrototypeOf(there), Everything.prototype)
    assert.strictEqual(there.shout, "HI")
    assert.isFalse(Object.hasOwn(there, "constructor"))
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })

  it("of an event comes as an instance too, and an event has nothing else", () => {
    class Said extends Event.Class<Said>()("Said", { at: Schema.Date }) {}
    const method = methodOf(Said)
    assert.isTrue(Equal.equals(across(method.payload, { at: new Date(5) }), new Said({ at: new Date(5) })))
    for (const part of ["success", "error", "item", "input", "progress"] as const) {
      assert.throws(() => method[part].encode(1), "Said has no answer")
      assert.throws(() => method[part].decode(1), "Said has no answer")
    }
  })
})

describe("a payload without fields", () => {
  class Ping extends Request.Class<Ping>()("Ping") {
    get loud(): string {
      return "PING"
    }
  }
  const { payload } = methodOf(Ping)

  it("is an empty object, whatever was given", () => {
    for (const given of [{}, undefined, new Ping(), { more: 1 }]) assert.deepStrictEqual(payload.encode(given), {})
    assert.isTrue(Equal.equals(across(payload, {}), new Ping()))
  })

  // Every field that the peer sent was on the instance, in front of the class's own.
  it("keeps nothing of what the peer adds", () => {
    const there = payload.decode(JSON.parse('{"loud":"no","then":1,"__proto__":{"x":1}}')) as Ping
    assert.deepStrictEqual(Object.keys(there), ["_tag"])
    assert.strictEqual(there.loud, "PING")
    assert.strictEqual(there._tag, "Ping")
  })

  it.each([[[]], [null], ["text"], [5], [undefined]])("is refused when it is no object: %s", (json) => {
    assert.throws(() => payload.decode(json), "Expected object")
  })
})

describe("what a caller may leave out", () => {
  class Plain extends Request.Class<Plain>()("Plain", { payload: { n: counted, text: Schema.String } }) {}
  class Deep extends Request.Class<Deep>()("Deep", {
    payload: {
      in: inner,
      list: Schema.Array(inner),
      may: Schema.optional(inner),
      record: Schema.Record(Schema.String, inner),
      either: Schema.Union([inner, Schema.String])
    }
  }) {}
  class Guest extends Schema.Class<Guest>("Guest")({ name: Schema.String }) {}
  class Meet extends Request.Class<Meet>()("Meet", { payload: { who: Schema.Array(Guest) } }) {}

  it("is filled in by the default of the constructor", () => {
    const { payload } = methodOf(Plain)
    assert.deepStrictEqual(payload.encode({ text: "x" }), { n: 7, text: "x" })
    assert.deepStrictEqual(payload.encode({ n: 1, text: "x" }), { n: 1, text: "x" })
  })

  // The types allow it, and what the class makes of it was refused as a missing key.
  it("is filled in at any depth", () => {
    const { payload } = methodOf(Deep)
    const given: Request.MakeIn<typeof Deep> = { in: {}, list: [{}, { n: 1 }], may: {}, record: { k: {} }, either: {} }
    assert.deepStrictEqual(payload.encode(given), {
      in: { n: 7 },
      list: [{ n: 7 }, { n: 1 }],
      may: { n: 7 },
      record: { k: { n: 7 } },
      either: { n: 7 }
    })
  })

  it("is the construction of a class that is a field", () => {
    const { payload } = methodOf(Meet)
    const given: Request.MakeIn<typeof Meet> = { who: [{ name: "Ada" }] }
    assert.deepStrictEqual(payload.encode(given), payload.encode({ who: [new Guest({ name: "Ada" })] }))
  })

  // It said only that validation had failed.
  it("does not hide what else is wrong", () => {
    assert.throws(() => methodOf(Plain).payload.encode({ n: 1 }), 'Missing key\n  at ["text"]')
    assert.throws(() => methodOf(Deep).payload.encode({ in: { n: "x" } }), '["in"]["n"]')
    assert.throws(() => methodOf(Meet).payload.encode({ who: [{ name: 1 }] }), '["who"][0]["name"]')
  })

  it("is looked for in recursive schemas, too", () => {
    interface Chain {
      readonly n: number
      readonly next?: Chain
    }
    const Chain = Schema.Struct({
      n: counted,
      next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Chain> => Chain as never))
    })
    const later = Schema.suspend((): typeof inner => inner)
    class Wait extends Request.Class<Wait>()("Wait", { payload: { later } }) {}
    assert.deepStrictEqual(methodOf(Wait).payload.encode({ later: {} }), { later: { n: 7 } })
    class Pull extends Request.Class<Pull>()("Pull", { payload: { plain: Tree, chain: Chain } }) {}
    const { payload } = methodOf(Pull)
    const plain = { label: "a", kids: [] }
    assert.deepStrictEqual(payload.encode({ plain, chain: { next: {} } }), { plain, chain: { n: 7, next: { n: 7 } } })
  })
})

describe("an answer", () => {
  class Find extends Request.Class<Find>()("Find", {
    payload: { path: Schema.String },
    success: Schema.Struct({ tree: Tree, at: Schema.Date }),
    error: Schema.Union([NotFound, Denied]),
    progress: Schema.Struct({ done: Schema.Int })
  }) {}
  class Watch extends Request.Class<Watch>()("Watch", { input: Schema.Date, stream: Person, error: NotFound }) {}
  const find = methodOf(Find)
  const watch = methodOf(Watch)

  it("has every part the request declares", () => {
    const found = { tree: { label: "a", kids: [] }, at: new Date(1) }
    assert.deepStrictEqual(across(find.success, found), found)
    assert.deepStrictEqual(across(find.progress, { done: 3 }), { done: 3 })
    assert.deepStrictEqual(across(watch.input, new Date(2)), new Date(2))
    assert.instanceOf(across(watch.item, new Person({ name: "Ada", born: new Date(0) })), Person)
  })

  it("that is an error is an instance of its class again", () => {
    const error = across(find.error, new NotFound({ path: "/a" }))
    assert.instanceOf(error, NotFound)
    assert.instanceOf(error, Error)
    assert.strictEqual((error as NotFound).message, "no /a")
    assert.strictEqual((error as NotFound)._tag, "NotFound")
    assert.instanceOf(across(find.error, new Denied()), Denied)
    assert.instanceOf(across(watch.error, new NotFound({ path: "" })), NotFound)
  })

  it("that is an error of another class is refused", () => {
    assert.throws(() => watch.error.encode(new Denied()))
    assert.throws(() => watch.error.decode({ _tag: "Denied" }))
    assert.throws(() => find.error.encode(new Error("plain")))
  })

  it("has no part that the request does not declare", () => {
    for (const [method, part, name] of [
      [find, "item", "Find has no stream"],
      [find, "input", "Find has no input"],
      [watch, "progress", "Watch has no progress"],
      [methodOf(Everything), "error", "Everything has no error"]
    ] as const) {
      assert.throws(() => method[part].encode(1), name)
      assert.throws(() => method[part].decode(1), name)
    }
  })

  it("of a request without success is nothing, and of a stream too", () => {
    for (const { success } of [methodOf(Everything), watch]) {
      assert.isUndefined(success.encode("anything"))
      assert.isUndefined(success.decode(undefined))
      assert.isUndefined(success.decode({ from: "a peer" }))
    }
  })

  it("that is declared void, or undefined, comes back as undefined", () => {
    for (const success of [Schema.Void, Schema.Undefined]) {
      class Nothing extends Request.Class<Nothing>()("Nothing", { success: success as Schema.Codec<void> }) {}
      const method = methodOf(Nothing)
      assert.isNull(method.success.encode(undefined))
      assert.isUndefined(across(method.success, undefined))
    }
  })

  it("comes back, whatever tree it is", () => {
    const { tree } = fc.letrec<{ readonly tree: Tree }>((tie) => ({
      tree: fc.record({
        label: fc.string(),
        kids: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie("tree"), { maxLength: 3 }))
      })
    }))
    fc.assert(
      fc.property(tree, fc.date({ noInvalidDate: true }), (grown, at) => {
        assert.deepStrictEqual(across(find.success, { tree: grown, at }), { tree: grown, at })
      })
    )
  })

  it("so deep that it cannot be said is refused, in either direction", () => {
    let deep: Tree = { label: "", kids: [] }
    for (let level = 0; level < 100_000; level++) deep = { label: "", kids: [deep] }
    assert.throws(() => find.success.encode({ tree: deep, at: new Date(0) }))
    assert.throws(() => find.success.decode({ tree: deep, at: "1970-01-01T00:00:00.000Z" }))
  })
})

/** How a shape travels raw, where it does so as bytes. */
const rawBytes = ({ raw }: Shape) => {
  if (raw?.is !== "bytes") throw new Error("expected raw bytes")
  return raw
}

describe("bytes", () => {
  const bytes = Uint8Array.of(1, 2, 3)
  class Raw extends Request.Class<Raw>()("Raw", {
    payload: { bytes: Schema.Uint8Array },
    success: Schema.Uint8Array,
    error: Schema.Uint8Array,
    input: Schema.Uint8Array,
    progress: Schema.Uint8Array
  }) {}
  class RawItems extends Request.Class<RawItems>()("RawItems", { stream: Schema.Uint8Array }) {}
  class RawEvent extends Event.Class<RawEvent>()("RawEvent", { data: Schema.Uint8Array }) {}

  it("travel raw where they are the whole value", () => {
    const raw = methodOf(Raw)
    for (const shape of [raw.success, raw.error, raw.input, raw.progress, methodOf(RawItems).item]) {
      assert.strictEqual(rawBytes(shape).encode(bytes), bytes)
      assert.strictEqual(rawBytes(shape).decode(bytes), bytes)
      assert.throws(() => shape.raw!.encode([1, 2, 3]), "Expected a Uint8Array")
      assert.throws(() => shape.raw!.encode(undefined), "Expected a Uint8Array")
    }
  })

  it("travel raw where they are the one field of a payload", () => {
    const { payload } = methodOf(Raw)
    assert.strictEqual(payload.raw!.encode({ bytes }), bytes)
    assert.isTrue(Equal.equals(rawBytes(payload).decode(bytes), new Raw({ bytes })))
    assert.isTrue(Equal.equals(rawBytes(methodOf(RawEvent).payload).decode(bytes), new RawEvent({ data: bytes })))
    for (const wrong of [{ bytes: "text" }, {}, undefined, null, bytes]) {
      assert.throws(() => payload.raw!.encode(wrong), "Expected a Uint8Array")
    }
  })

  it("may be a Buffer", () => {
    const buffer = Buffer.from("abc")
    assert.strictEqual(methodOf(Raw).payload.raw!.encode({ bytes: buffer }), buffer)
  })

  it("may travel as JSON all the same", () => {
    const raw = methodOf(Raw)
    assert.deepStrictEqual(raw.success.encode(bytes), "AQID")
    assert.deepStrictEqual(across(raw.success, bytes), bytes)
    assert.isTrue(Equal.equals(across(raw.payload, { bytes }), new Raw({ bytes })))
  })

  it.each([
    ["with another field", { bytes: Schema.Uint8Array, name: Schema.String }],
    ["that may be left out", { bytes: Schema.optional(Schema.Uint8Array) }],
    ["in a list", { bytes: Schema.Array(Schema.Uint8Array) }],
    ["that must pass a check", { bytes: Schema.Uint8Array.check(Schema.makeFilter((all) => all.length < 3)) }]
  ])("travel as JSON in a payload %s", (_, payload) => {
    class Mixed extends Request.Class<Mixed>()("Mixed", { payload }) {}
    assert.isUndefined(methodOf(Mixed).payload.raw)
  })

  it("that must pass a check pass it on both sides", () => {
    const short = Schema.Uint8Array.check(Schema.makeFilter((all) => all.length < 3))
    class Short extends Request.Class<Short>()("Short", { success: short }) {}
    const { success } = methodOf(Short)
    assert.isUndefined(success.raw)
    assert.throws(() => success.encode(bytes))
    assert.throws(() => success.decode("AQID"))
  })
})

describe("where code may not be generated from strings", () => {
  it("shapes do the same", async () => {
    const script = Path.resolve(import.meta.dirname, "../fixtures/wire/shapes.ts")
    const printed = await new Promise<string>((resolve, reject) => {
      const flags = ["--disallow-code-generation-from-strings", script]
      execFile(process.execPath, flags, (error, stdout) => (error === null ? resolve(stdout) : reject(error)))
    })
    assert.deepStrictEqual(JSON.parse(printed), lines())
    assert.deepStrictEqual(lines().slice(0, 4), [
      '{"at":"1970-01-01T00:00:00.000Z","path":[{"x":1},{"x":2,"y":3}]}',
      "true",
      '{"_tag":"TooFar","most":5}',
      "true"
    ])
    assert.isFalse(lines().includes("was taken"))
  })
})
