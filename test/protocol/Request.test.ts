import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Event from "../../src/protocol/Event.ts"
import * as Request from "../../src/protocol/Request.ts"
import { Divide, DivisionByZero, Follow, Note, Ping, Tick } from "./Messages.ts"

class Cost extends Context.Service<Cost, number>()("test/Cost") {}

describe("a request", () => {
  it("is a tagged class of its payload", () => {
    const request = new Divide({ dividend: 1, divisor: 4 })
    assert.instanceOf(request, Divide)
    assert.strictEqual(request._tag, "Divide")
    assert.deepStrictEqual({ ...request }, { _tag: "Divide", dividend: 1, divisor: 4 })
    assert.strictEqual(request.ratio, 0.25)
    assert.throws(() => new Divide({ dividend: "1" as never, divisor: 4 }), /Schema validation failed/)
  })

  it("knows its tag, kind and schemas", () => {
    assert.strictEqual(Divide.tag, "Divide")
    assert.strictEqual(Divide.kind, "request")
    assert.strictEqual(Divide.spec.success, Schema.Number)
    assert.strictEqual(Divide.spec.error, DivisionByZero)
    assert.deepStrictEqual(Object.keys(Divide.spec.payload), ["dividend", "divisor"])
  })

  it("encodes to its payload with a tag and decodes to an instance", () => {
    const since = new Date(0)
    const wire = { _tag: "Follow", since: "1970-01-01T00:00:00.000Z" }
    assert.deepStrictEqual(Schema.encodeSync(Follow)(new Follow({ since })), wire as never)
    const decoded = Schema.decodeUnknownSync(Follow)(wire)
    assert.instanceOf(decoded, Follow)
    assert.strictEqual(decoded.since.getTime(), 0)
    assert.throws(() => Schema.decodeUnknownSync(Follow)({ ...wire, _tag: "Other" }))
  })

  it("without options asks nothing and answers void", () => {
    assert.strictEqual(new Ping()._tag, "Ping")
    const { annotations, ...spec } = Ping.spec
    assert.deepStrictEqual(spec, {
      payload: {},
      success: undefined,
      error: undefined,
      stream: undefined,
      input: undefined,
      progress: undefined,
      idempotent: false,
      timeout: undefined,
      key: undefined
    })
    assert.isTrue(Option.isNone(Context.getOption(annotations, Cost)))
  })

  it("keeps its options", () => {
    class Full extends Request.Class<Full>("app/Full")("Full", {
      payload: { id: Schema.Int },
      stream: Schema.String,
      input: Schema.Uint8Array,
      progress: Schema.Int,
      idempotent: true,
      timeout: "2 seconds",
      key: ({ id }) => `id ${id}`,
      annotations: Context.make(Cost, 3)
    }) {}
    assert.strictEqual(Full.identifier, "app/Full")
    assert.strictEqual(Full.tag, "Full")
    assert.strictEqual(Full.spec.stream, Schema.String)
    assert.strictEqual(Full.spec.input, Schema.Uint8Array)
    assert.strictEqual(Full.spec.progress, Schema.Int)
    assert.isTrue(Full.spec.idempotent)
    assert.strictEqual(Full.spec.timeout, "2 seconds")
    assert.strictEqual(Full.spec.key?.(new Full({ id: 7 })), "id 7")
    assert.deepStrictEqual(Context.getOption(Full.spec.annotations, Cost), Option.some(3))
  })

  it("fills in the constructor defaults of its fields", () => {
    class Search extends Request.Class<Search>()("Search", {
      payload: { limit: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(10))) }
    }) {}
    assert.strictEqual(new Search().limit, 10)
    assert.strictEqual(new Search({ limit: 2 }).limit, 2)
  })
})

describe("an event", () => {
  it("is a tagged class of its fields", () => {
    const note = new Note({ text: "hi" })
    assert.strictEqual(note._tag, "Note")
    assert.strictEqual(note.loud, "HI")
    assert.deepStrictEqual(Schema.encodeSync(Note)(note), { _tag: "Note", text: "hi" })
    assert.throws(() => new Tick({ n: 1.5 }), /Schema validation failed/)
  })

  it("knows its tag, kind and fields", () => {
    assert.strictEqual(Tick.tag, "Tick")
    assert.strictEqual(Tick.kind, "event")
    assert.deepStrictEqual(Tick.spec, { payload: { n: Schema.Int }, annotations: Context.empty() })
  })

  it("may carry facts of its own", () => {
    const Loud = Context.Reference("test/Loud", { defaultValue: () => false })
    class Bang extends Event.Class<Bang>()("Bang", {}, { annotations: Context.make(Loud, true) }) {}
    assert.isTrue(Context.get(Bang.spec.annotations, Loud))
    assert.isFalse(Context.get(Tick.spec.annotations, Loud))
  })

  it("may say nothing but its tag", () => {
    class Idle extends Event.Class<Idle>("app/Idle")("Idle") {}
    assert.deepStrictEqual({ ...new Idle() }, { _tag: "Idle" })
    assert.strictEqual(Idle.identifier, "app/Idle")
  })
})

describe("a wrong declaration", () => {
  const both = { success: Schema.Number, stream: Schema.String } as never
  const tagged = { _tag: Schema.String } as never

  it.each<[name: string, declare: () => unknown, message: string]>([
    [
      "a request with success and stream",
      () => Request.Class<Divide>()("Both", both),
      `Request "Both" has both success and stream: the stream is the answer, so leave out success`
    ],
    [
      "a request with a field _tag",
      () => Request.Class<Divide>()("Tagged", { payload: tagged }),
      `Request "Tagged" has a payload field named _tag, which holds its tag: rename the field`
    ],
    [
      "an event with a field _tag",
      () => Event.Class<Tick>()("Tagged", tagged),
      `Event "Tagged" has a field named _tag, which holds its tag: rename the field`
    ]
  ])("%s throws and says what to do", (_, declare, message) => {
    assert.throws(declare, message)
  })
})
