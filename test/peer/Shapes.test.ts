import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Shapes from "../../src/peer/Shapes.ts"
import * as Event from "../../src/protocol/Event.ts"
import type { Fields } from "../../src/protocol/Request.ts"
import * as Json from "../../src/wire/payload/Json.ts"
import { type Shape, unread } from "../../src/wire/Wire.ts"
import { settle } from "./turns.ts"

const memory = Buffer.alloc(4096)

/** The JSON of a value by the short way, or undefined where it does not go. */
const short = (shape: Shape, value: unknown): string | undefined => {
  const end = shape.json?.write(value, memory, 3, 1000) ?? -1
  return end === -1 ? undefined : memory.subarray(3, end).toString()
}

const read = (shape: Shape, text: string): unknown => {
  const bytes = Buffer.from(text)
  return shape.json?.read(bytes, 0, bytes.length)
}

const Point = Schema.Struct({ x: Schema.Int, y: Schema.optionalKey(Schema.Int) })

class Move extends Event.Class<Move>()("Move", { to: Point, name: Schema.String }) {}
class Note extends Event.Class<Note>()("Note", { name: Schema.String }) {}
class Empty extends Event.Class<Empty>()("Empty") {}

describe("the short way", () => {
  const point = Shapes.of(Point)

  it("leads to the same JSON, and back to the same value", () => {
    assert.strictEqual(short(point, { x: 1, besides: 2 }), '{"x":1}')
    assert.deepStrictEqual(read(point, '{"x":1,"y":2}'), { x: 1, y: 2 })
    assert.strictEqual(Json.text(point, { x: 1 }), '{"x":1}')
  })

  it("is for lists of at least one value, too", () => {
    const lists = [[{ x: 1 }], [{ x: 1 }, { x: 2, y: 3 }]]
    for (const list of lists) {
      const text = JSON.stringify(list)
      const end = point.json!.writeList(list, memory, 0, 1000)
      assert.strictEqual(memory.subarray(0, end).toString(), text)
      assert.deepStrictEqual(point.json!.readList(Buffer.from(text), 0, text.length), list)
    }
    assert.strictEqual(point.json!.writeList([], memory, 0, 1000), -1)
    assert.strictEqual(point.json!.readList(Buffer.from("[]"), 0, 2), unread)
  })

  it("makes an instance of a payload", () => {
    const move = Shapes.ofPayload(Move)
    const there = read(move, short(move, { to: { x: 1 }, name: "a" })!)
    assert.instanceOf(there, Move)
    assert.deepStrictEqual(there, new Move({ to: { x: 1 }, name: "a" }))
  })

  it("is not there for what has no plan", () => {
    assert.isUndefined(Shapes.of(Schema.Date).json)
    assert.isUndefined(Shapes.ofPayload(Empty).json)
    assert.isUndefined(Shapes.nothing.json)
  })

  it("leaves what is wrong to the general way, which says what it is", () => {
    assert.isUndefined(short(point, { x: "1" }))
    assert.strictEqual(read(point, '{"x":"1"}'), unread)
    const bytes = Buffer.from('{"x":"1"}')
    assert.throws(() => Json.read(point, bytes, 0, bytes.length), '["x"]')
  })

  // It wrote null, and the general way what the constructor puts there.
  it("does not write undefined where the constructor puts its default", () => {
    const may = Schema.UndefinedOr(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed("default")))
    class May extends Event.Class<May>()("May", { may, n: Schema.Int }) {}
    const shape = Shapes.ofPayload(May)
    assert.isUndefined(short(shape, { may: undefined, n: 1 }))
    assert.strictEqual(Json.text(shape, { may: undefined, n: 1 }), '{"may":"default","n":1}')
  })

  it("is that of what was given where the constructor has nothing to add", () => {
    const n = Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(7)))
    class Count extends Event.Class<Count>()("Count", { n, m: Schema.Int }) {}
    const shape = Shapes.ofPayload(Count)
    assert.strictEqual(short(shape, { n: 1, m: 2 }), '{"n":1,"m":2}')
    assert.isUndefined(short(shape, { m: 2 }))
    assert.strictEqual(Json.text(shape, { m: 2 }), '{"n":7,"m":2}')
  })
})

describe("the general way", () => {
  const Day = Schema.Struct({ on: Schema.Date, text: Schema.String.check(Schema.isMinLength(2)) })

  // The first value of a process that goes it has the compiler loaded, and is interpreted.
  it.effect("leads to the same before schemas are compiled, and after", () =>
    Effect.gen(function* () {
      const day = { on: new Date(0), text: "ab" }
      const json = { on: "1970-01-01T00:00:00.000Z", text: "ab" }
      const shape = Shapes.of(Day)
      const later = Shapes.of(Day)
      const both = (checked: Shape) => {
        assert.deepStrictEqual(checked.encode(day), json)
        assert.deepStrictEqual(checked.decode(json), day)
        assert.throws(() => checked.encode({ ...day, text: "a" }), '["text"]')
        assert.throws(() => checked.decode({ ...json, text: "a" }), '["text"]')
      }
      both(shape)
      yield* Effect.promise(() => import("effect/schema/SchemaJITCompiler"))
      yield* settle
      both(shape)
      both(later)
      both(shape)
    })
  )
})

describe("text", () => {
  const textOf = ({ raw }: Shape) => {
    if (raw?.is !== "text") throw new Error("expected text")
    return raw
  }

  it("travels raw where it is the whole value", () => {
    const raw = textOf(Shapes.of(Schema.String))
    assert.strictEqual(raw.encode("ü👋"), "ü👋")
    assert.strictEqual(raw.decode(""), "")
    assert.strictEqual(textOf(Shapes.of(Schema.String.pipe(Schema.brand("Name")))).encode("a"), "a")
  })

  it("travels raw where it is the one field of a payload", () => {
    const raw = textOf(Shapes.ofPayload(Note))
    assert.strictEqual(raw.encode({ name: "a" }), "a")
    assert.strictEqual(raw.encode(new Note({ name: "a" })), "a")
    assert.deepStrictEqual(raw.decode("a"), new Note({ name: "a" }))
  })

  it.each(["\ud83d", "a\udc4b", "\udc4b\ud83d"])("that UTF-8 cannot say does not: %j", (name) => {
    assert.isUndefined(textOf(Shapes.of(Schema.String)).encode(name))
    assert.isUndefined(textOf(Shapes.ofPayload(Note)).encode({ name }))
  })

  // A function has a name, which travelled in its place.
  it("is not taken from what is no object of fields", () => {
    const named = Object.assign([], { name: "list" })
    for (const value of [undefined, null, "a", 5, (): void => {}, named, { name: 1 }, {}]) {
      assert.isUndefined(textOf(Shapes.ofPayload(Note)).encode(value))
      assert.throws(() => Shapes.ofPayload(Note).encode(value), /Expected|Missing/)
    }
  })

  it.each<readonly [string, Schema.Codec<unknown>]>([
    ["must pass a check", Schema.String.check(Schema.isMinLength(1))],
    ["is one word", Schema.Literal("a")],
    ["may be null", Schema.NullOr(Schema.String)],
    ["is made of something else", Schema.NumberFromString],
    ["is trimmed", Schema.Trim]
  ])("that %s travels as JSON", (_, schema) => {
    assert.isUndefined(Shapes.of(schema).raw)
  })

  it.each<readonly [string, Fields]>([
    ["with another field", { a: Schema.String, b: Schema.String }],
    ["that may be left out", { a: Schema.optionalKey(Schema.String) }],
    ["that has a default", { a: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("x"))) }],
    ["in a list", { a: Schema.Array(Schema.String) }]
  ])("travels as JSON in a payload %s", (_, payload) => {
    class Mixed extends Event.Class<Mixed>()("Mixed", payload) {}
    assert.isUndefined(Shapes.ofPayload(Mixed).raw)
  })
})
