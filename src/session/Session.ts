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
import { Items } from "./Items.ts"
import type { EventMessage, Hello, Message, Refusal, RequestMessage } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"

/** Where a session tells what must happen. */
export interface Sink {
  /** Writes a message, at once. Answers its payload bytes, or why it cannot be said. */
  send(message: Message): number | Refusal
  /** Makes the entry for a request; the session starts it. */
  duty(method: number): Duty
  event(event: EventMessage): void
  /** More events may be emitted, after `emit` had answered "wait". */
  eventsCredited(): void
  accepted(hello: Hello): void
  /** The peer did something that concerns no call: a message to report and to drop. */
  fault(reason: Refusal): void
  /** The session is over; every call was settled and every duty stopped. */
  closed(reason: Refusal, side: Side): void
}

/** Times in milliseconds. */
export interface Options extends Greeting.Terms {
  readonly correlate: "id" | "order" | "none"
  /** Whether a cancelled call is worth a message. */
  readonly cancel: boolean
  /** `Infinity` turns the heartbeat off. */
  readonly heartbeatMillis: number
  readonly handshakeMillis: number
  readonly drainMillis: number
}

type Phase = "greeting" | "open" | "draining" | "closed"

export class Session implements Outbox {
  readonly #sink: Sink
  readonly #options: Options
  readonly #calls: Calls
  readonly #duties: Duties
  readonly #items: Items
  readonly #events: Events
  readonly #heartbeat: Heartbeat
  #phase: Phase = "greeting"
  #phaseEndsMillis: number
  #remoteDrains = false
  #end: { readonly reason: Refusal; readonly side: Side } | undefined
  #nowMillis: number
  writable = true

  constructor(sink: Sink, options: Options, nowMillis: number) {
    this.#sink = sink
    this.#options = options
    this.#nowMillis = nowMillis
    this.#phaseEndsMillis = nowMillis + options.handshakeMillis
    this.#heartbeat = new Heartbeat(options.heartbeatMillis, nowMillis)
    this.#calls = new Calls(this, options.correlate === "order")
    this.#duties = new Duties(this, options.correlate === "order")
    this.#items = new Items(this)
    this.#events = new Events(this)
  }

  /** Says Hello. Called once, before anything else. */
  open(): void {
    this.#sink.send({ _tag: "Hello", hello: this.#options.hello })
  }

  // What this side wants

  /** Asks the peer. The call is told how it ends, perhaps before this returns. */
  ask(call: Call, nowMillis: number): void {
    this.#nowMillis = nowMillis
    if (this.#end !== undefined) return refuse(call, this.#end.reason, this.#end.side)
    if (this.#remoteDrains) return refuse(call, { _tag: "Draining" }, "remote")
    if (this.#options.correlate === "none") {
      return refuse(call, { _tag: "Unsayable", detail: "this wire has no answers" }, "local")
    }
    this.#calls.ask(call, nowMillis)
  }

  /** Gives a call up: it is not told, and the peer stops working on it. */
  cancel(call: Call): void {
    if (call.state === "open" || call.state === "waiting") this.#giveUp(call)
  }

  /**
   * Sends items of a call's input, or of a duty's answer. Answers how many it took; after 0, `credited` will be told.
   * An item that cannot be said ends its exchange, and no other.
   */
  sendItems(exchange: Call | Duty, items: ReadonlyArray<unknown>): number {
    if (exchange.state === "settled") return items.length
    const sent = this.#items.send(exchange, items)
    if (typeof sent === "number") return sent
    if (exchange instanceof Call) {
      this.#giveUp(exchange)
      exchange.refused(sent, "local")
    } else {
      this.#stop(exchange.id, sent)
    }
    return items.length
  }

  /** Says that a call's input is complete. */
  endInput(call: Call): void {
    if (call.state === "open") this.send({ _tag: "InputEnd", id: call.id, method: call.method })
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

  /** Reports progress on a duty; while the link is full the latest one waits. Answers why it cannot be said. */
  progress(duty: Duty, value: unknown): Refusal | undefined {
    return this.#duties.progress(duty, value)
  }

  /** Emits an event, or answers "wait" (then `eventsCredited` will be told), or why it cannot be said. */
  emit(method: number, payload: unknown): "sent" | "wait" | Refusal {
    return this.#end === undefined ? this.#events.emit(method, payload) : this.#end.reason
  }

  /** Counts an event that was taken, so that the peer may emit another. */
  eventTaken(event: EventMessage): void {
    this.#events.taken(event)
  }

  /** Takes no new work, lets what runs finish (for a bounded time), says Bye and closes. */
  drain(nowMillis: number): void {
    if (this.#phase === "greeting") return this.close({ _tag: "Disconnected", detail: "closed by this side" })
    if (this.#phase !== "open") return
    this.#phase = "draining"
    this.#phaseEndsMillis = nowMillis + this.#options.drainMillis
    this.send({ _tag: "Drain" })
    this.#closeWhenDrained()
  }

  /** Says Bye, with the reason when it is the peer's fault, and closes. */
  close(reason: Refusal): void {
    if (this.#end !== undefined) return
    this.send({ _tag: "Bye", reason: reason._tag === "Disconnected" ? undefined : reason })
    this.#close(reason, "local")
  }

  // What the link tells

  /** The link is above its high-water mark (false) or was emptied (true). */
  setWritable(writable: boolean): void {
    this.writable = writable
    if (writable) this.#release()
  }

  /** The link is over. */
  lost(reason: Refusal): void {
    this.#close(reason, "local")
  }

  // Time

  /** When `tick` wants to be called next, in the milliseconds of the clock that the arguments come from. */
  get deadlineMillis(): number {
    if (this.#end !== undefined) return Infinity
    const phaseEnds = this.#phase === "open" ? Infinity : this.#phaseEndsMillis
    return Math.min(phaseEnds, this.#calls.deadlineMillis, this.#duties.deadlineMillis, this.#heartbeat.deadlineMillis)
  }

  tick(nowMillis: number): void {
    if (this.#end !== undefined) return
    this.#nowMillis = nowMillis
    for (const call of this.#calls.expired(nowMillis)) this.#expire(call)
    for (const duty of this.#duties.expired(nowMillis)) {
      this.#stop(duty.id, { _tag: "TimedOut", afterMillis: duty.timeoutMillis })
    }
    this.#listen(nowMillis)
    if (this.#phase !== "open" && nowMillis >= this.#phaseEndsMillis) this.#phaseOver()
  }

  // What the peer says

  /** Takes a message that the peer sent. */
  receive(message: Message, nowMillis: number): void {
    if (this.#end !== undefined) return
    this.#nowMillis = nowMillis
    this.#heartbeat.heard(nowMillis)
    if (this.#phase === "greeting" && message._tag !== "Hello" && message._tag !== "Bye") {
      return this.#onEarly(message)
    }
    switch (message._tag) {
      case "Request":
        return this.#onRequest(message)
      case "Success":
        return this.#answered(message.id, message.method)?.succeeded(message.value)
      case "Failure":
        return this.#answered(message.id, message.method)?.failed(message.error)
      case "Defect":
        return this.#answered(message.id)?.refused(message.reason, "remote")
      case "Chunk":
        return this.#onItems(this.#found(message.id, message.method), message.items, message.bytes)
      case "Input":
        return this.#onItems(this.#duties.get(message.id), message.items, message.bytes)
      case "InputEnd":
        return this.#duties.get(message.id)?.inputEnded()
      case "Progress":
        return this.#found(message.id, message.method)?.progressed(message.value)
      case "Cancel":
        return this.#stop(message.id, undefined)
      case "Event":
        return this.#onEvent(message)
      case "Credit":
        return this.#onCredit(message.of, message.id, message.items, message.bytes)
      case "Hello":
        return this.#onHello(message.hello)
      case "Ping":
        this.send({ _tag: "Pong" })
        return
      case "Pong":
        return
      case "Drain":
        this.#remoteDrains = true
        return this.#calls.refuseWaiting({ _tag: "Draining" }, "remote")
      case "Bye":
        return this.#onBye(message.reason)
    }
  }

  /** A message came whole but could not be understood: whoever it concerns is told. */
  unreadable(about: "call" | "duty" | "none", id: number, method: number, reason: Refusal): void {
    if (this.#end !== undefined) return
    // The one message that may come now is Hello, and without it there is no session.
    if (about === "none" && this.#phase === "greeting") return this.close(reason)
    if (about === "none") return this.#sink.fault(reason)
    if (about === "call") {
      const call = this.#calls.find(id)
      if (call === undefined) return
      this.#giveUp(call)
      return call.refused(reason, "local")
    }
    const duty = this.#duties.drop(id)
    duty?.stopped()
    this.#duties.refuse(id, method, reason)
    this.#closeWhenDrained()
  }

  /** Messages that came for calls nobody waits for any more. */
  get lateAnswers(): number {
    return this.#calls.late
  }

  /** Whether the peer's Hello was accepted. */
  get greeted(): boolean {
    return this.#phase !== "greeting"
  }

  /** Requests that are being answered. */
  get running(): number {
    return this.#duties.size
  }

  /** Writes a message; the parts of the session send through this. */
  send(message: Message): number | Refusal {
    return this.#end === undefined ? this.#sink.send(message) : this.#end.reason
  }

  #onHello(hello: Hello): void {
    if (this.#phase !== "greeting") {
      return this.#sink.fault({ _tag: "Malformed", detail: "a second Hello" })
    }
    const reason = Greeting.judge(this.#options, hello)
    if (reason !== undefined) return this.close(reason)
    this.#phase = "open"
    this.#calls.greeted(hello.limits.calls)
    this.#sink.accepted(hello)
    this.#release()
  }

  /** Nothing may come before Hello; who asks all the same is answered, so that it does not wait for ever. */
  #onEarly(message: Message): void {
    const reason: Refusal = { _tag: "Malformed", detail: `${message._tag} came before Hello` }
    this.#sink.fault(reason)
    if (message._tag === "Request") this.#duties.refuse(message.id, message.method, reason)
  }

  #onRequest(request: RequestMessage): void {
    if (this.#phase === "draining") return this.#duties.refuse(request.id, request.method, { _tag: "Draining" })
    const limit = this.#options.hello.limits.calls
    if (this.#duties.size >= limit) {
      return this.#duties.refuse(request.id, request.method, { _tag: "Overloaded", what: "calls in flight", limit })
    }
    const duty = this.#sink.duty(request.method)
    if (this.#duties.accept(duty, request, this.#nowMillis)) return duty.started(request)
    this.#sink.fault({ _tag: "Malformed", detail: `request ${request.id} came while one with that id is running` })
  }

  #onEvent(event: EventMessage): void {
    if (this.#events.arrived(event)) return this.#sink.event(event)
    this.#sink.fault({ _tag: "Overloaded", what: "events without credit", limit: 0 })
  }

  #onItems(exchange: Call | Duty | undefined, items: ReadonlyArray<unknown>, bytes: number): void {
    if (exchange === undefined || exchange.state !== "open") return
    if (this.#items.arrived(exchange, items, bytes)) return
    const reason: Refusal = { _tag: "Malformed", detail: "the peer sent more items than it had credit for" }
    this.unreadable(exchange instanceof Call ? "call" : "duty", exchange.id, exchange.method, reason)
  }

  #onCredit(of: "answer" | "input" | "events", id: number, items: number, bytes: number): void {
    if (of === "events") {
      this.#events.granted(items, bytes)
      return this.#releaseEvents()
    }
    const exchange = of === "answer" ? this.#duties.get(id) : this.#calls.find(id)
    if (exchange !== undefined) this.#items.granted(exchange, items, bytes)
  }

  #onBye(reason: Refusal | undefined): void {
    this.#close(reason ?? { _tag: "Disconnected", detail: "the peer closed the connection" }, "remote")
  }

  /** The call that a message of its answer is for, when it names the method that was asked. */
  #found(id: number, method: number): Call | undefined {
    const call = this.#calls.find(id)
    if (call === undefined || call.method === method) return call
    this.unreadable("call", id, method, { _tag: "Malformed", detail: "the answer is one to another method" })
    return undefined
  }

  /** Takes out the call that an answer settles. */
  #answered(id: number, method?: number): Call | undefined {
    const call = method === undefined ? this.#calls.find(id) : this.#found(id, method)
    if (call === undefined) return undefined
    this.#calls.settle(call)
    this.#items.forget(call)
    this.#calls.release(this.#nowMillis)
    return call
  }

  #settle(duty: Duty, answer: Message): void {
    this.#items.forget(duty)
    if (this.#duties.settle(duty, answer)) this.#closeWhenDrained()
  }

  /** Stops a duty that runs; `reason` is the answer, where the caller may still wait for one. */
  #stop(id: number, reason: Refusal | undefined): void {
    const duty = this.#duties.drop(id)
    if (duty === undefined) return
    this.#items.forget(duty)
    duty.stopped()
    if (reason !== undefined) this.#duties.refuse(id, duty.method, reason)
    this.#closeWhenDrained()
  }

  /** Forgets a call, and sees to it that the peer stops working on it and its answer settles nothing. */
  #giveUp(call: Call): void {
    this.#items.forget(call)
    if (!this.#calls.forget(call)) return
    if (this.#options.correlate === "order") {
      return this.close({
        _tag: "Disconnected",
        detail: "a call ended without its answer, on a wire that answers by order"
      })
    }
    if (this.#options.cancel) this.send({ _tag: "Cancel", id: call.id, method: call.method })
    this.#calls.release(this.#nowMillis)
  }

  #expire(call: Call): void {
    if (call.state === "settled") return
    call.refused({ _tag: "TimedOut", afterMillis: call.timeoutMillis }, "local")
    this.#giveUp(call)
  }

  #release(): void {
    this.#duties.release()
    this.#calls.release(this.#nowMillis)
    this.#items.release()
    this.#releaseEvents()
    this.#closeWhenDrained()
  }

  #releaseEvents(): void {
    if (this.#events.release()) this.#sink.eventsCredited()
  }

  #listen(nowMillis: number): void {
    const due = this.#heartbeat.due(nowMillis)
    if (due === "ping") this.send({ _tag: "Ping" })
    if (due === "silent") {
      this.#close({ _tag: "PeerSilent", afterMillis: this.#options.heartbeatMillis * 2 }, "local")
    }
  }

  #phaseOver(): void {
    if (this.#phase === "greeting") {
      return this.close({ _tag: "HandshakeTimedOut", afterMillis: this.#options.handshakeMillis })
    }
    for (const duty of this.#duties.all())
      this.#stop(duty.id, { _tag: "Disconnected", detail: "the peer closed before the call had finished" })
    this.close({ _tag: "Disconnected", detail: "closed by this side" })
  }

  #closeWhenDrained(): void {
    if (this.#phase === "draining" && this.#duties.size === 0) {
      this.close({ _tag: "Disconnected", detail: "closed by this side" })
    }
  }

  #close(reason: Refusal, side: Side): void {
    if (this.#end !== undefined) return
    this.#end = { reason, side }
    this.#phase = "closed"
    this.#items.clear()
    this.#calls.refuseAll(reason, side)
    for (const duty of this.#duties.all()) this.#duties.drop(duty.id)?.stopped()
    this.#sink.closed(reason, side)
  }
}

const refuse = (call: Call, reason: Refusal, side: Side): void => {
  call.state = "settled"
  call.refused(reason, side)
}
