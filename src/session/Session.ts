/**
 * The session state machine: who owes whom an answer, and until when.
 *
 * Rule 1: session state changes in this room only, and only through the methods of this file. What must happen outside
 * is told to the sink, or to the call or duty it concerns, never done here.
 * Rule 2: nothing here reads a clock, runs an effect, or sees a byte. Time arrives as an argument, the next deadline
 * goes out; bytes were already decoded by a wire.
 * Rule 3: both sides run this file; ids belong to the caller, the direction is in the kind of message.
 * Rule 4: after `closed`, nothing is emitted.
 *
 * @since 0.1.0
 */
import { Calls } from "./Calls.ts"
import { Duties } from "./Duties.ts"
import { Events } from "./Events.ts"
import { Call, type Duty, type Side } from "./Exchange.ts"
import * as Greeting from "./Greeting.ts"
import { Heartbeat } from "./Heartbeat.ts"
import { Incoming } from "./Incoming.ts"
import { Items } from "./Items.ts"
import type { AnswerMessage, EventMessage, Hello, Message, Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import { type End, Phase } from "./Phase.ts"
import { Proving, type Terms as ProofTerms } from "./Proving.ts"
import type { Options, Sink } from "./Sink.ts"

export type { Options, Sink } from "./Sink.ts"

export class Session implements Outbox {
  readonly #sink: Sink
  readonly #options: Options
  readonly #phase: Phase
  readonly #calls: Calls
  readonly #duties: Duties
  readonly #items: Items
  readonly #events: Events
  readonly #incoming: Incoming
  readonly #heartbeat: Heartbeat
  /** Decides, in the place of the peer's Hello, when the peer is accepted. */
  readonly #proving: Proving | undefined
  #nowMillis: number
  /** Bytes came, since the peer was accepted, that nobody could read: an answer may have been among them. */
  #missed = false
  /** Until when the peer may answer the Bye of this side, which is over but for that. */
  #partedMillis = Infinity
  /** Why calls are refused instead of asked. */
  #noCalls: End | undefined
  writable = true

  constructor(sink: Sink, options: Options, nowMillis: number) {
    this.#sink = sink
    this.#options = options
    this.#nowMillis = nowMillis
    this.#phase = new Phase(nowMillis + options.handshakeMillis)
    this.#heartbeat = new Heartbeat(options.heartbeatMillis, nowMillis, options.judgesSilence)
    this.#items = new Items(this)
    this.#events = new Events(this, sink, options.eventWindow)
    this.#calls = new Calls(this, this.#items, options)
    this.#duties = new Duties(this, this.#items, options)
    this.#proving = options.proof && this.#proveBy(options.proof)
    if (options.correlate === "none") this.#noCalls = { reason: noAnswers, side: "local" }
    this.#incoming = new Incoming({
      sink,
      options,
      outbox: this,
      phase: this.#phase,
      calls: this.#calls,
      duties: this.#duties,
      items: this.#items,
      events: this.#events
    })
  }

  /** Nothing that anybody wants to say may leave before the peer has proved that it knows the secret. */
  #proveBy(terms: ProofTerms): Proving {
    this.#calls.holdBack()
    this.#events.holdBack()
    return new Proving(terms, this.#options.hello, this, (hello) => this.#accept(hello))
  }

  /** Says Hello. Called once, before anything else. */
  open(): void {
    if (this.#proving !== undefined) this.#proving.open()
    else this.send({ _tag: "Hello", hello: this.#options.hello })
  }

  // What this side wants

  /** Asks the peer. The call is told how it ends, perhaps before this returns. */
  ask(call: Call, nowMillis: number): void {
    this.#nowMillis = nowMillis
    if (this.#noCalls === undefined) return this.#calls.ask(call, nowMillis)
    call.state = "settled"
    call.refused(this.#noCalls.reason, this.#noCalls.side)
  }

  /** Gives a call up: it is not told, and the peer stops working on it. */
  cancel(call: Call): void {
    this.#calls.giveUp(call, this.#nowMillis)
  }

  /**
   * Sends items of a call's input, or of a duty's answer. Answers how many it took; after 0, `credited` will be told.
   * An item that cannot be said ends its exchange, and no other.
   */
  sendItems(exchange: Call | Duty, items: ReadonlyArray<unknown>): number {
    if (exchange.state === "settled") return items.length
    const sent = this.#items.send(exchange, items)
    if (typeof sent === "number") return sent
    if (exchange instanceof Call) this.#calls.giveUp(exchange, this.#nowMillis, sent)
    else this.#duties.stop(exchange, sent)
    this.#closeWhenDrained()
    return items.length
  }

  /** Says that a call's input is complete. */
  endInput(call: Call): void {
    this.#calls.endInput(call)
  }

  /** Counts items that were consumed, so that the peer may send as many again. */
  consumed(exchange: Call | Duty, items: number, bytes: number): void {
    this.#items.consumed(exchange, items, bytes)
  }

  succeed(duty: Duty, value: unknown): void {
    this.#settle(duty, { _tag: "Success", id: duty.id, method: duty.method, value })
  }

  fail(duty: Duty, error: unknown): void {
    this.#settle(duty, { _tag: "Failure", id: duty.id, method: duty.method, error })
  }

  /** Answers that there is no answer of the application. */
  refuse(duty: Duty, reason: Refusal): void {
    this.#settle(duty, { _tag: "Defect", id: duty.id, method: duty.method, reason })
  }

  #settle(duty: Duty, answer: AnswerMessage): void {
    this.#duties.settle(duty, answer)
    this.#closeWhenDrained()
  }

  /** Reports progress on a duty; while the link is full the latest one waits. Answers why it cannot be said. */
  progress(duty: Duty, value: unknown): Refusal | undefined {
    return this.#duties.progress(duty, value)
  }

  /** Emits an event, or answers "wait" (then `eventsCredited` will be told), or why it cannot be said. */
  emit(method: number, payload: unknown): "sent" | "wait" | Refusal {
    return this.#phase.end === undefined ? this.#events.emit(method, payload) : this.#phase.end.reason
  }

  /** Counts an event that was taken, so that the peer may emit another. */
  eventTaken(event: EventMessage): void {
    this.#events.taken(event.bytes)
  }

  // Its life

  /** Takes no new work, lets what runs finish (for a bounded time), says Bye and closes. */
  drain(nowMillis: number): void {
    this.#nowMillis = nowMillis
    if (this.#phase.name === "greeting") return this.close(closedHere)
    if (this.#phase.name !== "open") return
    this.#phase.drain(nowMillis + this.#options.drainMillis)
    this.send({ _tag: "Drain" })
    this.#closeWhenDrained()
  }

  #closeWhenDrained(): void {
    if (this.#phase.name !== "draining" || this.#duties.size > 0) return
    // All that began was answered, so a request that crosses this never began: its caller may ask elsewhere.
    this.#part(closedHere, { _tag: "Draining" })
  }

  /** Says Bye, with the reason when it is the peer's fault, and closes. */
  close(reason: Refusal): void {
    this.#part(reason, reason._tag === "Disconnected" ? undefined : reason)
  }

  /** Says Bye, which this side does first, and closes: at once, or when the peer has answered it. */
  #part(reason: Refusal, told: Refusal | undefined): void {
    const waits = this.#options.goodbye === true && this.greeted && this.#phase.end === undefined
    this.send({ _tag: "Bye", reason: told })
    if (!waits) return this.#close(reason, "local")
    // The link may have ended while it was said.
    if (this.#phase.end !== undefined) return
    this.#partedMillis = this.#nowMillis + this.#options.drainMillis
    this.#over(reason, "local")
    this.#sink.parting()
  }

  /** Counts the time that the peer has to answer the Bye from here on: what led to it may have come without the time. */
  parted(nowMillis: number): void {
    if (this.#partedMillis !== Infinity) this.#partedMillis = nowMillis + this.#options.drainMillis
  }

  #close(reason: Refusal, side: Side): void {
    if (this.#partedMillis !== Infinity) return this.#closeParted()
    if (this.#phase.end !== undefined) return
    this.#over(reason, side)
    this.#sink.closed(reason, side)
  }

  #over(reason: Refusal, side: Side): void {
    this.#noCalls = { reason, side }
    this.#phase.close(this.#noCalls)
    this.#calls.refuseAll(reason, side)
    this.#duties.dropAll()
    this.#events.close()
  }

  /** The peer has answered the Bye, or will not. */
  #closeParted(): void {
    const { reason, side } = this.#phase.end!
    this.#partedMillis = Infinity
    this.#sink.closed(reason, side)
  }

  /** Whether the peer was accepted: by its Hello, or by the proof after it. */
  get greeted(): boolean {
    return this.#phase.name !== "greeting"
  }

  /** Whether a call would be asked: the session is not over, and the peer has not said that it takes no more. */
  get takesCalls(): boolean {
    return this.#noCalls === undefined
  }

  /** Who ended the session; this side as long as nobody has. */
  get endedBy(): Side {
    return this.#phase.end?.side ?? "local"
  }

  /** Requests that are being answered. */
  get running(): number {
    return this.#duties.size
  }

  /** Calls that have no answer yet. */
  get pending(): number {
    return this.#calls.size
  }

  /** Messages that came for calls nobody waits for any more. */
  get lateAnswers(): number {
    return this.#calls.late
  }

  // What the link tells

  /** Writes a message; the parts of the session send through this. */
  send(message: Message): number | Refusal {
    return this.#phase.end === undefined ? this.#sink.send(message) : this.#phase.end.reason
  }

  /** The link is above its high-water mark (false) or was emptied (true). */
  setWritable(writable: boolean): void {
    this.writable = writable
    if (writable) this.#release()
  }

  #release(): void {
    this.#duties.release()
    this.#calls.release(this.#nowMillis)
    this.#items.release()
    this.#events.release()
    this.#closeWhenDrained()
  }

  /** Bytes came that belong to no message. */
  missed(): void {
    if (this.greeted) this.#missed = true
  }

  /** The link is over. */
  lost(reason: Refusal): void {
    this.#close(reason, "local")
  }

  // Time

  /** When `tick` wants to be called next, in the milliseconds of the clock that the arguments come from. */
  get deadlineMillis(): number {
    if (this.#phase.end !== undefined) return this.#partedMillis
    return Math.min(
      this.#phase.endsMillis,
      this.#calls.deadlineMillis,
      this.#duties.deadlineMillis,
      this.#events.deadlineMillis,
      // Silence before Hello is a handshake that takes too long.
      this.greeted ? this.#heartbeat.deadlineMillis : Infinity
    )
  }

  tick(nowMillis: number): void {
    if (nowMillis >= this.#partedMillis) return this.#closeParted()
    if (this.#phase.end !== undefined) return
    this.#nowMillis = nowMillis
    this.#calls.expire(nowMillis)
    this.#duties.expire(nowMillis)
    this.#events.tick(nowMillis, this.#calls.size > 0)
    this.#closeWhenDrained()
    const due = this.greeted ? this.#heartbeat.due(nowMillis) : "nothing"
    if (due === "ping") this.send({ _tag: "Ping" })
    if (due === "silent") this.lost({ _tag: "PeerSilent", afterMillis: this.#options.heartbeatMillis * 2 })
    if (nowMillis >= this.#phase.endsMillis) this.#phaseOver()
  }

  #phaseOver(): void {
    if (this.#phase.name === "greeting") {
      return this.close({ _tag: "HandshakeTimedOut", afterMillis: this.#options.handshakeMillis })
    }
    this.#duties.stopAll({ _tag: "Disconnected", detail: "the peer closed before the call had finished" })
    this.close(closedHere)
  }

  // What the peer says

  /** Takes a message that the peer sent. */
  receive(message: Message, nowMillis: number): void {
    if (this.#partedMillis !== Infinity && message._tag === "Bye") return this.#closeParted()
    if (this.#phase.end !== undefined) return
    this.#nowMillis = nowMillis
    this.#heartbeat.heard(nowMillis)
    if (this.#phase.name === "greeting" && message._tag !== "Hello" && message._tag !== "Bye") {
      return (this.#proving ?? this.#incoming).early(message)
    }
    switch (message._tag) {
      case "Hello":
        return this.#onHello(message.hello)
      case "Ping":
        this.send({ _tag: "Pong" })
        return
      case "Pong":
        return
      case "Proof":
        return this.#sink.fault({ _tag: "Malformed", detail: "a Proof that nobody waits for" })
      case "Drain":
        return this.#onDrain()
      case "Bye":
        return this.#onBye(message.reason)
      default:
        this.#incoming.receive(message, nowMillis)
        this.#closeWhenDrained()
    }
  }

  /** The peer finishes what it has begun, and takes no more. */
  #onDrain(): void {
    this.#noCalls ??= { reason: { _tag: "Draining" }, side: "remote" }
    this.#calls.refuseWaiting({ _tag: "Draining" }, "remote")
  }

  #onBye(reason: Refusal | undefined): void {
    if (reason?._tag === "Draining") {
      this.#onDrain()
      if (!this.#missed) this.#calls.refuseAll(reason, "remote")
      reason = undefined
    } else if (reason === undefined && this.#options.goodbye === true) {
      // It is all that a peer says there when it drains: what waits in line never began.
      this.#onDrain()
    }
    this.#close(reason ?? { _tag: "Disconnected", detail: "the peer closed the connection" }, "remote")
  }

  /** A message came whole but could not be understood: whoever it concerns is told. */
  unreadable(about: "call" | "duty" | "none", id: number, method: number, reason: Refusal): void {
    if (this.#phase.end !== undefined) return
    if (this.#proving !== undefined && !this.greeted && about !== "none") {
      return this.#proving.refuseEarly("a message")
    }
    this.#incoming.unreadable(about, id, method, reason, this.#nowMillis)
    this.#closeWhenDrained()
  }

  /** As `unreadable`, for an event whose payload had this size. */
  unreadableEvent(bytes: number, reason: Refusal): void {
    if (this.#phase.end === undefined) this.#incoming.unreadableEvent(bytes, reason, this.#nowMillis)
  }

  #onHello(hello: Hello): void {
    if (this.greeted) return this.#sink.fault({ _tag: "Malformed", detail: "a second Hello" })
    const reason = Greeting.judge(this.#options, hello)
    if (reason !== undefined) return this.close(reason)
    if (this.#proving !== undefined) this.#proving.greeted(hello)
    else this.#accept(hello)
  }

  #accept(hello: Hello): void {
    // The link may have ended while this side's own proof was written to it.
    if (this.#phase.end !== undefined) return
    this.#phase.open()
    this.#events.letGo()
    this.#calls.greeted(hello.limits.calls)
    this.#sink.accepted(hello)
    this.#release()
  }
}

const closedHere: Refusal = { _tag: "Disconnected", detail: "closed by this side" }
const noAnswers: Refusal = { _tag: "Unsayable", detail: "this wire has no answers" }
