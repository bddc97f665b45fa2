import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import { Divide, Follow, Note, Ping, Tick } from "./Messages.ts"

class Team extends Context.Service<Team, string>()("test/Team") {}
const Region = Context.Reference<string>("test/Region", { defaultValue: () => "nowhere" })

const Calculator = Protocol.make("calculator", {
  version: "1.2.3",
  server: [Divide, Ping, Note],
  client: [Tick, Ping]
})

/** A protocol of which only one thing is wrong: what the compiler refuses is passed as `never`. */
const declare = (name: string, version: string, server: ReadonlyArray<unknown>, client: ReadonlyArray<unknown> = []) =>
  Protocol.make(name, { version, server: server as never, client: client as never })

const request = (tag: string) => Request.Class<Divide>()(tag)
const event = (tag: string) => Event.Class<Tick>()(tag)

describe("a protocol", () => {
  it("knows its name, version and what each side takes", () => {
    assert.strictEqual(Calculator.name, "calculator")
    assert.strictEqual(Calculator.version, "1.2.3")
    assert.deepStrictEqual(Calculator.server, [Divide, Ping, Note])
    assert.deepStrictEqual(Calculator.client, [Tick, Ping])
    assert.strictEqual(Calculator.members.server.Divide, Divide)
    assert.strictEqual(Calculator.members.client.Tick, Tick)
    assert.isTrue(Protocol.isProtocol(Calculator))
    assert.isFalse(Protocol.isProtocol({ ...Calculator.members }))
  })

  it("finds only declared tags among its members", () => {
    const members: Record<string, unknown> = Calculator.members.server
    assert.deepStrictEqual(Object.keys(members), ["Divide", "Ping", "Note"])
    for (const tag of ["toString", "hasOwnProperty", "Tick", "constructor", "__proto__"]) {
      assert.isUndefined(members[tag], tag)
    }
  })

  it("takes nothing on the client side unless told", () => {
    assert.deepStrictEqual(Protocol.make("plain", { version: "1.0.0", server: [Ping] }).client, [])
  })

  it("does not change when the array it was made from does", () => {
    const server: Array<Protocol.Member> = [Ping]
    const made = Protocol.make("mutable", { version: "1.0.0", server })
    server.push(Divide)
    assert.deepStrictEqual(made.server, [Ping])
  })

  it("decodes any message of the server side by its tag", () => {
    const decode = Schema.decodeUnknownSync(Calculator.schema)
    assert.instanceOf(decode({ _tag: "Divide", dividend: 1, divisor: 2 }), Divide)
    assert.instanceOf(decode({ _tag: "Note", text: "x" }), Note)
    assert.instanceOf(decode({ _tag: "Ping" }), Ping)
    assert.throws(() => decode({ _tag: "Tick", n: 1 }))
    assert.throws(() => decode({ _tag: "Note" }))
    assert.strictEqual(Calculator.schema, Calculator.schema)
  })
})

describe("a wrong protocol", () => {
  const reserved = ["emit", "events", "send", "then", "constructor", "__proto__"]

  it.each<[what: string, declare: () => unknown, message: string]>([
    ["an empty name", () => declare("", "1.0.0", [Ping]), "A protocol needs a name"],
    ["a name of blanks", () => declare(" \t", "1.0.0", [Ping]), "A protocol needs a name"],
    ...["", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.x", "1.0.0-", "-1.0.0", "1.0.0 "].map(
      (version): [string, () => unknown, string] => [
        `version "${version}"`,
        () => declare("p", version, [Ping]),
        `Protocol "p" has version "${version}": write it as major.minor.patch, for example "1.0.0"`
      ]
    ),
    ...reserved.flatMap((tag): Array<[string, () => unknown, string]> => [
      [
        `the reserved tag ${tag} for a request`,
        () => declare("p", "1.0.0", [request(tag)]),
        `Protocol "p" cannot have the request "${tag}" among what its server takes: the tag is reserved, so rename it`
      ],
      [
        `the reserved tag ${tag} for an event of the client`,
        () => declare("p", "1.0.0", [], [event(tag)]),
        `Protocol "p" cannot have the event "${tag}" among what its client takes: the tag is reserved, so rename it`
      ]
    ]),
    [
      "a tag twice on the server",
      () => declare("p", "1.0.0", [Ping, request("Ping")]),
      `Protocol "p" cannot have the request "Ping" among what its server takes: the tag is there twice, so rename one`
    ],
    [
      "a tag twice on the client",
      () => declare("p", "1.0.0", [], [Tick, Tick]),
      `Protocol "p" cannot have the event "Tick" among what its client takes: the tag is there twice, so rename one`
    ],
    [
      "one tag for a request and an event on a side",
      () => declare("p", "1.0.0", [Ping, event("Ping")]),
      `Protocol "p" cannot have the event "Ping" among what its server takes: the tag is there twice, so rename one`
    ],
    [
      "one tag for a request here and an event there",
      () => declare("p", "1.0.0", [Ping], [event("Ping")]),
      `Protocol "p" cannot have the event "Ping" among what its client takes: the tag is a request and an event, so`
    ],
    ["an empty tag", () => declare("p", "1.0.0", [request("")]), `cannot have the request ""`]
  ])("with %s throws and says what to do", (_, make, message) => {
    assert.throws(make, message)
  })

  it("is not one whose sides take different requests of one tag", () => {
    const other = request("Ping")
    const made = declare("p", "1.0.0", [Ping], [other])
    assert.strictEqual(made.client[0], other as never)
  })

  it.each(["0.0.0", "1.0.0", "10.20.30", "1.0.0-beta.2", "1.0.0+build.5", "1.0.0-rc.1+build"])(
    "is not one with version %s",
    (version) => {
      assert.strictEqual(declare("p", version, [Ping]).version, version)
    }
  )
})

describe("accepts", () => {
  it.each<[mine: string, theirs: string, accepted: boolean]>([
    ["1.0.0", "1.0.0", true],
    ["1.0.0", "1.9.4", true],
    ["1.9.4", "1.0.0", true],
    ["1.0.0", "2.0.0", false],
    ["1.0.0", "10.0.0", false],
    ["1.0.0", "0.1.0", false],
    ["0.1.0", "0.1.9", true],
    ["0.1.0", "0.2.0", false],
    ["0.1.0", "0.10.0", false],
    ["0.1.0", "1.1.0", false],
    ["1.0.0-beta.1", "1.0.0-beta.1", true],
    ["1.0.0-beta.1", "1.0.0-beta.2", false],
    ["1.0.0-beta.1", "1.0.0", false],
    ["1.0.0", "1.0.0-beta.1", false],
    ["1.0.0-beta.1", "1.0.1-beta.1", false],
    ["1.0.0+a", "1.0.1+b", true],
    ["1.0.0", "1", false],
    ["", "", false],
    ["1.0.0", "1.0.0\n", false]
  ])("%s and %s: %s", (mine, theirs, accepted) => {
    assert.strictEqual(Protocol.accepts(mine, theirs), accepted)
    assert.strictEqual(Protocol.accepts(theirs, mine), accepted)
  })

  it("never throws on what a peer may send", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => typeof Protocol.accepts(a, b) === "boolean"))
  })
})

describe("merge", () => {
  const Logging = Protocol.make("logging", { version: "3.0.0", server: [Follow], client: [Note] })

  it("takes name and version of the first and the messages of all", () => {
    const merged = Protocol.merge(Protocol.make("a", { version: "1.0.0", server: [Ping] }), Logging)
    assert.strictEqual(merged.name, "a")
    assert.strictEqual(merged.version, "1.0.0")
    assert.deepStrictEqual(merged.server, [Ping, Follow])
    assert.deepStrictEqual(merged.client, [Note])
  })

  it("takes name and version of its options", () => {
    const merged = Protocol.merge({ name: "all", version: "2.0.0" }, Logging)
    assert.strictEqual(merged.name, "all")
    assert.strictEqual(merged.version, "2.0.0")
    assert.strictEqual(Protocol.merge({ version: "4.0.0" }, Logging).name, "logging")
    assert.throws(() => Protocol.merge({ version: "4" }, Logging), `version "4"`)
  })

  it("keeps a class that several protocols share once", () => {
    assert.deepStrictEqual(Protocol.merge(Calculator, Calculator).server, Calculator.server)
    assert.strictEqual(Protocol.merge(Calculator, Calculator).fingerprint, Calculator.fingerprint)
  })

  it("refuses two classes with one tag", () => {
    const other = declare("other", "1.0.0", [request("Divide")])
    assert.throws(
      () => Protocol.merge(Calculator, other),
      `"Divide" among what its server takes: the tag is there twice`
    )
    assert.throws(
      () => Protocol.merge(Logging, Protocol.make("b", { version: "1.0.0", server: [request("Note")] as never })),
      "the tag is a request and an event"
    )
  })

  it("joins annotations, the later ones winning", () => {
    const a = Protocol.annotate(Calculator, Team, "a")
    const b = Logging.pipe(Protocol.annotate(Team, "b"), Protocol.annotate(Region, "north"))
    const merged = Protocol.merge(a, b)
    assert.deepStrictEqual(Context.getOption(merged.annotations, Team), Option.some("b"))
    assert.strictEqual(Context.get(merged.annotations, Region), "north")
    assert.deepStrictEqual(Context.getOption(Protocol.merge(b, a).annotations, Team), Option.some("a"))
  })
})

describe("prefix", () => {
  const Prefixed = Protocol.prefix(Calculator, "calc.")

  it("puts the text before every tag of both sides", () => {
    assert.deepStrictEqual(
      Prefixed.server.map(({ tag }) => tag),
      ["calc.Divide", "calc.Ping", "calc.Note"]
    )
    assert.deepStrictEqual(
      Prefixed.client.map(({ tag }) => tag),
      ["calc.Tick", "calc.Ping"]
    )
    assert.strictEqual(Prefixed.name, "calculator")
    assert.strictEqual(Prefixed.version, "1.2.3")
  })

  it("makes tagged classes whose instances carry the longer tag", () => {
    const Longer = Prefixed.members.server["calc.Divide"]
    const instance = new Longer({ dividend: 1, divisor: 4 })
    assert.strictEqual(instance._tag, "calc.Divide")
    assert.strictEqual(instance.ratio, 0.25)
    const encoded = Schema.encodeSync(Longer)(instance)
    assert.deepStrictEqual(encoded, { _tag: "calc.Divide", dividend: 1, divisor: 4 })
    assert.instanceOf(Schema.decodeUnknownSync(Longer)(encoded), Longer)
    assert.throws(() => Schema.decodeUnknownSync(Longer)({ ...encoded, _tag: "Divide" }))
    assert.throws(() => new Longer({ dividend: 1 } as never), /Schema validation failed/)
    assert.strictEqual(new Prefixed.members.server["calc.Note"]({ text: "x" }).loud, "X")
  })

  it("keeps kind and spec", () => {
    assert.strictEqual(Prefixed.members.server["calc.Divide"].spec, Divide.spec)
    assert.strictEqual(Prefixed.members.server["calc.Divide"].kind, "request")
    assert.strictEqual(Prefixed.members.client["calc.Tick"].kind, "event")
  })

  it("leaves the classes it came from as they were", () => {
    assert.strictEqual(Divide.tag, "Divide")
    assert.strictEqual(new Divide({ dividend: 1, divisor: 4 })._tag, "Divide")
    assert.notInstanceOf(new Divide({ dividend: 1, divisor: 4 }), Prefixed.members.server["calc.Divide"])
    assert.deepStrictEqual(Calculator.server, [Divide, Ping, Note])
  })

  it("makes one class of a class that stands on both sides", () => {
    assert.strictEqual(Prefixed.members.server["calc.Ping"], Prefixed.members.client["calc.Ping"])
  })

  it("lets a protocol be merged with itself", () => {
    const both = Protocol.merge(Calculator, Prefixed)
    const decode = Schema.decodeUnknownSync(both.schema)
    assert.strictEqual(decode({ _tag: "Divide", dividend: 1, divisor: 2 })._tag, "Divide")
    assert.strictEqual(decode({ _tag: "calc.Divide", dividend: 1, divisor: 2 })._tag, "calc.Divide")
    const encode = Schema.encodeSync(both.schema)
    const longer = new Prefixed.members.server["calc.Divide"]({ dividend: 1, divisor: 2 })
    assert.deepStrictEqual(encode(longer), { _tag: "calc.Divide", dividend: 1, divisor: 2 })
  })

  it("adds up", () => {
    assert.strictEqual(Calculator.pipe(Protocol.prefix("b."), Protocol.prefix("a.")).server[0]?.tag, "a.b.Divide")
  })

  it("refuses a tag that it would make reserved", () => {
    const made = declare("p", "1.0.0", [request("it")])
    assert.throws(() => Protocol.prefix(made, "em"), `the request "emit"`)
  })

  it("keeps annotations", () => {
    const annotated = Calculator.pipe(Protocol.annotate(Team, "ours"), Protocol.prefix("x."))
    assert.deepStrictEqual(Context.getOption(annotated.annotations, Team), Option.some("ours"))
  })
})

describe("annotate", () => {
  it("gives another protocol and leaves this one alone", () => {
    const annotated = Protocol.annotate(Calculator, Team, "ours")
    assert.deepStrictEqual(Context.getOption(annotated.annotations, Team), Option.some("ours"))
    assert.isTrue(Option.isNone(Context.getOption(Calculator.annotations, Team)))
    assert.deepStrictEqual(annotated.server, Calculator.server)
    assert.deepStrictEqual(annotated.client, Calculator.client)
  })

  it("knows the default of a reference", () => {
    assert.strictEqual(Context.get(Calculator.annotations, Region), "nowhere")
    assert.strictEqual(Context.get(Protocol.annotate(Calculator, Region, "north").annotations, Region), "north")
  })
})
