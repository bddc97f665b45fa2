/**
 * Dialects whose codecs have a short way: for any schema, value and bytes, what goes it is what the general way gives.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Shapes from "../../../src/peer/Shapes.ts"
import type { Message } from "../../../src/session/Message.ts"
import * as HxInterop from "../../../src/wire/dialect/HxInterop.ts"
import * as StreamIpc from "../../../src/wire/dialect/StreamIpc.ts"
import type { Codec, Lexicon, Method, Shape, Wire } from "../../../src/wire/Wire.ts"
import { type AnySchema, type Sample, samples, shown } from "../payload/schemas.ts"
import { concat, read, Recorder } from "../tools.ts"

const absent = Shapes.absent("Draw", "part")

const lexiconOf = (payload: Shape, success: Shape): Lexicon => {
  const part = { error: absent, item: absent, input: absent, progress: absent, annotations: Context.empty() }
  const request: Method = { tag: "Draw", kind: "request", payload, success, ...part }
  const event: Method = { ...request, tag: "Drawn", kind: "event", success: absent }
  const all = [request, event]
  return { protocol: "p", version: "1.0.0", fingerprint: "f", says: all, answers: all, annotations: Context.empty() }
}

/** Two ends that go the short way, and two that do not. */
interface Ends {
  readonly clients: ReadonlyArray<Codec>
  readonly servers: ReadonlyArray<Codec>
}

const payloadOf = (schema: AnySchema): AnySchema =>
  Schema.Struct({ of: schema, more: Schema.optionalKey(Schema.Int) }) as never

/** A shape with the general way alone. */
const general = ({ decode, encode, fields, raw }: Shape): Shape => ({
  decode,
  encode,
  json: undefined,
  raw,
  binary: undefined,
  fields
})

/** The words of both ways. */
const lexiconsOf = (schema: AnySchema): ReadonlyArray<Lexicon> => {
  const [payload, success] = [Shapes.of(payloadOf(schema)), Shapes.of(schema)]
  return [lexiconOf(payload, success), lexiconOf(general(payload), general(success))]
}

const endsOf = (wire: Wire, lexicons: ReadonlyArray<Lexicon>): Ends => {
  const open = (role: "dialer" | "acceptor") =>
    lexicons.map((lexicon) => wire.open(lexicon, { role, maxFrameBytes: 1 << 20 }))
  return { clients: open("dialer"), servers: open("acceptor") }
}

/** What a codec writes, or why it does not. */
const written = (codec: Codec, message: Message): Uint8Array | string => {
  const out = new Recorder()
  const bytes = codec.write(message, out)
  return typeof bytes === "number" ? out.written() : bytes._tag
}

/** What a codec makes of bytes. */
const heard = (codec: Codec, bytes: Uint8Array): string => {
  const out = read(codec, bytes)
  codec.abandon(out)
  return shown([out.messages, out.refused, out.skipped, out.ends])
}

const request = (id: number, payload: unknown): Message => ({
  _tag: "Request",
  id,
  method: 0,
  payload,
  timeoutMillis: 0,
  headers: undefined
})
const event = (payload: unknown): Message => ({ _tag: "Event", method: 1, payload, bytes: 0 })
const successOf = (id: number, value: unknown): Message => ({ _tag: "Success", id, method: 0, value })

/** JSON has two forms of floats with an exponent. */
const hasExponent = (bytes: Uint8Array | string): boolean =>
  typeof bytes !== "string" && /\de[+-]/.test(Buffer.from(bytes).toString("latin1"))

const sameBytes = ([short, general]: ReadonlyArray<Uint8Array | string>): Uint8Array | undefined => {
  if (!hasExponent(short!)) assert.strictEqual(textOf(short!), textOf(general!))
  return typeof short === "string" ? undefined : short
}

const textOf = (bytes: Uint8Array | string): string =>
  typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1")

const said = (codecs: ReadonlyArray<Codec>, message: Message): Uint8Array | undefined =>
  sameBytes(codecs.map((codec) => written(codec, message)))

const sameHeard = (codecs: ReadonlyArray<Codec>, bytes: Uint8Array): void => {
  const [short, general] = codecs.map((codec) => heard(codec, bytes))
  assert.strictEqual(short, general, textOf(bytes))
}

const snippets: ReadonlyArray<string | Uint8Array> = [
  [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\n",
    "\r\n",
    " ",
    "0",
    "1",
    "-",
    "99999999999",
    ".5",
    "e3",
    "\\u0061",
    "\\ud83d",
    "\\/"
  ],
  [
    's:1:"a";',
    "i:0;",
    "i:05;",
    "i:-0;",
    "d:1;",
    "d:-0;",
    "N;",
    "b:2;",
    "a:0:{}",
    "a:4000000000:{",
    "s:99999999:",
    "r:1;",
    "R:2;"
  ],
  ['"a":1,', ',"more":1', ',"unknown":null', '"__class":"x",', "null", "true", "ü", "\0"],
  [Uint8Array.of(0xff), Uint8Array.of(0xc3), Uint8Array.of(0xed, 0xa0, 0x80)]
].flat()

/** Changes to bytes: where, how many go, and what comes in their place. */
const changes = fc.array(fc.tuple(fc.nat(400), fc.constantFrom(0, 0, 1, 2, 400), fc.constantFrom(...snippets)), {
  minLength: 8,
  maxLength: 8
})
type Change = readonly [place: number, gone: number, by: string | Uint8Array]

const changed = (bytes: Uint8Array, [place, gone, by]: Change, from: number): Uint8Array => {
  const at = from + (place % (bytes.length - from))
  const payload = concat(bytes.subarray(from, at), by, bytes.subarray(at + gone))
  if (from === 0) return payload
  // The frame says how long it is.
  const whole = concat(bytes.subarray(0, from), payload)
  new DataView(whole.buffer).setUint32(4, payload.length)
  return whole
}

const check = (wire: Wire, headerBytes: number, { right, schema, wrong }: Sample, how: ReadonlyArray<Change>): void => {
  const lexicons = lexiconsOf(schema)
  const { clients, servers } = endsOf(wire, lexicons)
  let id = 0
  const asked: Array<Uint8Array> = []
  const answered: Array<Uint8Array> = []
  for (const [index, value] of [...right, ...wrong].entries()) {
    const payload = index % 2 === 0 ? { of: value } : { of: value, more: index }
    for (const message of [request(++id, payload), event(payload)]) {
      const bytes = said(clients, message)
      if (bytes === undefined) continue
      asked.push(bytes)
      sameHeard(servers, bytes)
    }
    const ask = said(clients, request(++id, { of: right[0] }))
    const duties = ask === undefined ? [] : servers.map((codec) => read(codec, ask).messages[0])
    if (duties[0]?._tag !== "Request") continue
    const answers = servers.map((codec, way) => written(codec, successOf((duties[way] as { id: number }).id, value)))
    const answer = sameBytes(answers)
    if (answer === undefined) continue
    answered.push(answer)
    sameHeard(clients, answer)
  }
  how.forEach((change, index) => {
    // What lost its framing reads nothing more, so each has codecs of its own.
    const own = endsOf(wire, lexicons)
    const base = asked[index % asked.length]
    if (base !== undefined) sameHeard(own.servers, changed(base, change, headerBytes))
    const answer = answered[index % answered.length]
    if (answer === undefined) return
    for (const codec of own.clients)
      for (let call = 1; call <= id; call++) written(codec, request(call, { of: right[0] }))
    sameHeard(own.clients, changed(answer, change, headerBytes))
  })
}

const wires: ReadonlyArray<readonly [string, Wire, number]> = [
  ["hx/interop", HxInterop.wire(), 0],
  ["php-stream-ipc, serialized by PHP", StreamIpc.wire({ serializer: "php", idPrefix: "7" }), 8],
  ["php-stream-ipc, as JSON", StreamIpc.wire({ serializer: "json", idPrefix: "7" }), 8],
  ["its old generation, serialized by PHP", StreamIpc.wire({ generation: "old", serializer: "php", idPrefix: "7" }), 0],
  ["its old generation, as JSON", StreamIpc.wire({ generation: "old", serializer: "json", idPrefix: "7" }), 0]
]

const Shown = Schema.Struct({
  flag: Schema.Boolean,
  half: Schema.Number,
  kind: Schema.Literals(["a", "b"]),
  list: Schema.Array(Schema.Struct({ x: Schema.Int, y: Schema.NullOr(Schema.String) })),
  left: Schema.optionalKey(Schema.String)
})
const shownValue = {
  flag: true,
  half: 0.5,
  kind: "b",
  list: [
    { x: -1, y: null },
    { x: 2 ** 40, y: "é" }
  ]
}

/** A shape whose general way leads nowhere. */
const shortOnly = ({ fields, json, planned }: Shape): Shape => {
  const never = (): never => {
    throw new Error("the general way was gone")
  }
  return { encode: never, decode: never, json, raw: undefined, binary: undefined, fields, planned }
}

describe("the short way is gone", () => {
  it.each(wires)("by requests, events and answers in %s", (name, wire) => {
    const shape = shortOnly(Shapes.of(Shown as never))
    const numbers = shortOnly(Shapes.of(Schema.Array(Schema.Int)))
    // The old generation escapes what is no ASCII, which is done the general way.
    const value = name.endsWith("old generation, as JSON") ? { ...shownValue, list: [] } : shownValue
    for (const [success, answer] of [
      [shape, { ...value, left: "ok" }],
      [numbers, [1, 2, 3]]
    ] as const) {
      const lexicon = lexiconOf(shape, success)
      const client = wire.open(lexicon, { role: "dialer", maxFrameBytes: 1 << 20 })
      const server = wire.open(lexicon, { role: "acceptor", maxFrameBytes: 1 << 20 })
      const asked = read(server, written(client, request(1, value)) as Uint8Array)
      assert.deepStrictEqual(asked.messages, [request(1, value)])
      const answered = read(client, written(server, successOf(1, answer)) as Uint8Array)
      assert.deepStrictEqual(answered.messages, [successOf(1, answer)])
      if (name === "hx/interop") continue
      const told = read(server, written(client, event(value)) as Uint8Array)
      assert.deepInclude(told.messages[0], { _tag: "Event", payload: value })
    }
  })
})

describe("the short way says and reads what the general way does", () => {
  it.each(wires)("in %s", (_, wire, headerBytes) => {
    fc.assert(
      fc.property(samples, changes, (sample, how) => check(wire, headerBytes, sample, how)),
      { numRuns: 16 }
    )
  })
})
