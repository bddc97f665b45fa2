/**
 * What the peer says of calls, duties and events: each message goes to the part it concerns.
 *
 * Law: a message that makes no sense ends the exchange it names, or is reported and dropped; never more than that.
 *
 * @since 0.1.0
 */
import type { Calls } from "./Calls.ts"
import type { Duties } from "./Duties.ts"
import { Call, type Duty } from "./Exchange.ts"
import type { Events } from "./Events.ts"
import type { Items } from "./Items.ts"
import type { EventMessage, Message, Refusal, RequestMessage } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"
import type { Phase } from "./Phase.ts"
import type { Options, Sink } from "./Sink.ts"

/** The parts of a session. */
export interface Parts {
  readonly sink: Sink
  readonly options: Options
  readonly outbox: Outbox
  readonly phase: Phase
  readonly calls: Calls
  readonly duties: Duties
  readonly items: Items
  readonly events: Events
}

export class Incoming {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  receive(message: Message, nowMillis: number): void {
    const { calls, duties, events } = this.#parts
    switch (message._tag) {
      case "Request":
        return this.#onRequest(message, nowMillis)
      case "Success":
      case "Failure":
      case "Defect":
        return calls.answered(message, nowMillis)
      case "Chunk":
        return this.#onItems(calls.findOf(message.id, message.method, nowMillis), message, nowMillis)
      case "Progress":
        return calls.findOf(message.id, message.method, nowMillis)?.progressed(message.value)
      case "Input":
        return this.#onItems(this.#taking(message.id), message, nowMillis)
      case "InputEnd":
        return this.#onInputEnd(this.#taking(message.id))
      case "Cancel":
        return duties.drop(message.id)
      case "Event":
        return this.#onEvent(message, nowMillis)
      case "Credit":
        if (message.of === "events") return events.granted(message.items, message.bytes)
        return this.#onCredit(message.of === "answer" ? duties.get(message.id) : calls.find(message.id), message)
    }
  }

  /** Nothing may come before Hello; who asks all the same is answered, so that it does not wait for ever. */
  early(message: Message): void {
    const reason: Refusal = { _tag: "Malformed", detail: `${message._tag} came before Hello` }
    this.#parts.sink.fault(reason)
    if (message._tag === "Request") this.#parts.duties.refuse(message.id, message.method, reason)
  }

  unreadable(about: "call" | "duty" | "none", id: number, method: number, reason: Refusal, nowMillis: number): void {
    const { calls, duties, outbox, phase, sink } = this.#parts
    if (about === "none") {
      // The one message that may come before the peer's Hello is that, and without it there is no session.
      return phase.name === "greeting" ? outbox.close(reason) : sink.fault(reason)
    }
    const exchange = about === "call" ? calls.find(id) : duties.get(id)
    if (exchange !== undefined) return this.#end(exchange, reason, nowMillis)
    if (about === "duty" && !duties.owes(id)) duties.refuse(id, method, reason)
  }

  /** An event that nobody can read is dropped, and its credit given back: other events must not wait for it. */
  unreadableEvent(bytes: number, reason: Refusal, nowMillis: number): void {
    const { events, outbox, phase, sink } = this.#parts
    if (phase.name === "greeting") return outbox.close(reason)
    sink.fault(reason)
    if (events.arrived(bytes, nowMillis)) events.taken(bytes)
  }

  #end(exchange: Call | Duty, reason: Refusal, nowMillis: number): void {
    const { calls, options } = this.#parts
    // By order an answer is one message: the next one is that to the next call, and nothing has to be closed.
    if (exchange instanceof Call && options.correlate === "order") calls.misread(exchange, reason, nowMillis)
    else if (exchange instanceof Call) calls.giveUp(exchange, nowMillis, reason)
    else this.#parts.duties.stop(exchange, reason)
  }

  #onRequest(request: RequestMessage, nowMillis: number): void {
    const { duties, options, phase, sink } = this.#parts
    const { id, method } = request
    if (duties.owes(id)) {
      return sink.fault({ _tag: "Malformed", detail: `request ${id} came while one with that id is running` })
    }
    if (duties.isFull) return duties.refuse(id, method, overloaded(options.hello.limits.calls))
    if (phase.name === "draining") return duties.refuse(id, method, { _tag: "Draining" })
    duties.start(sink.duty(method), request, nowMillis)
  }

  /** The duty with this id, while its input goes on. */
  #taking(id: number): Duty | undefined {
    const duty = this.#parts.duties.get(id)
    return duty?.inputOver === true ? undefined : duty
  }

  #onItems(
    exchange: Call | Duty | undefined,
    { bytes, items }: { readonly items: ReadonlyArray<unknown>; readonly bytes: number },
    nowMillis: number
  ): void {
    if (exchange === undefined || this.#parts.items.arrived(exchange, items, bytes)) return
    this.#end(exchange, { _tag: "Malformed", detail: "the peer sent more items than it had credit for" }, nowMillis)
  }

  #onInputEnd(duty: Duty | undefined): void {
    if (duty === undefined) return
    duty.inputOver = true
    duty.inputEnded()
  }

  #onCredit(
    exchange: Call | Duty | undefined,
    { bytes, items }: { readonly items: number; readonly bytes: number }
  ): void {
    if (exchange !== undefined) this.#parts.items.granted(exchange, items, bytes)
  }

  #onEvent(event: EventMessage, nowMillis: number): void {
    const { events, sink } = this.#parts
    if (events.arrived(event.bytes, nowMillis)) return sink.event(event)
    sink.fault({ _tag: "Overloaded", what: "events without credit", limit: 0 })
  }
}

const overloaded = (limit: number): Refusal => ({ _tag: "Overloaded", what: "calls in flight", limit })
