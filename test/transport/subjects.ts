/** The links that the suite runs on. */
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { PassThrough } from "node:stream"
import { BroadcastChannel, MessageChannel } from "node:worker_threads"
import * as ChildProcess from "../../src/node/ChildProcess.ts"
import * as DuplexLink from "../../src/node/DuplexLink.ts"
import * as Fifo from "../../src/node/Fifo.ts"
import * as SocketLink from "../../src/node/SocketLink.ts"
import * as Tcp from "../../src/node/Tcp.ts"
import * as MessagePort from "../../src/node/MessagePort.ts"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as Worker from "../../src/node/Worker.ts"
import type { Link } from "../../src/transport/Link.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Faults from "../../src/testing/Faults.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { type Behaviour, behave } from "../fixtures/links/behaviour.ts"
import { tls } from "../fixtures/tls/tls.ts"
import { env, fixture } from "../fixtures/links/fixture.ts"
import type { Opened, Subject } from "./suite.ts"

type Scoped<A> = Effect.Effect<A, unknown, Scope.Scope>

/** Both ends in this process, each in a scope of its own. */
const joined =
  (ends: Scoped<readonly [near: Scoped<Link>, far: Scoped<Link>]>) =>
  (behaviour: Behaviour): Scoped<Opened> =>
    Effect.gen(function* () {
      const [near, far] = yield* ends
      const stalled = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkScoped(
        Effect.scoped(Effect.flatMap(far, (link) => behave(link, behaviour, Deferred.await(stalled))))
      )
      const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
      return {
        link: yield* Scope.provide(near, scope),
        close: Scope.close(scope, Exit.void),
        far: Effect.orDie(Fiber.join(fiber)),
        release: Effect.asVoid(Deferred.succeed(stalled, undefined))
      }
    })

const dialled = (layer: Layer.Layer<Transport | Listener, unknown>, swapped = false) =>
  joined(
    Effect.gen(function* () {
      const context = yield* Layer.build(layer)
      const dial = Effect.flatMap(Transport, (transport) => transport.open).pipe(Effect.provide(context))
      const accept = Effect.flatMap(Listener, (listener) => listener.accept).pipe(Effect.provide(context))
      return swapped ? ([accept, dial] as const) : ([dial, accept] as const)
    })
  )

/** A path for a socket, in a directory that goes with the test. */
const socketPath = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "links-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
  ),
  (path) => Path.join(path, "s")
)

const unix = (swapped: boolean) => (behaviour: Behaviour) =>
  Effect.flatMap(socketPath, (path) =>
    dialled(Layer.merge(UnixSocket.layer({ path }), UnixSocket.layerListener({ path })), swapped)(behaviour)
  )

const fifos = (swapped: boolean) => (behaviour: Behaviour) =>
  Effect.flatMap(socketPath, (path) => {
    const [a, b] = [`${path}.a`, `${path}.b`]
    const here = { read: b, write: a, create: true }
    return dialled(
      Layer.merge(Fifo.layer(here), Fifo.layerListener({ read: a, write: b, create: true })),
      swapped
    )(behaviour)
  })
const tcpLayer = (secure: boolean) => {
  const bound = Tcp.layerListener({ port: 0, ...(secure ? { tls: tls.here } : {}) })
  const dialling = Layer.unwrap(
    Effect.map(Tcp.Bound, ({ port }) => Tcp.layer({ port, ...(secure ? { tls: tls.trusting } : {}) }))
  )
  return Layer.provideMerge(dialling, bound)
}

const webSocketLayer = Layer.provideMerge(
  Layer.unwrap(
    Effect.map(SocketServer, ({ address }) =>
      SocketLink.layer().pipe(
        Layer.provide(Socket.layerWebSocket(`ws://${address}`)),
        Layer.provide(NodeWS.layerWebSocketConstructor)
      )
    )
  ),
  SocketLink.layerListener()
).pipe(Layer.provide(NodeSocketServer.layerWebSocket({ port: 0, host: "127.0.0.1" })))

const tcpPair = Effect.callback<readonly [Net.Socket, Net.Socket]>((resume) => {
  const server = Net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (far) => {
    server.close()
    resume(Effect.succeed([near, far] as const))
  })
  let near: Net.Socket
  server.listen(0, "127.0.0.1", () => {
    near = Net.connect({ port: (server.address() as Net.AddressInfo).port, allowHalfOpen: true })
  })
})

/** A link whose second stream carries nothing but text, as who reads frames there would find. */
const onlyText = (link: Link): Link => ({
  address: link.address,
  get queuedBytes() {
    return link.queuedBytes
  },
  pause: () => link.pause(),
  resume: () => link.resume(),
  offer: (chunk) => link.offer(chunk),
  start: (sink) =>
    link.start({
      bytes: (chunk, stream) => (stream === 1 ? link.stray?.(chunk) : sink.bytes(chunk)),
      drained: () => sink.drained(),
      end: (reason) => sink.end(reason)
    })
})

const child =
  (frames: "stdout" | "fd3" | "stdout+stderr") =>
  (behaviour: Behaviour): Scoped<Opened> =>
    Effect.gen(function* () {
      const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
      const result = yield* Deferred.make<string>()
      let text = ""
      const transport = yield* Effect.provide(
        Transport,
        ChildProcess.layer({
          command: process.execPath,
          args: [fixture("behave.ts"), behaviour, frames === "fd3" ? "fd3" : "stdout"],
          frames,
          env,
          // On a busy machine a child may take seconds to start, and has yet to read what it was sent.
          shutdown: { endInputFor: "8 seconds" },
          stderr: (more) => {
            const told = /result (.*)\n/.exec((text += more))
            if (told !== null) Deferred.doneUnsafe(result, Effect.succeed(told[1]!))
          }
        })
      )
      const opened = yield* Scope.provide(transport.open, scope)
      const link = frames === "stdout+stderr" ? onlyText(opened) : opened
      const pid = Number(/pid (\d+)/.exec(link.address)![1])
      return {
        link,
        close: Scope.close(scope, Exit.void),
        far: Deferred.await(result),
        release: Effect.sync(() => process.kill(pid, "SIGUSR2"))
      }
    })

const channel = (swapped: boolean) => (behaviour: Behaviour) =>
  Effect.suspend(() => {
    const { port1, port2 } = new MessageChannel()
    return dialled(
      Layer.merge(MessagePort.layer(port1), MessagePort.layerListener({ port: port2 })),
      swapped
    )(behaviour)
  })

let workers = 0
const inWorker = (behaviour: Behaviour): Scoped<Opened> =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const result = yield* Deferred.make<string>()
    const going = `links-${process.pid}-${workers++}`
    let text = ""
    const transport = yield* Effect.provide(
      Transport,
      Worker.layer({
        script: fixture("worker.ts"),
        workerData: { behaviour, going },
        stdout: (more) => {
          const told = /result (.*)\n/.exec((text += more))
          if (told !== null) Deferred.doneUnsafe(result, Effect.succeed(told[1]!))
        }
      })
    )
    return {
      link: yield* Scope.provide(transport.open, scope),
      close: Scope.close(scope, Exit.void),
      far: Deferred.await(result),
      release: Effect.sync(() => {
        const sender = new BroadcastChannel(going)
        sender.postMessage("go")
        sender.close()
      })
    }
  })

const ended = { _tag: "Ended" } as const
const exited = { _tag: "Exited", exitCode: 0, signal: undefined, stderrTail: "" } as const

export const memory: Subject = { name: "memory", leaving: ended, open: dialled(Memory.layer({ wire: Native.wire() })) }
export const faulty: Subject = {
  name: "memory in small pieces",
  leaving: ended,
  open: (behaviour) =>
    Effect.flatMap(Faults.make(), (faults) =>
      Effect.andThen(faults.split(1000), dialled(TestPeer.layerLink({ faults }))(behaviour))
    )
}
export const unixDialler: Subject = { name: "a Unix socket that it dialled", leaving: ended, open: unix(false) }
export const unixAcceptor: Subject = { name: "a Unix socket that it accepted", leaving: ended, open: unix(true) }
export const fifoDialler: Subject = { name: "FIFOs that it opened", leaving: ended, open: fifos(false) }
export const fifoAcceptor: Subject = { name: "FIFOs that it listened on", leaving: ended, open: fifos(true) }
/** What the system holds for a connection over loopback, at the most. */
const systemBytes = 12 * 1024 * 1024

const over = (name: string, layer: Layer.Layer<Transport | Listener, unknown>, swapped = false): Subject => ({
  name: `${name} that it ${swapped ? "accepted" : "dialled"}`,
  systemBytes,
  leaving: ended,
  open: dialled(layer, swapped)
})

export const tcpDialler = over("TCP", tcpLayer(false))
export const tcpAcceptor = over("TCP", tcpLayer(false), true)
export const tlsDialler = over("TLS", tcpLayer(true))
export const tlsAcceptor = over("TLS", tcpLayer(true), true)
export const webSocketDialler = over("a WebSocket", webSocketLayer)
export const webSocketAcceptor = over("a WebSocket", webSocketLayer, true)
export const duplex: Subject = {
  name: "a duplex that is a TCP socket",
  systemBytes,
  leaving: ended,
  open: joined(
    Effect.map(
      tcpPair,
      (pair) =>
        [
          DuplexLink.fromDuplex(pair[0], { address: "tcp" }),
          DuplexLink.fromDuplex(pair[1], { address: "tcp" })
        ] as const
    )
  )
}
export const streams: Subject = {
  name: "a Readable and a Writable",
  leaving: ended,
  open: joined(
    Effect.sync(() => {
      // They count a chunk as written although its memory waits to be read.
      const [there, back] = [new PassThrough(), new PassThrough()]
      return [
        DuplexLink.fromStreams(back, there, { address: "streams" }),
        DuplexLink.fromStreams(there, back, { address: "streams" })
      ] as const
    })
  )
}
export const childStdio: Subject = { name: "the stdio of a child", leaving: exited, open: child("stdout") }
export const childFd3: Subject = { name: "descriptor 3 of a child", leaving: exited, open: child("fd3") }
export const childSecond: Subject = {
  name: "the stdio of a child whose stderr is read for frames",
  leaving: exited,
  open: child("stdout+stderr")
}
export const portDialler: Subject = { name: "a message port that it dialled", leaving: ended, open: channel(false) }
export const portAcceptor: Subject = { name: "a message port that it accepted", leaving: ended, open: channel(true) }
export const worker: Subject = { name: "a worker thread", leaving: exited, open: inWorker }
