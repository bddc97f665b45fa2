/** The links that the suite runs on. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { SocketServer } from "effect/socket/SocketServer"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { duplexPair } from "node:stream"
import { MessageChannel } from "node:worker_threads"
import * as Handlers from "../../src/peer/Handlers.ts"
import type { PeerOptions } from "../../src/peer/Options.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as ChildProcess from "../../src/node/ChildProcess.ts"
import * as DuplexLink from "../../src/node/DuplexLink.ts"
import * as Fifo from "../../src/node/Fifo.ts"
import * as SocketLink from "../../src/node/SocketLink.ts"
import * as Tcp from "../../src/node/Tcp.ts"
import * as MessagePort from "../../src/node/MessagePort.ts"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as Worker from "../../src/node/Worker.ts"
import * as Memory from "../../src/transport/Memory.ts"
import type { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import * as Faults from "../../src/testing/Faults.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import * as Values from "../../src/testing/Values.ts"
import { tls } from "../fixtures/tls/tls.ts"
import { Journal, Lab, Note, type Speaker } from "./Lab.ts"
import { quiet, serve } from "./serve.ts"
import { record, staff } from "./staff.ts"

/** A client whose server runs, and what is noted on the client's side. */
export interface Met {
  readonly client: Speaker
  readonly journal: Journal
}

export interface Subject {
  readonly name: string
  /** Provides the way to a server of the protocol that runs for as long as the layer. */
  readonly layer: Layer.Layer<Transport, unknown>
  /** What the client and the server have set. */
  readonly options?: PeerOptions
}

/** Connects to the subject's server. */
export const meet = ({ options }: Subject): Effect.Effect<Met, unknown, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const journal = new Journal()
    const { Note: _, ...handlers } = staff(journal, Effect.void)
    const answers = Handlers.layerClient(Lab)(handlers)
    const client = yield* Effect.provide(RpcClient.make(Lab, options), answers)
    const noting = Stream.runForEach(client.events(Note), (note) => record(journal, note))
    yield* Effect.forkScoped(Effect.ignore(noting))
    return { client, journal }
  }).pipe(quiet)

/** Both sides in this process: the server runs beside the transport. */
const within = (
  name: string,
  both: Layer.Layer<Transport | Listener, unknown>,
  options: PeerOptions = {}
): Subject => ({
  name,
  layer: Layer.effectDiscard(Effect.forkScoped(serve(options))).pipe(Layer.provideMerge(both)),
  options
})

export const memory = within("memory", Memory.layer({ wire: Native.wire() }))

/** Messages as they are, without bytes. */
export const values = within("memory, without bytes", TestPeer.layerLink({ wire: Values.wire() }))

/** Bytes that come cut anywhere, and late. */
export const faulty = within(
  "memory that splits and delays",
  Layer.unwrap(
    Effect.map(Faults.make({ seed: 1, split: 0.3, delay: 0.05, delayUpTo: "2 millis" }), (faults) =>
      TestPeer.layerLink({ faults })
    )
  )
)
export const binary = within("memory, in binary", Memory.layer({ wire: Native.wire() }), { payload: "binary" })

/** A directory of its own, which goes with the scope. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "peer-"))),
  (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true }))
)

const tcpOf = (server: Partial<Tcp.ServerTls>, client: Tcp.ClientTls | undefined) =>
  Layer.provideMerge(
    Layer.unwrap(Effect.map(Tcp.Bound, ({ port }) => Tcp.layer({ port, tls: client }))),
    Tcp.layerListener({ port: 0, tls: client === undefined ? undefined : server })
  )

export const tcp = within("TCP", tcpOf({}, undefined))
export const tcpWithTls = within("TCP with TLS", tcpOf(tls.here, tls.trusting))

export const webSocket = within(
  "a WebSocket",
  Layer.provideMerge(
    Layer.unwrap(
      Effect.map(SocketServer, ({ address }) =>
        SocketLink.layer().pipe(Layer.provide(NodeSocket.layerWebSocket(`ws://${address}`)))
      )
    ),
    SocketLink.layerListener()
  ).pipe(Layer.provide(NodeSocketServer.layerWebSocket({ port: 0, host: "127.0.0.1" })))
)

export const unixSocket = within(
  "a Unix socket",
  Layer.unwrap(
    Effect.map(directory, (made) => {
      const path = Path.join(made, "s")
      return Layer.merge(UnixSocket.layer({ path }), UnixSocket.layerListener({ path }))
    })
  )
)

export const fifos = within(
  "a pair of FIFOs",
  Layer.unwrap(
    Effect.map(directory, (made) => {
      const [a, b] = [Path.join(made, "a"), Path.join(made, "b")]
      return Layer.merge(
        Fifo.layer({ read: b, write: a, create: true }),
        Fifo.layerListener({ read: a, write: b, create: true })
      )
    })
  )
)

/** One link over two streams that a program has already. */
export const duplexes = within(
  "a pair of duplex streams",
  Layer.unwrap(
    Effect.sync(() => {
      const [near, far] = duplexPair()
      return Layer.merge(DuplexLink.layer(near), DuplexLink.layerListener(far))
    })
  )
)

/** A server in a process of its own. */
const childOver = (name: string, frames: "stdout" | "fd3" | "stdout+stderr"): Subject => ({
  name,
  layer: ChildProcess.layer({
    script: Path.join(import.meta.dirname, "fixtures", "child.ts"),
    args: [frames === "fd3" ? "fd3" : "stdout"],
    frames
  })
})

export const child = childOver("a child's stdio", "stdout")
export const childFd3 = childOver("descriptor 3 of a child", "fd3")
export const childSecond = childOver("a child's stdio, with its stderr", "stdout+stderr")

export const messagePorts = within(
  "a message channel",
  Layer.unwrap(
    Effect.sync(() => {
      const { port1, port2 } = new MessageChannel()
      return Layer.merge(MessagePort.layer(port1), MessagePort.layerListener({ port: port2 }))
    })
  )
)

/** A server in a thread of its own. */
export const worker: Subject = {
  name: "a worker thread",
  layer: Worker.layer({ script: Path.join(import.meta.dirname, "fixtures", "worker.ts") })
}

/** What the suite runs on. */
export const all: ReadonlyArray<Subject> = [
  memory,
  binary,
  values,
  faulty,
  unixSocket,
  fifos,
  tcp,
  tcpWithTls,
  webSocket,
  duplexes,
  child,
  childFd3,
  childSecond,
  messagePorts,
  worker
]
