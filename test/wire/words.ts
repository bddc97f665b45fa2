/**
 * A protocol with everything a wire may have to say, compiled for both sides, and messages of each kind.
 */
import * as Schema from "effect/Schema"
import * as Lexicon from "../../src/peer/Lexicon.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import type { Headers, Hello, Message } from "../../src/session/Message.ts"
import type { Method } from "../../src/wire/Wire.ts"

export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { most: Schema.Int }) {}

export class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  error: TooLarge
}) {}
export class Say extends Request.Class<Say>()("Say", { payload: { text: Schema.String }, success: Schema.String }) {}
export class Put extends Request.Class<Put>()("Put", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array,
  error: Schema.Uint8Array,
  progress: Schema.Uint8Array
}) {}
export class Count extends Request.Class<Count>()("Count", {
  payload: { to: Schema.Int },
  stream: Schema.Int,
  error: TooLarge
}) {}
export class Pull extends Request.Class<Pull>()("Pull", { stream: Schema.Uint8Array }) {}
export class Push extends Request.Class<Push>()("Push", {
  payload: { name: Schema.String },
  input: Schema.Uint8Array,
  progress: Schema.Struct({ done: Schema.Int })
}) {}
export class Sum extends Request.Class<Sum>()("Sum", { input: Schema.Int, success: Schema.Int }) {}
export class Any extends Request.Class<Any>()("Any", { payload: { json: Schema.Unknown }, success: Schema.Unknown }) {}
export class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
export class Blob extends Event.Class<Blob>()("Blob", { bytes: Schema.Uint8Array }) {}
export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
export class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.Boolean
}) {}

export const Words = Protocol.make("words", {
  version: "1.0.0",
  server: [Add, Say, Put, Count, Pull, Push, Sum, Any, Note, Blob],
  client: [Tick, Confirm, Blob]
})

export const client = Lexicon.compile(Words, "client")
export const server = Lexicon.compile(Words, "server")

export type Tag =
  | "Add"
  | "Say"
  | "Put"
  | "Count"
  | "Pull"
  | "Push"
  | "Sum"
  | "Any"
  | "Note"
  | "Blob"
  | "Tick"
  | "Confirm"

/** The number of what is said with this tag. */
export const place = (methods: ReadonlyArray<Method>, tag: Tag): number =>
  methods.findIndex((method) => method.tag === tag)

export const helloOf = (says: ReadonlyArray<Method>, more: Partial<Hello> = {}): Hello => ({
  wireVersion: 1,
  protocol: "words",
  version: "1.0.0",
  fingerprint: "0123456789abcdef",
  methods: says.map((method) => method.tag),
  payloads: ["json"],
  limits: { frameBytes: 1024 * 1024, calls: 64 },
  features: [],
  pid: 4711,
  secret: undefined,
  nonce: undefined,
  ...more
})

/** What a Hello says where values may travel in binary. */
export const binary: Partial<Hello> = { payloads: ["json", "binary"], fingerprint: Words.fingerprint }

const instances: Record<Tag, new (fields: never) => unknown> = {
  Add,
  Say,
  Put,
  Count,
  Pull,
  Push,
  Sum,
  Any,
  Note,
  Blob,
  Tick,
  Confirm
}

/** The instance that the other side makes of a payload. */
export const made = (tag: Tag, payload: object): unknown => new instances[tag](payload as never)

export interface RequestFields {
  readonly id?: number
  readonly timeoutMillis?: number
  readonly headers?: Headers | undefined
}

export const request = (
  tag: Tag,
  payload: object,
  { headers, id = 1, timeoutMillis = 0 }: RequestFields = {}
): Extract<Message, { readonly _tag: "Request" }> => {
  const method = place([...server.answers, ...client.answers], tag)
  const at = method < server.answers.length ? method : method - server.answers.length
  return { _tag: "Request", id, method: at, payload: made(tag, payload), timeoutMillis, headers }
}
