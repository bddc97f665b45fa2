/**
 * The types of middleware: what it infers of its calls, what it may answer and fail with, and what it needs.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Client } from "../../src/peer/Client.ts"
import type * as Handlers from "../../src/peer/Handlers.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Middleware from "../../src/peer/Middleware.ts"
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

class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {}) {}
class Other extends Schema.TaggedError<Other>()("Other", {}) {}
class Divide extends Request.Class<Divide>()("Divide", {
  payload: { dividend: Schema.Number, divisor: Schema.Number },
  success: Schema.Number,
  error: DivisionByZero
}) {}
class Search extends Request.Class<Search>()("Search", {
  payload: { limit: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(10))) },
  success: Schema.Boolean
}) {}
class Follow extends Request.Class<Follow>()("Follow", { payload: { file: Schema.String }, stream: Schema.String }) {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.String
}) {}
const Calculator = Protocol.make("calculator", {
  version: "1.0.0",
  server: [Divide, Search, Follow, Note],
  client: [Tick, Confirm]
})
type Calculator = typeof Calculator
const Plain = Protocol.make("plain", { version: "1.0.0", server: [Divide] })

class Db extends Context.Service<Db, { readonly count: Effect.Effect<number> }>()("app/Db") {}
class Auth extends Context.Service<Auth, { readonly check: Effect.Effect<void> }>()("app/Auth") {}

type ServerNeeds = Listener | Handlers.HandlersOf<Calculator, "server">
type ClientNeeds = Transport | Handlers.HandlersOf<Calculator, "client">

// ---- without middleware nothing is needed besides

same<Effect.Services<ReturnType<typeof bare>>, ServerNeeds>()
const bare = () => RpcServer.run(Calculator, { concurrency: 2, tracing: true, metrics: true })

// ---- what a middleware knows of a call, without annotations

const inferred = RpcServer.run(Calculator, {
  handlerMiddleware: [
    (call, next) => {
      same<typeof call.tag, "Divide" | "Search" | "Follow" | "Note">()
      same<typeof call.protocol, Calculator>()
      same<typeof call.headers, Readonly<Record<string, string>>>()
      same<typeof call.caller, Client<Calculator, "server">>()
      if (call.tag === "Divide") {
        same<typeof call.payload, Divide>()
        same<typeof call.request, typeof Divide>()
        return next({ payload: { dividend: call.payload.dividend, divisor: 1 } })
      }
      if (call.kind === "event") {
        same<typeof call.payload, Note>()
        same<typeof call.event, typeof Note>()
      }
      return next({ headers: { ...call.headers, seen: "yes" } })
    }
  ],
  callMiddleware: [
    (call, next) => {
      same<typeof call.tag, "Confirm">()
      same<typeof call.payload.question, string>()
      // @ts-expect-error who asks has no caller
      call.caller
      // @ts-expect-error a payload of no request
      next({ payload: { answer: "yes" } })
      // @ts-expect-error headers are text
      next({ headers: { retries: 3 } })
      return next()
    }
  ]
})
same<typeof inferred, Effect.Effect<void, IpcError, ServerNeeds>>()

const asking = RpcClient.make(Calculator, {
  timeout: "1 second",
  callMiddleware: [
    (call, next) => {
      same<typeof call.tag, "Divide" | "Search" | "Follow">()
      // what has a default may be left out by who asks
      if (call.tag === "Search") same<typeof call.payload.limit, number | undefined>()
      return next()
    }
  ],
  handlerMiddleware: [
    (call, next) => {
      same<typeof call.payload, Confirm>()
      same<typeof call.caller, Client<Calculator>>()
      return Effect.map(next(), (answer) => `${answer}!`)
    }
  ]
})
same<typeof asking, Effect.Effect<Client<Calculator>, IpcError, ClientNeeds | Scope.Scope>>()

// ---- what it may answer and fail with

RpcServer.run(Calculator, { handlerMiddleware: [() => Effect.succeed(1)] })
RpcServer.run(Calculator, { handlerMiddleware: [() => Effect.fail(new DivisionByZero())] })
RpcServer.run(Calculator, { handlerMiddleware: [(call) => Middleware.unauthorized(call, "no")] })
// @ts-expect-error nothing answers text
RpcServer.run(Calculator, { handlerMiddleware: [() => Effect.succeed("one")] })
// @ts-expect-error nothing fails so
RpcServer.run(Calculator, { handlerMiddleware: [() => Effect.fail(new Other())] })
// @ts-expect-error nothing answers text
RpcClient.make(Calculator, { callMiddleware: [() => Effect.succeed("one")] })
// @ts-expect-error nothing fails so
RpcClient.make(Calculator, { callMiddleware: [() => Effect.fail(new Other())] })
// @ts-expect-error an option that does not exist, beside one that does
RpcServer.run(Calculator, { handlerMiddleware: [(_, next) => next()], port: 3000 })

// ---- what it needs, whoever uses it needs

const needing = RpcServer.layer(Calculator, {
  handlerMiddleware: [
    (_, next) => Effect.andThen(Db, next()),
    (_, next) => Effect.andThen(Auth, next()),
    (_, next) => next()
  ]
})
same<typeof needing, Layer.Layer<RpcServer.Of<Calculator>, IpcError, ServerNeeds | Db | Auth>>()
const served = RpcServer.run(Calculator, {
  onConnection: () => Effect.asVoid(Auth),
  callMiddleware: [(_, next) => Effect.andThen(Db, next())]
})
same<Effect.Services<typeof served>, ServerNeeds | Db | Auth>()
class CalculatorClient extends RpcClient.Service<CalculatorClient>()("app/Calculator", Calculator) {}
const layer = CalculatorClient.layer({ callMiddleware: [(_, next) => Effect.andThen(Auth, next())] })
same<typeof layer, Layer.Layer<CalculatorClient, IpcError, ClientNeeds | Auth>>()
// @ts-expect-error it needs Auth
const layerWithout: Layer.Layer<CalculatorClient, IpcError, ClientNeeds> = layer
const tested = TestPeer.make(Calculator, { server: { handlerMiddleware: [(_, next) => Effect.andThen(Db, next())] } })
same<Extract<Effect.Services<typeof tested>, Db>, Db>()

// ---- middleware that is used again

const careful = Middleware.handler(Calculator)((call, next) =>
  call.tag === "Divide" && call.payload.divisor === 0 ? Effect.fail(new DivisionByZero()) : next()
)
const patient = Middleware.call(Calculator)((call, next) =>
  call.tag === "Search" ? Effect.andThen(Db, next()) : next()
)
const answering = Middleware.handler(
  Calculator,
  "client"
)((call, next) => {
  same<typeof call.tag, "Confirm">()
  return next()
})
const carefully = RpcServer.run(Calculator, { handlerMiddleware: [careful] })
same<typeof carefully, Effect.Effect<void, IpcError, ServerNeeds>>()
const patiently = RpcClient.make(Calculator, { callMiddleware: [patient], handlerMiddleware: [answering] })
same<Effect.Services<typeof patiently>, ClientNeeds | Scope.Scope | Db>()
// @ts-expect-error middleware of another protocol
RpcServer.run(Plain, { handlerMiddleware: [careful] })
// @ts-expect-error middleware of another side
RpcClient.make(Calculator, { callMiddleware: [answering] })

// ---- middleware of any protocol

const logged: Middleware.Any = (call, next) => Effect.tap(next(), () => Effect.log(call.protocol.name, call.tag))
const guarded: Middleware.Any<Auth> = (call, next) =>
  call.headers.role === "admin" ? Effect.andThen(Auth, next()) : Middleware.overloaded(call, "guests", 0)
// @ts-expect-error it cannot know what another would answer
const knowing: Middleware.Any = () => Effect.succeed(1)
// @ts-expect-error nor what it takes
const giving: Middleware.Any = (_, next) => next({ payload: { dividend: 1 } })
const any = RpcServer.run(Calculator, { handlerMiddleware: [logged, guarded, careful], callMiddleware: [logged] })
same<typeof any, Effect.Effect<void, IpcError, ServerNeeds | Auth>>()
const anyAsking = RpcClient.make(Plain, { callMiddleware: [logged, guarded] })
same<typeof anyAsking, Effect.Effect<Client<typeof Plain>, IpcError, Transport | Scope.Scope | Auth>>()

// ---- code that is generic in its protocol

const connect = <P extends Protocol.AnyProtocol>(protocol: P, options: RpcClient.Options = {}) =>
  RpcClient.make(protocol, { ...options, callMiddleware: [logged, ...(options.callMiddleware ?? [])] })
const connected = connect(Plain, { callMiddleware: [logged] })
same<typeof connected, Effect.Effect<Client<typeof Plain>, IpcError, Transport | Scope.Scope>>()

// What is not used would be an error for that alone.
export { giving, knowing, layerWithout }
