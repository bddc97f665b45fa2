/** Servers at Unix sockets, clients of them, and peers that write what bytes they like. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import * as Path from "node:path"
import * as UnixSocket from "../../../src/node/UnixSocket.ts"
import type { HandlersOf } from "../../../src/peer/Handlers.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import type { AnyProtocol } from "../../../src/protocol/Protocol.ts"
import * as Layer from "effect/Layer"
import { Raw } from "../../peer/Raw.ts"
import { directory } from "../../peer/subjects.ts"

/** A path for a socket, in a directory of its own. */
export const socketPath = Effect.map(directory, (made) => Path.join(made, "s"))

/** Serves in the scope. The socket is there when this returns. */
export const serve = <P extends AnyProtocol>(protocol: P, options?: RpcServer.Options<P>) =>
  Effect.gen(function* () {
    const path = yield* socketPath
    const listener = yield* Layer.build(UnixSocket.layerListener({ path }))
    const running = yield* Effect.forkScoped(Effect.provide(RpcServer.run(protocol, options), listener))
    return { path, running }
  }) satisfies Effect.Effect<unknown, unknown, Scope.Scope | HandlersOf<P, "server">>

export const dial = <P extends AnyProtocol>(protocol: P, path: string, options?: RpcClient.Options) =>
  Effect.provide(RpcClient.make(protocol, options), UnixSocket.layer({ path }))

/** A plain socket to the server at `path`. */
export interface RawSocket {
  readonly raw: Raw
  readonly socket: Net.Socket
  /** Writes bytes and waits until the system has taken them, or the socket is gone. */
  readonly write: (...chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
}

export const dialRaw = (path: string): Effect.Effect<RawSocket, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Net.Socket>((resume) => {
        const socket = Net.connect(path, () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) => {
      const raw = new Raw((bytes) => socket.write(bytes))
      socket.on("error", () => {})
      socket.on("data", (chunk) => raw.hear(chunk))
      socket.on("close", () => raw.end())
      const write = (...chunks: ReadonlyArray<Uint8Array>) =>
        Effect.callback<void>((resume) => {
          const done = () => resume(Effect.void)
          if (socket.destroyed) return done()
          socket.once("close", done)
          socket.write(Buffer.concat(chunks), done)
        })
      return { raw, socket, write }
    }
  )

/** A server of raw sockets, one for each client that dials. */
export const rawServer = (onSocket: (raw: Raw) => void) =>
  Effect.gen(function* () {
    const path = yield* socketPath
    const sockets = new Set<Net.Socket>()
    yield* Effect.acquireRelease(
      Effect.callback<Net.Server>((resume) => {
        const server = Net.createServer((socket) => {
          sockets.add(socket)
          const raw = new Raw((bytes) => socket.write(bytes))
          socket.on("error", () => {})
          socket.on("data", (chunk) => raw.hear(chunk))
          socket.on("close", () => raw.end())
          onSocket(raw)
        })
        server.listen(path, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        })
    )
    return path
  })
