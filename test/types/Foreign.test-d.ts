/**
 * The types of the level of messages: what handlers and steps may need and fail with, and where that shows.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Channel from "../../src/foreign/Channel.ts"
import * as Dispatch from "../../src/foreign/Dispatch.ts"
import * as Hub from "../../src/foreign/Hub.ts"
import * as HxClient from "../../src/foreign/hx/HxClient.ts"
import * as HxFormat from "../../src/foreign/hx/HxFormat.ts"
import * as HxMessage from "../../src/foreign/hx/HxMessage.ts"
import * as HxServer from "../../src/foreign/hx/HxServer.ts"
import * as Intercept from "../../src/foreign/Intercept.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import type { Listener, Transport } from "../../src/transport/Transport.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles without an argument only when both types are the same. */
declare const same: <A, B>(...proof: Equal<A, B> extends true ? [] : [never]) => void

class Words extends Context.Service<Words, ReadonlyArray<string>>()("Words") {}
class Sums extends Context.Service<Sums, number>()("Sums") {}

const format = HxFormat.format()
type Message = HxMessage.HxMessage

// ---- channels and hubs: the handler's needs are the server's, but for the scope of each connection

const served = Channel.serve(format, (channel) =>
  Effect.andThen(
    Effect.addFinalizer(() => Effect.void),
    Effect.andThen(Words, channel.receive)
  )
)
same<typeof served, Effect.Effect<void, IpcError, Listener | Words>>()

const hub = Hub.make(format, (connection, all) =>
  Effect.andThen(Words, all.broadcast(HxMessage.text(`${connection.id}`)))
)
same<typeof hub, Effect.Effect<Hub.Hub<Message>, never, Listener | Scope.Scope | Words>>()

// ---- interceptors: what a step needs is needed where it is put

declare const channel: Channel.Channel<Message>
const wrapped = Intercept.wrap(channel, { read: (message, next) => Effect.andThen(Words, next(message)) })
same<typeof wrapped, Effect.Effect<Channel.Channel<Message>, never, Words>>()
// @ts-expect-error a step fails as `send` does, or not at all
void Intercept.wrap(channel, { write: () => Effect.fail("no") })

// ---- dispatch: the routes' answers, failures and needs, together

const first = Dispatch.first(
  HxMessage.classOf,
  [
    Dispatch.route("a", (_: Message) => Effect.as(Words, 1)),
    Dispatch.route(/b/, (_: Message) => Effect.andThen(Sums, Effect.fail("bad" as const)))
  ],
  () => Effect.succeed(true)
)
same<typeof first, (message: Message) => Effect.Effect<number | boolean, "bad", Words | Sums>>()

// ---- hx/interop

const routes = [
  HxServer.route("json", () => HxMessage.json(1)),
  HxServer.route("words", () => Effect.asVoid(Words)),
  HxServer.route("fails", () => Effect.andThen(Sums, Effect.fail(new Error("any")))),
  HxServer.route(
    (message) => HxMessage.isEvent(message),
    (_, connection) => connection.close
  )
]
same<ReturnType<typeof run>, Effect.Effect<void, IpcError, Listener | Words | Sums>>()
const run = () => HxServer.run(routes)
const without = HxServer.run([])
same<typeof without, Effect.Effect<void, IpcError, Listener>>()
// @ts-expect-error a handler answers a message, or nothing
void HxServer.route("text", () => Effect.succeed("text"))

const asked = Effect.flatMap(HxClient.open(), (client) => client.call("a", HxMessage.json(1), { timeout: "1 second" }))
same<typeof asked, Effect.Effect<Message, IpcError | HxClient.HxFailure, Transport | Scope.Scope>>()
declare const client: HxClient.HxClient
const heard = client.on("tick", () => Effect.andThen(Words, Effect.fail("any")))
same<typeof heard, Effect.Effect<Effect.Effect<void>, never, Scope.Scope | Words>>()
