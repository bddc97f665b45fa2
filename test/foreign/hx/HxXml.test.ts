import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as HxXml from "../../../src/foreign/hx/HxXml.ts"
import { base64, find, vectors } from "../../wire/framing/hx.ts"

const type = HxXml.contentType({ root: "t", lists: ["many"] })
const encoded = (json: unknown): string => Buffer.from(type.encode(json)).toString()
const decoded = (text: string, from = type): unknown => {
  const bytes = Buffer.from(`xx${text}xx`)
  return from.decode(bytes, 2, bytes.length - 2)
}

describe("XML as a content type", () => {
  it("writes what Go writes of a struct", () => {
    const { base64: text } = vectors.messages.find(({ name }) => name === "go-event-xml")!
    const { body } = find([base64(text)]).messages[0]!
    assert.strictEqual(encoded({ a: 1 }), body)
    assert.deepEqual(decoded(body), { a: "1" })
  })

  it("carries fields, lists, attributes and text", () => {
    const values: ReadonlyArray<readonly [json: unknown, xml: string, read: unknown]> = [
      ["<&>\r\n\"'", "<t>&lt;&amp;&gt;&#13;\n\"'</t>", "<&>\r\n\"'"],
      ["", "<t></t>", ""],
      [5, "<t>5</t>", "5"],
      [{}, "<t></t>", ""],
      [{ a: true, b: "ž" }, "<t><a>true</a><b>ž</b></t>", { a: "true", b: "ž" }],
      [{ l: ["x", "y"], many: ["z"] }, "<t><l>x</l><l>y</l><many>z</many></t>", { l: ["x", "y"], many: ["z"] }],
      [{ l: [], n: null, u: undefined, a: 1 }, "<t><a>1</a></t>", { a: "1" }],
      [{ a: { b: { c: 1 } } }, "<t><a><b><c>1</c></b></a></t>", { a: { b: { c: "1" } } }],
      [{ "@id": 7, "#text": "x" }, '<t id="7">x</t>', { "@id": "7", "#text": "x" }],
      [{ "@id": 7, a: 1 }, '<t id="7"><a>1</a></t>', { "@id": "7", a: "1" }],
      [{ __proto__x: 1 }, "<t><__proto__x>1</__proto__x></t>", { __proto__x: "1" }]
    ]
    for (const [json, xml, read] of values) {
      assert.strictEqual(encoded(json), xml)
      assert.deepEqual(decoded(xml), read)
    }
    assert.deepEqual(decoded("<?xml version='1.0'?>\n<any>\n <a> 1 </a><!-- c -->\n</any>\n"), { a: " 1 " })
    const value = decoded("<t><__proto__>1</__proto__></t>") as object
    assert.deepEqual(Object.keys(value), ["__proto__"])
  })

  it("throws on what XML cannot say", () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 70; depth++) deep = { a: deep }
    for (const json of [[1], { a: [[1]] }, { "a b": 1 }, { "@a": {} }, { "#text": [] }, "\0", deep]) {
      assert.throws(() => encoded(json))
    }
  })

  it("throws on what is no document, or more than it takes", () => {
    const bad = [
      "",
      "<t>",
      "<t></u>",
      "<t/><t/>",
      "<t>a<b/></t>",
      "text",
      "<t>&x;</t>",
      "<t>\0</t>",
      "<t a='1' a='2'/>"
    ]
    for (const text of bad) assert.throws(() => decoded(text), undefined, undefined, text)
    const bomb = '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><t>&b;</t>'
    assert.throws(() => decoded(bomb))
    assert.throws(() => decoded("<a>".repeat(65) + "</a>".repeat(65)))
    assert.isString(decoded("<a></a>"))
    const small = HxXml.contentType({ root: "t", maxBytes: 10, maxDepth: 1, name: "text/xml" })
    assert.strictEqual(small.name, "text/xml")
    assert.throws(() => decoded("<t>12345</t>", small), /at most 10 bytes of XML, got 12/)
    assert.throws(() => decoded("<t><a/></t>", HxXml.contentType({ root: "t", maxDepth: 1 })))
  })

  it("reads what it wrote, and never takes any text for long", () => {
    const word = fc
      .string({ unit: "grapheme", maxLength: 8 })
      .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/.test(text))
    const name = fc.constantFrom("a", "b", "many")
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3, depthSize: "small" },
        word,
        fc.dictionary(name, tie("tree"), { minKeys: 1, maxKeys: 3 })
      )
    }))
    const normal = (json: unknown, field = ""): unknown => {
      const value =
        typeof json === "object" && json !== null
          ? Object.fromEntries(Object.entries(json).map(([key, one]) => [key, normal(one, key)]))
          : json
      return field === "many" ? [value] : value
    }
    fc.assert(
      fc.property(tree, (json) => assert.deepEqual(decoded(encoded(json)), normal(json))),
      { numRuns: 200 }
    )
    const junk = fc.array(
      fc.constantFrom("<a>", "</a>", "<b/>", "x", "&", "&lt;", "<!--", "-->", "<![CDATA[", "]]>", "\0")
    )
    fc.assert(
      fc.property(junk, (parts) => {
        try {
          decoded(parts.join(""))
        } catch (error) {
          assert.instanceOf(error, Error)
        }
      }),
      { numRuns: 300 }
    )
  })
})
