/**
 * What holds for a session whatever its peer says.
 *
 * The peer says any messages in any order, with ids and numbers of its choice; the laws of every moment are in
 * `party.ts`. What a codec guarantees it does not break: counts are not negative, requests name a method that exists.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { firstWindow } from "../../src/session/Flow.ts"
import type { Hello, Message, Refusal } from "../../src/session/Message.ts"
import type { Terms } from "../../src/session/Proving.ts"
import { hello, helloOf, linkLost, type Pair, prover, proving, strangers } from "./pair.ts"
import { invalid, law, type Owed, type Party } from "./party.ts"

const limit = 4
const largestFrame = 20_000

const id = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constantFrom(64, 65, 66, 128, 2 ** 31, 0xffffffff))
const method = fc.integer({ min: 0, max: 1 })
const anyMethod = fc.integer({ min: -1, max: 2 })
const value = fc.constantFrom(undefined, null, 0, "value")
const bytes = fc.oneof(fc.constant(0), fc.nat({ max: largestFrame }))
const items = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 1100 })).map((length) => Array.from({ length }, () => 0))
const granted = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(1024, 0xffffffff))
const millis = fc.oneof(fc.constant(0), fc.nat({ max: 500 }), fc.constant(0xffffffff))
const reason: fc.Arbitrary<Refusal> = fc.constantFrom(
  { _tag: "UnknownMethod" },
  { _tag: "Draining" },
  { _tag: "Overloaded", what: "all", limit: 0 },
  { _tag: "Oversized", bytes: 1, maxBytes: 0 },
  { _tag: "Malformed", detail: "you" }
)
const anyHello: fc.Arbitrary<Hello> = fc.record({
  wireVersion: fc.constantFrom(1, 1, 1, 2),
  protocol: fc.constantFrom("calculator", "calculator", "chess"),
  version: fc.constantFrom("1.0.0", "1.0.0", "2.0.0"),
  fingerprint: fc.constant(""),
  methods: fc.constant([]),
  payloads: fc.constant([]),
  limits: fc.record({ frameBytes: fc.constant(0), calls: fc.constantFrom(0, 1, 2, 1e9) }),
  features: fc.constant([]),
  nonce: fc.constantFrom(undefined, "n", "n".repeat(32))
})

const tagged = <T extends Message["_tag"], M = unknown>(
  _tag: T,
  fields: { readonly [K in keyof M]: fc.Arbitrary<M[K]> }
): fc.Arbitrary<M & { readonly _tag: T }> => fc.record<M>(fields).map((message) => ({ _tag, ...message }))

const request = tagged("Request", {
  id,
  method,
  payload: value,
  timeoutMillis: millis,
  headers: fc.constant<undefined>(undefined)
})

/** Each kind of the closed union: the compiler asks for one that is missing. */
const kinds: { readonly [T in Message["_tag"]]: fc.Arbitrary<Extract<Message, { readonly _tag: T }>> } = {
  Hello: tagged("Hello", { hello: anyHello }),
  Request: request,
  Input: tagged("Input", { id, method: anyMethod, items, bytes }),
  InputEnd: tagged("InputEnd", { id, method: anyMethod }),
  Cancel: tagged("Cancel", { id, method: anyMethod }),
  Chunk: tagged("Chunk", { id, method: anyMethod, items, bytes }),
  Progress: tagged("Progress", { id, method: anyMethod, value }),
  Success: tagged("Success", { id, method: anyMethod, value }),
  Failure: tagged("Failure", { id, method: anyMethod, error: value }),
  Defect: tagged("Defect", { id, method: anyMethod, reason }),
  Event: tagged("Event", { method, payload: value, bytes }),
  Credit: tagged("Credit", {
    of: fc.constantFrom("answer", "input", "events"),
    id,
    items: granted,
    bytes: granted
  }),
  Ping: fc.constant({ _tag: "Ping" }),
  Pong: fc.constant({ _tag: "Pong" }),
  Proof: tagged("Proof", { proof: fc.constantFrom("", "proof", "f".repeat(64)) }),
  Drain: fc.constant({ _tag: "Drain" }),
  Bye: tagged("Bye", { reason: fc.option(reason, { nil: undefined }) })
}

const { Bye, Drain, Hello: greetings, ...lasting } = kinds
const anyMessage = fc.oneof(
  { arbitrary: fc.oneof(...Object.values(lasting)), weight: 30 },
  { arbitrary: request, weight: 10 },
  { arbitrary: fc.oneof(greetings, Drain, Bye), weight: 1 }
)

type Deed = (pair: Pair, n: number) => void

const pick = <A>(from: ReadonlyArray<A>, n: number): A | undefined => from[n % Math.max(1, from.length)]

const numbers = (n: number): ReadonlyArray<number> => Array.from({ length: n % 1200 }, (_, index) => index)

const wait = (pair: Pair, millis: number): void => {
  pair.now += millis
  pair.west.session.tick(pair.now)
}

/** What the user of the session does meanwhile. */
const deeds: ReadonlyArray<Deed> = [
  ({ west }, n) => void west.ask({ method: n % 2, timeoutMillis: n % 3 === 0 ? n : 0 }),
  ({ west }, n) => {
    const call = pick(west.asked, n)
    if (call !== undefined) west.cancel(call)
  },
  ({ west }, n) => {
    const duty = pick(open(west), n)
    if (duty !== undefined) west.succeed(n, duty)
  },
  ({ west }, n) => {
    const exchange = pick([...west.asked, ...west.duties], n)
    if (exchange !== undefined) west.session.sendItems(exchange, numbers(n))
  },
  ({ west }, n) => {
    const duty = pick(west.duties, n)
    if (duty !== undefined) west.session.progress(duty, n)
  },
  ({ west }) => void west.session.emit(0, 1),
  ({ west }, n) => west.session.setWritable(n % 2 === 0),
  ({ west }, n) => west.session.unreadable(n % 2 === 0 ? "call" : "duty", n % 9, -1, invalid),
  (pair, n) => wait(pair, n)
]

const open = (party: Party): ReadonlyArray<Owed> => party.duties.filter((duty) => duty.state === "open")

type Step = (pair: Pair) => void

const terms = fc.constantFrom(undefined, proving("dialer").proof, proving("acceptor").proof)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: anyMessage.map(
      (message): Step =>
        ({ west }) =>
          west.hear(message)
    ),
    weight: 3
  },
  {
    arbitrary: fc.tuple(fc.constantFrom(...deeds), fc.nat({ max: 2000 })).map(
      ([deed, n]): Step =>
        (pair) =>
          deed(pair, n)
    ),
    weight: 1
  }
)

/** What one who does not know the secret may try: say back what it heard, say anything, and wait. */
const guess: fc.Arbitrary<Step> = fc.oneof(
  fc.nat({ max: 3 }).map(
    (n): Step =>
      ({ west }) =>
        west.hear(pick(west.said, n)!)
  ),
  fc.oneof(kinds.Proof, kinds.Hello, anyMessage).map(
    (message): Step =>
      ({ west }) =>
        west.hear(message)
  ),
  fc.constantFrom<Step>(
    ({ west }) => void west.ask(),
    ({ west }) => void west.session.emit(0, 1),
    (pair) => wait(pair, 1000),
    ({ west }) => west.session.unreadable("duty", 1, 0, invalid),
    ({ west }) => west.session.setWritable(false),
    ({ west }) => west.session.setWritable(true)
  )
)

const checkBounds = (party: Party): void => {
  law(party.session.running <= limit, "no more duties run than are allowed")
  law(party.session.pending === party.asked.filter((call) => call.state !== "settled").length, "every call is counted")
  // Nothing of what arrived was consumed here.
  for (const exchange of [...party.asked, ...party.duties]) {
    law(exchange.received.length <= firstWindow.items, "an unread stream holds one window")
    law(exchange.receivedBytes <= firstWindow.bytes + largestFrame, "an unread stream holds one window and a frame")
  }
  law(party.events.length <= firstWindow.items, "unread events are one window")
}

const nonce = "n".repeat(32)

/** What the peer of a session that proves says when it knows the secret. */
const prove = ({ west }: Pair, { role, secret }: Terms): void => {
  const own = (west.said[0] as Extract<Message, { readonly _tag: "Hello" }>).hello.nonce
  const [other, nonces] = role === "dialer" ? ["acceptor", `${own} ${nonce}`] : ["dialer", `${nonce} ${own}`]
  west.hear({ _tag: "Hello", hello: { ...hello, nonce } })
  west.hear({ _tag: "Proof", proof: prover.of(secret, `effect-ipc/1 ${other} ${nonces} calculator`) })
  law(west.hello !== undefined, "who knows the secret is accepted")
}

const survive = (
  steps: ReadonlyArray<Step>,
  greeted: boolean,
  correlate: "id" | "order",
  proof: Terms | undefined
): void => {
  const pair = strangers({ hello: helloOf(limit), heartbeatMillis: 400, correlate, proof })
  const { west } = pair
  west.session.open()
  if (greeted && proof === undefined) west.hear({ _tag: "Hello", hello })
  if (greeted && proof !== undefined) prove(pair, proof)
  for (const take of steps) {
    const said = west.said.length
    const calls = west.session.pending
    take(pair)
    checkBounds(west)
    law(west.said.length - said <= 4 + calls + limit, "a peer cannot make a session say much more than it says itself")
  }
  west.session.setWritable(true)
  west.session.lost(linkLost)
  assert.isDefined(west.end)
  assert.strictEqual(west.session.running + west.session.pending, 0)
  for (const call of west.asked) assert.notStrictEqual(call.outcome !== undefined, call.givenUp)
  assert.isTrue(west.duties.every((duty) => duty.isOver))
}

describe("a hostile peer", () => {
  it.each(["id", "order"] as const)(
    "cannot make a session throw, settle twice, overdraw, or hold more than its limits, by %s",
    (correlate) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 200, size: "max" }), fc.boolean(), terms, (steps, greeted, terms) =>
          survive(steps, greeted, correlate, terms)
        ),
        { numRuns: 400 }
      )
    }
  )

  it.each(["dialer", "acceptor"] as const)(
    "that does not know the secret is not accepted, and hears nothing of use, by a %s that proves",
    (role) => {
      fc.assert(
        fc.property(fc.array(guess, { maxLength: 12 }), fc.boolean(), (steps, greeted) => {
          const pair = strangers(proving(role))
          const { west } = pair
          west.session.open()
          const call = west.ask()
          if (greeted) west.hear({ _tag: "Hello", hello: { ...hello, nonce } })
          for (const take of steps) take(pair)
          wait(pair, 10_000)
          // What it said is a law of every party.
          assert.isUndefined(west.hello)
          assert.deepStrictEqual([west.duties, west.events], [[], []])
          assert.isDefined(west.end)
          assert.isDefined(call.outcome)
          const proofs = west.said.filter(({ _tag }) => _tag === "Proof")
          assert.isAtMost(proofs.length, role === "dialer" ? 1 : 0)
        }),
        { numRuns: 500 }
      )
    }
  )

  it("that asks without end is refused without end, and holds no more than its limit", () => {
    const { west } = strangers({ hello: helloOf(limit) })
    west.session.open()
    west.hear({ _tag: "Hello", hello })
    west.tags()
    for (let id = 1; id <= 10_000; id++) {
      west.hear({ _tag: "Request", id: id * 64, method: 0, payload: id, timeoutMillis: 0, headers: undefined })
    }
    assert.strictEqual(west.session.running, limit)
    assert.strictEqual(west.tags().filter((tag) => tag === "Defect").length, 10_000 - limit)
  })
})
