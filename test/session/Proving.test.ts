import { assert, describe, it } from "@effect/vitest"
import type { Hello, Message, Refusal } from "../../src/session/Message.ts"
import type { Terms } from "../../src/session/Proving.ts"
import type { Options } from "../../src/session/Session.ts"
import { greeting, hello, type Pair, prover, proving, strangers } from "./pair.ts"
import type { Party, Tag } from "./party.ts"

const secret = "open sesame"
const nonce = "a-nonce-of-22-letters-"
const unauthorized = (detail: string): Refusal => ({ _tag: "Unauthorized", detail })
const wrong = unauthorized("the secret is wrong; both sides need the same")
const onlyOne = unauthorized("only one side has a secret to prove; both need the same")

/** West dials and east accepts; they may not have the same secret. */
const provers = (dialer = secret, acceptor = secret, options: Partial<Options> = {}): Pair =>
  greeting({ ...proving("dialer", dialer), ...options }, { ...proving("acceptor", acceptor), ...options })

const helloBy = (party: Party): Hello => (party.said[0] as Extract<Message, { readonly _tag: "Hello" }>).hello

/** One session that proves, and the test in the place of its peer. */
const alone = (role: Terms["role"], options: Partial<Options> = {}): Pair => {
  const pair = strangers({ ...proving(role), ...options })
  pair.west.session.open()
  return pair
}

/** The right proof of a role, to what a session alone has said. */
const proofOf = ({ west }: Pair, role: Terms["role"], by = secret): Message => {
  const own = helloBy(west).nonce!
  const nonces = role === "dialer" ? `${nonce} ${own}` : `${own} ${nonce}`
  return { _tag: "Proof", proof: prover.of(by, `effect-ipc/1 ${role} ${nonces} calculator`) }
}

const greets: Message = { _tag: "Hello", hello: { ...hello, nonce } }

describe("two sides that know the secret", () => {
  it("say Hello with a nonce each, then prove: who dialled first", () => {
    const pair = provers()
    const [west, east] = [helloBy(pair.west).nonce, helloBy(pair.east).nonce]
    assert.isDefined(west)
    assert.notStrictEqual(west, east)
    pair.deliver(pair.west)
    assert.deepStrictEqual(pair.east.tags(), ["Hello"], "who accepted says nothing to one who has proved nothing")
    assert.isFalse(pair.east.session.greeted)

    pair.deliver(pair.east)
    assert.deepStrictEqual(pair.west.tags(), ["Hello", "Proof"])
    assert.isFalse(pair.west.session.greeted)

    pair.deliver(pair.west)
    assert.deepStrictEqual(pair.east.tags(), ["Proof"])
    assert.strictEqual(pair.east.hello?.nonce, west)
    pair.deliver(pair.east)
    assert.strictEqual(pair.west.hello?.nonce, east)
    assert.deepStrictEqual([pair.west.faults, pair.east.faults], [[], []])
  })

  it("prove their role, both nonces and the protocol, and never say the secret", () => {
    const pair = provers()
    pair.run()
    const nonces = `${helloBy(pair.west).nonce} ${helloBy(pair.east).nonce}`
    const proof = (role: Terms["role"]) => prover.of(secret, `effect-ipc/1 ${role} ${nonces} calculator`)
    assert.strictEqual(pair.west.last("Proof").proof, proof("dialer"))
    assert.strictEqual(pair.east.last("Proof").proof, proof("acceptor"))
    assert.deepStrictEqual([helloBy(pair.west).secret, helloBy(pair.east).secret], [undefined, undefined])
  })

  it("take another nonce for each session", () => {
    assert.notStrictEqual(helloBy(alone("dialer").west).nonce, helloBy(alone("dialer").west).nonce)
  })

  it("hold back what they ask and emit, and say it in order once the other has proved", () => {
    const pair = provers()
    const calls = [pair.west.ask(), pair.west.ask({ timeoutMillis: 500 })]
    assert.strictEqual(pair.west.session.emit(0, 1), "wait")
    const back = pair.east.ask()
    assert.strictEqual(pair.east.session.emit(0, 1), "wait")
    pair.west.session.setWritable(false)
    pair.west.session.setWritable(true)
    assert.deepStrictEqual(pair.west.tags(), ["Hello"])
    assert.deepStrictEqual(pair.east.tags(), ["Hello"])
    assert.deepStrictEqual([pair.west.credits, pair.east.credits], [0, 0])
    pair.run()
    assert.deepStrictEqual(pair.west.tags(), ["Proof", "Request", "Request"])
    assert.deepStrictEqual(pair.east.tags(), ["Proof", "Request"])
    assert.deepStrictEqual([pair.west.credits, pair.east.credits], [1, 1])
    assert.strictEqual(pair.west.session.emit(0, 1), "sent")
    for (const duty of pair.east.duties) pair.east.succeed("there", duty)
    pair.west.succeed("back")
    pair.run()
    assert.deepStrictEqual(
      [...calls, back].map(({ outcome }) => outcome),
      [{ succeeded: "there" }, { succeeded: "there" }, { succeeded: "back" }]
    )
  })

  it("let a call that is held back time out, and be cancelled, without a word to the other", () => {
    const pair = provers()
    const late = pair.west.ask({ timeoutMillis: 500 })
    const cancelled = pair.west.ask()
    pair.west.cancel(cancelled)
    pair.advance(500)
    assert.deepStrictEqual(late.outcome, { refused: { _tag: "TimedOut", afterMillis: 500 }, side: "local" })
    pair.run()
    assert.deepStrictEqual(pair.west.tags(), ["Hello", "Proof"])
  })

  it("have one window of events, as all have", () => {
    const pair = provers()
    pair.run()
    let sent = 0
    while (pair.west.session.emit(0, 1) === "sent") sent++
    assert.strictEqual(sent, 1024)
  })

  it("may be drained before they have proved", () => {
    const pair = provers()
    const call = pair.west.ask()
    pair.west.session.drain(pair.now)
    assert.deepStrictEqual(pair.west.tags(), ["Hello", "Bye"])
    assert.isDefined(call.outcome)
  })

  it("end where the link does, also within the proof that would have opened the session", () => {
    const pair = provers()
    pair.east.onSend = (message) => {
      if (message._tag === "Proof") pair.east.session.lost({ _tag: "Disconnected", detail: "the link ended" })
    }
    pair.run()
    assert.strictEqual(pair.east.end?.reason._tag, "Disconnected")
    assert.isUndefined(pair.east.hello)
    assert.strictEqual(pair.east.session.deadlineMillis, Infinity)
  })

  it("report a second Hello, and a second Proof, once they know each other", () => {
    const pair = provers()
    pair.run()
    pair.west.hear(greets)
    pair.west.hear(pair.east.last("Proof"))
    assert.deepStrictEqual(pair.west.faults, [
      { _tag: "Malformed", detail: "a second Hello" },
      { _tag: "Malformed", detail: "a Proof that nobody waits for" }
    ])
    assert.isUndefined(pair.west.end)
  })
})

describe("two sides of which one does not know the secret", () => {
  it.each([
    ["the one that dialled", "open barley", secret],
    ["the one that accepted", secret, "open barley"],
    ["the one that dialled, which has an empty one", "", secret]
  ])("are both refused as unauthorized: %s", (_, dialer, acceptor) => {
    const pair = provers(dialer, acceptor)
    const calls = [pair.west.ask(), pair.east.ask()]
    pair.run()
    assert.deepStrictEqual(pair.east.end, { reason: wrong, side: "local" })
    assert.deepStrictEqual(pair.west.end, { reason: wrong, side: "remote" })
    assert.deepStrictEqual(
      calls.map(({ outcome }) => outcome),
      [
        { refused: wrong, side: "remote" },
        { refused: wrong, side: "local" }
      ]
    )
    assert.deepStrictEqual(pair.east.tags(), ["Hello", "Bye"], "the one that accepted proves nothing to a stranger")
    assert.deepStrictEqual([pair.west.hello, pair.east.hello], [undefined, undefined])
  })

  it.each([
    ["no secret is set where one dials", {}, proving("acceptor")],
    ["no secret is set where one accepts", proving("dialer"), {}],
    ["the one that dialled sends it", { hello: { ...hello, secret } }, proving("acceptor")]
  ])("are both refused as unauthorized: %s", (_, west, east) => {
    const pair = greeting(west, east)
    const calls = [pair.west.ask(), pair.east.ask()]
    pair.run()
    assert.deepStrictEqual(pair.west.end, { reason: onlyOne, side: "local" })
    assert.deepStrictEqual(pair.east.end, { reason: onlyOne, side: "local" })
    for (const { outcome } of calls) assert.deepStrictEqual(outcome, { refused: onlyOne, side: "local" })
    assert.deepStrictEqual([pair.west.duties, pair.east.duties], [[], []])
  })

  it("time out, and blame nobody, where the other says no proof in time", () => {
    const pair = alone("acceptor", { handshakeMillis: 500 })
    pair.west.hear(greets)
    pair.advance(499)
    assert.isUndefined(pair.west.end)
    pair.advance(1)
    const reason = { _tag: "HandshakeTimedOut", afterMillis: 500 } as const
    assert.deepStrictEqual(pair.west.end, { reason, side: "local" })
    assert.deepStrictEqual(pair.west.last("Bye").reason, reason)
  })

  it("time out as ever where the other has not even said Hello", () => {
    const pair = alone("dialer", { handshakeMillis: 500 })
    pair.advance(500)
    assert.deepStrictEqual(pair.west.end?.reason, { _tag: "HandshakeTimedOut", afterMillis: 500 })
  })

  it("are told of another protocol first", () => {
    const pair = alone("acceptor")
    pair.west.hear({ _tag: "Hello", hello: { ...hello, protocol: "chess" } })
    assert.strictEqual(pair.west.end?.reason._tag, "Incompatible")
  })
})

describe("a peer that does not know the secret and tries all the same", () => {
  const refused = (pair: Pair, reason: Refusal): void => {
    assert.deepStrictEqual(pair.west.end, { reason, side: "local" })
    assert.deepStrictEqual(pair.west.last("Bye").reason, reason)
    assert.deepStrictEqual([pair.west.hello, pair.west.duties, pair.west.events], [undefined, [], []])
  }

  it("gets nowhere with our own Hello and Proof, said back", () => {
    const pair = alone("dialer")
    pair.west.hear(pair.west.last("Hello"))
    pair.west.hear(pair.west.last("Proof"))
    refused(pair, wrong)
    const accepting = alone("acceptor")
    accepting.west.hear(accepting.west.last("Hello"))
    assert.deepStrictEqual(accepting.west.tags(), ["Hello"], "there is nothing to say back")
  })

  it("gets nowhere with the proof of another session, of the same side and nonce", () => {
    const heard = alone("acceptor")
    heard.west.hear(greets)
    const proof = proofOf(heard, "dialer")
    heard.west.hear(proof)
    assert.isDefined(heard.west.hello)
    const replayed = alone("acceptor")
    replayed.west.hear(greets)
    replayed.west.hear(proof)
    refused(replayed, wrong)
  })

  it("gets nowhere with a proof made for another protocol of the same secret", () => {
    const pair = alone("acceptor", { hello: { ...hello, protocol: "chess" } })
    pair.west.hear({ _tag: "Hello", hello: { ...hello, protocol: "chess", nonce } })
    pair.west.hear(proofOf(pair, "dialer"))
    refused(pair, wrong)
  })

  it.each<readonly [string, (right: string) => string]>([
    ["none", () => ""],
    ["only its beginning", (right) => right.slice(0, -1)],
    ["more than it", (right) => `${right}0`],
    ["it in another case", (right) => right.toUpperCase()],
    ["it twice", (right) => right + right],
    ["a huge one", () => "f".repeat(1_000_000)]
  ])("gets nowhere with a wrong proof: %s", (_, change) => {
    const pair = alone("acceptor")
    pair.west.hear(greets)
    const right = proofOf(pair, "dialer") as Extract<Message, { readonly _tag: "Proof" }>
    pair.west.hear({ _tag: "Proof", proof: change(right.proof) })
    refused(pair, wrong)
  })

  it.each(["", "short", "x".repeat(21), "x".repeat(129), "two words that are long", "line\nline-line-line-line"])(
    "is refused with a nonce like %j",
    (nonce) => {
      const pair = alone("acceptor")
      pair.west.hear({ _tag: "Hello", hello: { ...hello, nonce } })
      assert.strictEqual(pair.west.end?.reason._tag, "Malformed")
      assert.deepStrictEqual(pair.west.tags(), ["Hello", "Bye"])
    }
  )

  it.each(["x".repeat(22), "x".repeat(128), "AZaz09+/=-_AZaz09+/=-_"])("may say a nonce like %j", (nonce) => {
    const pair = alone("dialer")
    pair.west.hear({ _tag: "Hello", hello: { ...hello, nonce } })
    assert.deepStrictEqual(pair.west.tags(), ["Hello", "Proof"])
  })

  const early: ReadonlyArray<Message> = [
    { _tag: "Request", id: 7, method: 0, payload: 1, timeoutMillis: 0, headers: undefined },
    { _tag: "Event", method: 0, payload: 1, bytes: 1 },
    { _tag: "Success", id: 1, method: 0, value: 1 },
    { _tag: "Credit", of: "events", id: 0, items: 1, bytes: 1 },
    { _tag: "Ping" },
    { _tag: "Drain" }
  ]
  const roles = ["dialer", "acceptor"] as const
  const cases = roles.flatMap((role) => early.map((message) => [message._tag as Tag, role, message] as const))

  it.each(cases)("is refused for a %s before its proof, by a %s", (tag, role, message) => {
    for (const first of [[], [greets]]) {
      const pair = alone(role)
      const call = pair.west.ask()
      for (const said of first) pair.west.hear(said)
      pair.west.hear(message)
      const reason = unauthorized(`${tag} came before the secret was proved`)
      refused(pair, reason)
      assert.deepStrictEqual(call.outcome, { refused: reason, side: "local" })
    }
  })

  it("is refused for what nobody can read before its proof", () => {
    for (const about of ["call", "duty"] as const) {
      const pair = alone("acceptor")
      pair.west.hear(greets)
      pair.west.session.unreadable(about, 1, 0, { _tag: "UnknownMethod" })
      refused(pair, unauthorized("a message came before the secret was proved"))
    }
    const malformed: Refusal = { _tag: "Malformed", detail: "Proof: expected at most 256 bytes" }
    const pair = alone("acceptor")
    pair.west.hear(greets)
    pair.west.session.unreadable("none", 0, -1, malformed)
    refused(pair, malformed)
    const events = alone("acceptor")
    events.west.hear(greets)
    events.west.session.unreadableEvent(1, malformed)
    refused(events, malformed)
  })

  it("is refused for a Proof before its Hello, and for a second Hello", () => {
    const hasty = alone("acceptor")
    hasty.west.hear(proofOf(hasty, "dialer"))
    refused(hasty, unauthorized("Proof came before the secret was proved"))
    const repeating = alone("acceptor")
    repeating.west.hear(greets)
    repeating.west.hear(greets)
    refused(repeating, unauthorized("a second Hello came before the secret was proved"))
  })

  it("may leave", () => {
    const pair = alone("dialer")
    pair.west.hear(greets)
    pair.west.hear({ _tag: "Bye", reason: undefined })
    assert.strictEqual(pair.west.end?.side, "remote")
  })
})

it("a Proof where nobody proves is reported and dropped", () => {
  const pair = greeting()
  pair.run()
  pair.west.hear({ _tag: "Proof", proof: "x" })
  assert.deepStrictEqual(pair.west.faults, [{ _tag: "Malformed", detail: "a Proof that nobody waits for" }])
  assert.isUndefined(pair.west.end)
})
