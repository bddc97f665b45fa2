/** The handlers of the suite's protocol, for either side. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Lab from "./Lab.ts"
import { pattern, scenarios } from "./scenarios.ts"

interface Asked {
  readonly caller: Lab.Speaker
  readonly headers: Readonly<Record<string, string>>
}
interface Fed<A> extends Asked {
  readonly input: Stream.Stream<A, IpcError>
}

/** @param quit ends this side. */
export const staff = (journal: Lab.Journal, quit: Effect.Effect<void>) => ({
  Half: ({ n }: Lab.Half) => {
    if (n < 0) return Effect.fail(new Lab.TooSmall({ least: 0 }))
    return n % 2 === 0 ? Effect.succeed(n / 2) : Effect.fail(new Lab.Odd({ n }))
  },
  Echo: ({ text }: Lab.Echo) => Effect.succeed(text),
  EchoBytes: ({ bytes }: Lab.EchoBytes) => Effect.succeed(bytes),
  Later: ({ n, turns }: Lab.Later) => Effect.as(Effect.repeat(Effect.yieldNow, { times: turns }), n),
  Hang: ({ key }: Lab.Hang) => noted(journal, key, Effect.never),
  Count: ({ failAt, key, total }: Lab.Count) =>
    Stream.range(0, total - 1).pipe(
      Stream.rechunk(1),
      Stream.mapEffect((n) =>
        n === failAt ? Effect.fail(new Lab.TooSmall({ least: n })) : Effect.as(journal.count(key), n)
      ),
      Stream.ensuring(journal.note(`${key} finalized`))
    ),
  Blocks: ({ blocks, bytes }: Lab.Blocks) => Stream.map(Stream.range(1, blocks), () => pattern(bytes)),
  Sum: ({ key }: Lab.Sum, { input }: Fed<number>) => noted(journal, key, Effect.orDie(Stream.runSum(input))),
  First: ({ count }: Lab.First, { input }: Fed<number>) => Effect.orDie(Stream.runCollect(Stream.take(input, count))),
  Shout: (_: Lab.Shout, { input }: Fed<string>) => Stream.orDie(Stream.map(input, (text) => text.toUpperCase())),
  Work: (
    { steps }: Lab.Work,
    { report }: Asked & { readonly report: (at: { done: number; total: number }) => Effect.Effect<void> }
  ) =>
    Stream.range(1, steps).pipe(
      Stream.runForEach((done) => Effect.andThen(report({ done, total: steps }), Effect.yieldNow)),
      Effect.as(`${steps} steps`)
    ),
  Steps: ({ steps }: Lab.Steps, { report }: Asked & { readonly report: (step: number) => Effect.Effect<void> }) =>
    Stream.mapEffect(Stream.range(1, steps), (step) => Effect.as(report(step), step)),
  Headers: (_: Lab.Headers, { headers }: Asked) => Effect.succeed(headers),
  Die: ({ message }: Lab.Die) => Effect.die(new Error(message)),
  Leave: () => Effect.interrupt,
  Heard: ({ key }: Lab.Heard) => journal.heard(key),
  Gate: ({ key }: Lab.Gate) =>
    journal
      .note(`${key} started`)
      .pipe(Effect.andThen(journal.heard(`${key} open`)), Effect.andThen(journal.count(`${key} passed`))),
  Tally: ({ key }: Lab.Tally) => Effect.sync(() => journal.counted(key)),
  Drive: ({ scenario }: Lab.Drive, { caller }: Asked) =>
    Effect.orDie(Effect.scoped((scenarios[scenario] ?? waits)(caller))),
  Quit: () => quit,
  Note: (note: Lab.Note) => record(journal, note)
})

/** Runs for as long as the other side lets it. */
const waits = (caller: Lab.Speaker) => caller.Gate({ key: "gate" })

/** Notes events under their key, and whether each follows the one before it. */
export const record = (journal: Lab.Journal, { key, n }: Lab.Note): Effect.Effect<void> =>
  Effect.suspend(() => (journal.counted(key) === n ? Effect.void : journal.count(`${key} out of order`))).pipe(
    Effect.andThen(journal.count(key)),
    Effect.andThen(journal.note(`${key} ${n}`))
  )

const noted = <A, R>(
  journal: Lab.Journal,
  key: string,
  effect: Effect.Effect<A, never, R>
): Effect.Effect<A, never, Exclude<R, Scope.Scope>> =>
  Effect.scoped(
    Effect.acquireRelease(journal.note(`${key} started`), () => journal.note(`${key} finalized`)).pipe(
      Effect.andThen(effect),
      Effect.onInterrupt(() => journal.note(`${key} interrupted`))
    )
  )
