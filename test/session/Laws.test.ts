/**
 * What holds for two sessions whatever happens between them.
 *
 * The laws of every moment are in `party.ts`. Here two users do anything in any order over a link that is slow, fills
 * up, and breaks.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Message, Refusal } from "../../src/session/Message.ts"
import type { Options } from "../../src/session/Session.ts"
import { greeting, hello, helloOf, linkLost, type Pair, proving } from "./pair.ts"
import { type Asked, invalid, law, type Owed, oversized, type Party, refusing } from "./party.ts"

interface Step {
  readonly op: keyof typeof operations
  readonly side: "west" | "east"
  /** Which call or duty, and how many items, messages or milliseconds. */
  readonly n: number
}

interface World {
  readonly pair: Pair
  /** Messages in transit from which on a link is full. */
  readonly capacity: number
  readonly blocked: Set<Party>
  /** Items of each exchange, and events, that were consumed. */
  readonly consumed: Map<object, number>
}

const pick = <A>(from: ReadonlyArray<A>, n: number): A | undefined => from[n % Math.max(1, from.length)]

const unsettled = (party: Party): ReadonlyArray<Asked> => party.asked.filter((call) => call.state !== "settled")
const running = (party: Party): ReadonlyArray<Owed> => party.duties.filter((duty) => duty.state === "open")

const itemsOf = (n: number): ReadonlyArray<unknown> =>
  n % 23 === 0
    ? [1, 2, "bad", 3]
    : n % 29 === 0
      ? [1, "large"]
      : Array.from({ length: n % 7 === 0 ? 1100 : n % 20 }, () => n)

const consume = (world: World, party: Party, exchange: Asked | Owed | undefined): void => {
  if (exchange === undefined) return
  const items = exchange.received.length - (world.consumed.get(exchange) ?? 0)
  world.consumed.set(exchange, exchange.received.length)
  if (items > 0) party.session.consumed(exchange, items, items * 10)
}

const takeEvents = (world: World, party: Party): void => {
  const taken = world.consumed.get(party) ?? 0
  for (const event of party.events.slice(taken)) party.session.eventTaken(event)
  world.consumed.set(party, party.events.length)
}

/** A link takes more when it was emptied and is not blocked. */
const flow = (world: World, party: Party): void => {
  if (!party.session.writable && party.transit.length === 0 && !world.blocked.has(party))
    party.session.setWritable(true)
}

const operations = {
  ask: (_: World, party: Party, n: number) => {
    const payload = n % 19 === 0 ? "bad" : n % 17 === 0 ? "large" : n
    const call = party.ask({ payload, method: n % 3, timeoutMillis: n % 4 === 0 ? (n % 50) * 10 : 0 })
    // Some callers go on asking as they hear how their call ended.
    if (n % 5 === 0) call.onEnd = () => party.asked.length < 100 && party.ask({ payload: n })
  },
  cancel: (_: World, party: Party, n: number) => {
    const call = pick(party.asked, n)
    if (call !== undefined) party.cancel(call)
  },
  succeed: (_: World, party: Party, n: number) => {
    const duty = pick(running(party), n)
    if (duty !== undefined) party.succeed(n % 13 === 0 ? "bad" : n, duty)
  },
  fail: (_: World, party: Party, n: number) => {
    const duty = pick(running(party), n)
    if (duty !== undefined) party.fail(n, duty)
  },
  refuse: (_: World, party: Party, n: number) => {
    const duty = pick(running(party), n)
    if (duty !== undefined) party.refuse({ _tag: "RemoteDefect", detail: n % 7 === 0 ? "bad" : "boom" }, duty)
  },
  /** A handler that does not know that it was stopped. */
  answerAnyway: (_: World, party: Party, n: number) => {
    const duty = pick(party.duties, n)
    if (duty !== undefined && !duty.isAnswered) party.succeed(n, duty)
  },
  progress: (_: World, party: Party, n: number) => {
    const duty = pick(party.duties, n)
    if (duty !== undefined) party.session.progress(duty, n)
  },
  items: (_: World, party: Party, n: number) => {
    const duty = pick(party.duties, n)
    if (duty !== undefined) party.session.sendItems(duty, itemsOf(n))
  },
  input: (_: World, party: Party, n: number) => {
    const call = pick(party.asked, n)
    if (call !== undefined && !call.inputOver) party.session.sendItems(call, itemsOf(n))
  },
  endInput: (_: World, party: Party, n: number) => {
    const call = pick(party.asked, n)
    if (call !== undefined && !call.inputOver) party.session.endInput(call)
  },
  consume: (world: World, party: Party, n: number) => {
    consume(world, party, pick(party.asked, n))
    consume(world, party, pick(party.duties, n))
  },
  emit: (_: World, party: Party, n: number) => {
    for (let times = 0; times < n % 100 && party.session.emit(0, n % 11 === 0 ? "bad" : n) === "sent"; times++);
  },
  takeEvents: (world: World, party: Party) => takeEvents(world, party),
  deliver: (world: World, party: Party, n: number) => {
    world.pair.deliver(party, n % 10)
    flow(world, party)
  },
  deliverAll: (world: World, party: Party) => {
    world.pair.deliver(party)
    flow(world, party)
  },
  block: (world: World, party: Party) => {
    world.blocked.add(party)
    party.session.setWritable(false)
  },
  unblock: (world: World, party: Party) => {
    world.blocked.delete(party)
    flow(world, party)
  },
  advance: (world: World, _: Party, n: number) => world.pair.advance(n),
  drain: (world: World, party: Party, n: number) => {
    if (n % 8 === 0) party.session.drain(world.pair.now)
  },
  close: (_: World, party: Party, n: number) => {
    if (n % 16 === 0) party.session.close({ _tag: "Disconnected", detail: "closed" })
  },
  /** The link of one side ends: now, or within the next write. */
  lose: (_: World, party: Party, n: number) => {
    if (n % 16 === 0) party.session.lost(linkLost)
    if (n % 16 === 1) party.onSend = () => party.session.lost(linkLost)
  }
}

const names = Object.keys(operations) as Array<keyof typeof operations>
const often: ReadonlyArray<keyof typeof operations> = ["ask", "ask", "ask", "succeed", "items", "deliver", "deliver"]
const endings: ReadonlyArray<keyof typeof operations> = ["drain", "close", "lose"]

const stepsOf = (ops: ReadonlyArray<keyof typeof operations>): fc.Arbitrary<Array<Step>> =>
  fc.array(
    fc.record({
      op: fc.constantFrom(...ops),
      side: fc.constantFrom("west" as const, "east" as const),
      n: fc.nat({ max: 1000 })
    }),
    { minLength: 1, maxLength: 200, size: "max" }
  )

const heartbeatMillis = fc.constantFrom(Infinity, 300)
const capacity = fc.constantFrom(1, 3, 20, Infinity)

const isBad = (message: Message): boolean =>
  ("payload" in message && message.payload === "bad") ||
  ("value" in message && message.value === "bad") ||
  ("items" in message && Array.isArray(message.items) && message.items.includes("bad")) ||
  ("reason" in message && message.reason !== undefined && "detail" in message.reason && message.reason.detail === "bad")

const isLarge = (message: Message): boolean =>
  ("payload" in message && message.payload === "large") ||
  ("items" in message && Array.isArray(message.items) && message.items.includes("large"))

const begin = (options: Partial<Options>, capacity: number, proves: boolean): World => {
  const [dialer, acceptor] = proves ? [proving("dialer"), proving("acceptor")] : []
  const pair = greeting({ ...options, ...dialer, hello: helloOf(16) }, { ...options, ...acceptor })
  const world = { pair, capacity, blocked: new Set<Party>(), consumed: new Map<object, number>() }
  for (const party of [pair.west, pair.east]) {
    const say = refusing(isBad, invalid)
    party.weigh = (message) => (isLarge(message) && !party.session.greeted ? oversized : say(message))
    party.onSend = () => {
      if (party.transit.length >= capacity) party.session.setWritable(false)
    }
  }
  return world
}

const perform = (world: World, steps: ReadonlyArray<Step>): void => {
  for (const { n, op, side } of steps) {
    operations[op](world, world.pair[side], n)
    for (const party of [world.pair.west, world.pair.east]) checkMoment(party)
  }
}

const checkMoment = (party: Party): void => {
  let pending = 0
  for (const call of party.asked) {
    if (call.state !== "settled") pending++
    else law((call.outcome !== undefined) !== call.givenUp, "a call has an end, or was given up")
  }
  law(party.session.pending === pending, "a session counts the calls that have no answer")
  law(party.session.running <= hello.limits.calls, "no more duties run than are allowed")
  law(
    party.duties.every((duty) => duty.isOver === (duty.state === "settled")),
    "a duty that is settled was answered or stopped"
  )
}

/** The link works, everybody reads, and every handler comes to its end. */
const settleDown = (world: World): void => {
  for (let rounds = 0; rounds < 1000; rounds++) {
    const { east, west } = world.pair
    const said = west.said.length + east.said.length
    const heard = settleMore(world, west) + settleMore(world, east)
    if (heard === 0 && west.said.length + east.said.length === said) return
  }
  assert.fail("two sessions come to rest")
}

const settleMore = (world: World, party: Party): number => {
  world.blocked.delete(party)
  const heard = world.pair.deliver(party)
  flow(world, party)
  takeEvents(world, party)
  for (const exchange of [...unsettled(party), ...running(party)]) consume(world, party, exchange)
  for (const duty of running(party)) party.succeed("done", duty)
  return heard
}

const mayBlame: ReadonlyArray<Refusal["_tag"]> = ["Malformed", "Overloaded", "Unauthorized", "Incompatible"]

const checkNobodyIsBlamed = ({ east, west }: Pair): void => {
  for (const party of [west, east]) {
    assert.deepStrictEqual(party.faults, [])
    for (const call of party.asked) {
      if (call.outcome !== undefined && "refused" in call.outcome)
        assert.notInclude(mayBlame, call.outcome.refused._tag)
    }
  }
}

const checkAllIsOver = ({ east, west }: Pair): void => {
  for (const party of [west, east]) {
    checkMoment(party)
    assert.isDefined(party.end)
    assert.deepStrictEqual(unsettled(party), [])
    assert.isTrue(party.duties.every((duty) => duty.isOver))
    assert.strictEqual(party.session.running + party.session.pending, 0)
    assert.strictEqual(party.session.deadlineMillis, Infinity)
  }
}

const wires: ReadonlyArray<readonly [name: string, options: Partial<Options>]> = [
  ["answers find their calls by id", { correlate: "id" }],
  ["answers find their calls by order", { correlate: "order" }],
  ["a Bye is answered", { correlate: "order", goodbye: true }],
  ["events need no credit", { correlate: "id", eventWindow: Infinity }]
]

describe.each(wires)("two sessions on a wire where %s", (_, options) => {
  it("settle every call once, stop every duty once, and are silent after their end", () => {
    fc.assert(
      fc.property(
        stepsOf([...names, ...often, ...often]),
        heartbeatMillis,
        capacity,
        fc.constantFrom("cut", "drain"),
        fc.boolean(),
        (steps, heartbeatMillis, capacity, ending, proves) => {
          const world = begin({ ...options, heartbeatMillis }, capacity, proves)
          perform(world, steps)
          if (ending === "drain") {
            for (const party of [world.pair.west, world.pair.east]) party.session.drain(world.pair.now)
            settleDown(world)
            // A session whose link has ended has told the other nothing.
            world.pair.advance(20_000)
            checkAllIsOver(world.pair)
          }
          checkNobodyIsBlamed(world.pair)
          world.pair.cut()
          checkAllIsOver(world.pair)
        }
      ),
      { numRuns: 200 }
    )
  })

  it("leave no call without its answer while they last", () => {
    const ops = [...names, ...often, ...often].filter((op) => !endings.includes(op))
    // On a wire that answers by order a call that is given up ends the session.
    const calm = ops.filter(
      (op) => options.correlate !== "order" || (op !== "cancel" && op !== "input" && op !== "advance")
    )
    fc.assert(
      fc.property(stepsOf(calm), capacity, fc.boolean(), (steps, capacity, proves) => {
        const world = begin({ ...options, handshakeMillis: Infinity }, capacity, proves)
        perform(world, steps)
        settleDown(world)
        for (const party of [world.pair.west, world.pair.east]) {
          assert.strictEqual(party.end, undefined)
          assert.deepStrictEqual(unsettled(party), [])
          assert.deepStrictEqual(running(party), [])
          assert.strictEqual(party.session.running, 0)
        }
        checkNobodyIsBlamed(world.pair)
        world.pair.cut()
        checkAllIsOver(world.pair)
      }),
      { numRuns: 130 }
    )
  })
})
