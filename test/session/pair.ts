/**
 * Two sessions joined by queues of messages, under virtual time.
 *
 * Nothing moves by itself: messages are delivered one by one, and time passes when it is told to.
 */
import { callsBeforeHello } from "../../src/session/Calls.ts"
import type { Hello, Refusal } from "../../src/session/Message.ts"
import type { Prover, Terms } from "../../src/session/Proving.ts"
import type { Options } from "../../src/session/Session.ts"
import { type Asked, law, type Owed, Party, type Question } from "./party.ts"

export const linkLost: Refusal = { _tag: "Disconnected", detail: "the link ended" }

export const hello: Hello = {
  wireVersion: 1,
  protocol: "calculator",
  version: "1.0.0",
  fingerprint: "f",
  methods: [],
  payloads: ["json"],
  limits: { frameBytes: 65_536, calls: 64 },
  features: []
}

export const options: Options = {
  hello,
  accepts: (version) => version === "1.0.0",
  secret: undefined,
  proof: undefined,
  correlate: "id",
  heartbeatMillis: Infinity,
  handshakeMillis: 10_000,
  drainMillis: 10_000
}

/** A Hello that says how many calls it answers at a time. */
export const helloOf = (calls: number): Hello => ({ ...hello, limits: { ...hello.limits, calls } })

/** A prover that everybody can look through: its proofs say what they are of. */
export const prover: Prover = {
  nonce: () => `nonce-${String(++nonces).padStart(20, "0")}`,
  of: (secret, text) => `${secret} of ${text}`
}
let nonces = 0

/** Has a side prove a secret. */
export const proving = (role: Terms["role"], secret = "open sesame"): { readonly proof: Terms } => ({
  proof: { role, secret, prover }
})

export class Pair {
  now = 0
  readonly west: Party
  readonly east: Party

  constructor(west: Partial<Options>, east: Partial<Options>) {
    this.west = new Party("west", { ...options, ...west }, this)
    this.east = new Party("east", { ...options, ...east }, this)
  }

  other(party: Party): Party {
    return party === this.west ? this.east : this.west
  }

  /** Delivers what `from` said and the other has not heard, at most `count` messages. Answers how many there were. */
  deliver(from: Party, count = Infinity): number {
    let delivered = 0
    for (; delivered < count && from.transit.length > 0; delivered++) this.other(from).hear(from.transit.shift()!)
    return delivered
  }

  /** Delivers until nobody has anything more to say. */
  run(): void {
    for (let rounds = 0; this.deliver(this.west) + this.deliver(this.east) > 0; rounds++) {
      law(rounds < 1000, "two sessions come to rest")
    }
  }

  /** Lets time pass, and each session act when it asked to. Messages stay where they are. */
  advance(millis: number): void {
    const until = this.now + millis
    for (;;) {
      const next = Math.min(this.west.session.deadlineMillis, this.east.session.deadlineMillis)
      if (next > until) break
      this.now = Math.max(this.now, next)
      for (const { session } of [this.west, this.east]) {
        if (session.deadlineMillis > this.now) continue
        session.tick(this.now)
        law(session.deadlineMillis > this.now, "what was due is done, and not due again at once")
      }
    }
    this.now = until
  }

  /** Ends the link; what was not delivered is lost. */
  cut(): void {
    for (const party of [this.west, this.east]) {
      party.transit.length = 0
      party.session.lost(linkLost)
    }
  }
}

/** Two sessions that have not said Hello. */
export const strangers = (west: Partial<Options> = {}, east: Partial<Options> = {}): Pair => new Pair(west, east)

/** Two sessions that have said Hello, and have not heard the other's. */
export const greeting = (west: Partial<Options> = {}, east: Partial<Options> = {}): Pair => {
  const pair = strangers(west, east)
  pair.west.session.open()
  pair.east.session.open()
  return pair
}

/** Two sessions that know each other. */
export const joined = (west: Partial<Options> = {}, east: Partial<Options> = {}): Pair => {
  const pair = greeting(west, east)
  pair.run()
  pair.west.tags()
  pair.east.tags()
  return pair
}

/** Two sessions that know each other. Of the calls that east answers at a time all but one are in flight. */
export const crowded = (): Pair => {
  const pair = joined({}, { hello: helloOf(callsBeforeHello) })
  for (let n = 1; n < callsBeforeHello; n++) pair.west.ask()
  pair.run()
  pair.west.forget()
  pair.east.forget()
  return pair
}

/** Asks a question of the other side, which begins to answer it. */
export const asked = (pair: Pair, question?: Question): readonly [call: Asked, duty: Owed] => {
  const call = pair.west.ask(question)
  pair.run()
  return [call, pair.east.latest]
}
