import { assert, describe, it } from "@effect/vitest"
import { canonical, HxHeaders, objection, shown } from "../../../src/wire/framing/HxMessage.ts"

describe("headers of hx/interop", () => {
  const headers = HxHeaders.make([
    ["content-TYPE", "a"],
    ["X-Tag", "one"],
    ["x-tag", ""],
    ["Last", "z"]
  ])

  it("are found whatever the case, the first of a name first, and kept in order", () => {
    assert.deepEqual(
      [...headers],
      [
        ["Content-Type", "a"],
        ["X-Tag", "one"],
        ["X-Tag", ""],
        ["Last", "z"]
      ]
    )
    assert.strictEqual(headers.get("CONTENT-type"), "a")
    assert.strictEqual(headers.get("x-tag"), "one")
    assert.deepEqual(headers.getAll("X-TAG"), ["one", ""])
    assert.isUndefined(headers.get("missing"))
    assert.deepEqual([headers.has("last"), headers.has("missing"), headers.size], [true, false, 4])
    assert.isTrue(HxHeaders.make([["Empty", ""]]).has("empty"))
    assert.deepEqual(JSON.parse(JSON.stringify(headers)), [...headers])
  })

  it("never change: each change answers others", () => {
    const before = [...headers]
    assert.deepEqual([...headers.set("x-tag", "two")], [before[0], before[3], ["X-Tag", "two"]])
    assert.deepEqual([...headers.add("x-TAG", "two")], [...before, ["X-Tag", "two"]])
    assert.deepEqual([...headers.delete("X-Tag")], [before[0], before[3]])
    assert.deepEqual([...headers.delete("missing")], before)
    assert.deepEqual([...headers], before)
  })

  it("are made of objects, and of nothing", () => {
    assert.deepEqual(
      [...HxHeaders.make({ a: "1", "b-c": "2" })],
      [
        ["A", "1"],
        ["B-C", "2"]
      ]
    )
    assert.strictEqual(HxHeaders.make({}), HxHeaders.empty)
    assert.strictEqual(HxHeaders.make([]), HxHeaders.empty)
  })

  it("are made of what was read when somebody looks, once", () => {
    let looks = 0
    const lazy = HxHeaders.lazy(() => {
      looks++
      return [["A", "1"]]
    })
    assert.strictEqual(looks, 0)
    assert.deepEqual([lazy.get("a"), lazy.size, looks], ["1", 1, 1])
  })
})

describe("a header's name", () => {
  it("has the form that Go gives it", () => {
    const names = {
      foo: "Foo",
      "FOO-bar": "Foo-Bar",
      fooBar: "Foobar",
      foo_bar: "Foo_bar",
      "foo--b": "Foo--B",
      "-foo": "-Foo"
    }
    for (const [given, form] of Object.entries(names)) assert.strictEqual(canonical(given), form)
    for (const odd of ["foo bar", "foo/bar", "fóo", ""]) assert.strictEqual(canonical(odd), odd)
  })

  it("is shown in short in what says that it cannot be written", () => {
    assert.isUndefined(objection("X-Tag-1", "a:b, ž\tc"))
    assert.strictEqual(
      objection("a_b", ""),
      'the header "a_b": expected letters, digits and single hyphens between them'
    )
    assert.include(objection("Foo", "a\n"), 'the header "Foo"')
    assert.isBelow(shown("x".repeat(1000)).length, 80)
  })
})
