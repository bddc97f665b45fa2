/**
 * A protocol as one would write it for a peer in PHP, compiled for both sides, and the wires it is spoken over.
 */
import * as Schema from "effect/Schema"
import * as Lexicon from "../../../src/peer/Lexicon.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Message } from "../../../src/session/Message.ts"
import * as StreamIpc from "../../../src/wire/dialect/StreamIpc.ts"
import type { Codec, Lexicon as Compiled, Method, Shape } from "../../../src/wire/Wire.ts"
import { read, Recorder } from "../tools.ts"

const Log = Schema.TaggedStruct("LogMessage", { message: Schema.String, level: Schema.String })

export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { most: Schema.Int }) {
  override get message(): string {
    return `at most ${this.most}`
  }
}

/** As the library's own example has it: a LogMessage is asked, and one is answered. */
export class Ping extends Request.Class<Ping>()("Ping", {
  payload: { message: Schema.String, level: Schema.String },
  success: Log,
  error: Schema.String,
  annotations: StreamIpc.annotations({ class: "StreamIpc\\Message\\LogMessage" })
}) {}

const Point = Schema.TaggedStruct("Point", { x: Schema.Number, y: Schema.Number })

export class Task extends Request.Class<Task>()("TaskMessage", {
  payload: {
    action: Schema.String,
    params: Schema.Record(Schema.String, Schema.Unknown)
  }
}) {}
export class Draw extends Request.Class<Draw>()("Draw", {
  payload: {
    points: Schema.Array(Point),
    names: Schema.Record(Schema.String, Schema.String),
    list: Schema.Array(Schema.String),
    scale: Schema.Number
  },
  success: Schema.Struct({ points: Schema.Array(Point), area: Schema.NullOr(Schema.Number) })
}) {}
export class Sum extends Request.Class<Sum>()("Sum", {
  payload: { a: Schema.Int, b: Schema.Int, note: Schema.String },
  success: Schema.Struct({ sum: Schema.Int, note: Schema.String }),
  error: TooLarge
}) {}
export class Half extends Request.Class<Half>()("Half", { payload: { n: Schema.Number }, success: Schema.Number }) {}
export class Boxed extends Request.Class<Boxed>()("Boxed", {
  payload: { value: Schema.Int },
  success: Schema.Struct({ value: Schema.Int })
}) {}
export class Big extends Request.Class<Big>()("Big", {
  payload: { n: Schema.BigInt, many: Schema.Array(Schema.BigInt), text: Schema.String },
  success: Schema.BigInt,
  annotations: StreamIpc.annotations({ integers: ["n", "many", "value"] })
}) {}
export class Stop extends Request.Class<Stop>()("Stop", {
  annotations: StreamIpc.annotations({ class: "App\\Control\\Stop", success: "App\\Done" })
}) {}
/** What LogMessages without an envelope are, and text between frames. */
export class Note extends Event.Class<Note>()("LogMessage", { message: Schema.String, level: Schema.String }) {}
export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int, note: Schema.String }) {}

export const Words = Protocol.make("php", {
  version: "1.0.0",
  server: [Ping, Task, Draw, Sum, Half, Boxed, Big, Stop, Note, Tick],
  client: [Ping, Sum, Note, Tick]
})

export const client = Lexicon.compile(Words, "client")
export const server = Lexicon.compile(Words, "server")

const general = (shape: Shape): Shape => ({
  encode: shape.encode,
  decode: shape.decode,
  json: undefined,
  raw: undefined,
  binary: undefined,
  fields: shape.fields
})

/** A lexicon whose values all go the general way. */
export const withoutShortWays = (lexicon: Compiled): Compiled => {
  const methodOf = (method: Method): Method => ({
    ...method,
    payload: general(method.payload),
    success: general(method.success),
    error: general(method.error)
  })
  return { ...lexicon, says: lexicon.says.map(methodOf), answers: lexicon.answers.map(methodOf) }
}

export const options: StreamIpc.Options = { namespace: "PeerDto", idPrefix: "4242" }

export const open = (side: "client" | "server", more: StreamIpc.Options = {}, lexicon?: Compiled): Codec =>
  StreamIpc.wire({ ...options, ...more }).open(lexicon ?? (side === "client" ? client : server), {
    role: side === "client" ? "dialer" : "acceptor",
    maxFrameBytes: 1024 * 1024
  })

const instances = { Ping, TaskMessage: Task, Draw, Sum, Half, Boxed, Big, Stop, LogMessage: Note, Tick }
export type Tag = keyof typeof instances

const place = (lexicon: Compiled, tag: Tag): number => lexicon.says.findIndex((method) => method.tag === tag)

export const request = (
  tag: Tag,
  payload: object,
  id = 1,
  lexicon: Compiled = client
): Extract<Message, { _tag: "Request" }> => ({
  _tag: "Request",
  id,
  method: place(lexicon, tag),
  payload: new instances[tag](payload as never),
  timeoutMillis: 0,
  headers: undefined
})

export const event = (tag: Tag, payload: object, lexicon: Compiled = client): Extract<Message, { _tag: "Event" }> => ({
  _tag: "Event",
  method: place(lexicon, tag),
  payload: new instances[tag](payload as never),
  bytes: 0
})

/** What a codec writes of messages. Throws when one of them cannot be said. */
export const said = (codec: Codec, ...messages: ReadonlyArray<Message>): Uint8Array => {
  const out = new Recorder()
  for (const message of messages) {
    const written = codec.write(message, out)
    if (typeof written !== "number") throw new Error(`${message._tag}: ${JSON.stringify(written)}`)
  }
  return out.written()
}

/** Has the server read a request of the client's, and the client what the server answers. */
export const exchange = (
  ends: { readonly client: Codec; readonly server: Codec },
  ask: Message,
  answer: (id: number, method: number) => Message
): { readonly asked: Recorder; readonly answered: Recorder; readonly bytes: readonly [Uint8Array, Uint8Array] } => {
  const bytes = said(ends.client, ask)
  const asked = read(ends.server, bytes)
  const got = asked.messages[0] ?? asked.refused[0]!
  const back = said(ends.server, answer((got as { id: number }).id, (got as { method: number }).method))
  return { asked, answered: read(ends.client, back), bytes: [bytes, back] }
}
