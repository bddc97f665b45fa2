/**
 * Middleware on both sides: the client gives a card to every call and tries again what was refused for a moment; the
 * server checks the card where a request is marked for members, and notes every call.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Context, Effect, Exit, Layer, Option, Stream } from "effect"
import { Handlers, Memory, Middleware, RpcClient, RpcServer } from "effect-ipc"
import { Library, MembersOnly } from "./protocol.ts"

const handlers = Handlers.layer(Library)({
  Search: ({ word }) => Stream.make(`${word} for beginners`, `the joy of ${word}`),
  Borrow: ({ title }) => Effect.succeed(`here is "${title}"`)
})

/** For any protocol: notes each call when it is over, a stream when it has ended. */
const noted: Middleware.Any = (call, next) =>
  Effect.onExit(next(), (exit) =>
    Console.log(`  ${call.tag} by ${call.headers.card ?? "nobody"}: ${Exit.isSuccess(exit) ? "done" : "failed"}`)
  )

/** For any protocol: reads what the class of the request says of itself. */
const membersOnly: Middleware.Any = (call, next) => {
  const facts = call.kind === "request" ? call.request.spec.annotations : Context.empty()
  const isMarked = Option.isSome(Context.getOption(facts, MembersOnly))
  return isMarked && call.headers.card === undefined ? Middleware.unauthorized(call, "members only") : next()
}

let borrowed = 0

/** For this protocol: knows the payload by the tag. The desk takes only every other call. */
const busyDesk = Middleware.handler(Library)((call, next) => {
  if (call.tag !== "Borrow") return next()
  return ++borrowed % 2 === 1 ? Middleware.overloaded(call, "readers at the desk", 1) : next()
})

/** On the client: asks again what was refused before it started. */
const patient = Middleware.call(Library)((_, next) =>
  Effect.catchReason(next(), "IpcError", "Overloaded", ({ message }) =>
    Effect.andThen(Console.log(`  ${message}`), next())
  )
)

const server = RpcServer.layer(Library, { handlerMiddleware: [noted, membersOnly, busyDesk] })

const program = Effect.gen(function* () {
  yield* Console.log("a stranger")
  const stranger = yield* RpcClient.make(Library)
  yield* Stream.runForEach(stranger.Search({ word: "chess" }), (title) => Console.log(`  found: ${title}`))
  yield* Effect.catchReason(stranger.Borrow({ title: "the joy of chess" }), "IpcError", "Unauthorized", (reason) =>
    Console.log(`  ${reason.message}`)
  )

  yield* Console.log("a member")
  const card: Middleware.Any = (call, next) => next({ headers: { ...call.headers, card: "no. 7" } })
  const member = yield* RpcClient.make(Library, { callMiddleware: [patient, card] })
  yield* Console.log(`  ${yield* member.Borrow({ title: "the joy of chess" })}`)
})

const both = server.pipe(Layer.provide(handlers), Layer.provideMerge(Memory.layer()))

program.pipe(Effect.scoped, Effect.provide(both), NodeRuntime.runMain)
