/**
 * The protocol that the recorded conversations of hx/interop speak, mapped as its Go, Ruby and PHP servers have it, and
 * codecs of both sides.
 */
import * as Schema from "effect/Schema"
import * as Lexicon from "../../../src/peer/Lexicon.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Message } from "../../../src/session/Message.ts"
import * as HxInterop from "../../../src/wire/dialect/HxInterop.ts"
import type { Codec, Method } from "../../../src/wire/Wire.ts"
import { Recorder } from "../tools.ts"

export class Failed extends Schema.TaggedError<Failed>()("Failed", { code: Schema.Int }) {}

export class Ping extends Request.Class<Ping>()("Ping", {
  success: Schema.String,
  annotations: HxInterop.annotations({ class: "ping", success: { contentType: "application/json" } })
}) {}
export class Echo extends Request.Class<Echo>()("Echo", {
  payload: { body: Schema.Uint8Array },
  success: Schema.Uint8Array,
  annotations: HxInterop.annotations({ class: "echo", body: "body" })
}) {}
export class HeaderList extends Request.Class<HeaderList>()("HeaderList", {
  payload: { foo: Schema.optionalKey(Schema.String), barBaz: Schema.optionalKey(Schema.String) },
  success: Schema.Array(Schema.Tuple([Schema.String, Schema.String])),
  annotations: HxInterop.annotations({ class: "headers", headers: ["foo", "barBaz"] })
}) {}
export class Empty extends Request.Class<Empty>()("Empty", {
  annotations: HxInterop.annotations({ class: "empty" })
}) {}
export class Raw extends Request.Class<Raw>()("Raw", {
  success: Schema.String,
  annotations: HxInterop.annotations({ class: "raw", success: { contentType: "text/plain" } })
}) {}
export class Text extends Request.Class<Text>()("Text", {
  success: Schema.String,
  annotations: HxInterop.annotations({ class: "string", success: { contentType: "text/plain" } })
}) {}
export class Fail extends Request.Class<Fail>()("Fail", {
  success: Schema.Int,
  error: Schema.String,
  annotations: HxInterop.annotations({ class: "error" })
}) {}
export class Ticks extends Request.Class<Ticks>()("Ticks", {
  payload: { count: Schema.Int },
  success: Schema.Int,
  annotations: HxInterop.annotations({ class: "ticks", headers: ["count"] })
}) {}
export class NoSuch extends Request.Class<NoSuch>()("NoSuch", {
  success: Schema.Int,
  annotations: HxInterop.annotations({ class: "no-such-class" })
}) {}
export class Slow extends Request.Class<Slow>()("Slow", {
  payload: { ms: Schema.Int },
  success: Schema.Int,
  annotations: HxInterop.annotations({ class: "slow", headers: { ms: "Ms" } })
}) {}
export class Boom extends Request.Class<Boom>()("Boom", { annotations: HxInterop.annotations({ class: "boom" }) }) {}

export class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  error: Failed
}) {}
export class Spread extends Request.Class<Spread>()("Spread", {
  payload: {
    name: Schema.String,
    deep: Schema.Boolean,
    size: Schema.NullOr(Schema.Number),
    list: Schema.Array(Schema.Int)
  },
  success: Schema.Struct({ total: Schema.Int, note: Schema.String, rest: Schema.Uint8Array }),
  annotations: HxInterop.annotations({
    headers: ["name", "deep", "size"],
    success: { headers: { total: "x-total", note: "X-Note" }, body: "rest" }
  })
}) {}
export class Blob extends Request.Class<Blob>()("Blob", {
  payload: { name: Schema.String, bytes: Schema.Uint8Array },
  annotations: HxInterop.annotations({ headers: ["name"], body: "bytes" })
}) {}
export class Say extends Request.Class<Say>()("Say", {
  payload: { text: Schema.String },
  success: Schema.Void,
  annotations: HxInterop.annotations({ class: "say", body: "text", contentType: "text/plain" })
}) {}
export class Maybe extends Request.Class<Maybe>()("Maybe", {
  payload: { a: Schema.optionalKey(Schema.Int) },
  success: Schema.UndefinedOr(Schema.Int)
}) {}
export class Plain extends Request.Class<Plain>()("Plain", { success: Schema.String }) {}
export class Total extends Request.Class<Total>()("Total", {
  success: Schema.Struct({ total: Schema.Int }),
  annotations: HxInterop.annotations({ success: { headers: ["total"] } })
}) {}
export class Nullable extends Request.Class<Nullable>()("Nullable", {
  success: Schema.Struct({ note: Schema.NullOr(Schema.String), more: Schema.optionalKey(Schema.Int) }),
  annotations: HxInterop.annotations({ success: { headers: ["note", "more"] } })
}) {}
export class Optional extends Request.Class<Optional>()("Optional", {
  success: Schema.Struct({ note: Schema.optionalKey(Schema.String) }),
  annotations: HxInterop.annotations({ success: { body: "note" } })
}) {}
export class Held extends Schema.Class<Held>("Held")({ name: Schema.String, bytes: Schema.Uint8Array }) {}
const filled = Schema.makeFilter(({ bytes }: { readonly bytes: Uint8Array }) => bytes.length > 0)
export class Filled extends Request.Class<Filled>()("Filled", {
  success: Schema.Struct({ name: Schema.String, bytes: Schema.Uint8Array }).check(filled),
  annotations: HxInterop.annotations({ success: { headers: ["name"], body: "bytes" } })
}) {}
export class Hold extends Request.Class<Hold>()("Hold", {
  success: Held,
  annotations: HxInterop.annotations({ success: { headers: ["name"], body: "bytes" } })
}) {}

export class Tick extends Event.Class<Tick>()(
  "Tick",
  { n: Schema.Int },
  { annotations: HxInterop.annotations({ class: "tick", body: "n" }) }
) {}
export class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}

export const Words = Protocol.make("hx-words", {
  version: "1.0.0",
  server: [
    Ping,
    Echo,
    HeaderList,
    Empty,
    Raw,
    Text,
    Fail,
    Ticks,
    NoSuch,
    Slow,
    Boom,
    Add,
    Spread,
    Blob,
    Say,
    Maybe,
    Plain,
    Total,
    Nullable,
    Optional,
    Filled,
    Hold,
    Note
  ],
  client: [Tick, Note]
})

export const client = Lexicon.compile(Words, "client")
export const server = Lexicon.compile(Words, "server")

/** The number of what is said, or answered, with this tag. */
export const place = (methods: ReadonlyArray<Method>, tag: string): number =>
  methods.findIndex((method) => method.tag === tag)

export interface Party {
  readonly codec: Codec
  readonly out: Recorder
  /** What it says and has not been taken yet, in Latin-1. */
  said(): string
  hears(text: string | Uint8Array): void
  writes(message: Message): unknown
}

const party = (role: "dialer" | "acceptor", options: HxInterop.Options, maxFrameBytes: number): Party => {
  const lexicon = role === "dialer" ? client : server
  const codec = HxInterop.wire(options).open(lexicon, { role, maxFrameBytes })
  const out = new Recorder()
  return {
    codec,
    out,
    said: () => Buffer.from(out.written()).toString("latin1"),
    hears: (text) => codec.read(typeof text === "string" ? Buffer.from(text, "latin1") : text, out),
    writes: (message) => codec.write(message, out)
  }
}

export const dialer = (options: HxInterop.Options = {}, maxFrameBytes = 1024 * 1024): Party =>
  party("dialer", options, maxFrameBytes)
export const acceptor = (options: HxInterop.Options = {}, maxFrameBytes = 1024 * 1024): Party =>
  party("acceptor", options, maxFrameBytes)

export const ask = (id: number, tag: string, payload: unknown = {}, headers?: Record<string, string>): Message => ({
  _tag: "Request",
  id,
  method: place(client.says, tag),
  payload,
  timeoutMillis: 0,
  headers
})

export const succeed = (id: number, tag: string, value: unknown): Message => ({
  _tag: "Success",
  id,
  method: place(server.answers, tag),
  value
})

/** A call from our client to our server and back, through bytes: what the server got, and what the client got. */
export const exchange = (
  tag: string,
  payload: unknown,
  answer: (id: number) => Message,
  options: HxInterop.Options = {}
): { readonly asked: Message; readonly answered: Message; readonly bytes: readonly [string, string] } => {
  const [near, far] = [dialer(options), acceptor(options)]
  const written = near.writes(ask(1, tag, payload))
  if (typeof written !== "number") throw new Error(JSON.stringify(written))
  const there = near.said()
  far.hears(there)
  const asked = far.out.messages[0]!
  if (asked?._tag !== "Request") throw new Error(JSON.stringify(far.out.said))
  const said = far.writes(answer(asked.id))
  if (typeof said !== "number") throw new Error(JSON.stringify(said))
  const back = far.said()
  near.hears(back)
  if (near.out.messages.length !== 1) throw new Error(JSON.stringify(near.out.said))
  return { asked, answered: near.out.messages[0]!, bytes: [there, back] }
}
