/** What the tests of this folder share: sessions within one process, and a peer that is only bytes. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Channel from "../../../src/foreign/Channel.ts"
import * as Php from "../../../src/foreign/streamIpc/Php.ts"
import * as StreamIpcMessage from "../../../src/foreign/streamIpc/StreamIpcMessage.ts"
import * as StreamIpcSession from "../../../src/foreign/streamIpc/StreamIpcSession.ts"
import type { EndReason, Link } from "../../../src/transport/Link.ts"
import * as Memory from "../../../src/transport/Memory.ts"
import vectors from "../../fixtures/foreign/php-stream-ipc.json" with { type: "json" }

export const { log } = StreamIpcMessage
export const text = StreamIpcMessage.textOf

/** The bytes that the library wrote. */
export const recorded = (name: string): Uint8Array => {
  const entry = vectors.entries.find((each) => each.name === name) as { readonly base64?: string } | undefined
  if (entry?.base64 === undefined) throw new Error(`no bytes are recorded as ${name}`)
  return new Uint8Array(Buffer.from(entry.base64, "base64"))
}

/** A session over a link. */
export const onLink = <A = never, R = never>(link: Link, options: StreamIpcSession.Options<A, R> = {}) =>
  Effect.flatMap(
    Channel.fromLink(StreamIpcSession.format(options), link, {
      ...options,
      onJunk: () => Effect.die(new Error("junk is a message"))
    }),
    (channel) => StreamIpcSession.fromChannel(channel, options)
  )

/** Two sessions, each the peer of the other. */
export const pair = <A = never, R = never, B = never, R2 = never>(
  west: StreamIpcSession.Options<A, R> = {},
  east: StreamIpcSession.Options<B, R2> = {}
) =>
  Effect.gen(function* () {
    const [near, far] = yield* Memory.pair()
    return { west: yield* onLink(near, west), east: yield* onLink(far, east) }
  })

/** A link of which a test is the other end. */
export class BytePeer implements Link {
  readonly address = "php"
  readonly queuedBytes = 0
  strays = ""
  paused = false
  #sent = new Uint8Array()
  #sink: Parameters<Link["start"]>[0] | undefined
  #seen = (): void => {}

  start(sink: Parameters<Link["start"]>[0]): void {
    this.#sink = sink
  }
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
  offer(chunk: Uint8Array): boolean {
    this.#sent = new Uint8Array(Buffer.concat([this.#sent, chunk]))
    this.#seen()
    return true
  }
  stray(bytes: Uint8Array): void {
    this.strays += new TextDecoder().decode(bytes)
  }

  /** All that the session has sent. */
  get sent(): Uint8Array {
    return this.#sent
  }
  get sentText(): string {
    return Buffer.from(this.#sent).toString("latin1")
  }

  says(bytes: Uint8Array | string, stream?: number): void {
    this.#sink!.bytes(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, stream)
  }
  ends(reason: EndReason = { _tag: "Ended" }): void {
    this.#sink!.end(reason)
  }

  /** Waits until what was sent fulfils a condition. */
  until(condition: (sent: Uint8Array) => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.#seen = () => {
        if (condition(this.#sent)) resume(Effect.void)
      }
      this.#seen()
    })
  }
}

/** A session whose peer is bytes. */
export const facing = <A = never, R = never>(options: StreamIpcSession.Options<A, R> = {}) =>
  Effect.gen(function* () {
    const peer = new BytePeer()
    return { peer, session: yield* onLink(peer, options) }
  })

/** A session in a scope that the test closes. */
export const closable = <A = never, R = never>(options: StreamIpcSession.Options<A, R> = {}) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { peer, session } = yield* Scope.provide(facing(options), scope)
    return { peer, session, close: Scope.close(scope, Exit.void) }
  })

/** A frame around a payload. */
export const frame = (payload: string | Uint8Array): Uint8Array => {
  const body = typeof payload === "string" ? Buffer.from(payload) : Buffer.from(payload)
  const header = Buffer.from("f34a9de200000000", "hex")
  header.writeUInt32BE(body.length, 4)
  return new Uint8Array(Buffer.concat([header, body]))
}

/** An answer, as PHP's JSON serializer says it. */
export const jsonAnswer = (id: string, message: object): Uint8Array =>
  frame(JSON.stringify({ __class: "StreamIpc\\Envelope\\ResponseEnvelope", id, response: message }))

/** A request, as PHP's JSON serializer says it. */
export const jsonRequest = (id: string, message: object): Uint8Array =>
  frame(JSON.stringify({ __class: "StreamIpc\\Envelope\\RequestEnvelope", id, request: message }))

export const jsonLog = (message: string, level = "info") => ({
  __class: "StreamIpc\\Message\\LogMessage",
  message,
  level
})

/** The payloads of frames, as text. */
export const payloads = (bytes: Uint8Array): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let at = 0; at < bytes.length;) {
    const length = Buffer.from(bytes).readUInt32BE(at + 4)
    found.push(Buffer.from(bytes.subarray(at + 8, at + 8 + length)).toString())
    at += 8 + length
  }
  return found
}

export const dto = (name: string, properties: Readonly<Record<string, unknown>> = {}) =>
  Php.object(`App\\${name}`, properties)
