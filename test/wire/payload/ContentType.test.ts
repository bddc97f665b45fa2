import { assert, describe, it } from "@effect/vitest"
import * as ContentType from "../../../src/wire/payload/ContentType.ts"
import { concat } from "../tools.ts"

/** Decodes bytes that stand among others. */
const decoded = (type: ContentType.ContentType, text: string | Uint8Array): unknown => {
  const bytes = concat("xx", text, "xx")
  return type.decode(bytes, 2, bytes.length - 2)
}

const encoded = (type: ContentType.ContentType, value: unknown): string => Buffer.from(type.encode(value)).toString()

describe("a content type", () => {
  it("carries JSON, and reads it with white space around it", () => {
    assert.strictEqual(encoded(ContentType.json, { a: [1, "ž"] }), '{"a":[1,"ž"]}')
    assert.deepEqual(decoded(ContentType.json, ' {"a":[1,"ž"]}\n'), { a: [1, "ž"] })
    assert.throws(() => decoded(ContentType.json, "{"))
    assert.throws(() => decoded(ContentType.json, "[".repeat(1500) + "]".repeat(1500)), /nested deeper/)
  })

  it("carries bytes as they are, and nothing else", () => {
    const bytes = Uint8Array.of(0, 255, 10)
    assert.strictEqual(ContentType.bytes.encode(bytes), bytes)
    const read = decoded(ContentType.bytes, bytes) as Uint8Array
    assert.deepEqual([...read], [0, 255, 10])
    assert.strictEqual(read.buffer.byteLength, 3)
    assert.throws(() => ContentType.bytes.encode("AA=="), /expected a Uint8Array/)
  })

  it("carries text, and what JSON writes as one word", () => {
    assert.strictEqual(encoded(ContentType.text, "ž\n"), "ž\n")
    assert.strictEqual(encoded(ContentType.text, 1.5), "1.5")
    assert.strictEqual(encoded(ContentType.text, true), "true")
    assert.strictEqual(decoded(ContentType.text, "1.5"), "1.5")
    for (const value of [{}, null, undefined, "\ud800"]) {
      assert.throws(() => ContentType.text.encode(value), /expected a string/)
    }
  })
})

describe("a registry of content types", () => {
  const types = ContentType.make()

  it("finds a type by its exact name", () => {
    assert.strictEqual(types.get("application/json"), ContentType.json)
    assert.isUndefined(types.get("Application/JSON"))
    assert.isUndefined(types.get("application/json; charset=utf-8"))
  })

  it("finds what a peer means, whatever the case, and passes parameters over but a charset it does not read", () => {
    const meant: ReadonlyArray<readonly [string, ContentType.ContentType | undefined]> = [
      ["application/json", ContentType.json],
      ["Application/JSON", ContentType.json],
      ["application/json; charset=utf-8", ContentType.json],
      ['application/json;charset="UTF8"', ContentType.json],
      ["text/plain ; format=flowed", ContentType.text],
      ["text/plain; charset=us-ascii", ContentType.text],
      ["text/plain; charset=iso-8859-1", undefined],
      ["application/vnd.other+json", undefined],
      ["", undefined],
      [";", undefined]
    ]
    for (const [name, type] of meant) assert.strictEqual(types.meant(name), type, name)
  })

  it("takes more types, also in the place of a standard one, and by names with parameters", () => {
    const own = { ...ContentType.json, name: "application/json" }
    const http = { ...ContentType.bytes, name: "application/http; msgtype=request" }
    const more = ContentType.make([own, http])
    assert.strictEqual(more.get("application/json"), own)
    assert.strictEqual(more.meant("application/http; msgtype=request"), http)
    assert.isUndefined(more.meant("application/http; msgtype=response"))
    assert.strictEqual(more.get("text/plain"), ContentType.text)
  })
})
