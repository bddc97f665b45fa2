/** The two ends of each kind of link, from a place: a path, or the command of a server to spawn. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SocketServer } from "effect/socket/SocketServer"
import { readFileSync, writeFileSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import * as ChildProcess from "../../src/node/ChildProcess.ts"
import * as DuplexLink from "../../src/node/DuplexLink.ts"
import * as Fifo from "../../src/node/Fifo.ts"
import * as SocketLink from "../../src/node/SocketLink.ts"
import * as Stdio from "../../src/node/Stdio.ts"
import * as Tcp from "../../src/node/Tcp.ts"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import type { Listener, Transport } from "../../src/transport/Transport.ts"
import type { ClientPlace, ServerPlace } from "../subject.ts"

interface Ends {
  readonly listener: (place: ServerPlace) => Layer.Layer<Listener, unknown>
  readonly transport: (place: ClientPlace) => Layer.Layer<Transport>
}

const pathOf = (place: ServerPlace | ClientPlace): string => {
  if (place.transport === "stdio") throw new Error("it is at a path")
  return place.path
}

/** Leaves word at the path of where the server listens, as only the system knows which port is free. */
const tell = (place: ServerPlace, where: string) => Effect.sync(() => writeFileSync(pathOf(place), where))

const told = (place: ClientPlace): string => readFileSync(pathOf(place), "utf8")

const child = (frames: "stdout" | "fd3"): Ends => ({
  listener: () => Stdio.layerListener({ frames }),
  transport: (place) => {
    if (place.transport !== "stdio") throw new Error("it spawns its server")
    return ChildProcess.layer({ command: place.command, args: place.args, frames, stderr: "inherit" })
  }
})

const tcp = (tls: { readonly server: Tcp.ServerTls; readonly client: Tcp.ClientTls } | undefined): Ends => ({
  listener: (place) =>
    Layer.effectDiscard(Effect.flatMap(Tcp.Bound, ({ port }) => tell(place, String(port)))).pipe(
      Layer.provideMerge(Tcp.layerListener({ port: 0, tls: tls?.server }))
    ),
  transport: (place) => Tcp.layer({ port: Number(told(place)), tls: tls?.client })
})

/** The package's own folder, whether this file was built or not. */
const pem = (name: string): Buffer =>
  readFileSync(new URL(`test/fixtures/tls/${name}.pem`, import.meta.resolve("effect-ipc/package.json")))

const fifo: Ends = {
  listener: (place) => {
    const path = pathOf(place)
    return Fifo.layerListener({ read: `${path}.in`, write: `${path}.out`, create: true })
  },
  transport: (place) => {
    const path = pathOf(place)
    return Fifo.layer({ read: `${path}.out`, write: `${path}.in` })
  }
}

const unix: Ends = {
  listener: (place) => UnixSocket.layerListener({ path: pathOf(place) }),
  transport: (place) => UnixSocket.layer({ path: pathOf(place) })
}

/** Over a Unix socket that the program has opened itself. */
const duplex: Ends = {
  listener: (place) => {
    const accepted = new Promise<Socket>((resolve) => createServer(resolve).listen(pathOf(place)))
    return DuplexLink.layerListener(Effect.promise(() => accepted))
  },
  transport: (place) => DuplexLink.layer(Effect.sync(() => connect(pathOf(place))))
}

/** `ws` at the server, Node's own WebSocket at the client. */
const websocket: Ends = {
  listener: (place) =>
    Layer.effectDiscard(Effect.flatMap(SocketServer, ({ address }) => tell(place, `ws://${address}`))).pipe(
      Layer.merge(SocketLink.layerListener()),
      Layer.provide(NodeSocketServer.layerWebSocket({ host: "127.0.0.1", port: 0 }))
    ),
  transport: (place) => SocketLink.layer().pipe(Layer.provide(NodeSocket.layerWebSocket(told(place))))
}

export const ends = {
  stdio: child("stdout"),
  fd3: child("fd3"),
  fifo,
  unix,
  tcp: tcp(undefined),
  get tls() {
    return tcp({ server: { key: pem("here-key"), cert: pem("here") }, client: { ca: pem("ca") } })
  },
  duplex,
  websocket
}
