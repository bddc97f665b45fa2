/** A transport that a test shuts, hangs and cuts, to servers within this process that it starts and stops. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import type { EndReason, Link, LinkSink } from "../../src/transport/Link.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import type { Wire } from "../../src/wire/Wire.ts"
import type { HandlersOf } from "../../src/peer/Handlers.ts"

export class Get extends Request.Class<Get>()("Get", {
  payload: { key: Schema.String },
  success: Schema.String,
  idempotent: true
}) {}
export class Put extends Request.Class<Put>()("Put", { payload: { key: Schema.String }, success: Schema.String }) {}
export class Scan extends Request.Class<Scan>()("Scan", {
  payload: { key: Schema.String },
  progress: Schema.Int,
  success: Schema.String,
  idempotent: true
}) {}
export class Follow extends Request.Class<Follow>()("Follow", {
  payload: { total: Schema.Int },
  stream: Schema.Int,
  idempotent: true
}) {}
export class Upload extends Request.Class<Upload>()("Upload", {
  input: Schema.Int,
  success: Schema.Int,
  idempotent: true
}) {}
export class Shout extends Request.Class<Shout>()("Shout", { input: Schema.String, stream: Schema.String }) {}
export class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
export class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.String
}) {}

export const Store = Protocol.make("store", {
  version: "1.2.0",
  server: [Get, Put, Scan, Follow, Upload, Shout, Note],
  client: [Tick, Confirm]
})
export type Store = typeof Store

/** What the handlers of the store note, and which keys they hang on. */
export class Book {
  readonly heard: Array<string> = []
  readonly hangsOn = new Set<string>()
  readonly headers: Array<Readonly<Record<string, string>>> = []

  /** Answers the key in capitals, or hangs. */
  answer = (tag: string, key: string): Effect.Effect<string> =>
    Effect.suspend(() => {
      this.heard.push(`${tag} ${key}`)
      return this.hangsOn.has(key) ? Effect.never : Effect.succeed(key.toUpperCase())
    })
}

export const handlers = (book: Book) =>
  Handlers.layer(Store)({
    Get: ({ key }, { headers }) => {
      book.headers.push(headers)
      return book.answer("Get", key)
    },
    Put: ({ key }) => book.answer("Put", key),
    Scan: ({ key }, { report }) => Effect.andThen(report(book.heard.length), book.answer("Scan", key)),
    Follow: ({ total }) =>
      Stream.concat(Stream.range(1, total), book.hangsOn.has("Follow") ? Stream.never : Stream.empty),
    Upload: (_, { input }) => Effect.orDie(Stream.runSum(input)),
    Shout: (_, { input }) => Stream.orDie(Stream.map(input, (text) => text.toUpperCase())),
    Note: ({ text }) => Effect.sync(() => void book.heard.push(`Note ${text}`))
  })

export const answers = Handlers.layerClient(Store)({ Confirm: ({ question }) => Effect.succeed(`yes, ${question}`) })

/** A link that can be cut: this side is told that it is over, and the other hears nothing more. */
class CutLink implements Link {
  readonly #link: Link
  #sink: LinkSink | undefined
  #isCut = false

  constructor(link: Link) {
    this.#link = link
  }

  get address(): string {
    return this.#link.address
  }
  get queuedBytes(): number {
    return this.#isCut ? 0 : this.#link.queuedBytes
  }

  start(sink: LinkSink): void {
    this.#sink = sink
    const whole = (tell: () => void): void => (this.#isCut ? undefined : tell())
    this.#link.start({
      bytes: (chunk) => whole(() => sink.bytes(chunk)),
      drained: () => whole(() => sink.drained()),
      end: (reason) => whole(() => sink.end(reason))
    })
  }
  pause(): void {
    this.#link.pause()
  }
  resume(): void {
    this.#link.resume()
  }
  offer(chunk: Uint8Array): boolean {
    return this.#isCut || this.#link.offer(chunk)
  }

  cut(reason: EndReason): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#sink?.end(reason)
  }
}

/** How opening goes: it works, fails, never ends, or dies. */
type Mode = "up" | "down" | "hanging" | "dying"

export class Line {
  mode: Mode = "up"
  /** How often it was tried to open a link. */
  opens = 0
  /** Both ends of what is dialled at present. */
  ends: Context.Context<Transport | Listener> | undefined
  readonly wire: Wire
  readonly #links: Array<CutLink> = []

  constructor(wire = Native.wire()) {
    this.wire = wire
  }

  /** Cuts the link that was opened last. */
  readonly cut = (reason: EndReason = { _tag: "Ended" }): Effect.Effect<void> =>
    Effect.sync(() => this.#links.at(-1)?.cut(reason))

  readonly transport = Layer.sync(Transport, () => ({
    address: "line",
    wire: this.wire,
    open: Effect.suspend(() => {
      this.opens++
      switch (this.mode) {
        case "hanging":
          return Effect.never
        case "dying":
          return Effect.die("the modem is on fire")
        case "up":
          if (this.ends !== undefined) return Effect.map(Context.get(this.ends, Transport).open, this.#wrap)
      }
      return Effect.fail(new TransportError({ stage: "open", address: "line", detail: "nobody is there" }))
    })
  }))

  readonly #wrap = (link: Link): Link => {
    const wrapped = new CutLink(link)
    this.#links.push(wrapped)
    return wrapped
  }
}

/** A new place to dial, at which nobody serves. Answers how to accept there. */
export const replug = (line: Line) =>
  Effect.gen(function* () {
    line.ends = yield* Layer.build(Memory.layer({ wire: line.wire, address: "line" }))
    return Context.get(line.ends, Listener).accept
  })

/** Starts a server at the line, in place of the last one. Answers it, and how to stop it as a good server does. */
export const serve = (
  line: Line,
  options?: RpcServer.Options<Store>
): Effect.Effect<
  { readonly running: RpcServer.Running<Store>; readonly stop: Effect.Effect<void> },
  never,
  HandlersOf<Store, "server"> | Scope.Scope
> =>
  Effect.gen(function* () {
    const ends = yield* Effect.andThen(
      replug(line),
      Effect.sync(() => line.ends!)
    )
    const scope = yield* Scope.fork(yield* Effect.scope)
    const server = RpcServer.layer(Store, options).pipe(Layer.provide(Layer.succeedContext(ends)))
    const running = yield* Effect.orDie(Layer.buildWithScope(server, scope))
    const stop = Effect.suspend(() => {
      line.ends = undefined
      return Scope.close(scope, Exit.void)
    })
    return { running: Context.get(running, RpcServer.of(Store)), stop }
  })

/** A client at the line. */
export const dial = (line: Line, options: RpcClient.Options) =>
  RpcClient.make(Store, options).pipe(Effect.provide([line.transport, answers]))
