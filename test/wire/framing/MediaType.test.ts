import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as MediaType from "../../../src/wire/framing/MediaType.ts"

/** Text, and the normal form of what it is. */
const types: ReadonlyArray<readonly [text: string, form: string]> = [
  ["text/plain", "text/plain"],
  ["application/vnd.api+json", "application/vnd.api+json"],
  ["text/plain; charset=utf-8", "text/plain; charset=utf-8"],
  ["text/plain;charset=utf-8", "text/plain; charset=utf-8"],
  ["text/plain,charset=utf-8", "text/plain; charset=utf-8"],
  ['text/plain; charset="utf-8"', "text/plain; charset=utf-8"],
  ["application/vnd.api+json;charset=utf-8; version=1", "application/vnd.api+json; charset=utf-8, version=1"],
  ['text/plain; a=""', 'text/plain; a=""'],
  [`audio/${"a".repeat(127)}+${"b".repeat(127)}`, `audio/${"a".repeat(127)}+${"b".repeat(127)}`],
  ["model/9#!$&^_.-", "model/9#!$&^_.-"]
]

const none: ReadonlyArray<string> = [
  "",
  "text",
  "text/",
  "/plain",
  "foo/bar",
  "TEXT/plain",
  "chemical/x",
  "text/plain;",
  "text/plain; ",
  "text/plain;  a=b",
  "text/plain; a",
  "text/plain; a=",
  'text/plain; a="b',
  "text/plain; a=b c",
  "text/plain; =b",
  "text/.plain",
  "text/plain+",
  "text/plain+a+b",
  "text/plain\n",
  "text/plain ",
  " text/plain",
  "text/pläin",
  `text/${"a".repeat(128)}`
]

describe("a media type", () => {
  it.each(types)("reads %j as %j", (text, form) => {
    assert.strictEqual(MediaType.normal(text), form)
    assert.strictEqual(MediaType.normal(form), form)
    assert.isTrue(MediaType.equals(text, form))
  })

  it.each(none)("is not %j", (text) => {
    assert.isUndefined(MediaType.parse(text))
    assert.isFalse(MediaType.equals(text, text))
  })

  it("is the same as another only with the same parameters, in the same order", () => {
    assert.isFalse(MediaType.equals("text/plain; a=1", "text/plain"))
    assert.isFalse(MediaType.equals("text/plain; a=1, b=2", "text/plain; b=2, a=1"))
    assert.isTrue(MediaType.equals("text/plain;a=1,b=2", "text/plain; a=1; b=2"))
  })

  it("has an essence without parameters", () => {
    assert.strictEqual(MediaType.essence("application/vnd.api+json; a=1, b=2"), "application/vnd.api+json")
    assert.strictEqual(MediaType.essence("text/plain"), "text/plain")
  })

  it("reads its normal form as what it was", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9!#$&^_.-]{0,20}$/)
    const type = fc.record({
      topLevel: fc.constantFrom("application", "text", "video"),
      subType: name,
      suffix: fc.oneof(fc.constant(""), name),
      parameters: fc.array(fc.tuple(name, fc.stringMatching(/^[A-Za-z0-9!#$%&'*+^_.`|~-]{0,20}$/)), { maxLength: 4 })
    })
    fc.assert(
      fc.property(type, (parts) => {
        assert.deepStrictEqual(MediaType.parse(MediaType.format(parts)), parts)
      })
    )
  })
})
