/**
 * The pump: link -> codec -> session -> peer, and back. It joins the rooms and decides nothing.
 *
 * What one tick has to say is gathered and leaves in one chunk at the end of the tick; a large batch leaves earlier,
 * so that both ends work at the same time. Bytes are read as they come: reading never waits for a handler or a writer.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Call, Duty, Side } from "../session/Exchange.ts"
import type { EventMessage, Hello, Message, Refusal } from "../session/Message.ts"
import * as Session from "../session/Session.ts"
import type { EndReason, Link, LinkSink } from "../transport/Link.ts"
import type { About, Codec, CodecOptions, Lexicon, Out, Wire } from "../wire/Wire.ts"
import { WriteBuffer } from "../wire/WriteBuffer.ts"
import type { IpcError } from "./IpcError.ts"
import * as Reason from "./Reason.ts"

/** Gathered bytes leave at once from here on: waiting for the end of the tick would make the two ends take turns. */
const flushBytes = 2048

/** How much of what is no frame is quoted. */
const quotedBytes = 200

/** What a connection is for. */
export interface Port {
  duty(method: number): Duty
  event(event: EventMessage): void
  eventsCredited(): void
  /** The peer's Hello was accepted. */
  accepted(hello: Hello): void
  /** Something to report that concerns no call. */
  fault(error: IpcError): void
  /** The connection is over. Called once, last. */
  closed(error: IpcError): void
}

/** What connections of one side go by. */
export interface Terms {
  readonly wire: Wire
  readonly lexicon: Lexicon
  readonly session: Session.Options
  readonly codec: CodecOptions
  /** Bytes a link may hold before its peer counts as one that does not read. */
  readonly outgoingMaxBytes: number
  readonly clock: Clock.Clock
  /** Runs what is of a connection itself: timers, reports. */
  readonly runLocal: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
}

export class Connection implements Session.Sink, Out, LinkSink {
  readonly session: Session.Session
  readonly buffer = new WriteBuffer()
  readonly #terms: Terms
  readonly #port: Port
  readonly #link: Link
  readonly #codec: Codec
  /** Calls have a deadline then, whatever they say. */
  readonly #byOrder: boolean
  readonly #flush = (): void => this.flush()
  readonly #offer = (chunk: Uint8Array): void => {
    if (!this.#link.offer(chunk)) this.#full = true
  }
  #nowMillis: number
  #flushSoon = false
  #full = false
  /** Whether the link is paused, as handlers of events are behind. */
  #paused = false
  #timer: Fiber.Fiber<void> | undefined
  #timerMillis = Infinity
  #abandonMillis = Infinity
  #abandonSecondMillis = Infinity
  #junkBytes = 0
  #junk = new Uint8Array(0)
  #end: EndReason | undefined
  #closed = false

  constructor(terms: Terms, link: Link, port: Port) {
    this.#terms = terms
    this.#port = port
    this.#link = link
    this.#codec = terms.wire.open(terms.lexicon, terms.codec)
    this.#byOrder = terms.session.correlate === "order"
    this.#nowMillis = this.#readClock()
    this.session = new Session.Session(this, terms.session, this.#nowMillis)
  }

  get address(): string {
    return this.#link.address
  }

  /** Says Hello and starts to read. */
  start(): void {
    this.session.open()
    this.#link.start(this)
    this.#arm()
  }

  ask(call: Call): void {
    if (call.timeoutMillis === 0 && !this.#byOrder) return this.session.ask(call, this.#nowMillis)
    this.#nowMillis = this.#readClock()
    this.session.ask(call, this.#nowMillis)
    this.#arm()
  }

  drain(): void {
    this.session.drain(this.#readClock())
    this.#arm()
  }

  /** Makes the error of a refusal. */
  error(reason: Refusal, side: Side, method?: string): IpcError {
    const place = method === undefined ? { address: this.address } : { address: this.address, method }
    const refusal = this.#terms.codec.role === "acceptor" ? Reason.asAcceptor(reason) : reason
    return Reason.fromRefusal(refusal, side, place, this.#end)
  }

  /** Offers the link all that was said. */
  flush(): void {
    this.#flushSoon = false
    if (this.buffer.bytes > 0) this.buffer.flush(this.#offer)
    const { queuedBytes } = this.#link
    if (queuedBytes === 0) return this.buffer.reuse()
    if (queuedBytes > this.#terms.outgoingMaxBytes) {
      this.session.lost({ _tag: "Disconnected", detail: `the peer stopped reading: ${queuedBytes} bytes wait for it` })
    } else if (this.#full && this.session.writable) {
      this.session.setWritable(false)
    }
  }

  // What the link tells

  bytes(chunk: Uint8Array, stream?: number): void {
    this.#nowMillis = this.#readClock()
    this.#codec.read(chunk, this, stream)
    // What a codec says while it reads, an acknowledgement, leaves though the session may say nothing.
    if (!this.#flushSoon && this.buffer.bytes > 0) this.#flushInTime()
    this.#afterReading(stream)
  }

  drained(): void {
    this.#full = false
    this.flush()
    if (!this.session.writable && !this.#full) this.session.setWritable(true)
  }

  end(reason: EndReason): void {
    this.#end = reason
    this.#codec.end(this)
    this.#reportJunk()
    this.session.lost({ _tag: "Disconnected", detail: Reason.describeEnd(reason) })
  }

  foreign(detail: string): void {
    this.fault({ _tag: "Malformed", detail })
  }

  // What the codec tells

  message(message: Message): void {
    this.session.receive(message, this.#nowMillis)
  }

  refuse(about: About, id: number, method: number, reason: Refusal): void {
    this.session.unreadable(about, id, method, reason)
  }

  refuseEvent(bytes: number, reason: Refusal): void {
    this.session.unreadableEvent(bytes, reason)
  }

  lost(reason: Refusal): void {
    this.session.close(reason)
    // Who cannot read any more cannot read the answer to a Bye either.
    this.session.lost(reason)
  }

  junk(bytes: Uint8Array, stream?: number): void {
    if (stream === 1 && this.#link.stray !== undefined) return this.#link.stray(bytes)
    this.session.missed()
    const room = quotedBytes - this.#junk.length
    if (room > 0) this.#junk = Uint8Array.of(...this.#junk, ...bytes.subarray(0, room))
    this.#junkBytes += bytes.length
  }

  // What the session tells

  send(message: Message): number | Refusal {
    const written = this.#codec.write(message, this)
    this.#flushInTime()
    return written
  }

  #flushInTime(): void {
    if (this.buffer.bytes >= flushBytes) {
      this.flush()
    } else if (!this.#flushSoon) {
      this.#flushSoon = true
      queueMicrotask(this.#flush)
    }
  }

  duty(method: number): Duty {
    return this.#port.duty(method)
  }

  event(event: EventMessage): void {
    this.#port.event(event)
  }

  eventsCredited(): void {
    this.#port.eventsCredited()
  }

  accepted(hello: Hello): void {
    this.#port.accepted(hello)
  }

  congested(congested: boolean): void {
    this.#paused = congested
    this.#nowMillis = this.#readClock()
    this.#awaitRest(undefined)
    this.#awaitRest(1)
    if (congested) return this.#link.pause()
    this.#arm()
    this.#link.resume()
  }

  parting(): void {
    this.session.parted(this.#readClock())
    this.flush()
    this.#arm()
  }

  fault(reason: Refusal): void {
    this.#port.fault(this.error(reason, "local"))
  }

  closed(reason: Refusal, side: Side): void {
    this.flush()
    this.#closed = true
    this.#timer?.interruptUnsafe()
    this.#timer = undefined
    this.#port.closed(this.error(reason, side))
  }

  // Time

  #afterReading(stream: number | undefined): void {
    this.#reportJunk()
    this.#awaitRest(stream)
    this.#arm()
  }

  /** Sees to it that a frame which has begun on a stream is given up in time; not while this side lets nothing come. */
  #awaitRest(stream: number | undefined): void {
    const { abandonAfterMillis } = this.#terms.wire
    if (abandonAfterMillis === 0) return
    const dueMillis = this.#paused ? Infinity : this.#nowMillis + abandonAfterMillis
    if (stream === 1) this.#abandonSecondMillis = this.#codec.unfinishedSecond === true ? dueMillis : Infinity
    else this.#abandonMillis = this.#codec.unfinished ? dueMillis : Infinity
  }

  #reportJunk(): void {
    if (this.#junkBytes === 0) return
    const text = JSON.stringify(new TextDecoder().decode(this.#junk))
    const detail = `${this.#junkBytes} bytes that belong to no frame were skipped: ${text}`
    this.#junkBytes = 0
    this.#junk = new Uint8Array(0)
    this.fault({ _tag: "Malformed", detail })
  }

  /** Sees to it that `#tick` runs when something is due, and that no timer runs when nothing is. */
  #arm(): void {
    if (this.#closed) return
    const dueMillis = Math.min(this.session.deadlineMillis, this.#abandonMillis, this.#abandonSecondMillis)
    if (dueMillis === Infinity ? this.#timer === undefined : dueMillis >= this.#timerMillis) return
    this.#timer?.interruptUnsafe()
    this.#timer = undefined
    this.#timerMillis = dueMillis
    if (dueMillis === Infinity) return
    const wait = Math.max(0, dueMillis - this.#readClock())
    this.#timer = this.#terms.runLocal(Effect.flatMap(Effect.sleep(wait), () => Effect.sync(() => this.#tick())))
  }

  #tick(): void {
    this.#timer = undefined
    this.#timerMillis = Infinity
    this.#nowMillis = this.#readClock()
    if (this.#nowMillis >= this.#abandonMillis) {
      this.#codec.abandon(this)
      this.#afterReading(undefined)
    }
    if (this.#nowMillis >= this.#abandonSecondMillis) {
      this.#codec.abandon(this, 1)
      this.#afterReading(1)
    }
    this.session.tick(this.#nowMillis)
    this.#arm()
  }

  #readClock(): number {
    return Number(this.#terms.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}
