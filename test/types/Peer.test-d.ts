/**
 * The types of the room peer: what user code infers, what it must provide, and what the compiler refuses.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Call, Client } from "../../src/peer/Client.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import type { IpcError, Reason } from "../../src/peer/IpcError.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import type { Listener, Transport } from "../../src/transport/Transport.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles without an argument only when both types are the same. */
declare const same: <A, B>(...proof: Equal<A, B> extends true ? [] : [never]) => void

// ---- the protocols

class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}
class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { path: Schema.String }) {}

class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: Schema.Union([DivisionByZero, NotFound])
}) {}
class Ping extends Request.Class<Ping>()("Ping") {}
class Index extends Request.Class<Index>()("Index", {
  payload: { path: Schema.String },
  progress: Schema.Struct({ done: Schema.Int }),
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
  success: Schema.Int,
  error: NotFound
}) {}
class Pipe extends Request.Class<Pipe>()("Pipe", { input: Schema.String, stream: Schema.Int }) {}
class Search extends Request.Class<Search>()("Search", {
  payload: { limit: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(10))) },
  success: Schema.Array(Schema.String)
}) {}
class Watch extends Request.Class<Watch>()("Watch", { progress: Schema.Int, stream: Schema.String }) {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
class Tock extends Event.Class<Tock>()("Tock") {}
class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.Boolean
}) {}

const Calculator = Protocol.make("calculator", {
  version: "1.0.0",
  server: [Divide, Ping, Index, Follow, Upload, Pipe, Search, Watch, Note],
  client: [Tick, Tock, Confirm]
})
type Calculator = typeof Calculator
const Plain = Protocol.make("plain", { version: "1.0.0", server: [Divide] })
type Plain = typeof Plain
const Telling = Protocol.make("telling", { version: "1.0.0", server: [Note], client: [Tick] })
const Streaming = Protocol.make("streaming", { version: "1.0.0", server: [Follow] })

class Db extends Context.Service<Db, { readonly count: (path: string) => Effect.Effect<number> }>()("app/Db") {}
class Disk extends Context.Service<Disk, { readonly read: Stream.Stream<Uint8Array, NotFound> }>()("app/Disk") {}

declare const client: Client<Calculator>
declare const ofServer: Client<Calculator, "server">
declare const plain: Client<Plain>

// ---- what calls answer

same<ReturnType<typeof client.Divide>, Effect.Effect<number, DivisionByZero | NotFound | IpcError>>()
same<ReturnType<typeof client.Ping>, Effect.Effect<void, IpcError>>()
same<ReturnType<typeof client.Index>, Effect.Effect<Date, IpcError>>()
same<ReturnType<typeof client.Follow>, Stream.Stream<Date, NotFound | IpcError>>()
same<ReturnType<typeof client.Search>, Effect.Effect<ReadonlyArray<string>, IpcError>>()
same<ReturnType<typeof client.Watch>, Stream.Stream<string, IpcError>>()
same<typeof client.Divide, Call<typeof Divide>>()

// ---- what calls take

client.Divide({ dividend: 1, divisor: 2 })
client.Divide({ dividend: 1, divisor: 2 }, { timeout: "2 seconds", headers: { trace: "1" } })
client.Divide(new Divide({ dividend: 1, divisor: 2 }))
client.Ping()
client.Ping({}, { timeout: 5 })
client.Search()
client.Search({})
client.Search({ limit: 3 }, { timeout: Infinity })
// @ts-expect-error the payload is needed
client.Divide()
// @ts-expect-error a field is missing
client.Divide({ dividend: 1 })
// @ts-expect-error a field of another type
client.Divide({ dividend: 1, divisor: "2" })
// @ts-expect-error a field that does not exist
client.Divide({ dividend: 1, divisor: 2, rest: 3 })
// @ts-expect-error no such unit
client.Ping({}, { timeout: "2 fortnights" })
// @ts-expect-error headers are text
client.Ping({}, { headers: { retries: 3 } })
// @ts-expect-error an option that does not exist
client.Ping({}, { retries: 3 })
// @ts-expect-error nobody declared it
client.Multiply({ a: 1, b: 2 })
// @ts-expect-error the client is asked that, not the server
client.Confirm({ question: "" })

// ---- progress

const onProgress = (progress: { readonly done: number }) => Effect.log(progress.done)
client.Index({ path: "/" }, { onProgress })
client.Index({ path: "/" }, { onProgress: ({ done }) => Effect.log(done.toFixed()) })
client.Watch({}, { onProgress: (n) => Effect.log(n.toFixed()) })
client.Index({ path: "/" })
// @ts-expect-error it reports nothing
client.Divide({ dividend: 1, divisor: 2 }, { onProgress })
// @ts-expect-error progress is another type
client.Index({ path: "/" }, { onProgress: (n: number) => Effect.log(n) })
// @ts-expect-error a report cannot fail: who would take the error?
client.Index({ path: "/" }, { onProgress: () => Effect.fail("no") })
// @ts-expect-error a report needs no services: it runs where the call does
client.Index({ path: "/" }, { onProgress: () => Effect.asVoid(Db) })

// ---- inputs

const file: Stream.Stream<Uint8Array> = Stream.make(new Uint8Array(1))
const disk = Stream.unwrap(Effect.map(Disk, ({ read }) => read))
const uploaded = client.Upload({ name: "a" }, { input: file })
same<typeof uploaded, Effect.Effect<number, NotFound | IpcError>>()
// what the input fails with and needs, the call fails with and needs
const uploadedFromDisk = client.Upload({ name: "a" }, { input: Stream.mapError(disk, () => "unreadable" as const) })
same<typeof uploadedFromDisk, Effect.Effect<number, NotFound | IpcError | "unreadable", Disk>>()
const piped = client.Pipe({}, { input: Stream.make("a"), timeout: "1 minute" })
same<typeof piped, Stream.Stream<number, IpcError>>()
// @ts-expect-error the input is needed
client.Upload({ name: "a" })
// @ts-expect-error the input is needed
client.Upload({ name: "a" }, {})
// @ts-expect-error items of another type
client.Upload({ name: "a" }, { input: Stream.make("text") })
// @ts-expect-error it takes no input
client.Divide({ dividend: 1, divisor: 2 }, { input: file })

// ---- send, emit, events

same<Effect.Success<ReturnType<typeof sent>>, number>()
same<Effect.Error<ReturnType<typeof sent>>, DivisionByZero | NotFound | IpcError>()
const sent = () => client.send(new Divide({ dividend: 1, divisor: 2 }), { timeout: 5 })
same<Effect.Success<ReturnType<typeof sentIndex>>, Date>()
const sentIndex = () => client.send(new Index({ path: "/" }))
// @ts-expect-error its answer is a stream
client.send(new Follow({ file: "a" }))
// @ts-expect-error it needs an input
client.send(new Upload({ name: "a" }))
// @ts-expect-error an event is not asked
client.send(new Note({ text: "" }))
// @ts-expect-error not of this protocol
plain.send(new Ping())

same<ReturnType<typeof client.emit>, Effect.Effect<void, IpcError>>()
client.emit(new Note({ text: "" }))
// @ts-expect-error the server says that, not the client
client.emit(new Tick({ n: 1 }))
// @ts-expect-error not an event
client.emit(new Ping())

const ticks = client.events(Tick)
same<typeof ticks, Stream.Stream<Tick, IpcError>>()
// @ts-expect-error the server takes that, not the client
client.events(Note)
// @ts-expect-error a request is no event
client.events(Confirm)

// ---- the other side, and what a protocol has no use for

same<ReturnType<typeof ofServer.Confirm>, Effect.Effect<boolean, IpcError>>()
ofServer.emit(new Tick({ n: 1 }))
ofServer.emit(new Tock())
same<Stream.Success<ReturnType<typeof notes>>, Note>()
const notes = () => ofServer.events(Note)
// @ts-expect-error a server asks nothing of a server
ofServer.Divide({ dividend: 1, divisor: 2 })
same<keyof Client<Plain>, "Divide" | "send">()
same<keyof Client<Plain, "server">, never>()
same<keyof Client<typeof Telling>, "emit" | "events">()
same<keyof Client<typeof Streaming>, "Follow">()
// so a test may stand in for one with what is called
const fake: Client<Plain> = { Divide: () => Effect.succeed(1), send: () => Effect.succeed(1) as never }

// ---- handlers

const handlers = Handlers.layer(Calculator)({
  Divide: ({ dividend, divisor }) =>
    divisor === 0 ? Effect.fail(new DivisionByZero()) : Effect.succeed(dividend / divisor),
  Ping: () => Effect.void,
  Index: Effect.fnUntraced(function* (index, { caller, headers, report }) {
    same<typeof index, Index>()
    same<typeof caller, Client<Calculator, "server">>()
    same<typeof headers, Readonly<Record<string, string>>>()
    same<ReturnType<typeof report>, Effect.Effect<void>>()
    yield* report({ done: 1 })
    // @ts-expect-error progress of another type
    report({ done: "1" })
    if (!(yield* caller.Confirm({ question: index.path }).pipe(Effect.orDie))) return new Date()
    yield* caller.emit(new Tick({ n: 1 })).pipe(Effect.orDie)
    const db = yield* Db
    return new Date(yield* db.count(index.path))
  }),
  Follow: ({ file }) => Stream.make(new Date(file)),
  Upload: ({ name }, { input }) => {
    same<typeof input, Stream.Stream<Uint8Array, IpcError>>()
    return Effect.as(Effect.orDie(Stream.runDrain(input)), name.length)
  },
  Pipe: (_, { input }) => Stream.orDie(Stream.map(input, (text) => text.length)),
  Search: ({ limit }) => Effect.succeed([limit.toFixed()]),
  Watch: (_, { report }) => Stream.fromEffect(Effect.as(report(1), "seen")),
  Note: ({ text }) => Effect.log(text)
})
same<typeof handlers, Layer.Layer<Handlers.HandlersOf<Calculator, "server">, never, Db>>()

// a record in a variable, and a handler that streams with services
const record = {
  Follow: ({ file }: Follow) => Stream.map(disk, () => new Date(file))
}
same<Handlers.Services<typeof record>, Disk>()
const followed = Handlers.layer(Streaming)(record)
same<typeof followed, Layer.Layer<Handlers.HandlersOf<typeof Streaming, "server">, never, Disk>>()

// built by an effect: what it needs, the layer needs, but for a scope; how it fails, the layer fails
const built = Handlers.layer(Plain)(
  Effect.gen(function* () {
    const db = yield* Db
    yield* Effect.acquireRelease(Effect.void, () => Effect.void)
    if (Math.random() > 2) return yield* Effect.fail("no database" as const)
    return { Divide: ({ dividend }: Divide) => db.count(String(dividend)) }
  })
)
same<typeof built, Layer.Layer<Handlers.HandlersOf<Plain, "server">, "no database", Db>>()

// the context has only what the request declares
Handlers.layer(Plain)({
  // @ts-expect-error it reports nothing
  Divide: (_, { report }) => Effect.as(report(1), 1)
})
Handlers.layer(Plain)({
  // @ts-expect-error it has no input
  Divide: (_, { input }) => Effect.succeed(input)
})
Handlers.layer(Plain)({
  // @ts-expect-error this client is asked nothing
  Divide: (_, { caller }) => caller.Confirm({ question: "" })
})
// @ts-expect-error a handler is missing
Handlers.layer(Plain)({})
// @ts-expect-error an event of the server needs a handler as well
Handlers.layer(Telling)({})
// @ts-expect-error wrong success
Handlers.layer(Plain)({ Divide: () => Effect.succeed("1") })
// @ts-expect-error wrong failure
Handlers.layer(Plain)({ Divide: () => Effect.fail("no") })
// @ts-expect-error IpcError is not the application's: handle it, or die
Handlers.layer(Plain)({ Divide: () => client.Ping().pipe(Effect.as(1)) })
// @ts-expect-error a stream is asked for
Handlers.layer(Streaming)({ Follow: () => Effect.succeed(new Date()) })
// @ts-expect-error items of another type
Handlers.layer(Streaming)({ Follow: () => Stream.make("today") })
// @ts-expect-error one value is asked for
Handlers.layer(Plain)({ Divide: () => Stream.make(1) })
// @ts-expect-error an event fails for nobody
Handlers.layer(Telling)({ Note: () => Effect.fail("no") })
// @ts-expect-error the payload is another
Handlers.layer(Plain)({ Divide: ({ path }: Index) => Effect.succeed(path.length) })

// ---- what a client answers

const answers = Handlers.layerClient(Calculator)({ Confirm: ({ question }) => Effect.succeed(question.length > 0) })
same<typeof answers, Layer.Layer<Handlers.HandlersOf<Calculator, "client">>>()
const answersWithDb = Handlers.layerClient(Calculator)({
  Confirm: ({ question }, { caller }) => {
    same<typeof caller, Client<Calculator, "client">>()
    return Effect.flatMap(Db, (db) => Effect.map(db.count(question), (n) => n > 0))
  }
})
same<typeof answersWithDb, Layer.Layer<Handlers.HandlersOf<Calculator, "client">, never, Db>>()
// events of the client are not answered, they are listened to
Handlers.layerClient(Telling)({})
// @ts-expect-error a handler is missing
Handlers.layerClient(Calculator)({})
same<Handlers.NeedsHandlers<Calculator>, Handlers.HandlersOf<Calculator, "client">>()
same<Handlers.NeedsHandlers<Plain>, never>()
same<Handlers.NeedsHandlers<typeof Telling>, never>()

// ---- clients

type Made<P extends Protocol.AnyProtocol> = Effect.Effect<Client<P>, IpcError, Scope.Scope | Transport>
same<ReturnType<typeof RpcClient.make<Plain>>, Made<Plain>>()
const plainNeedsNoHandlers: Made<Plain> = RpcClient.make(Plain, { headers: { token: "1" }, timeout: "5 seconds" })
const made: Effect.Effect<
  Client<Calculator>,
  IpcError,
  Scope.Scope | Transport | Handlers.HandlersOf<Calculator, "client">
> = RpcClient.make(Calculator)
// @ts-expect-error the server may ask: handlers are needed
const madeWithout: Made<Calculator> = RpcClient.make(Calculator)
const madeWith: Made<Calculator> = Effect.provide(RpcClient.make(Calculator), answers)
// @ts-expect-error handlers of a server do not answer a client's questions
const madeWithOthers: Made<Calculator> = Effect.provide(RpcClient.make(Calculator), handlers)
// @ts-expect-error an option that does not exist
RpcClient.make(Plain, { retries: 3 })
// @ts-expect-error an option of servers
RpcClient.make(Plain, { maxConnections: 3 })

class CalculatorClient extends RpcClient.Service<CalculatorClient>()("app/Calculator", Calculator) {}
class PlainClient extends RpcClient.Service<PlainClient>()("app/Plain", Plain) {}
same<(typeof CalculatorClient)["Service"], Client<Calculator>>()
const plainLayer: Layer.Layer<PlainClient, IpcError, Transport> = PlainClient.layer({ timeout: "1 second" })
const calculatorLayer: Layer.Layer<CalculatorClient, IpcError, Transport> = CalculatorClient.layer().pipe(
  Layer.provide(answers)
)
// @ts-expect-error the server may ask: handlers are needed
const calculatorLayerWithout: Layer.Layer<CalculatorClient, IpcError, Transport> = CalculatorClient.layer()
// @ts-expect-error `layer` is a function, so that nobody shares a connection by accident
const shared: Layer.Layer<PlainClient, IpcError, Transport> = PlainClient.layer

const program = Effect.gen(function* () {
  const calculator = yield* CalculatorClient
  const ratio = yield* calculator.Divide({ dividend: 1, divisor: 3 }, { timeout: "2 seconds" })
  yield* calculator.Follow({ file: "log" }).pipe(
    Stream.take(10),
    Stream.runForEach((date) => Effect.log(date.getTime()))
  )
  yield* calculator.events(Tick).pipe(
    Stream.runForEach((tick) => Effect.log(tick.n.toFixed())),
    Effect.forkScoped
  )
  return ratio
})
same<typeof program, Effect.Effect<number, DivisionByZero | NotFound | IpcError, CalculatorClient | Scope.Scope>>()

// ---- errors

const caught = plain.Divide({ dividend: 1, divisor: 2 }).pipe(
  Effect.catchReason("IpcError", "Disconnected", (reason) => Effect.succeed([reason.exitCode, reason.stderrTail])),
  Effect.catchTag("DivisionByZero", () => Effect.succeed("infinite"))
)
same<Effect.Success<typeof caught>, number | string | Array<number | string | undefined>>()
same<Effect.Error<typeof caught>, NotFound | IpcError>()
same<
  Reason["_tag"],
  | "ConnectFailed"
  | "ListenFailed"
  | "Disconnected"
  | "TimedOut"
  | "PeerSilent"
  | "Incompatible"
  | "Unauthorized"
  | "UnknownMethod"
  | "InvalidPayload"
  | "Oversized"
  | "Overloaded"
  | "Draining"
  | "Malformed"
  | "RemoteDefect"
  | "Unsayable"
>()
// @ts-expect-error there is no such reason
Effect.catchReason(client.Ping(), "IpcError", "Disconected", () => Effect.void)
const untilCalm = client.Ping().pipe(Effect.catchReason("IpcError", "Overloaded", ({ limit }) => Effect.log(limit)))
same<typeof untilCalm, Effect.Effect<void, IpcError>>()

// ---- servers

const served = RpcServer.run(Calculator)
same<typeof served, Effect.Effect<void, IpcError, Listener | Handlers.HandlersOf<Calculator, "server">>>()
const main: Effect.Effect<void, IpcError, Listener | Db> = Effect.provide(served, handlers)
const greeting = RpcServer.run(Calculator, {
  onConnection: (caller) =>
    Effect.gen(function* () {
      same<typeof caller, Client<Calculator, "server">>()
      yield* Disk
      if (yield* caller.Confirm({ question: "ready?" })) yield* caller.emit(new Tick({ n: 0 }))
    })
})
same<typeof greeting, Effect.Effect<void, IpcError, Listener | Handlers.HandlersOf<Calculator, "server"> | Disk>>()
const running = RpcServer.layer(Calculator, { maxConnections: 3, concurrency: 2, heartbeat: "1 minute" })
same<
  typeof running,
  Layer.Layer<RpcServer.Of<Calculator>, IpcError, Listener | Handlers.HandlersOf<Calculator, "server">>
>()
const told = Effect.gen(function* () {
  const server = yield* RpcServer.of(Calculator)
  const count = yield* server.broadcast(new Tick({ n: 1 }))
  same<typeof count, number>()
  // @ts-expect-error the client says that, not the server
  server.broadcast(new Note({ text: "" }))
  for (const caller of yield* server.clients) yield* caller.Confirm({ question: "still there?" })
})
same<typeof told, Effect.Effect<void, IpcError, RpcServer.Of<Calculator>>>()
// @ts-expect-error a running server of one protocol is none of another
const toldOther: Effect.Effect<void, IpcError, RpcServer.Of<Plain>> = told
// @ts-expect-error handlers of another protocol
const mainOther: Effect.Effect<void, IpcError, Listener | Db> = Effect.provide(RpcServer.run(Plain), handlers)
// @ts-expect-error an option that does not exist
RpcServer.run(Plain, { port: 3000 })
// @ts-expect-error a server has no headers of its own
RpcServer.run(Plain, { headers: {} })

// ---- tests of users

const tested = TestPeer.make(Calculator, { server: { concurrency: 1 }, client: { timeout: "1 second" } })
same<
  Effect.Services<typeof tested>,
  Scope.Scope | Handlers.HandlersOf<Calculator, "client"> | Handlers.HandlersOf<Calculator, "server">
>()

// ---- clients that outlive their connections, and what clients say of themselves

const kept = RpcClient.make(Plain, { reconnect: Schedule.exponential("100 millis"), maxCallsHeld: 10 })
same<typeof kept, Made<Plain>>()
RpcClient.make(Plain, {
  reconnect: Schedule.spaced("1 second").pipe(
    Schedule.setInputType<IpcError>(),
    Schedule.while(({ input }) => Effect.succeed(input.reason._tag !== "Oversized"))
  )
})
// @ts-expect-error a schedule that may fail
RpcClient.make(Plain, { reconnect: Schedule.tap(Schedule.forever, () => Effect.fail("no")) })
// @ts-expect-error a schedule that needs a service
RpcClient.make(Plain, { reconnect: Schedule.tap(Schedule.forever, () => Db) })
// @ts-expect-error a server does not dial
RpcServer.run(Plain, { reconnect: Schedule.forever })

const resync = Effect.gen(function* () {
  yield* Db
  return yield* new NotFound({ path: "" })
})
same<ReturnType<typeof listenAgain>, Stream.Stream<Tick, IpcError | NotFound, Effect.Services<typeof resync>>>()
const listenAgain = () => client.events(Tick, { onGap: resync })

same<Effect.Effect<RpcClient.Status>, ReturnType<typeof looked>>()
const looked = () => RpcClient.status(client)
const readied: Effect.Effect<RpcClient.Ready, IpcError> = RpcClient.ready(ofServer)
const statuses: Stream.Stream<RpcClient.Status> = RpcClient.statuses(client)
Stream.map(statuses, (status) => (status._tag === "Reconnecting" ? status.attempt : status._tag))
Effect.map(readied, ({ pid, version }) => [pid, version])
const lookedAny = <P extends Protocol.AnyProtocol>(some: Client<P> & RpcClient.AnyClient) => RpcClient.status(some)
lookedAny<Plain>(plain)
// @ts-expect-error the class of a client is no client
RpcClient.status(CalculatorClient)
// @ts-expect-error nor is the Effect that makes one
RpcClient.status(kept)

// ---- code that is generic in its protocol

const connect = <P extends Protocol.AnyProtocol>(protocol: P, options: RpcClient.Options) =>
  RpcClient.make(protocol, { timeout: "1 second", ...options })
same<ReturnType<typeof connect<Plain>>, Made<Plain>>()
// a prefixed protocol keeps its types under longer names
const Prefixed = Protocol.prefix(Plain, "calc.")
declare const prefixed: Client<typeof Prefixed>
const divided = prefixed["calc.Divide"]({ dividend: 1, divisor: 2 })
same<typeof divided, Effect.Effect<number, DivisionByZero | NotFound | IpcError>>()
Handlers.layer(Prefixed)({ "calc.Divide": ({ dividend }) => Effect.succeed(dividend) })

// What is not used would be an error for that alone.
export { calculatorLayer, calculatorLayerWithout, fake, made, madeWith, madeWithOthers, madeWithout }
export { main, mainOther, plainLayer, plainNeedsNoHandlers, shared, toldOther }
