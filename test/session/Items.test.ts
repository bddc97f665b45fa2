import { assert, describe, it } from "@effect/vitest"
import { firstWindow } from "../../src/session/Flow.ts"
import type { Message, Refusal } from "../../src/session/Message.ts"
import { asked, crowded, greeting, joined, type Pair } from "./pair.ts"
import { type Asked, invalid, type Owed, oversized, type Party, refusing } from "./party.ts"

const numbers = (count: number): Array<number> => Array.from({ length: count }, (_, n) => n)

/** Who sends items of a call and who takes them: the answer's items go west, the input's go east. */
interface Flow {
  readonly pair: Pair
  readonly call: Asked
  readonly sender: Party
  readonly sending: Asked | Owed
  readonly taker: Party
  readonly taking: Asked | Owed
}

const directions: ReadonlyArray<readonly [name: "answer" | "input", flow: () => Flow]> = [
  [
    "answer",
    () => {
      const pair = joined()
      const [call, duty] = asked(pair)
      return { pair, call, sender: pair.east, sending: duty, taker: pair.west, taking: call }
    }
  ],
  [
    "input",
    () => {
      const pair = joined()
      const [call, duty] = asked(pair)
      pair.west.tags()
      return { pair, call, sender: pair.west, sending: call, taker: pair.east, taking: duty }
    }
  ]
]

/** Sends items until no more are taken, and answers how many were. */
const sendAll = ({ sender, sending }: Flow, items: ReadonlyArray<unknown>): number => {
  for (let sent = 0; sent < items.length;) {
    const taken = sender.session.sendItems(sending, items.slice(sent))
    if (taken === 0) return sent
    sent += taken
  }
  return items.length
}

const frames = (messages: ReadonlyArray<Message>): ReadonlyArray<number> =>
  messages.flatMap((message) => (message._tag === "Chunk" || message._tag === "Input" ? [message.items.length] : []))

const bad: Refusal = { _tag: "Malformed", detail: "the peer sent more items than it had credit for" }

describe.each(directions)("items of an %s", (of, flow) => {
  const tag = of === "answer" ? "Chunk" : "Input"

  it("arrive in order", () => {
    const stream = flow()
    assert.strictEqual(sendAll(stream, numbers(100)), 100)
    stream.pair.run()
    assert.deepStrictEqual(stream.taking.received, numbers(100))
  })

  it("stop at one window, and the sender is told once when it may go on", () => {
    const stream = flow()
    const { pair, sending, taker, taking } = stream
    assert.strictEqual(sendAll(stream, numbers(2000)), 1024)
    pair.run()
    assert.strictEqual(taking.received.length, 1024)
    taker.session.consumed(taking, 511, 5110)
    pair.run()
    assert.strictEqual(sending.credits, 0)
    taker.session.consumed(taking, 1, 10)
    assert.deepStrictEqual(taker.last("Credit"), { _tag: "Credit", of, id: sending.id, items: 512, bytes: 5120 })
    pair.run()
    assert.strictEqual(sending.credits, 1)
    assert.strictEqual(sendAll(stream, numbers(2000)), 512)
  })

  it("that were consumed give no credit twice, and credit without a wait is told to nobody", () => {
    const stream = flow()
    const { pair, sending, taker, taking } = stream
    sendAll(stream, numbers(600))
    pair.run()
    taker.session.consumed(taking, 600, 6000)
    pair.run()
    assert.strictEqual(sending.credits, 0)
    assert.strictEqual(sendAll(stream, numbers(2000)), 1024)
  })

  it("overdraw the bytes by one frame, and the receiver takes it", () => {
    const stream = flow()
    const { pair, sender, taker, taking } = stream
    sender.weigh = (message) => (message._tag === tag ? message.items.length * 60_000 : 0)
    const sent = sendAll(stream, numbers(1000))
    assert.isTrue(sent * 60_000 > firstWindow.bytes && (sent - 1) * 60_000 < firstWindow.bytes)
    pair.run()
    assert.strictEqual(taking.received.length, sent)
    const half = Math.ceil(firstWindow.bytes / 2 / 60_000)
    for (let n = 1; n <= half; n++) taker.session.consumed(taking, 1, 60_000)
    pair.run()
    const allowed = Math.ceil((firstWindow.bytes + half * 60_000) / 60_000)
    assert.strictEqual(sendAll(stream, numbers(1000)), allowed - sent, "what was overdrawn is paid back first")
  })

  it("without credit end their exchange as malformed, and no other", () => {
    const stream = flow()
    const { call, pair, sending, taker, taking } = stream
    const [other, running] = asked(pair, { method: 1 })
    sendAll(stream, numbers(1024))
    pair.run()
    taker.tags()
    taker.hear({ _tag: tag, id: sending.id, method: 0, items: [1], bytes: 1 })
    assert.deepStrictEqual(taker.tags(), [of === "answer" ? "Cancel" : "Defect"])
    pair.run()
    assert.deepStrictEqual(call.outcome, { refused: bad, side: of === "answer" ? "local" : "remote" })
    assert.strictEqual(taking.received.length, 1024)
    assert.isFalse(running.isOver)
    pair.east.succeed("fine", running)
    pair.run()
    assert.deepStrictEqual(other.outcome, { succeeded: "fine" })
  })

  it("wait while the link is full, and the sender is told once", () => {
    const stream = flow()
    const { sender, sending } = stream
    sender.session.setWritable(false)
    assert.strictEqual(sender.session.sendItems(sending, [1]), 0)
    assert.strictEqual(sender.session.sendItems(sending, [1]), 0)
    sender.session.setWritable(true)
    sender.session.setWritable(true)
    assert.strictEqual(sending.credits, 1)
    assert.strictEqual(sender.session.sendItems(sending, [1]), 1)
  })

  it("that wait for credit are not told of a link that takes more", () => {
    const stream = flow()
    const { pair, sender, sending, taker, taking } = stream
    sendAll(stream, numbers(2000))
    sender.session.setWritable(false)
    sender.session.setWritable(true)
    assert.strictEqual(sending.credits, 0)
    pair.run()
    sender.session.setWritable(false)
    taker.session.consumed(taking, 1024, 10_240)
    pair.run()
    assert.strictEqual(sending.credits, 0, "nor of credit, while the link takes none")
    sender.session.setWritable(true)
    assert.strictEqual(sending.credits, 1)
  })

  it("that wait are forgotten when their call ends", () => {
    const stream = flow()
    const { call, pair, sender, sending } = stream
    sender.session.setWritable(false)
    sender.session.sendItems(sending, [1])
    pair.west.cancel(call)
    pair.run()
    sender.session.setWritable(true)
    assert.strictEqual(sending.credits, 0)
  })

  it("leave in smaller frames until one does not hold the item that cannot be said, which ends its exchange", () => {
    const stream = flow()
    const { call, pair, sender, sending, taking } = stream
    const [other] = asked(pair, { method: 1 })
    sender.tags()
    sender.weigh = refusing((message) => message._tag === tag && message.items.includes("bad"), invalid)
    const items = [...numbers(5), "bad", ...numbers(5)]
    const sent: Array<number> = []
    for (let at = 0; at < items.length;) {
      const taken = sender.session.sendItems(sending, items.slice(at))
      sent.push(taken)
      at += taken
    }
    assert.deepStrictEqual(frames(sender.said), [5])
    assert.deepStrictEqual(sent, [5, 6], "what is left of a call that ended is taken")
    pair.run()
    assert.deepStrictEqual(taking.received, numbers(5))
    assert.deepStrictEqual(call.outcome, { refused: invalid, side: of === "answer" ? "remote" : "local" })
    assert.isTrue(pair.east.duties[0]!.isStopped)
    assert.strictEqual(other.state, "open")
    assert.strictEqual(pair.west.end, undefined)
  })

  it("that are too large for one frame together leave in several", () => {
    const stream = flow()
    const { pair, sender, taking } = stream
    sender.weigh = (message) => (message._tag === tag && message.items.length > 3 ? oversized : 0)
    assert.strictEqual(sendAll(stream, numbers(20)), 20)
    pair.run()
    assert.deepStrictEqual(taking.received, numbers(20))
    assert.isAtMost(Math.max(...frames(sender.said)), 3)
  })

  it("may be none, which costs the receiver nothing and the sender no credit", () => {
    const stream = flow()
    const { pair, sender, sending, taker, taking } = stream
    for (let n = 0; n < 10_000; n++) taker.hear({ _tag: tag, id: sending.id, method: 0, items: [], bytes: 1000 })
    assert.deepStrictEqual(taking.received, [])
    assert.isFalse(taker.end !== undefined || sender.end !== undefined)
    pair.run()
    assert.strictEqual(sendAll(stream, numbers(16)), 16)
  })

  it("may be granted before the first was sent", () => {
    const stream = flow()
    stream.sender.hear({ _tag: "Credit", of, id: stream.sending.id, items: 100, bytes: 1000 })
    assert.strictEqual(sendAll(stream, numbers(2000)), 1124)
  })
})

describe("an unread stream", () => {
  it("holds up no other, in either direction", () => {
    const pair = joined()
    const [slow, unread] = asked(pair, { method: 1 })
    for (const items of [numbers(1024), numbers(10)]) {
      for (let at = 0; at < items.length;) {
        const taken = pair.east.session.sendItems(unread, items.slice(at))
        if (taken === 0) break
        at += taken
      }
    }
    pair.run()
    assert.strictEqual(slow.received.length, 1024)
    const [call, duty] = asked(pair)
    assert.strictEqual(pair.east.session.sendItems(duty, [1]), 1)
    pair.east.succeed("fine", duty)
    pair.run()
    assert.deepStrictEqual(call.outcome, { succeeded: "fine" })
  })
})

describe("the input of a call that waits", () => {
  it("waits with it, and is told once when the request has left", () => {
    const pair = crowded()
    const [first] = asked(pair)
    const call = pair.west.ask({ payload: "second" })
    assert.strictEqual(pair.west.session.sendItems(call, [1, 2]), 0)
    pair.west.session.setWritable(false)
    pair.west.session.setWritable(true)
    assert.strictEqual(call.credits, 0)
    pair.east.succeed()
    pair.run()
    assert.deepStrictEqual([first.state, call.state, call.credits], ["settled", "open", 1])
    pair.west.session.setWritable(true)
    assert.strictEqual(call.credits, 1)
    assert.strictEqual(pair.west.session.sendItems(call, [1, 2]), 2)
  })

  it("is not told of a request that left and filled the link", () => {
    const pair = joined()
    pair.west.session.setWritable(false)
    const call = pair.west.ask()
    pair.west.session.sendItems(call, [1])
    pair.west.onSend = () => pair.west.session.setWritable(false)
    pair.west.session.setWritable(true)
    assert.deepStrictEqual([call.state, call.credits], ["open", 0])
    pair.west.onSend = undefined
    pair.west.session.setWritable(true)
    assert.strictEqual(call.credits, 1)
  })

  it.each<readonly [string, (pair: Pair) => void]>([
    ["the peer drains", (pair) => pair.west.hear({ _tag: "Drain" })],
    [
      "its request cannot be said",
      (pair) => {
        pair.west.weigh = refusing((message) => message._tag === "Request", invalid)
        pair.west.hear({ _tag: "Success", id: pair.west.asked[0]!.id, method: 0, value: 1 })
      }
    ],
    ["its deadline passes", (pair) => pair.advance(1000)],
    ["its caller gives it up", (pair) => pair.west.cancel(pair.west.asked[1]!)]
  ])("is forgotten when %s", (_, end) => {
    const pair = crowded()
    pair.west.ask()
    const call = pair.west.ask({ timeoutMillis: 1000 })
    pair.west.session.sendItems(call, [1])
    end(pair)
    assert.strictEqual(call.state, "settled")
    pair.west.session.setWritable(true)
    assert.strictEqual(call.credits, 0)
  })
})

describe("an item that is too large before Hello", () => {
  it("waits for it, behind those that are not", () => {
    const pair = greeting()
    pair.west.weigh = (message) =>
      message._tag === "Input" && message.items.includes("large") && !pair.west.session.greeted ? oversized : 0
    const call = pair.west.ask()
    assert.strictEqual(pair.west.session.sendItems(call, ["small", "large"]), 1)
    assert.strictEqual(pair.west.session.sendItems(call, ["large"]), 0)
    assert.strictEqual(call.credits, 0)
    pair.run()
    assert.strictEqual(call.credits, 1)
    assert.strictEqual(pair.west.session.sendItems(call, ["large"]), 1)
    pair.run()
    assert.deepStrictEqual(pair.east.latest.received, ["small", "large"])
  })
})
