import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import { Transport } from "../../../src/transport/Transport.ts"
import { env, fixture } from "../../fixtures/links/fixture.ts"
import { Questions } from "../../fixtures/links/questions.ts"

const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)

/** A client of the child that answers on both streams, and what was told besides. */
const meet = Effect.gen(function* () {
  const told = { text: "", faults: new Array<IpcError>() }
  const child = ChildProcess.layer({
    command: process.execPath,
    args: [fixture("twoStreams.ts")],
    env,
    frames: "stdout+stderr",
    stderr: (text) => (told.text += text)
  })
  const onFault = (fault: IpcError) => Effect.sync(() => told.faults.push(fault))
  return { client: yield* Effect.provide(RpcClient.make(Questions, { onFault }), child), told }
})

const shell = (script: string) =>
  Effect.flatMap(Transport, (transport) => transport.open).pipe(
    Effect.provide(ChildProcess.layer({ command: "/bin/sh", args: ["-c", script], frames: "stdout+stderr" }))
  )

/** Takes down what comes on each stream; all of the second is text. */
const follow = (link: Effect.Success<ReturnType<typeof shell>>) => {
  const told = { first: "", second: "", ends: new Array<unknown>(), seen: () => {} }
  link.start({
    bytes: (chunk, stream) => {
      told[stream === 1 ? "second" : "first"] += Buffer.from(chunk).toString()
      if (stream === 1) link.stray!(chunk)
      told.seen()
    },
    drained: () => {},
    end: (reason) => {
      told.ends.push(reason)
      told.seen()
    }
  })
  const until = (condition: () => boolean) =>
    Effect.callback<void>((resume) => {
      told.seen = () => {
        if (condition()) resume(Effect.void)
      }
      told.seen()
    })
  return { told, until }
}

describe.concurrent("a child that speaks on stdout and on stderr", () => {
  it.live("is understood on both, and what lies between its frames is its text", () =>
    Effect.gen(function* () {
      const { client, told } = yield* meet
      // One after the other, then all at once.
      for (const n of count(4)) assert.strictEqual(yield* client.Repeat({ text: `text ${n}` }), `text ${n}`)
      const texts = count(20).map((n) => `all ${n}`)
      const answers = yield* Effect.forEach(texts, (text) => client.Repeat({ text }), { concurrency: "unbounded" })
      assert.deepStrictEqual(answers, texts)
      while (!told.text.includes("after 24\n")) yield* Effect.sleep(1)
      const lines = count(12).flatMap((n) => [`before ${2 * n + 2} ö`, `after ${2 * n + 2}`])
      assert.strictEqual(told.text, ["starting", ...lines, ""].join("\n"))
      assert.deepStrictEqual(told.faults, [])
    })
  )

  it.live("may answer with more than a pipe holds", () =>
    Effect.gen(function* () {
      const { client, told } = yield* meet
      const text = "long ".repeat(200_000)
      for (let n = 0; n < 2; n++) assert.strictEqual(yield* client.Repeat({ text }), text)
      assert.deepStrictEqual(told.faults, [])
    })
  )

  it.live("that exits is reported with its text, without the frames", () =>
    Effect.gen(function* () {
      const { client, told } = yield* meet
      for (const text of ["one", "two"]) yield* client.Repeat({ text })
      const { reason } = yield* Effect.flip(client.Repeat({ text: "leave" }))
      if (reason._tag !== "Disconnected") return assert.fail(reason._tag)
      assert.strictEqual(reason.exitCode, 4)
      assert.strictEqual(reason.stderrTail, "starting\nbefore 2 ö\nafter 2\nthe end ä\n")
      assert.strictEqual(told.text, reason.stderrTail)
      assert.deepStrictEqual(told.faults, [])
    })
  )
})

describe("a link that reads stdout and stderr", () => {
  it.live("ends after all of both, with the exit and the text", () =>
    Effect.gen(function* () {
      const { told, until } = follow(
        yield* shell(
          "head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero; exec >&-; sleep 0.1; echo last >&2; exit 3"
        )
      )
      yield* until(() => told.ends.length > 0)
      assert.deepStrictEqual([told.first.length, told.second.length], [1_000_000, 1_000_005])
      const stderrTail = `${"\0".repeat(64 * 1024 - 5)}last\n`
      assert.deepStrictEqual(told.ends, [{ _tag: "Exited", exitCode: 3, signal: undefined, stderrTail }])
    })
  )

  it.live("holds back both until it is started, and while it is paused, also when the child has exited", () =>
    Effect.gen(function* () {
      const link = yield* shell("echo one; exec >&-; echo two >&2; read line; head -c 100000 /dev/zero >&2; exit 3")
      yield* Effect.sleep(50)
      const { told, until } = follow(link)
      yield* until(() => told.first !== "" && told.second !== "")
      assert.strictEqual(told.second, "two\n")
      link.offer(Buffer.from("\n"))
      let before = 0
      yield* until(() => {
        if (told.second.length === 4) return false
        link.pause()
        before = told.second.length
        return true
      })
      assert.isBelow(before, 100_004)
      yield* Effect.sleep(600)
      assert.deepStrictEqual([told.second.length, told.ends.length], [before, 0])
      link.resume()
      yield* until(() => told.ends.length > 0)
      assert.deepStrictEqual([told.first, told.second.length], ["one\n", 100_004])
    })
  )
})
