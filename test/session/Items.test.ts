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
    assert.deepStrictEqual(sent, [11], "what is left of a call that ended is taken")
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

/** What was said of items, message by message; anything else as its tag. */
const said = (party: Party): ReadonlyArray<unknown> => {
  const count = party.tags().length
  const messages = count === 0 ? [] : party.said.slice(-count)
  return messages.map((message) =>
    message._tag === "Chunk" || message._tag === "Input" ? message.items : message._tag
  )
}

/** A flow whose sender flushes when a test says so, as at the end of a tick. */
const late = (flow: () => Flow): Flow => {
  const stream = flow()
  stream.sender.flushesLate = true
  stream.sender.tags()
  return stream
}

const sendEach = ({ sender, sending }: Flow, items: ReadonlyArray<unknown>): void => {
  for (const item of items) assert.strictEqual(sender.session.sendItems(sending, [item]), 1)
}

describe.each(directions)("items of an %s that come one by one", (of, flow) => {
  const tag = of === "answer" ? "Chunk" : "Input"

  it("leave in one message at the end of the tick", () => {
    const stream = late(flow)
    sendEach(stream, [1, 2, 3])
    assert.deepStrictEqual(said(stream.sender), [])
    stream.sender.session.flush()
    assert.deepStrictEqual(said(stream.sender), [[1, 2, 3]])
    stream.sender.session.flush()
    assert.deepStrictEqual(said(stream.sender), [])
    sendEach(stream, [4])
    stream.sender.session.flush()
    stream.pair.run()
    assert.deepStrictEqual(stream.taking.received, [1, 2, 3, 4])
  })

  it("leave at once when there are 32 of them", () => {
    const stream = late(flow)
    // How large items are is known once some have left: until then a message holds 16.
    sendEach(stream, [0])
    stream.sender.session.flush()
    sendEach(stream, numbers(31))
    assert.deepStrictEqual(said(stream.sender), [[0]])
    sendEach(stream, [31])
    assert.deepStrictEqual(said(stream.sender), [numbers(31), [31]])
    stream.pair.run()
    assert.deepStrictEqual(stream.taking.received, [0, ...numbers(32)])
  })

  it.each<readonly [Message["_tag"], (stream: Flow) => void]>([
    ["Event", ({ sender }) => void sender.session.emit(0, "news")],
    ["Pong", ({ sender }) => sender.hear({ _tag: "Ping" })],
    ["Request", ({ sender }) => void sender.ask()],
    ["Drain", ({ sender, pair }) => sender.session.drain(pair.now)],
    ["Bye", ({ sender }) => sender.session.close({ _tag: "Disconnected", detail: "closed" })],
    ...(of === "answer"
      ? ([
          ["Success", ({ sender }) => sender.succeed()],
          ["Failure", ({ sender }) => sender.fail("no")],
          ["Defect", ({ sender }) => sender.refuse(invalid)],
          ["Progress", ({ sender, sending }) => void sender.session.progress(sending as Owed, "half")]
        ] as ReadonlyArray<readonly [Message["_tag"], (stream: Flow) => void]>)
      : ([["InputEnd", ({ call, sender }) => sender.session.endInput(call)]] as ReadonlyArray<
          readonly [Message["_tag"], (stream: Flow) => void]
        >))
  ])("leave before %s", (next, say) => {
    const stream = late(flow)
    sendEach(stream, [1, 2])
    say(stream)
    assert.deepStrictEqual(said(stream.sender).slice(0, 2), [[1, 2], next])
  })

  it("keep their order beside those of another, which leave in messages of their own", () => {
    const stream = late(flow)
    const { pair, sender } = stream
    const [, duty] = asked(pair, { method: 1 })
    const other: Flow = { ...stream, sending: of === "answer" ? duty : pair.west.asked.at(-1)! }
    sender.tags()
    for (const n of [1, 3, 5]) {
      sendEach(stream, [n, n + 1])
      sendEach(other, [-n])
    }
    sender.session.flush()
    assert.deepStrictEqual(said(sender), [[1, 2], [-1], [3, 4], [-3], [5, 6], [-5]])
    pair.run()
    assert.deepStrictEqual(stream.taking.received, [1, 2, 3, 4, 5, 6])
  })

  it("arrive up to the one that cannot be said, which ends their exchange and is followed by nothing", () => {
    const stream = late(flow)
    const { call, pair, sender, taking } = stream
    sender.weigh = refusing((message) => message._tag === tag && message.items.includes("bad"), invalid)
    sendEach(stream, [1, 2, "bad", 3])
    assert.strictEqual(sendAll(stream, numbers(40)), 40, "what is left of a call that ended is taken")
    sender.session.flush()
    pair.run()
    assert.deepStrictEqual(taking.received, [1, 2])
    assert.deepStrictEqual(call.outcome, { refused: invalid, side: of === "answer" ? "remote" : "local" })
    assert.deepStrictEqual(said(sender).at(-1), of === "answer" ? "Defect" : "Cancel")
    assert.strictEqual(sender.end, undefined)
  })

  // They were said all the same, behind the end of their exchange, which was kept for as long as the session.
  it("are not followed by the 32nd when one of them cannot be said", () => {
    const stream = late(flow)
    const { sender } = stream
    sendEach(stream, [0])
    sender.session.flush()
    sender.weigh = refusing((message) => message._tag === tag && message.items.includes("bad"), invalid)
    sendEach(stream, ["bad", 1])
    assert.strictEqual(sender.session.sendItems(stream.sending, numbers(40)), 40)
    assert.deepStrictEqual(said(sender), [[0], of === "answer" ? "Defect" : "Cancel"])
  })

  it("do not leave when their call was given up", () => {
    const stream = late(flow)
    const { call, pair, sender } = stream
    sendEach(stream, [1, 2])
    pair.west.cancel(call)
    pair.deliver(pair.west)
    sender.session.flush()
    assert.deepStrictEqual(said(sender), of === "answer" ? [] : ["Cancel"])
  })

  it("do not leave when their session is over", () => {
    const stream = late(flow)
    sendEach(stream, [1, 2])
    stream.pair.cut()
    stream.sender.session.flush()
    assert.deepStrictEqual(said(stream.sender), [])
  })

  it("stop at one window, whether they have left or not", () => {
    const stream = late(flow)
    const { pair, sender, sending, taker, taking } = stream
    sendEach(stream, [0])
    sender.session.flush()
    sendEach(stream, numbers(1023))
    assert.strictEqual(sender.session.sendItems(sending, ["one more"]), 0)
    pair.run()
    assert.strictEqual(taking.received.length, 1024)
    taker.session.consumed(taking, 1024, 10_240)
    pair.run()
    assert.strictEqual(sending.credits, 1)
  })

  it("are not gathered when a message holds one of them", () => {
    const stream = late(flow)
    const { sender, sending } = stream
    assert.strictEqual(sender.session.sendItems(sending, [1, 2], 1), 1)
    assert.strictEqual(sender.session.sendItems(sending, [2], 1), 1)
    assert.deepStrictEqual(said(sender), [[1], [2]])
  })

  it("are as many in one message as it may hold", () => {
    const stream = late(flow)
    const { sender, sending } = stream
    for (const n of numbers(5)) sender.session.sendItems(sending, [n], 3)
    sender.session.flush()
    assert.deepStrictEqual(said(sender), [[0, 1], [2], [3, 4]])
  })
})

describe.each(directions)("items of an %s that turn out large", (of, flow) => {
  const tag = of === "answer" ? "Chunk" : "Input"
  const next = of === "answer" ? "Success" : "InputEnd"

  /** Items of which a message holds four, and a window six. Sixteen were taken, as one does before any has left. */
  const large = (): Flow => {
    const stream = late(flow)
    stream.sender.weigh = (message) =>
      message._tag !== tag ? 0 : message.items.length > 4 ? oversized : message.items.length * 200_000
    sendEach(stream, numbers(16))
    return stream
  }

  const consume = ({ pair, taker, taking }: Flow, items: number): void => {
    taker.session.consumed(taking, items, items * 200_000)
    pair.run()
  }

  const end = ({ call, sender }: Flow): void => {
    if (of === "answer") sender.succeed()
    else sender.session.endInput(call)
  }

  // Nothing asked for the credit that was left, and the peer ended the stream as malformed.
  it("leave as far as credit reaches when more are sent", () => {
    const stream = late(flow)
    stream.sender.weigh = (message) => (message._tag === tag ? message.items.length * 100_000 : 0)
    sendEach(stream, numbers(11))
    assert.strictEqual(stream.sender.session.sendItems(stream.sending, numbers(25)), 0)
    stream.pair.run()
    assert.strictEqual(stream.taking.received.length, 11)
    assert.strictEqual(stream.call.outcome, undefined)
  })

  it("leave as far as credit reaches, and what their exchange says next leaves behind them", () => {
    const stream = large()
    const { call, pair, sender, taking } = stream
    end(stream)
    assert.deepStrictEqual(said(sender), [numbers(4), [4, 5, 6]])
    pair.run()
    consume(stream, 7)
    assert.strictEqual(taking.received.length, 13)
    assert.strictEqual(call.outcome, undefined)
    consume(stream, 6)
    assert.deepStrictEqual(taking.received, numbers(16))
    assert.strictEqual(said(sender).at(-1), next)
    if (of === "input") assert.isTrue(pair.east.latest.inputDone)
    else assert.deepStrictEqual(call.outcome, { succeeded: "done" })
  })

  it("let no more be taken before they have left", () => {
    const stream = large()
    const { pair, sender, sending } = stream
    sender.session.flush()
    assert.strictEqual(sender.session.sendItems(sending, [16]), 0)
    pair.run()
    consume(stream, 7)
    assert.strictEqual(sending.credits, 0)
    consume(stream, 6)
    assert.strictEqual(sending.credits, 1)
    assert.strictEqual(sender.session.sendItems(sending, [16]), 1)
    sender.session.flush()
    pair.run()
    assert.deepStrictEqual(stream.taking.received, numbers(17))
  })

  it("wait for a link that is full, and hold up no other exchange", () => {
    const stream = large()
    const { pair, sender, taking } = stream
    end(stream)
    pair.run()
    sender.session.setWritable(false)
    consume(stream, 7)
    assert.strictEqual(taking.received.length, 7)
    sender.session.setWritable(true)
    pair.run()
    assert.strictEqual(taking.received.length, 13)
    const [other] = asked(pair, { method: 1 })
    pair.east.succeed("fine")
    pair.run()
    assert.deepStrictEqual(other.outcome, { succeeded: "fine" })
  })

  it("are forgotten, and what was to follow, when their call is given up", () => {
    const stream = large()
    const { call, pair, sender } = stream
    end(stream)
    pair.run()
    sender.tags()
    pair.west.cancel(call)
    pair.run()
    consume(stream, 7)
    assert.notInclude(said(sender), next)
    assert.strictEqual(pair.east.session.running, 0)
    pair.west.session.drain(pair.now)
    pair.east.session.drain(pair.now)
    pair.run()
    assert.isDefined(sender.end)
  })

  it("end their exchange when the last cannot be said, whatever was to follow", () => {
    const stream = large()
    const { call, pair, sender } = stream
    end(stream)
    pair.run()
    const weigh = sender.weigh
    sender.weigh = (message) => (message._tag === tag && message.items.includes(15) ? invalid : weigh(message))
    consume(stream, 7)
    consume(stream, 6)
    assert.deepStrictEqual(call.outcome, { refused: invalid, side: of === "answer" ? "remote" : "local" })
    assert.notInclude(said(sender), next)
  })
})

describe("progress behind items that turn out large", () => {
  it("leaves behind them, and before the answer", () => {
    const pair = joined()
    const [call, duty] = asked(pair)
    const { east, west } = pair
    east.flushesLate = true
    east.weigh = (message) =>
      message._tag !== "Chunk" ? 0 : message.items.length > 4 ? oversized : message.items.length * 300_000
    for (const n of numbers(8)) east.session.sendItems(duty, [n])
    east.session.progress(duty, "half")
    east.session.progress(duty, "all")
    east.succeed()
    assert.deepStrictEqual(said(east), [numbers(4)])
    pair.run()
    west.session.consumed(call, 4, 4 * 300_000)
    pair.run()
    assert.deepStrictEqual(said(east), [[4, 5, 6, 7], "Progress", "Success"])
    assert.deepStrictEqual(call.progress, ["all"])
  })

  it("is not said of a duty whose items cannot be", () => {
    const pair = joined()
    const [, duty] = asked(pair)
    const { east } = pair
    east.tags()
    east.flushesLate = true
    east.weigh = refusing((message) => message._tag === "Chunk", invalid)
    east.session.sendItems(duty, [1])
    east.session.progress(duty, "half")
    assert.deepStrictEqual(said(east), ["Defect"])
  })
})

describe("items before Hello", () => {
  it("are not gathered", () => {
    const pair = greeting()
    pair.west.flushesLate = true
    const call = pair.west.ask()
    pair.west.session.sendItems(call, [1])
    pair.west.session.sendItems(call, [2])
    assert.deepStrictEqual(said(pair.west), ["Hello", "Request", [1], [2]])
  })
})
