/** What `npm run bench` makes of its arguments. */
import { assert, describe, it } from "@effect/vitest"
import { parse, type Part } from "../../bench/args.ts"

const partsOf = (...argv: ReadonlyArray<string>): ReadonlyArray<Part> => {
  const args = parse(argv)
  if (args === "help" || !("parts" in args)) throw new Error("it measures nothing")
  return args.parts
}

/** What is measured of each part: the chosen names that its suite has. */
const chosen = (argv: ReadonlyArray<string>) =>
  partsOf(...argv).map(({ metrics, subjects, suite, transports }) => ({
    transports: transports.join(" "),
    subjects: suite.subjects.filter(({ name }) => subjects.has(name)).length,
    metrics: suite.metrics.filter(({ name }) => metrics.has(name)).length
  }))

describe("the arguments of the bench", () => {
  it("ask for all subjects over two links, then for effect-ipc over all transports", () => {
    assert.deepStrictEqual(
      partsOf().map(({ transports }) => transports),
      [["unix", "stdio"], ["transports"]]
    )
  })

  it.each([
    { names: "effect-ipc,unix,calls256", parts: [{ transports: "unix", subjects: 1, metrics: 1 }] },
    { names: "raw-json", parts: [{ transports: "unix stdio", subjects: 1, metrics: 11 }] },
    { names: "p99", parts: [{ transports: "unix stdio", subjects: 7, metrics: 1 }] },
    { names: "transports", parts: [{ transports: "transports", subjects: 10, metrics: 5 }] },
    {
      names: "effect-ipc-fifo,effect-ipc-stdio,p50",
      parts: [{ transports: "transports", subjects: 2, metrics: 1 }]
    },
    {
      names: "calls256",
      parts: [
        { transports: "unix stdio", subjects: 7, metrics: 1 },
        { transports: "transports", subjects: 10, metrics: 1 }
      ]
    }
  ])("with --only $names measure no more than that", ({ names, parts }) => {
    assert.deepStrictEqual(chosen(["--only", names]), parts)
  })

  it("give the transports fewer and shorter rounds than the rest, and never more than asked for", () => {
    const [standard, transports] = partsOf("--rounds", "5")
    assert.isBelow(transports!.rounds, standard!.rounds)
    assert.isBelow(transports!.times.windowMillis, standard!.times.windowMillis)
    assert.deepStrictEqual(
      partsOf("--quick").map(({ rounds }) => rounds),
      [1, 1]
    )
  })

  it.each([
    { names: "nothing", says: "--only knows no nothing" },
    { names: "effect-ipc-fifo,unix", says: "--only effect-ipc-fifo,unix leaves nothing to measure" }
  ])("say what is wrong with --only $names", ({ names, says }) => {
    assert.throws(() => partsOf("--only", names), says)
  })
})
