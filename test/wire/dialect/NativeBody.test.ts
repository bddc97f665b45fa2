import { assert, describe, it } from "@effect/vitest"
import type { Headers, Message, Refusal } from "../../../src/session/Message.ts"
import * as Body from "../../../src/wire/dialect/NativeBody.ts"
import { bytesOf, concat } from "../tools.ts"
import { client, helloOf } from "../words.ts"

/** Reads a body that stands between other bytes. */
const inside = <A>(read: (bytes: Uint8Array, start: number, end: number) => A, body: string | Uint8Array): A => {
  const bytes = concat("{{", body, "}}")
  return read(bytes, 2, bytes.length - 2)
}

const refusals: ReadonlyArray<Refusal> = [
  { _tag: "UnknownMethod" },
  { _tag: "InvalidPayload", part: "payload", detail: "Missing key" },
  { _tag: "InvalidPayload", part: "progress", detail: "" },
  { _tag: "Oversized", bytes: 5_000_000_000, maxBytes: 65_536 },
  { _tag: "Overloaded", what: "calls in flight", limit: 16 },
  { _tag: "Draining" },
  { _tag: "TimedOut", afterMillis: 250 },
  { _tag: "Malformed", detail: 'a "quoted" word\n' },
  { _tag: "RemoteDefect", detail: "boom", stack: undefined },
  { _tag: "RemoteDefect", detail: "boom", stack: "at handler" },
  { _tag: "Unauthorized", detail: "the secret is wrong" },
  { _tag: "PeerSilent", afterMillis: 60_000 },
  { _tag: "Disconnected", detail: "" },
  { _tag: "HandshakeTimedOut", afterMillis: 10_000 },
  { _tag: "Unsayable", detail: "no streams" }
]

describe("a refusal", () => {
  it.each(refusals)("comes back: $_tag", (refusal) => {
    assert.deepStrictEqual(inside(Body.readRefusal, Body.writeRefusal(refusal)), refusal)
  })

  it("has every reason in the table above", () => {
    const tags: Record<Exclude<Refusal["_tag"], "Incompatible">, true> = {
      UnknownMethod: true,
      InvalidPayload: true,
      Oversized: true,
      Overloaded: true,
      Draining: true,
      TimedOut: true,
      Malformed: true,
      RemoteDefect: true,
      Unauthorized: true,
      PeerSilent: true,
      Disconnected: true,
      HandshakeTimedOut: true,
      Unsayable: true
    }
    assert.deepStrictEqual([...new Set(refusals.map(({ _tag }) => _tag as string))].sort(), Object.keys(tags).sort())
  })

  it("of an incompatible peer is seen from the other side", () => {
    const body = Body.writeRefusal({ _tag: "Incompatible", local: "words 1.0.0", remote: "words 2.0.0" })
    assert.deepStrictEqual(inside(Body.readRefusal, body), {
      _tag: "Incompatible",
      local: "words 2.0.0",
      remote: "words 1.0.0"
    })
  })

  it("of a kind that is unknown here keeps its name", () => {
    assert.deepStrictEqual(inside(Body.readRefusal, '{"_tag":"Tired","after":3}'), {
      _tag: "RemoteDefect",
      detail: "the peer refused the call: Tired"
    })
  })

  it("leaves out what it does not know", () => {
    const body = '{"_tag":"InvalidPayload","part":"sidecar","detail":"x","__proto__":{"polluted":1},"more":[]}'
    assert.deepStrictEqual(inside(Body.readRefusal, body), { _tag: "InvalidPayload", part: "payload", detail: "x" })
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })

  it.each([
    "",
    "null",
    "[]",
    "3",
    "{",
    "{}",
    '{"_tag":3}',
    '{"_tag":"Malformed"}',
    '{"_tag":"Malformed","detail":{}}',
    '{"_tag":"Oversized","bytes":"1","maxBytes":2}',
    '{"_tag":"Oversized","bytes":-1,"maxBytes":2}',
    '{"_tag":"TimedOut","afterMillis":null}',
    '{"_tag":"TimedOut","afterMillis":1e999}',
    '{"_tag":"RemoteDefect","detail":"x","stack":[]}'
  ])("is none: %s", (body) => {
    assert.throws(() => inside(Body.readRefusal, body))
  })

  // One that was larger than what the peer reads could not be said, and its call never ended.
  it.each([
    { _tag: "RemoteDefect", detail: "\u0000".repeat(100_000), stack: "€".repeat(100_000) },
    { _tag: "Incompatible", local: '"'.repeat(100_000), remote: "\ud83d".repeat(100_000) },
    { _tag: "InvalidPayload", part: "payload", detail: "😀".repeat(100_000) }
  ] satisfies ReadonlyArray<Refusal>)("fits in what every peer reads: $_tag", (refusal) => {
    const body = concat(Body.writeRefusal(refusal))
    assert.isBelow(body.length, 60_000)
    assert.strictEqual(inside(Body.readRefusal, body)._tag, refusal._tag)
  })
})

describe("what a thrown value says of itself", () => {
  it.each([
    ["an error", new Error("boom"), "boom"],
    ["a string", "boom", "boom"],
    ["nothing", undefined, "undefined"],
    ["a symbol", Symbol("boom"), "Symbol(boom)"],
    ["an object that has no text", Object.create(null), "an error that cannot be shown"],
    ["an error whose message throws", unspeakable(), "an error that cannot be shown"]
  ])("is text: %s", (_, error, text) => {
    assert.strictEqual(Body.detailOf(error), text)
  })

  it("is clipped", () => {
    assert.strictEqual(Body.detailOf(new Error("x".repeat(5000))), `${"x".repeat(4095)}…`)
  })
})

function unspeakable(): Error {
  return Object.defineProperty(new Error(), "message", {
    get: () => {
      throw new Error("no")
    }
  })
}

describe("a Hello", () => {
  const hello = helloOf(client.says, {
    features: ["x"],
    payloads: ["json", "binary"],
    pid: undefined,
    secret: "s3cret",
    nonce: "0123456789012345678901"
  })

  it.each([hello, helloOf([]), helloOf(client.says, { limits: { frameBytes: 0xffffffff, calls: 16 } })])(
    "comes back",
    (said) => {
      assert.deepStrictEqual(inside(Body.readHello, Body.writeHello(said)), said)
    }
  )

  // JSON wrote an infinite limit as null, and the peer took the whole Hello for none.
  it("says an infinite limit as the largest there is", () => {
    const limits = { frameBytes: Infinity, calls: Infinity }
    assert.deepStrictEqual(inside(Body.readHello, Body.writeHello({ ...hello, limits })).limits, {
      frameBytes: 0xffffffff,
      calls: 0xffffffff
    })
  })

  it("may say more than is known here", () => {
    const body = JSON.stringify({ ...hello, mood: "good", __proto__: null, constructor: { name: 1 } })
    assert.deepStrictEqual(inside(Body.readHello, body), hello)
  })

  const without = (key: string) => JSON.stringify({ ...hello, [key]: undefined })
  const having = (key: string, value: unknown) => JSON.stringify({ ...hello, [key]: value })

  it.each([
    ["no text", "\u00fa\u00ce"],
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["no wire version", without("wireVersion")],
    ["no protocol", without("protocol")],
    ["no version", without("version")],
    ["no fingerprint", without("fingerprint")],
    ["no methods", without("methods")],
    ["no payloads", without("payloads")],
    ["no limits", without("limits")],
    ["no features", without("features")],
    ["a wire version that is text", having("wireVersion", "1")],
    ["a wire version below zero", having("wireVersion", -1)],
    ["a protocol that is a number", having("protocol", 1)],
    ["methods that are no list", having("methods", { length: 1, 0: "Add" })],
    ["methods that are no text", having("methods", ["Add", 1])],
    ["more methods than a number can say", having("methods", new Array(65_536).fill("a"))],
    ["many payload formats", having("payloads", new Array(17).fill("a"))],
    ["many features", having("features", new Array(65).fill("a"))],
    ["limits that are text", having("limits", "all")],
    ["a limit that is text", having("limits", { frameBytes: "1", calls: 1 })],
    ["a limit that is missing", having("limits", { frameBytes: 1 })],
    ["a limit beyond all numbers", having("limits", { frameBytes: 1, calls: 1 }).replace('"calls":1', '"calls":1e999')],
    ["a pid that is text", having("pid", "1")],
    ["a pid that is null", having("pid", null)],
    ["a secret that is a number", having("secret", 1)],
    ["a nonce that is a number", having("nonce", 1)]
  ])("is none: %s", (_, body) => {
    assert.throws(() => inside(Body.readHello, body))
  })

  it("takes as many methods as there are numbers", () => {
    const methods = Array.from({ length: 65_535 }, (_, at) => `m${at}`)
    assert.lengthOf(inside(Body.readHello, JSON.stringify({ ...hello, methods })).methods, 65_535)
  })
})

describe("headers", () => {
  const many = (count: number): Headers => Object.fromEntries(Array.from({ length: count }, (_, at) => [`h${at}`, "x"]))

  it.each([{}, { traceparent: "00-1" }, { "a b": "ü\n😀", "": "" }, many(64), { long: "x".repeat(16 * 1024 - 11) }])(
    "come back",
    (headers: Headers) => {
      assert.deepStrictEqual(inside(Body.readHeaders, Body.writeHeaders(headers)), headers)
    }
  )

  it("with names that objects have anyway are only names", () => {
    const body = '{"__proto__":"p","constructor":"c","toString":"t"}'
    const headers = inside(Body.readHeaders, body)
    assert.deepStrictEqual(Object.entries(headers), [
      ["__proto__", "p"],
      ["constructor", "c"],
      ["toString", "t"]
    ])
    assert.strictEqual(Body.writeHeaders(headers), body)
    assert.strictEqual(Object.getPrototypeOf(headers), Object.prototype)
    assert.strictEqual(Object.getPrototypeOf({ ...headers }), Object.prototype)
  })

  it.each([
    ["65 of them", JSON.stringify(many(65))],
    ["a number", '{"a":1}'],
    ["an object", '{"__proto__":{"polluted":"yes"}}'],
    ["null", '{"a":null}'],
    ["a list", '["a"]'],
    ["no JSON", "a=b"],
    ["nothing", ""],
    ["one byte too many", JSON.stringify({ long: "x".repeat(16 * 1024 - 10) })],
    ["text of too many bytes", JSON.stringify({ long: "€".repeat(6000) })]
  ])("are refused when they come: %s", (_, body) => {
    assert.throws(() => inside(Body.readHeaders, body))
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })

  // Counted in characters, they passed here and were refused over there.
  it.each([
    ["65 of them", many(65)],
    ["one byte too many", { long: "x".repeat(16 * 1024 - 10) }],
    ["text of too many bytes", { long: "€".repeat(6000) }],
    ["a number", { a: 1 } as unknown as Headers]
  ])("are refused before they leave: %s", (_, headers) => {
    assert.throws(() => Body.writeHeaders(headers))
  })

  it("that are too large are not even parsed", () => {
    assert.throws(() => inside(Body.readHeaders, "{".repeat(20_000)), "at most 16384 bytes")
  })
})

describe("credit", () => {
  type Credit = Extract<Message, { readonly _tag: "Credit" }>
  const credits: ReadonlyArray<Credit> = [
    { _tag: "Credit", of: "answer", id: 7, items: 1, bytes: 0xffffffff },
    { _tag: "Credit", of: "input", id: 0xffffffff, items: 0xffffffff, bytes: 0 },
    { _tag: "Credit", of: "events", id: 0, items: 512, bytes: 524_288 }
  ]

  it.each(credits)("comes back: $of", (credit) => {
    const body = Body.writeCredit(credit)
    const number = Body.creditNumber(credit.of)
    assert.deepStrictEqual(
      inside((bytes, start, end) => Body.readCredit(credit.id, number, bytes, start, end), body),
      credit
    )
  })

  it.each([
    ["no stream", 0, "00 00 00 01 00 00 00 01"],
    ["a stream that is unknown", 4, "00 00 00 01 00 00 00 01"],
    ["a body that is too short", 1, "00 00 00 01 00 00 00"],
    ["nothing", 1, ""]
  ])("is none: %s", (_, number, body) => {
    assert.throws(() => inside((bytes, start, end) => Body.readCredit(1, number, bytes, start, end), bytesOf(body)))
  })
})
