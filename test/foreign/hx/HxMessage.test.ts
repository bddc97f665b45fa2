import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as HxContentTypes from "../../../src/foreign/hx/HxContentTypes.ts"
import * as HxXml from "../../../src/foreign/hx/HxXml.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import { messageNamed, write } from "./vectors.ts"

const pairsOf = (message: HxMessage.HxMessage) => message.headers.pairs

const circle: Array<unknown> = []
circle.push(circle)

describe("making", () => {
  it("makes an empty message of nothing", () => {
    const empty = HxMessage.make()
    assert.deepStrictEqual([pairsOf(empty), empty.body.length], [[], 0])
  })

  it("makes a message of headers of any kind and a body", () => {
    const of = (headers: HxMessage.Parts["headers"]) => pairsOf(HxMessage.make({ headers }))
    const expected = [
      ["Foo", "1"],
      ["Content-Type", "a"]
    ] as const
    assert.deepStrictEqual(of({ foo: "1", "content-type": "a" }), [...expected])
    assert.deepStrictEqual(of(expected), [...expected])
    assert.deepStrictEqual(of(new Map(expected)), [...expected])
    assert.deepStrictEqual(of(HxMessage.HxHeaders.make(expected)), [...expected])
    assert.strictEqual(HxMessage.textOf(HxMessage.make({ body: "žluť" })), "žluť")
  })

  it("makes events, text and bytes", () => {
    assert.deepStrictEqual(pairsOf(HxMessage.event("tick", { headers: { Count: "1" } })), [
      ["Interop-Rpc-Class", "tick"],
      ["Count", "1"]
    ])
    assert.deepStrictEqual(pairsOf(HxMessage.text("hi")), [["Content-Type", "text/plain"]])
    assert.deepStrictEqual(pairsOf(HxMessage.bytes(Uint8Array.of(1))), [["Content-Type", "application/octet-stream"]])
  })

  it.effect("makes content of any registered type", () =>
    Effect.gen(function* () {
      const message = yield* HxMessage.json({ a: 1 }, { headers: { "X-Trace": "7" } })
      assert.deepStrictEqual(pairsOf(message), [
        ["X-Trace", "7"],
        ["Content-Type", "application/json"]
      ])
      assert.strictEqual(HxMessage.textOf(message), `{"a":1}`)
      assert.strictEqual(write(message), `X-Trace: 7\nContent-Type: application/json\nContent-Length: 7\n\n{"a":1}\n`)
    })
  )

  it.effect.each([
    ["JSON cannot say", HxMessage.json(1n), "JSON"],
    ["has circles", HxMessage.json(circle), "JSON"],
    ["is undefined", HxMessage.json(undefined), "JSON"],
    ["is not of the type", HxMessage.content("text/plain", { a: 1 }), "text/plain"],
    ["has no registered type", HxMessage.content("image/png", "x"), "image/png"]
  ] as const)("fails with InvalidPayload for a value that %s", ([, made, text]) =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(made)
      assert.strictEqual(reason._tag, "InvalidPayload")
      assert.include(reason.message.toLowerCase(), text.toLowerCase())
    })
  )
})

describe("altering", () => {
  const base = HxMessage.make({
    headers: [
      ["A", "1"],
      ["B", "2"],
      ["A", "3"]
    ],
    body: "body"
  })

  it.each<[string, HxMessage.HxMessage, string]>([
    ["withHeader replaces all of a name", HxMessage.withHeader(base, "a", "x"), "B:2 A:x"],
    ["addHeader keeps those there are", HxMessage.addHeader(base, "a", "x"), "A:1 B:2 A:3 A:x"],
    ["withoutHeader takes all away", HxMessage.withoutHeader(base, "a"), "B:2"],
    ["withClass puts it first", HxMessage.withClass(base, "c"), "Interop-Rpc-Class:c A:1 B:2 A:3"],
    ["withId puts it last", HxMessage.withId(base, "0"), "A:1 B:2 A:3 Interop-Rpc-Id:0"],
    ["addError adds one line", HxMessage.addError(base, " two\r\nlines\0 "), "A:1 B:2 A:3 Interop-Error:two lines"],
    ["addError says at least something", HxMessage.addError(HxMessage.make(), "\n"), "Interop-Error:error"],
    ["functions go through a pipe", pipe(base, HxMessage.withoutHeader("A"), HxMessage.addHeader("C", "4")), "B:2 C:4"]
  ])("%s", (_, message, expected) => {
    assert.strictEqual(
      pairsOf(message)
        .map((pair) => pair.join(":"))
        .join(" "),
      expected
    )
  })

  it("never changes the message it is given", () => {
    HxMessage.withBody(HxMessage.withId(HxMessage.addHeader(base, "a", "x"), "7"), "other")
    assert.strictEqual(pairsOf(base).length, 3)
    assert.strictEqual(HxMessage.textOf(base), "body")
  })

  it("merges headers by name, and takes the last body there is", () => {
    const merged = HxMessage.merge(base, undefined, { headers: { A: "x" } }, HxMessage.make({ body: "last" }), {})
    assert.deepStrictEqual(pairsOf(merged), [
      ["B", "2"],
      ["A", "x"]
    ])
    assert.strictEqual(HxMessage.textOf(merged), "last")
  })

  it("keeps an error short, and text whole", () => {
    const [error] = HxMessage.errorsOf(HxMessage.addError(HxMessage.make(), "😀".repeat(600)))
    assert.isAtMost(error!.length, 1024)
    assert.isTrue(error!.isWellFormed())
  })
})

describe("reading", () => {
  it.each([
    ["a request", { "Interop-Rpc-Class": "a", "Interop-Rpc-Id": "0" }, "request"],
    ["a response", { "Interop-Rpc-Id": "" }, "response"],
    ["an event", { "interop-rpc-class": "a" }, "event"],
    ["neither", { A: "b" }, undefined]
  ] as const)("tells %s", (_, headers, kind) => {
    const message = HxMessage.make({ headers })
    assert.deepStrictEqual(
      [HxMessage.isRequest(message), HxMessage.isResponse(message), HxMessage.isEvent(message)],
      ["request", "response", "event"].map((each) => each === kind)
    )
  })

  it("reads class, id, errors, content type and headers, whatever their case", () => {
    const message = HxMessage.make({
      headers: [
        ["interop-rpc-class", "a"],
        ["INTEROP-RPC-ID", "0"],
        ["interop-error", "one"],
        ["Interop-Error", ""],
        ["content-type", "text/plain"]
      ]
    })
    assert.strictEqual(HxMessage.classOf(message), "a")
    assert.strictEqual(HxMessage.idOf(message), "0")
    assert.deepStrictEqual(HxMessage.errorsOf(message), ["one", ""])
    assert.strictEqual(HxMessage.contentTypeOf(message), "text/plain")
    assert.strictEqual(HxMessage.header(message, "content-TYPE"), "text/plain")
    assert.isUndefined(HxMessage.header(message, "none"))
  })

  it("tells messages from other things", () => {
    assert.isTrue(HxMessage.isMessage(HxMessage.make()))
    for (const other of [
      null,
      {},
      "a",
      { headers: [], body: new Uint8Array() },
      { headers: HxMessage.HxHeaders.empty }
    ]) {
      assert.isFalse(HxMessage.isMessage(other))
    }
  })

  it.effect("decodes by the content type, with its parameters and white space after it", () =>
    Effect.gen(function* () {
      const of = (type: string, body: string) => HxMessage.make({ headers: { "Content-Type": type }, body })
      assert.deepStrictEqual(yield* HxMessage.decode(of("application/json", `"pong"\n`)), "pong")
      assert.deepStrictEqual(yield* HxMessage.decode(of("Application/JSON; charset=utf-8", "[1]")), [1])
      assert.deepStrictEqual(yield* HxMessage.decode(of("text/plain", "žluť")), "žluť")
      assert.deepStrictEqual(yield* HxMessage.decode(of("application/octet-stream", "a")), Uint8Array.of(97))
      assert.deepStrictEqual(
        yield* HxMessage.decode(HxMessage.make({ body: "1" }), { otherwise: "application/json" }),
        1
      )
    })
  )

  it.effect("fails with InvalidPayload for what cannot be decoded", () =>
    Effect.gen(function* () {
      const messages = [
        HxMessage.make({ body: "1" }),
        HxMessage.make({ headers: { "Content-Type": "image/png" }, body: "1" }),
        HxMessage.make({ headers: { "Content-Type": "application/json" }, body: "{" }),
        HxMessage.make({ headers: { "Content-Type": "text/plain; charset=latin1" }, body: "1" })
      ]
      for (const message of messages) {
        assert.strictEqual((yield* Effect.flip(HxMessage.decode(message))).reason._tag, "InvalidPayload")
      }
    })
  )
})

describe("a registry of content types", () => {
  const type = (name: string): HxContentTypes.ContentType => ({ ...HxContentTypes.text, name })

  it("refuses two types of one name", () => {
    assert.throws(() => HxContentTypes.make(type("a/b"), type("A/B")), /Two content types are called "A\/B"/)
    assert.throws(() => HxContentTypes.make(...HxContentTypes.standard, HxContentTypes.json), /application\/json/)
    HxContentTypes.make(type("a/b"), type("a/b; c=1"))
  })

  it("finds the exact name first, then the one that asks for most", () => {
    const types = HxContentTypes.make(type("a/b"), type("a/b; c=1"), type("a/b; c=1; d=2"), type("A/C; X=Y"))
    const found = (name: string) => types.find(name)?.name
    assert.strictEqual(found("a/b; c=1"), "a/b; c=1")
    assert.strictEqual(found("a/b;c=1"), "a/b; c=1")
    assert.strictEqual(found(`A/B; d="2"; C=1; e=3`), "a/b; c=1; d=2")
    assert.strictEqual(found("a/b; c=2"), "a/b")
    assert.strictEqual(found("a/c; x=Y"), "A/C; X=Y")
    assert.isUndefined(found("a/c"))
    assert.isUndefined(found("a"))
    assert.strictEqual([...types].length, 4)
  })

  it.effect("takes XML, and reads what Go wrote", () =>
    Effect.gen(function* () {
      const types = HxContentTypes.make(...HxContentTypes.standard, HxXml.contentType({ root: "t" }))
      const message = messageNamed("go-event-xml")
      assert.deepStrictEqual(yield* HxMessage.decode(message, { types }), { a: "1" })
      const made = yield* HxMessage.content("application/xml", { a: 1 }, { types })
      assert.strictEqual(HxMessage.textOf(made), HxMessage.textOf(message))
    })
  )

  it.effect("takes types of the user, whatever their functions throw", () =>
    Effect.gen(function* () {
      const odd: HxContentTypes.ContentType = {
        name: "x/odd",
        encode: () => {
          throw "not an error"
        },
        decode: (bytes, start, end) => end - start + bytes.length
      }
      const types = HxContentTypes.make(...HxContentTypes.standard, odd)
      const error = yield* Effect.flip(HxMessage.content("x/odd", 1, { types }))
      assert.include(error.message, "not an error")
      const message = HxMessage.make({ headers: { "Content-Type": "x/odd" }, body: "four" })
      assert.strictEqual(yield* HxMessage.decode(message, { types }), 8)
    })
  )
})
