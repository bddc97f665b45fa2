/**
 * The protocol of the suite: both sides take the same messages, so what one side can do the other can do too.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { Client } from "../../src/peer/Client.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

export class TooSmall extends Schema.TaggedError<TooSmall>()("TooSmall", { least: Schema.Int }) {}
export class Odd extends Schema.TaggedError<Odd>()("Odd", { n: Schema.Int }) {}

export class Half extends Request.Class<Half>()("Half", {
  payload: { n: Schema.Int },
  success: Schema.Int,
  error: Schema.Union([TooSmall, Odd])
}) {}
export class Echo extends Request.Class<Echo>()("Echo", { payload: { text: Schema.String }, success: Schema.String }) {}
export class EchoBytes extends Request.Class<EchoBytes>()("EchoBytes", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array
}) {}
/** Answers after the scheduler had as many turns. */
export class Later extends Request.Class<Later>()("Later", {
  payload: { n: Schema.Int, turns: Schema.Int },
  success: Schema.Int
}) {}
/** Never answers. Notes `started`, `interrupted` and `finalized`, each with the key. */
export class Hang extends Request.Class<Hang>()("Hang", { payload: { key: Schema.String } }) {}
/** Streams 0, 1, 2 and so on, one by one; fails at `failAt`. Counts under the key, and notes `finalized` with it. */
export class Count extends Request.Class<Count>()("Count", {
  payload: { key: Schema.String, total: Schema.Int, failAt: Schema.optionalKey(Schema.Int) },
  stream: Schema.Int,
  error: TooSmall
}) {}
export class Blocks extends Request.Class<Blocks>()("Blocks", {
  payload: { blocks: Schema.Int, bytes: Schema.Int },
  stream: Schema.Uint8Array
}) {}
export class Sum extends Request.Class<Sum>()("Sum", {
  payload: { key: Schema.String },
  input: Schema.Int,
  success: Schema.Int
}) {}
/** Answers after `count` items of the input, whatever follows. */
export class First extends Request.Class<First>()("First", {
  payload: { count: Schema.Int },
  input: Schema.Int,
  success: Schema.Array(Schema.Int)
}) {}
export class Shout extends Request.Class<Shout>()("Shout", { input: Schema.String, stream: Schema.String }) {}
export class Work extends Request.Class<Work>()("Work", {
  payload: { steps: Schema.Int },
  progress: Schema.Struct({ done: Schema.Int, total: Schema.Int }),
  success: Schema.String
}) {}
/** Streams its steps, and reports each before it. */
export class Steps extends Request.Class<Steps>()("Steps", {
  payload: { steps: Schema.Int },
  progress: Schema.Int,
  stream: Schema.Int
}) {}
export class Headers extends Request.Class<Headers>()("Headers", {
  success: Schema.Record(Schema.String, Schema.String)
}) {}
export class Die extends Request.Class<Die>()("Die", { payload: { message: Schema.String } }) {}
export class Leave extends Request.Class<Leave>()("Leave") {}
/** Answers once the journal has the key. */
export class Heard extends Request.Class<Heard>()("Heard", { payload: { key: Schema.String } }) {}
/** Notes `started` with the key, waits for `open`, and counts `passed`. */
export class Gate extends Request.Class<Gate>()("Gate", { payload: { key: Schema.String } }) {}
/** Answers how often the journal counted the key. */
export class Tally extends Request.Class<Tally>()("Tally", { payload: { key: Schema.String }, success: Schema.Int }) {}
/** Lets the other side run a scenario towards the one that asks. */
export class Drive extends Request.Class<Drive>()("Drive", { payload: { scenario: Schema.String } }) {}
/** Ends the server that is asked. */
export class Quit extends Request.Class<Quit>()("Quit") {}
export class Note extends Event.Class<Note>()("Note", { key: Schema.String, n: Schema.Int }) {}

const members = [
  Half,
  Echo,
  EchoBytes,
  Later,
  Hang,
  Count,
  Blocks,
  Sum,
  First,
  Shout,
  Work,
  Steps,
  Headers,
  Die,
  Leave,
  Heard,
  Gate,
  Tally,
  Drive,
  Quit,
  Note
] as const

export const Lab = Protocol.make("lab", { version: "1.0.0", server: members, client: members })
export type Lab = typeof Lab

/** Either side's client of the other. */
export type Speaker = Client<Lab>

/** What happened on one side. */
export class Journal {
  readonly #entries = new Map<string, Deferred.Deferred<void>>()
  readonly #counts = new Map<string, number>()

  note(key: string): Effect.Effect<void> {
    return Effect.sync(() => void Deferred.doneUnsafe(this.#entry(key), Exit.void))
  }

  heard(key: string): Effect.Effect<void> {
    return Effect.suspend(() => Deferred.await(this.#entry(key)))
  }

  count(key: string): Effect.Effect<void> {
    return Effect.sync(() => void this.#counts.set(key, this.counted(key) + 1))
  }

  counted(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  #entry(key: string): Deferred.Deferred<void> {
    let entry = this.#entries.get(key)
    if (entry === undefined) this.#entries.set(key, (entry = Deferred.makeUnsafe<void>()))
    return entry
  }
}
