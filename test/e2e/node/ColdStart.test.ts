/** What a program that starts must load, and what it must not: each is loaded when it is first needed. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"

const url = (path: string): string => pathToFileURL(Path.resolve(import.meta.dirname, "../../..", path)).href

/** Runs a module in a process of its own, and answers the modules that it loaded, from the package's root. */
const loadedBy = (source: string): ReadonlyArray<string> => {
  const script = `
    import { registerHooks } from "node:module"
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    ${source}
    console.log(JSON.stringify(loaded))`
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })
  return JSON.parse(output)
}

const isLoaded = (loaded: ReadonlyArray<string>, module: string): boolean =>
  loaded.some((path) => path === module || path.endsWith(`/${module}.js`) || path.endsWith(`/${module}.ts`))

const streams = ["effect/dist/Stream", "effect/dist/Channel", "src/peer/Streams"]
const compiler = ["effect/dist/schema/SchemaJITCompiler"]
const secure = ["src/node/TlsClient", "src/node/TlsServer"]
const binary = ["effect/dist/encoding/SchemaBinary", "src/wire/payload/Binary", "src/peer/BinaryShapes"]
const around = ["Intercept", "AroundCalls", "AroundHandlers", "Chain", "Tracing", "Measuring", "Metrics"].map(
  (name) => `src/peer/${name}`
)
const reconnecting = ["src/peer/Reconnect", "src/peer/ReconnectMethods"]
/** What few calls need, or none. */
const seldom = [...streams, ...compiler, ...binary, ...around, ...reconnecting]
const listening = ["src/node/Acceptor", "src/node/SocketFile", "src/node/LockFile"]

describe("a program", () => {
  it.each<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["src/peer/RpcClient.ts", ["effect/dist/Effect"], seldom],
    ["src/peer/RpcServer.ts", ["effect/dist/Effect"], seldom],
    ["src/peer/Handlers.ts", ["effect/dist/Effect"], seldom],
    ["src/peer/Fold.ts", ["src/peer/RpcServer"], seldom],
    ["src/peer/Resolver.ts", ["effect/dist/Request"], [...seldom, "effect/dist/RequestResolver"]],
    ["src/node/Fifo.ts", ["src/node/StreamLink"], [...seldom, "node:child_process", "node:zlib"]],
    ["src/node/Tcp.ts", ["src/node/TcpDial"], [...seldom, ...listening, ...secure]],
    ["src/node/Stdio.ts", ["src/node/StreamLink"], [...seldom, ...listening, "node:zlib"]]
  ])("that imports %s loads what it needs", (path, needed, besides) => {
    const loaded = loadedBy(`await import(${JSON.stringify(url(path))})`)
    for (const module of needed) assert.isTrue(isLoaded(loaded, module), `${module} is not loaded`)
    for (const module of besides) assert.isFalse(isLoaded(loaded, module), `${module} is loaded`)
  })

  it("that dials a socket loads nothing that listens, nor streams", () => {
    const loaded = loadedBy(`
      const Effect = await import("effect/Effect")
      const Protocol = await import(${JSON.stringify(url("src/protocol/Protocol.ts"))})
      const RpcClient = await import(${JSON.stringify(url("src/peer/RpcClient.ts"))})
      const UnixSocket = await import(${JSON.stringify(url("src/node/UnixSocket.ts"))})
      const empty = Protocol.make("empty", { version: "1.0.0", server: [], client: [] })
      const dialled = RpcClient.make(empty).pipe(Effect.provide(UnixSocket.layer({ path: "/nowhere/at/all" })))
      const { reason } = await Effect.runPromise(Effect.flip(Effect.scoped(dialled)))
      if (reason._tag !== "ConnectFailed") throw new Error(reason._tag)`)
    for (const module of [...listening, ...seldom]) {
      assert.isFalse(isLoaded(loaded, module), `${module} is loaded`)
    }
  })

  it("that proves a secret loads what hashes with the first proof", () => {
    const loaded = loadedBy(`
      const crypto = () => loaded.push(process.moduleLoadList.some((name) => name === "NativeModule crypto") ? "hashing" : "none")
      const NodeWire = await import(${JSON.stringify(url("src/node/NodeWire.ts"))})
      const { proof } = NodeWire.distantWire()
      crypto()
      proof.nonce()
      crypto()`)
    assert.deepStrictEqual(loaded.slice(-2), ["none", "hashing"])
  })

  it("that dials and listens over TCP loads nothing of TLS", () => {
    const loaded = loadedBy(`
      const Effect = await import("effect/Effect")
      const Layer = await import("effect/Layer")
      const { Transport } = await import(${JSON.stringify(url("src/transport/Transport.ts"))})
      const Tcp = await import(${JSON.stringify(url("src/node/Tcp.ts"))})
      const open = Effect.flatMap(Transport, (transport) => transport.open)
      await Effect.runPromise(Effect.scoped(Effect.gen(function* () {
        const listening = yield* Layer.build(Tcp.layerListener({ port: 0 }))
        const { port } = yield* Effect.provide(Tcp.Bound, listening)
        yield* Effect.provide(open, Tcp.layer({ port }))
      })))`)
    assert.isTrue(isLoaded(loaded, "src/node/Acceptor"))
    for (const module of secure) assert.isFalse(isLoaded(loaded, module), `${module} is loaded`)
    assert.notInclude(loaded, "node:tls")
  })

  it("that asks loads streams with the first, and the compiler with the first value that needs it", () => {
    const loaded = loadedBy(`
      const Effect = await import("effect/Effect")
      const Schema = await import("effect/Schema")
      const Layer = await import("effect/Layer")
      const Native = await import(${JSON.stringify(url("src/wire/dialect/Native.ts"))})
      const Memory = await import(${JSON.stringify(url("src/transport/Memory.ts"))})
      const Handlers = await import(${JSON.stringify(url("src/peer/Handlers.ts"))})
      const Protocol = await import(${JSON.stringify(url("src/protocol/Protocol.ts"))})
      const Request = await import(${JSON.stringify(url("src/protocol/Request.ts"))})
      const RpcClient = await import(${JSON.stringify(url("src/peer/RpcClient.ts"))})
      const RpcServer = await import(${JSON.stringify(url("src/peer/RpcServer.ts"))})
      class Add extends Request.Class()("Add", { payload: { a: Schema.Int, b: Schema.Int }, success: Schema.Int }) {}
      class When extends Request.Class()("When", { success: Schema.Date }) {}
      class Follow extends Request.Class()("Follow", { stream: Schema.Int }) {}
      const protocol = Protocol.make("cold", { version: "1.0.0", server: [Add, When, Follow], client: [] })
      const handlers = Handlers.layer(protocol)({
        Add: ({ a, b }) => Effect.succeed(a + b),
        When: () => Effect.succeed(new Date(0)),
        Follow: () => Effect.runSync(Effect.never)
      })
      const program = Effect.gen(function* () {
        yield* Effect.forkScoped(RpcServer.run(protocol))
        const client = yield* RpcClient.make(protocol)
        loaded.push("asks/here.js")
        yield* client.Add({ a: 1, b: 2 })
        loaded.push("asked/here.js")
        yield* client.When()
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))
        loaded.push("end/here.js")
      })
      await Effect.runPromise(
        Effect.scoped(program).pipe(Effect.provide(handlers), Effect.provide(Memory.layer({ wire: Native.wire() })))
      )`)
    const asked = loaded.indexOf("asked/here.js")
    assert.isFalse(isLoaded(loaded.slice(0, asked), compiler[0]!), "the compiler is loaded for a value with a plan")
    assert.isTrue(isLoaded(loaded.slice(asked), compiler[0]!), "the compiler is not loaded")
    for (const module of [...streams, ...binary, ...around])
      assert.isFalse(isLoaded(loaded, module), `${module} is loaded`)
  })

  it("that asks for binary payloads loads what makes them before it says Hello", () => {
    const loaded = loadedBy(`
      const Effect = await import("effect/Effect")
      const Native = await import(${JSON.stringify(url("src/wire/dialect/Native.ts"))})
      const Protocol = await import(${JSON.stringify(url("src/protocol/Protocol.ts"))})
      const RpcClient = await import(${JSON.stringify(url("src/peer/RpcClient.ts"))})
      const { Transport } = await import(${JSON.stringify(url("src/transport/Transport.ts"))})
      const link = {
        address: "none",
        queuedBytes: 0,
        start: (sink) => queueMicrotask(() => sink.end({ _tag: "Ended" })),
        offer: () => (loaded.push("hello/here.js"), true)
      }
      const transport = { address: "none", wire: Native.wire(), open: Effect.succeed(link) }
      const empty = Protocol.make("empty", { version: "1.0.0", server: [], client: [] })
      await Effect.runPromise(
        Effect.scoped(RpcClient.make(empty, { payload: "binary" })).pipe(Effect.provideService(Transport, transport))
      )`)
    const said = loaded.indexOf("hello/here.js")
    for (const module of binary) assert.isTrue(isLoaded(loaded.slice(0, said), module), `${module} is not loaded`)
  })
})
