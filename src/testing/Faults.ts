/**
 * Faults between two peers: a line that stalls, splits, delays, garbles and is cut, on command or by chance.
 *
 * A `Faults` stands in the way of a `Transport`, whatever it is; memory, in most tests. Delays go by Effect's clock, so
 * `TestClock` moves them. What goes by chance goes by a seed: the same seed and the same bytes have the same faults.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { EndReason, Link } from "../transport/Link.ts"
import { Transport } from "../transport/Transport.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { FaultyLink } from "./FaultyLink.ts"
import type { Odds, Roll, Rules } from "./Lane.ts"

/**
 * One way over the line, or both.
 *
 * @category models
 * @since 0.1.0
 */
export type Way = "toServer" | "toClient" | "both"

/**
 * What befalls by chance. Chances are from 0 to 1, for each chunk of bytes; the default of each is 0.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Two lines of one seed behave alike. Default: `effect-ipc`. */
  readonly seed?: string | number | undefined
  /** How likely a chunk arrives in pieces of random sizes. */
  readonly split?: number | undefined
  /** How likely a chunk is late; and all that comes behind it. */
  readonly delay?: number | undefined
  /** How late at most. Default: 100 milliseconds. */
  readonly delayUpTo?: Duration.Input | undefined
  /** How likely one byte of a chunk is damaged. */
  readonly garble?: number | undefined
}

/**
 * A line with faults. What it is told concerns the links that are open and those that will be, except for `garble` and
 * `cut`, which concern those that are open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Faults {
  /** Holds everything back until `flow`. The end of a link waits too; a link that is closed is not held up. */
  readonly stall: (way?: Way) => Effect.Effect<void>
  /** Lets everything pass: what was stalled first, and from then on whole and in time. */
  readonly flow: (way?: Way) => Effect.Effect<void>
  /** Lets nothing arrive in one piece that is larger than so many bytes. */
  readonly split: (bytes: number, way?: Way) => Effect.Effect<void>
  /** Lets everything arrive so much later. */
  readonly delay: (by: Duration.Input, way?: Way) => Effect.Effect<void>
  /** Damages one byte, at a random place, in each of the chunks that come next. Default: one chunk. */
  readonly garble: (chunks?: number, way?: Way) => Effect.Effect<void>
  /** Ends every link: for the client with `reason`, for the server once the client closes. What is on its way is lost. */
  readonly cut: (reason?: EndReason) => Effect.Effect<void>
  /** Puts the faults in the way of a transport. */
  readonly over: (transport: Transport["Service"]) => Transport["Service"]
}

/**
 * Makes a line. It has no faults until it is told, but for those by chance.
 *
 * @example
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import * as Effect from "effect/Effect"
 * import * as Fiber from "effect/Fiber"
 * import * as TestClock from "effect/testing/TestClock"
 * import * as Faults from "effect-ipc/testing/Faults"
 * import * as TestPeer from "effect-ipc/testing/TestPeer"
 * import { handlers } from "./handlers.ts"
 * import { Calculator } from "./protocol.ts"
 *
 * it.effect("gives up when the line stalls", () =>
 *   Effect.gen(function* () {
 *     const faults = yield* Faults.make()
 *     const calculator = yield* TestPeer.make(Calculator, { faults })
 *     yield* faults.stall()
 *     const call = calculator.Divide({ dividend: 1, divisor: 2 }, { timeout: "1 second" })
 *     const failure = yield* Effect.forkChild(Effect.flip(call))
 *     yield* TestClock.adjust("1 second")
 *     assert.strictEqual((yield* Fiber.join(failure))._tag, "IpcError")
 *   }).pipe(Effect.provide(handlers))
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Effect.Effect<Faults> =>
  Effect.map(Random.withSeed(Random.Random, options.seed ?? "effect-ipc"), (random) => {
    const toServer = calm()
    const toClient = calm()
    const links = new Set<FaultyLink>()
    const odds = oddsOf(options)
    const roll = () => random.nextDoubleUnsafe()

    const tell = (way: Way, rule: (rules: Rules) => void) =>
      Effect.sync(() => {
        if (way !== "toClient") rule(toServer)
        if (way !== "toServer") rule(toClient)
        for (const link of links) {
          link.toServer.flow()
          link.toClient.flow()
        }
      })

    return {
      stall: (way = "both") => tell(way, (rules) => (rules.stalled = true)),
      flow: (way = "both") => tell(way, (rules) => Object.assign(rules, calm())),
      split: (bytes, way = "both") => tell(way, (rules) => (rules.pieceBytes = Math.max(1, bytes))),
      delay: (by, way = "both") => tell(way, (rules) => (rules.delayMillis = Duration.toMillis(by))),
      garble: (chunks = 1, way = "both") =>
        Effect.sync(() => {
          for (const link of links) {
            if (way !== "toClient") link.toServer.garble(chunks)
            if (way !== "toServer") link.toClient.garble(chunks)
          }
        }),
      cut: (reason = cutHere) => Effect.sync(() => links.forEach((link) => link.cut(reason))),
      over: (transport) => ({ ...transport, open: opened(transport.open, { toServer, toClient, links, odds, roll }) })
    }
  })

/**
 * Puts faults in the way of the `Transport` that is provided.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (faults: Faults): Layer.Layer<Transport, never, Transport> =>
  Layer.effect(Transport, Effect.map(Transport, faults.over))

/** What the links of a line share. */
interface Line {
  readonly toServer: Rules
  readonly toClient: Rules
  /** Those that are open. */
  readonly links: Set<FaultyLink>
  readonly odds: Odds
  readonly roll: Roll
}

const opened = (
  open: Effect.Effect<Link, TransportError, Scope.Scope>,
  { links, odds, roll, toClient, toServer }: Line
): Effect.Effect<Link, TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const inner = yield* open
    const ways = { odds, roll, clock: yield* Clock.Clock, runFork: Effect.runForkWith(yield* Effect.context()) }
    const link = new FaultyLink(inner, { ...ways, rules: toServer }, { ...ways, rules: toClient })
    yield* Effect.acquireRelease(
      Effect.sync(() => links.add(link)),
      () =>
        Effect.sync(() => {
          links.delete(link)
          link.flush()
        })
    )
    return link
  })

const calm = (): Rules => ({ stalled: false, pieceBytes: Infinity, delayMillis: 0 })

const oddsOf = ({ delay = 0, delayUpTo = 100, garble = 0, split = 0 }: Options): Odds => ({
  split,
  delay,
  delayMillis: Duration.toMillis(delayUpTo),
  garble
})

const cutHere: EndReason = { _tag: "Broken", stage: "read", detail: "cut by the test" }
