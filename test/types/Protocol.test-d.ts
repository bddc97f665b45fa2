/**
 * The types of the room protocol: what a user may rely on, and what the compiler refuses.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles without an argument only when both types are the same. */
declare const same: <A, B>(...proof: Equal<A, B> extends true ? [] : [never]) => void

// ---- the check checks

same<string, string>()
// @ts-expect-error not the same
same<string, string | number>()
// @ts-expect-error any is not string
same<any, string>()

// ---- requests

class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}
class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { path: Schema.String }) {}
const Done = Schema.Struct({ done: Schema.Int })

class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: Schema.Union([DivisionByZero, NotFound]),
  idempotent: true,
  timeout: "2 seconds",
  key: ({ dividend }) => dividend.toFixed()
}) {
  get ratio(): number {
    return this.dividend / this.divisor
  }
}
class Ping extends Request.Class<Ping>()("Ping") {}
class Index extends Request.Class<Index>("app/Index")("Index", {
  payload: { path: Schema.String },
  progress: Done,
  success: Schema.DateFromString
}) {}
class Follow extends Request.Class<Follow>()("Follow", {
  payload: { file: Schema.String },
  stream: Schema.DateFromString,
  error: NotFound
}) {}
class Upload extends Request.Class<Upload>()("Upload", {
  payload: { name: Schema.String },
  input: Schema.Uint8Array,
  success: Schema.Int
}) {}
class Search extends Request.Class<Search>()("Search", {
  payload: {
    limit: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(10))),
    since: Schema.optionalKey(Schema.DateFromString)
  }
}) {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
class Idle extends Event.Class<Idle>()("Idle") {}

same<typeof Divide.tag, "Divide">()
same<typeof Divide.kind, "request">()
same<Divide["_tag"], "Divide">()
same<Divide["dividend"], number>()
same<Divide["ratio"], number>()
same<Request.Success<typeof Divide>, number>()
same<Request.Fault<typeof Divide>, DivisionByZero | NotFound>()
same<Request.Item<typeof Divide>, never>()
same<Request.Input<typeof Divide>, never>()
same<Request.Progress<typeof Divide>, never>()
same<Request.Success<typeof Ping>, void>()
same<Request.Fault<typeof Ping>, never>()
same<Request.Success<typeof Index>, Date>()
same<Request.Progress<typeof Index>, { readonly done: number }>()
same<Request.Item<typeof Follow>, Date>()
same<Request.Fault<typeof Follow>, NotFound>()
same<Request.Input<typeof Upload>, Uint8Array>()
same<Request.Success<typeof Divide | typeof Index>, number | Date>()

// what the peer room asks of a spec
same<(typeof Follow)["spec"]["stream"] extends Schema.Top ? true : false, true>()
same<(typeof Divide)["spec"]["stream"] extends Schema.Top ? true : false, false>()
same<(typeof Divide)["spec"]["input"], undefined>()
const anything: ReadonlyArray<Request.Any> = [Divide, Ping, Index, Follow, Upload, Search]
// @ts-expect-error an event is no request
const tick: Request.Any = Tick
// @ts-expect-error a request is no event
const divide: Event.Any = Divide

// ---- what a caller passes

same<Request.MakeIn<typeof Divide>, { readonly dividend: number; readonly divisor: number }>()
same<Request.MakeIn<typeof Search>, { readonly limit?: number; readonly since?: Date }>()
same<Request.MakeIn<typeof Tick>, { readonly n: number }>()
same<Request.PayloadArgs<typeof Divide>, [payload: { readonly dividend: number; readonly divisor: number }]>()
same<Request.PayloadArgs<typeof Search>, [payload?: { readonly limit?: number; readonly since?: Date }]>()
declare const ask: <R extends Request.Any>(request: R, ...args: [...Request.PayloadArgs<R>, options?: { a: 1 }]) => void
ask(Ping)
ask(Ping, {}, { a: 1 })
ask(Search, { limit: 1 })
ask(Divide, { dividend: 1, divisor: 2 }, { a: 1 })
// @ts-expect-error the payload is needed
ask(Divide)
// @ts-expect-error a field is missing
ask(Divide, { dividend: 1 })
// @ts-expect-error a field of another type
ask(Divide, { dividend: 1, divisor: "2" })
// @ts-expect-error a field that does not exist
ask(Divide, { dividend: 1, divisor: 2, rest: 3 })

// ---- instances

same<typeof made._tag, "Divide">()
const made = new Divide({ dividend: 1, divisor: 2 })
new Ping()
new Idle()
new Search({})
new Search()
// @ts-expect-error a field is missing
new Divide({ dividend: 1 })
// @ts-expect-error a field is missing
new Tick()

// ---- wrong declarations

// @ts-expect-error the stream is the answer
export class Both extends Request.Class<Both>()("Both", { success: Schema.Number, stream: Schema.String }) {}
// @ts-expect-error without Self the instances would have no type
export class Selfless extends Request.Class()("Selfless", {}) {}
// @ts-expect-error without Self the instances would have no type
export class SelflessEvent extends Event.Class()("Selfless", {}) {}
// @ts-expect-error the tag is not a field
export class Tagged extends Request.Class<Tagged>()("Tagged", { payload: { _tag: Schema.String } }) {}
// @ts-expect-error the tag is not a field
export class TaggedEvent extends Event.Class<TaggedEvent>()("Tagged", { _tag: Schema.String }) {}
export class Keyed extends Request.Class<Keyed>()("Keyed", {
  payload: { a: Schema.Number },
  // @ts-expect-error a key is text
  key: ({ a }) => a
}) {}
export class Misspelt extends Request.Class<Misspelt>()("Misspelt", {
  // @ts-expect-error no such option
  succes: Schema.Number
}) {}
export class Late extends Request.Class<Late>()("Late", {
  // @ts-expect-error no such unit
  timeout: "2 fortnights"
}) {}

// ---- schemas need no services

class Odd extends Context.Service<Odd, number>()("Odd") {}
declare const decodes: Schema.Codec<number, number, Odd, never>
declare const encodes: Schema.Codec<number, number, never, Odd>
// @ts-expect-error needs a service to decode
export class A1 extends Request.Class<A1>()("A", { success: decodes }) {}
// @ts-expect-error needs a service to encode
export class A2 extends Request.Class<A2>()("A", { success: encodes }) {}
// @ts-expect-error needs a service to decode
export class A3 extends Request.Class<A3>()("A", { error: decodes }) {}
// @ts-expect-error needs a service to decode
export class A4 extends Request.Class<A4>()("A", { stream: decodes }) {}
// @ts-expect-error needs a service to decode
export class A5 extends Request.Class<A5>()("A", { input: decodes }) {}
// @ts-expect-error needs a service to decode
export class A6 extends Request.Class<A6>()("A", { progress: decodes }) {}
// @ts-expect-error needs a service to decode
export class A7 extends Request.Class<A7>()("A", { payload: { a: decodes } }) {}
// @ts-expect-error needs a service to encode
export class A8 extends Event.Class<A8>()("A", { a: encodes }) {}

// ---- protocols

const Calculator = Protocol.make("calculator", {
  version: "1.0.0",
  server: [Divide, Ping, Follow, Note],
  client: [Tick, Ping]
})
type Calculator = typeof Calculator
const Plain = Protocol.make("plain", { version: "1.0.0", server: [Ping] })
const Listening = Protocol.make("listening", { version: "1.0.0", server: [], client: [Tick] })

same<typeof Calculator.name, "calculator">()
same<Calculator["~server"], typeof Divide | typeof Ping | typeof Follow | typeof Note>()
same<Calculator["~client"], typeof Tick | typeof Ping>()
same<(typeof Plain)["~client"], never>()
same<(typeof Listening)["~server"], never>()
same<Protocol.Requests<Calculator>, Divide | Ping | Follow | Note>()
same<Protocol.Requests<typeof Listening>, never>()
same<(typeof Calculator.schema)["Type"], Divide | Ping | Follow | Note>()
same<
  Extract<(typeof Calculator.schema)["Encoded"], { readonly _tag: "Divide" }>,
  { readonly _tag: "Divide"; readonly dividend: number; readonly divisor: number }
>()
same<Protocol.Answers<Calculator, "client">, typeof Tick | typeof Ping>()
same<Protocol.Says<Calculator, "server">, typeof Tick | typeof Ping>()
same<Protocol.Says<Calculator, "client">, Calculator["~server"]>()
same<Protocol.Other<"server">, "client">()
same<Protocol.Other<"client">, "server">()
same<typeof Calculator.members.server.Divide, typeof Divide>()
same<typeof Calculator.members.client.Tick, typeof Tick>()
same<Extract<Calculator["~client"], Request.Any>, typeof Ping>()
// @ts-expect-error nobody declared it
Calculator.members.server.Tick
const any: ReadonlyArray<Protocol.AnyProtocol> = [Calculator, Plain, Listening]

// ---- tags

class Send extends Request.Class<Send>()("send") {}
class Emit extends Event.Class<Emit>()("emit") {}
class NoteRequest extends Request.Class<NoteRequest>()("Note") {}
class Ping2 extends Request.Class<Ping2>()("Ping") {}
// @ts-expect-error reserved
Protocol.make("bad", { version: "1.0.0", server: [Divide, Send] })
// @ts-expect-error reserved
Protocol.make("bad", { version: "1.0.0", server: [], client: [Emit] })
// @ts-expect-error twice on one side
Protocol.make("bad", { version: "1.0.0", server: [Ping, Divide, Ping] })
// @ts-expect-error twice on one side
Protocol.make("bad", { version: "1.0.0", server: [Ping, Ping2] })
// @ts-expect-error a request and an event on one side
Protocol.make("bad", { version: "1.0.0", server: [Note, NoteRequest] })
Protocol.make("bad", {
  version: "1.0.0",
  // @ts-expect-error a request here and an event there
  server: [Note],
  // @ts-expect-error an event here and a request there
  client: [NoteRequest]
})
// @ts-expect-error not a message
Protocol.make("bad", { version: "1.0.0", server: [NotFound] })
Protocol.make("good", { version: "1.0.0", server: [Ping], client: [Ping2] })
declare const computed: ReadonlyArray<Protocol.Member>
same<ReturnType<typeof fromComputed>, Protocol.Protocol<"computed", Protocol.Member, never>>()
const fromComputed = () => Protocol.make("computed", { version: "1.0.0", server: computed })

// ---- combinators keep types

const Prefixed = Protocol.prefix(Calculator, "calc.")
const PrefixedDivide = Prefixed.members.server["calc.Divide"]
same<typeof Prefixed.name, "calculator">()
same<keyof typeof Prefixed.members.server, "calc.Divide" | "calc.Ping" | "calc.Follow" | "calc.Note">()
same<keyof typeof Prefixed.members.client, "calc.Tick" | "calc.Ping">()
same<typeof PrefixedDivide.tag, "calc.Divide">()
same<typeof prefixed._tag, "calc.Divide">()
same<typeof prefixed.ratio, number>()
same<Request.Success<typeof PrefixedDivide>, number>()
same<Request.Fault<typeof PrefixedDivide>, DivisionByZero | NotFound>()
same<Request.MakeIn<typeof PrefixedDivide>, Request.MakeIn<typeof Divide>>()
same<(typeof Prefixed.members.client)["calc.Tick"]["kind"], "event">()
const prefixed = new PrefixedDivide({ dividend: 1, divisor: 2 })
const piped = Plain.pipe(Protocol.prefix("p."), Protocol.annotate(Odd, 1))
same<(typeof piped.members.server)["p.Ping"]["tag"], "p.Ping">()
const anyPrefixed: Protocol.AnyProtocol = Prefixed

const Merged = Protocol.merge(Plain, Listening, Prefixed)
same<typeof Merged.name, "plain">()
same<(typeof Merged)["~client"], typeof Tick | (typeof Prefixed)["~client"]>()
same<typeof Merged.members.server.Ping, typeof Ping>()
const Renamed = Protocol.merge({ name: "all", version: "2.0.0" }, Plain, Calculator)
same<typeof Renamed.name, "all">()
same<(typeof Renamed)["~server"], Calculator["~server"]>()
const Versioned = Protocol.merge({ version: "2.0.0" }, Plain, Calculator)
same<typeof Versioned.name, "plain">()
// @ts-expect-error nothing to merge
Protocol.merge()
// @ts-expect-error nothing to merge
Protocol.merge({ name: "none" })

const Annotated = Protocol.annotate(Calculator, Odd, 3)
same<typeof Annotated, Calculator>()
same<ReturnType<typeof read>, Option.Option<number>>()
const read = () => Context.getOption(Annotated.annotations, Odd)
// @ts-expect-error another type than the key says
Protocol.annotate(Calculator, Odd, "3")
class Noted extends Request.Class<Noted>()("Noted", { annotations: Context.make(Odd, 1) }) {}
same<ReturnType<typeof readRequest>, Option.Option<number>>()
const readRequest = () => Context.getOption(Noted.spec.annotations, Odd)

export { any, anyPrefixed, anything, divide, tick }
