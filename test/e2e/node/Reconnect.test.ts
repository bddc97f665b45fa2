/** Clients that outlive real servers: a socket that is left and taken again, a process that crashes. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import * as UnixSocket from "../../../src/node/UnixSocket.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import { layer, Note, Office } from "../../peer/Office.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { socketPath } from "../errors/sockets.ts"

const reconnect = Schedule.spaced("10 millis")

/** The statuses of a client, without those that only count attempts. */
const watch = (client: RpcClient.AnyClient) =>
  Effect.map(
    Effect.sync(() => [] as Array<string>),
    (tags) => ({
      tags,
      done: Stream.runForEach(RpcClient.statuses(client), ({ _tag }) =>
        Effect.sync(() => {
          if (tags.at(-1) !== _tag) tags.push(_tag)
        })
      )
    })
  )

const serve = (path: string, handlers: Parameters<typeof layer>[0] = {}) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const server = RpcServer.layer(Office).pipe(
      Layer.provide(layer(handlers)),
      Layer.provide(UnixSocket.layerListener({ path }))
    )
    yield* Layer.buildWithScope(server, scope)
    return Scope.close(scope, Exit.void)
  })

it.live("a client waits for a socket to be there, and goes on when its server was stopped and started again", () =>
  Effect.gen(function* () {
    const path = yield* socketPath
    const clientScope = yield* Scope.fork(yield* Effect.scope)
    const making = yield* Effect.forkChild(
      RpcClient.make(Office, { reconnect }).pipe(Effect.provide(UnixSocket.layer({ path })), Scope.provide(clientScope))
    )
    yield* Effect.sleep("50 millis")
    assert.isUndefined(making.pollUnsafe())
    const heard: Array<string> = []
    const Note_ = ({ text }: Note) => Effect.sync(() => void heard.push(text))
    const stop = yield* serve(path, { Ask: () => Effect.succeed("first"), Note: Note_ })
    const client = yield* Fiber.join(making)
    const { done, tags } = yield* watch(client)
    const watching = yield* Effect.forkChild(done, { startImmediately: true })
    yield* RpcClient.ready(client)
    assert.strictEqual(yield* client.Ask({ text: "" }), "first")
    yield* stop
    // It crosses the Bye of the server, which never began it.
    const held = yield* Effect.forkChild(client.Ask({ text: "" }), { startImmediately: true })
    yield* Effect.sleep("50 millis")
    yield* Effect.forkChild(client.emit(new Note({ text: "late" })), { startImmediately: true })
    assert.isUndefined(held.pollUnsafe())
    yield* serve(path, { Ask: () => Effect.succeed("second"), Note: Note_ })
    assert.strictEqual(yield* Fiber.join(held), "second")
    yield* client.Ask({ text: "" })
    assert.deepStrictEqual(heard, ["late"])
    yield* Scope.close(clientScope, Exit.void)
    yield* Fiber.join(watching)
    assert.deepStrictEqual(tags.slice(-4), ["Ready", "Reconnecting", "Ready", "Closed"])
  })
)

it.live("a client starts a child again that crashes, and its status has the exit code and the last stderr", () =>
  Effect.gen(function* () {
    const office = fileURLToPath(new URL("../errors/fixtures/office.ts", import.meta.url))
    const child = ChildProcess.layer({ command: process.execPath, args: [office] })
    const client = yield* Effect.provide(RpcClient.make(Office, { reconnect }), child)
    const crashed = RpcClient.statuses(client).pipe(
      Stream.filter((status) => status._tag === "Reconnecting"),
      Stream.runHead,
      Effect.flatMap(Effect.fromOption)
    )
    yield* RpcClient.ready(client)
    const watching = yield* Effect.forkChild(crashed, { startImmediately: true })
    const told = reasonOf(yield* Effect.flip(client.Ask({ text: "exit" })), "Disconnected")
    assert.deepStrictEqual([told.exitCode, told.method], [3, "Ask"])
    const { attempt, error } = yield* Fiber.join(watching)
    const { exitCode, stderrTail } = reasonOf(error, "Disconnected")
    assert.deepStrictEqual([attempt, exitCode, stderrTail], [1, 3, "the disk is full\n"])
    assert.strictEqual(yield* client.Ask({ text: "still there?" }), "still there?")
  })
)

it.live("a client gives up a command that does not exist when its schedule ends", () =>
  Effect.gen(function* () {
    const child = ChildProcess.layer({ command: "/no/such/command" })
    const making = RpcClient.make(Office, { reconnect: Schedule.upTo(reconnect, { times: 2 }) })
    const { detail } = reasonOf(yield* Effect.flip(Effect.provide(making, child)), "ConnectFailed")
    assert.match(detail, /gave up after 3 attempts/)
  })
)

it.live("a program ends by itself once the scope of its client has closed", () =>
  Effect.gen(function* () {
    const url = (path: string): string => new URL(`../../../src/${path}`, import.meta.url).href
    const script = `
      const Effect = await import("effect/Effect")
      const Schedule = await import("effect/Schedule")
      const Protocol = await import(${JSON.stringify(url("protocol/Protocol.ts"))})
      const RpcClient = await import(${JSON.stringify(url("peer/RpcClient.ts"))})
      const UnixSocket = await import(${JSON.stringify(url("node/UnixSocket.ts"))})
      const empty = Protocol.make("empty", { version: "1.0.0", server: [], client: [] })
      const made = RpcClient.make(empty, { reconnect: Schedule.spaced("10 millis") })
      const program = Effect.timeoutOption(Effect.scoped(made), "100 millis")
      await Effect.runPromise(Effect.provide(program, UnixSocket.layer({ path: "/nowhere/at/all" })))`
    const program = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" })
    const [code] = yield* Effect.promise(() => once(program, "exit"))
    assert.strictEqual(code, 0)
  })
)
