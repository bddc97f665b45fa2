import { assert, describe, it } from "@effect/vitest"
import * as InnmindMessage from "../../../src/foreign/innmind/InnmindMessage.ts"

const { equals, of } = InnmindMessage

describe("a message", () => {
  it("has text in UTF-8, or bytes as they are", () => {
    const bytes = Uint8Array.of(0xce, 0)
    assert.strictEqual(of("application/octet-stream", bytes).content, bytes)
    assert.strictEqual(of("text/plain", "ä").content.length, 2)
    assert.strictEqual(InnmindMessage.text(of("text/plain", "héllo 🚀")), "héllo 🚀")
  })

  it("has its media type in the normal form, if it is one", () => {
    assert.strictEqual(of("text/plain;a=1;b=2", "").mediaType, "text/plain; a=1, b=2")
    assert.strictEqual(of("foo/bar", "").mediaType, "foo/bar")
    assert.isTrue(InnmindMessage.isMediaType("text/plain; a=1"))
    assert.isFalse(InnmindMessage.isMediaType("foo/bar"))
  })

  it("is equal to another of the same media type and content", () => {
    assert.isTrue(equals(of("text/plain", "a"), of("text/plain", "a")))
    assert.isTrue(equals({ mediaType: "text/plain;a=1", content: new Uint8Array(0) }, of("text/plain; a=1", "")))
    assert.isFalse(equals(of("text/plain", "a"), of("text/plain", "b")))
    assert.isFalse(equals(of("text/plain", "a"), of("text/plain", "ab")))
    assert.isFalse(equals(of("text/plain", "a"), of("text/html", "a")))
    assert.isFalse(equals(of("text/plain", "a"), of("text/plain; charset=utf-8", "a")))
    assert.isTrue(equals(of("foo/bar", "a"), of("foo/bar", "a")))
  })
})
