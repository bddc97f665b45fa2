/**
 * One side of a pair: a session with a sink, calls and duties that record what they are told.
 *
 * The laws that hold at every moment are checked here, so in every test: where one is broken, it throws.
 */
import { Call, Duty, type Side } from "../../src/session/Exchange.ts"
import { firstWindow } from "../../src/session/Flow.ts"
import type { EventMessage, Headers, Hello, Message, Refusal, RequestMessage } from "../../src/session/Message.ts"
import { type Options, Session, type Sink } from "../../src/session/Session.ts"

export type Tag = Message["_tag"]

export type Outcome =
  | { readonly succeeded: unknown }
  | { readonly failed: unknown }
  | { readonly refused: Refusal; readonly side: Side }

export interface Question {
  readonly method?: number
  readonly payload?: unknown
  readonly timeoutMillis?: number
  readonly headers?: Headers
}

export const law = (holds: boolean, text: string): void => {
  if (!holds) throw new Error(`law broken: ${text}`)
}

/** A call that records what it is told. */
export class Asked extends Call {
  readonly #party: Party
  outcome: Outcome | undefined
  givenUp = false
  /** The session was over before the call was asked. */
  readonly #isTooLate: boolean
  credits = 0
  readonly received: Array<unknown> = []
  receivedBytes = 0
  readonly progress: Array<unknown> = []
  /** Runs, once, within the telling of how the call ended. */
  onEnd: (() => void) | undefined

  constructor(party: Party, { headers, method = 0, payload, timeoutMillis = 0 }: Question) {
    super(method, payload, timeoutMillis, headers)
    this.#party = party
    this.#isTooLate = party.end !== undefined
  }

  succeeded(value: unknown): void {
    this.#end({ succeeded: value })
  }

  failed(error: unknown): void {
    this.#end({ failed: error })
  }

  refused(reason: Refusal, side: Side): void {
    this.#end({ refused: reason, side })
  }

  override progressed(value: unknown): void {
    this.#mayHear("progress")
    this.progress.push(value)
  }

  override items(items: ReadonlyArray<unknown>, bytes: number): void {
    this.#mayHear("items")
    law(items.length > 0, "items are never none")
    this.received.push(...items)
    this.receivedBytes += bytes
  }

  override credited(): void {
    this.#mayHear("credit")
    this.credits++
  }

  #end(outcome: Outcome): void {
    this.#mayHear(JSON.stringify(outcome))
    law(this.state === "settled", "a call is settled before it hears how")
    this.outcome = outcome
    this.onEnd?.()
  }

  #mayHear(what: string): void {
    law(this.outcome === undefined, `a call hears nothing after its end: ${what}`)
    law(!this.givenUp, `a call that was given up hears nothing: ${what}`)
    law(this.#isTooLate || this.#party.end === undefined, `a call hears nothing after closed: ${what}`)
  }
}

/** A duty that records what it is told. */
export class Owed extends Duty {
  readonly #party: Party
  request: RequestMessage | undefined
  isStopped = false
  isAnswered = false
  inputDone = false
  credits = 0
  readonly received: Array<unknown> = []
  receivedBytes = 0

  constructor(party: Party, method: number) {
    super(method)
    this.#party = party
  }

  started(request: RequestMessage): void {
    law(this.request === undefined, "a duty starts once")
    this.request = request
    this.#party.duties.push(this)
    this.#party.onStart?.(this)
  }

  stopped(): void {
    this.#mayHear("stopped")
    this.isStopped = true
    this.#party.onStop?.(this)
  }

  override items(items: ReadonlyArray<unknown>, bytes: number): void {
    this.#mayHear("items")
    law(items.length > 0, "items are never none")
    law(!this.inputDone, "no input comes after its end")
    this.received.push(...items)
    this.receivedBytes += bytes
  }

  override inputEnded(): void {
    this.#mayHear("the end of its input")
    law(!this.inputDone, "an input ends once")
    this.inputDone = true
  }

  override credited(): void {
    this.#mayHear("credit")
    this.credits++
  }

  get isOver(): boolean {
    return this.isStopped || this.isAnswered
  }

  #mayHear(what: string): void {
    law(this.request !== undefined, `a duty hears nothing before it started: ${what}`)
    law(!this.isStopped, `a duty that was stopped hears nothing: ${what}`)
    law(!this.isAnswered, `a duty that was answered hears nothing: ${what}`)
    law(this.#party.end === undefined, `a duty hears nothing after closed: ${what}`)
  }
}

export interface Clock {
  readonly now: number
}

/** What one stream may still be sent, as its sender has been told. */
interface Credit {
  items: number
  bytes: number
}

/** One side: a session, what it said, and what it was told. */
export class Party implements Sink {
  readonly name: string
  readonly session: Session
  readonly said: Array<Message> = []
  /** What it said and the other has not heard. */
  readonly transit: Array<Message> = []
  readonly asked: Array<Asked> = []
  readonly duties: Array<Owed> = []
  readonly events: Array<EventMessage> = []
  readonly faults: Array<Refusal> = []
  hello: Hello | undefined
  /** Whether it was last told that too many events wait. */
  isCongested = false
  /** How often it was told that it is over but for the other's Bye. */
  partings = 0
  /** How often it was told that events may be emitted. */
  credits = 0
  end: { readonly reason: Refusal; readonly side: Side } | undefined
  /** What a message weighs, or why it cannot be said. */
  weigh: (message: Message) => number | Refusal = weigh
  // Run where a real sink may call back.
  onSend: ((message: Message) => void) | undefined
  onStart: ((duty: Owed) => void) | undefined
  onStop: ((duty: Owed) => void) | undefined
  onCredit: (() => void) | undefined
  readonly #clock: Clock
  readonly #proves: boolean
  readonly #credit = new Map<string, Credit>()

  constructor(name: string, options: Options, clock: Clock) {
    this.name = name
    this.#clock = clock
    this.#proves = options.proof !== undefined
    const { eventWindow } = options
    if (eventWindow !== undefined) this.#credit.set("events", { items: eventWindow, bytes: Infinity })
    this.session = new Session(this, options, clock.now)
  }

  // What a sink does

  send(message: Message): number | Refusal {
    law(this.end === undefined, `nothing is said after closed: ${message._tag}`)
    law(this.said.at(-1)?._tag !== "Bye", `nothing is said after Bye: ${message._tag}`)
    law((this.said.length === 0) === (message._tag === "Hello"), `Hello is the first message, once: ${message._tag}`)
    law(
      !this.#proves || this.hello !== undefined || mayComeFirst.includes(message._tag),
      `nothing of use is said to who has not proved: ${message._tag}`
    )
    const bytes = this.weigh(message)
    if (typeof bytes !== "number") return bytes
    const whole = isCounted(message) ? { ...message, bytes } : message
    if (isCounted(whole)) this.#spend(whole)
    this.said.push(whole)
    this.transit.push(whole)
    this.onSend?.(whole)
    return bytes
  }

  duty(method: number): Duty {
    law(this.end === undefined, "no duty is made after closed")
    return new Owed(this, method)
  }

  event(event: EventMessage): void {
    law(this.end === undefined, "no event comes after closed")
    this.events.push(event)
  }

  eventsCredited(): void {
    law(this.end === undefined, "no credit comes after closed")
    this.credits++
    this.onCredit?.()
  }

  congested(congested: boolean): void {
    law(congested !== this.isCongested, "congestion is told when it changes")
    this.isCongested = congested
  }

  parting(): void {
    law(this.end === undefined && this.partings === 0, "a session parts once")
    this.partings++
    this.session.parted(this.#clock.now)
  }

  accepted(hello: Hello): void {
    law(this.end === undefined && this.hello === undefined, "a Hello is accepted once")
    this.hello = hello
  }

  fault(reason: Refusal): void {
    law(this.end === undefined, "no fault comes after closed")
    this.faults.push(reason)
  }

  closed(reason: Refusal, side: Side): void {
    law(this.end === undefined, "a session closes once")
    law(
      this.asked.every((call) => call.state === "settled"),
      "every call is settled before closed"
    )
    law(
      this.duties.every((duty) => duty.isOver),
      "every duty is over before closed"
    )
    this.end = { reason, side }
  }

  // What a user does

  ask(question: Question = {}): Asked {
    const call = new Asked(this, question)
    this.asked.push(call)
    this.session.ask(call, this.#clock.now)
    return call
  }

  cancel(call: Asked): void {
    if (call.state !== "settled") call.givenUp = true
    this.session.cancel(call)
  }

  /** Answers a duty, by default the one that was started last. */
  succeed(value: unknown = "done", duty: Owed = this.latest): void {
    duty.isAnswered ||= !duty.isStopped
    this.session.succeed(duty, value)
  }

  fail(error: unknown, duty: Owed = this.latest): void {
    duty.isAnswered ||= !duty.isStopped
    this.session.fail(duty, error)
  }

  refuse(reason: Refusal, duty: Owed = this.latest): void {
    duty.isAnswered ||= !duty.isStopped
    this.session.refuse(duty, reason)
  }

  /** The duty that was started last. */
  get latest(): Owed {
    return this.duties.at(-1)!
  }

  // What the link does

  /** Hears a message, as if the other had said it. */
  hear(message: Message): void {
    if (message._tag === "Credit") this.#grant(message)
    // A second request of the same id is refused, and the first goes on with the credit it has.
    const isRunning = this.duties.some(({ id, state }) => state === "open" && "id" in message && id === message.id)
    if (message._tag === "Request" && !isRunning) this.#credit.delete(`answer ${message.id}`)
    this.session.receive(message, this.#clock.now)
  }

  /** What it said since this was asked last, as tags. */
  tags(): ReadonlyArray<Tag> {
    const tags = this.said.slice(this.#seen).map((message) => message._tag)
    this.#seen = this.said.length
    return tags
  }
  #seen = 0

  /** Forgets what was recorded, but for its Hello. */
  forget(): void {
    for (const record of [this.asked, this.duties, this.events, this.faults]) record.length = 0
    this.said.splice(1)
    this.#seen = this.said.length
  }

  /** The last message of this kind that it said. */
  last<T extends Tag>(tag: T): Extract<Message, { readonly _tag: T }> {
    const message = this.said.findLast((said) => said._tag === tag)
    if (message === undefined) throw new Error(`${this.name} said no ${tag}`)
    return message as Extract<Message, { readonly _tag: T }>
  }

  #spend(message: CountedMessage): void {
    const credit = this.#creditOf(streamOf(message))
    const items = message._tag === "Event" ? 1 : message.items.length
    law(items > 0 && items <= credit.items, `items need credit: ${items} of ${credit.items}`)
    law(credit.bytes > 0, `bytes need credit: ${credit.bytes}`)
    credit.items -= items
    credit.bytes -= message.bytes
  }

  #grant({ bytes, id, items, of }: Extract<Message, { readonly _tag: "Credit" }>): void {
    const credit = this.#creditOf(of === "events" ? of : `${of} ${id}`)
    credit.items += items
    credit.bytes += bytes
  }

  #creditOf(stream: string): Credit {
    const credit = this.#credit.get(stream) ?? { ...firstWindow }
    this.#credit.set(stream, credit)
    return credit
  }
}

const mayComeFirst: ReadonlyArray<Tag> = ["Hello", "Proof", "Bye"]

type CountedMessage = Extract<Message, { readonly _tag: "Chunk" | "Input" | "Event" }>

const isCounted = (message: Message): message is CountedMessage =>
  message._tag === "Chunk" || message._tag === "Input" || message._tag === "Event"

const streamOf = (message: CountedMessage): string => {
  if (message._tag === "Event") return "events"
  return `${message._tag === "Chunk" ? "answer" : "input"} ${message.id}`
}

const itemBytes = 10

const weigh = (message: Message): number => {
  if (message._tag === "Event") return itemBytes
  return message._tag === "Chunk" || message._tag === "Input" ? message.items.length * itemBytes : 0
}

/** A weighing that cannot say what it is told to refuse. */
export const refusing =
  (refused: (message: Message) => boolean, reason: Refusal) =>
  (message: Message): number | Refusal =>
    refused(message) ? reason : weigh(message)

export const oversized: Refusal = { _tag: "Oversized", bytes: 100_000, maxBytes: 65_536 }
export const invalid: Refusal = { _tag: "InvalidPayload", part: "item", detail: "not a number" }
