/**
 * A client that outlives its server: the server crashes in the middle of a call, and is started again a little later.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import { Opened, Shop } from "./protocol.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "shop-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const startServer = (path: string, run: string) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [fileURLToPath(new URL("server.ts", import.meta.url)), path, run])),
    (server) => Effect.sync(() => server.kill("SIGKILL"))
  )

/** Prints each kind of status once, as long as it lasts. */
const tellStatus = (client: RpcClient.AnyClient) =>
  RpcClient.statuses(client).pipe(
    Stream.map((status) => status._tag),
    Stream.filter((tag) => tag !== "Connecting"),
    Stream.changes,
    Stream.runForEach((tag) => Console.log(`status: ${tag}`))
  )

const talk = (path: string, servers: Scope.Scope) =>
  Effect.gen(function* () {
    const first = yield* Scope.provide(startServer(path, "first"), servers)
    const shop = yield* RpcClient.make(Shop, { reconnect: Schedule.spaced("20 millis") })
    yield* RpcClient.ready(shop)
    yield* Effect.forkScoped(tellStatus(shop))

    const runs: Readonly<Record<string, Deferred.Deferred<void>>> = {
      first: yield* Deferred.make<void>(),
      second: yield* Deferred.make<void>()
    }
    const opened = shop.events(Opened, { onGap: Console.log("events may have been missed") })
    yield* Effect.forkScoped(
      Stream.runForEach(opened, ({ run }) =>
        Effect.andThen(Console.log(`the ${run} run has opened`), Deferred.succeed(runs[run]!, undefined))
      )
    )
    yield* Deferred.await(runs.first!)
    yield* Console.log(`sold: ${yield* shop.Buy({ item: "tea" })}`)

    // The crash cuts this call. It is asked again as soon as there is a server, because it is idempotent.
    const price = yield* Effect.forkChild(shop.Price({ item: "dynamite" }))
    yield* Effect.promise(() => once(first, "exit"))

    // While there is no server, calls are held, each until its own deadline.
    yield* shop
      .Buy({ item: "tea" }, { timeout: "200 millis" })
      .pipe(
        Effect.catchReason("IpcError", "TimedOut", ({ afterMillis }) =>
          Console.log(`not sold within ${afterMillis} ms`)
        )
      )
    yield* Scope.provide(startServer(path, "second"), servers)
    yield* Deferred.await(runs.second!)
    yield* Console.log(`the price of dynamite: ${yield* Fiber.join(price)}`)
    yield* Console.log(`sold: ${yield* shop.Buy({ item: "tea" })}`)
  }).pipe(Effect.scoped, Effect.provide(UnixSocket.layer({ path })))

const program = Effect.gen(function* () {
  const path = Path.join(yield* directory, "shop.sock")
  yield* talk(path, yield* Effect.scope)
})

NodeRuntime.runMain(Effect.scoped(program))
