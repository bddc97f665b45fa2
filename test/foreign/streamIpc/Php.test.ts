import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Php from "../../../src/foreign/streamIpc/Php.ts"
import * as PhpClass from "../../../src/foreign/streamIpc/PhpClass.ts"
import * as StreamIpcMessage from "../../../src/foreign/streamIpc/StreamIpcMessage.ts"

describe("values of PHP", () => {
  it("are made of ours and come back", () => {
    const value = {
      list: [1, "two", null, true, 0.5],
      map: { a: { b: [] } },
      big: 2n ** 60n,
      bytes: Uint8Array.of(255),
      __proto__key: 1
    }
    assert.deepStrictEqual(Php.plain(Php.of(value)), value)
  })

  it("may be a Map, whose keys may be numbers, and null where ours is undefined", () => {
    const made = Php.of(new Map([[5, undefined]])) as Php.PhpArray
    assert.isNull(made.get(5))
    assert.deepStrictEqual(Php.plain(made), { 5: null })
  })

  it("keep objects of PHP, cases of enums and floats", () => {
    const point = Php.object("App\\Point", { x: new Php.PhpFloat(1) })
    const made = Php.object("App\\Task", { point, suit: new Php.PhpEnum("App\\Suit", "Hearts") })
    assert.strictEqual(made.get("point"), point)
    assert.deepStrictEqual(Php.plain(Php.PhpArray.list([new Php.PhpFloat(1), point])), [1, point])
  })

  it("have no name that a record could not have", () => {
    const record = Php.plain(Php.PhpArray.of([["__proto__", 1]])) as object
    assert.deepStrictEqual(Object.keys(record), ["__proto__"])
  })

  it.each([
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["a date", new Date(0)]
  ])("are not made of %s", (_, value) => {
    assert.throws(() => Php.of({ value }), /PHP has no value for/)
  })

  it("are neither made nor read where they hold themselves, or unfold without end", () => {
    const own: Array<unknown> = []
    own.push(own)
    assert.throws(() => Php.of(own), /nested deeper than 512/)
    const array = Php.PhpArray.list([])
    array.set(0, new Php.PhpReference(array))
    assert.throws(() => Php.plain(array), /an array holds itself/)
    let nested: Php.PhpArray = Php.PhpArray.list([1])
    for (let depth = 0; depth < 40; depth++) nested = Php.PhpArray.list([nested, nested])
    assert.throws(() => Php.plain(nested), /the same arrays stand in too many places/)
  })
})

describe("messages of the library", () => {
  it("are known in both generations, by any spelling of their class", () => {
    for (const name of ["StreamIpc\\Message\\LogMessage", "phpstreamipc\\message\\logmessage"]) {
      const message = Php.object(name, { message: "m" })
      assert.isTrue(StreamIpcMessage.isLog(message))
      assert.deepStrictEqual([StreamIpcMessage.textOf(message), StreamIpcMessage.levelOf(message)], ["m", "info"])
    }
    assert.isFalse(StreamIpcMessage.isLog(Php.object("App\\LogMessage")))
  })

  it("may hold bytes that are no text", () => {
    const message = StreamIpcMessage.log(Uint8Array.of(0x41, 0xff))
    assert.strictEqual(StreamIpcMessage.textOf(message), "A\ufffd")
  })

  it("that are errors leave out blanks around their text, which only their class may see", () => {
    const error = StreamIpcMessage.error(" spaced \n")
    assert.strictEqual(StreamIpcMessage.textOf(error), "spaced")
    assert.strictEqual(error.properties[0]?.visibility, "private")
    assert.isUndefined(StreamIpcMessage.levelOf(error))
    assert.isUndefined(StreamIpcMessage.textOf(Php.object("App\\Task")))
  })
})

class Point extends Schema.Class<Point>("Point")({ x: Schema.Int, y: Schema.Int }) {}
class Task extends Schema.Class<Task>("Task")({
  action: Schema.String,
  params: Schema.Record(Schema.String, Schema.Unknown),
  tags: Schema.Array(Schema.String),
  counts: Schema.Record(Schema.String, Schema.Int),
  nested: Schema.NullOr(Schema.Struct({ deep: Schema.Record(Schema.String, Schema.String) })),
  at: PhpClass.schema("App\\Point", Point),
  raw: Php.Bytes
}) {}

const task = new Task({
  action: "reindex",
  params: {},
  tags: [],
  counts: { 0: 7, 1: 8 },
  nested: { deep: {} },
  at: new Point({ x: 1, y: 2 }),
  raw: new TextEncoder().encode("text")
})

describe("a class of ours for one of PHP", () => {
  const phpClass = PhpClass.make("\\App\\Task", Task)

  it("is an object of that class, and classes within it are objects too", () => {
    const object = phpClass.encode(task)
    assert.strictEqual(object.class, "App\\Task")
    assert.strictEqual((object.get("at") as Php.PhpObject).class, "App\\Point")
    assert.strictEqual(object.get("action"), "reindex")
  })

  it("comes back, though PHP does not tell lists from records that look like them", () => {
    assert.deepStrictEqual(phpClass.decode(phpClass.encode(task)), task)
  })

  it("reads bytes that happen to be text, and text that is bytes", () => {
    const properties = phpClass.encode(task).properties
    const asText = new Php.PhpObject(
      "app\\task",
      properties.map((property) => (property.name === "raw" ? { ...property, value: "text" } : property))
    )
    assert.deepStrictEqual(phpClass.decode(asText), task)
  })

  it("reads properties whoever may see them", () => {
    const object = new Php.PhpObject("App\\Point", [
      { name: "x", visibility: "private", declaredIn: "App\\Point", value: 1 },
      { name: "y", visibility: "protected", value: new Php.PhpFloat(2) }
    ])
    assert.deepStrictEqual(PhpClass.make("App\\Point", Point).decode(object), new Point({ x: 1, y: 2 }))
  })

  it("says where an object does not fit", () => {
    assert.throws(() => PhpClass.make("App\\Point", Point).decode(Php.object("App\\Point", { x: 1 })), /y/)
    assert.throws(() => PhpClass.make("App\\Point", Point).decode(Php.object("App\\Other", { x: 1, y: 2 })))
  })
})
