/**
 * The demo: starts a child process and talks to it over its stdin and stdout. `npm run demo` runs it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Fiber, Stream } from "effect"
import { Handlers, RpcClient } from "effect-ipc"
import { ChildProcess } from "effect-ipc/node"
import { Demo, Tick } from "./protocol.ts"
import { dim, done, heading, progressBar } from "./terminal.ts"

const child = ChildProcess.layer({
  script: new URL("child.ts", import.meta.url),
  stderr: (text) => process.stderr.write(dim(text))
})

/** What the child may ask of this process. */
const answers = Handlers.layerClient(Demo)({
  Confirm: ({ question }) => Effect.as(Console.log(`The child asks: ${question} Yes.`), true)
})

const calls = 20_000
const inFlight = 256

const program = Effect.gen(function* () {
  const demo = yield* RpcClient.make(Demo)

  heading("A typed call and its answer")
  console.log(`1 / 8 = ${yield* demo.Divide({ dividend: 1, divisor: 8 })}`)

  heading("A typed error")
  const fault = yield* Effect.flip(demo.Divide({ dividend: 1, divisor: 0 }))
  console.log(`1 / 0 fails with ${fault._tag}`)

  heading("Events")
  const ticks = yield* demo.events(Tick).pipe(
    Stream.take(5),
    Stream.runForEach(({ n }) => Console.log(`Tick ${n}`)),
    Effect.forkChild
  )
  yield* demo.Start({ ticks: 5 })
  yield* Fiber.join(ticks)

  heading("A question from the child, then progress")
  const files = yield* demo.Index(
    { path: "/src" },
    { timeout: "5 seconds", onProgress: ({ percent }) => Effect.sync(() => progressBar(percent)) }
  )
  console.log(`${files} files indexed`)

  heading("A stream from the child, and one to it")
  const counted = yield* Stream.runFold(
    demo.Count({ to: 100_000 }),
    () => 0,
    (sum, n) => sum + n
  )
  console.log(`the numbers from 1 to 100,000, streamed here, make ${counted.toLocaleString("en")}`)
  const summed = yield* demo.Sum({}, { input: Stream.range(1, 100_000) })
  console.log(`streamed there, they make ${summed.toLocaleString("en")}`)

  heading("Speed")
  let left = calls
  const caller = Effect.gen(function* () {
    while (left-- > 0) yield* demo.Divide({ dividend: left, divisor: 2 })
  })
  const started = performance.now()
  yield* Effect.all(
    Array.from({ length: inFlight }, () => caller),
    { concurrency: "unbounded", discard: true }
  )
  const perSecond = Math.round(calls / ((performance.now() - started) / 1000))
  const [rate, total] = [perSecond, calls].map((n) => n.toLocaleString("en"))
  console.log(`${rate} calls per second (${total} calls, ${inFlight} at a time)`)
})

program.pipe(
  Effect.scoped,
  Effect.andThen(Effect.sync(done)),
  Effect.provide(answers),
  Effect.provide(child),
  NodeRuntime.runMain
)
