import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import { Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import { patternOf, sha } from "../../fixtures/links/behaviour.ts"
import { run } from "../../fixtures/links/fixture.ts"
import { record } from "../../transport/suite.ts"

const open = (options: ChildProcess.Options) =>
  Effect.flatMap(Transport, (transport) => transport.open).pipe(Effect.provide(ChildProcess.layer(options)))

const shell = (script: string, options?: Partial<ChildProcess.Common>) =>
  open({ command: "/bin/sh", args: ["-c", script], shutdown: { endInputFor: "50 millis" }, ...options })

const inScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    return [yield* Scope.provide(effect, scope), Scope.close(scope, Exit.void)] as const
  })

const textOf = (chunks: ReadonlyArray<Uint8Array>): string => Buffer.concat(chunks).toString()

/** Runs a shell script to its end. */
const ran = (script: string, options?: Partial<ChildProcess.Common>) =>
  Effect.gen(function* () {
    const recorder = record(yield* shell(script, options))
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.strictEqual(recorder.ends.length, 1)
    return { text: textOf(recorder.chunks), end: recorder.ends[0]! }
  })

const exited = (exitCode: number | undefined, stderrTail = "", signal?: string) =>
  ({ _tag: "Exited", exitCode, signal, stderrTail }) as const

const fails = (options: ChildProcess.Options, says: RegExp) =>
  Effect.map(Effect.flip(Effect.scoped(open(options))), (error) => {
    assert.instanceOf(error, TransportError)
    assert.strictEqual(error.stage, "open")
    assert.match(error.message, says)
  })

/** Whether a process runs. One that waits to be collected does not. */
const isRunning = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(Fs.readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

const untilGone = (pids: ReadonlyArray<number>, withinMillis: number) =>
  Effect.gen(function* () {
    const giveUpAt = performance.now() + withinMillis
    while (pids.some(isRunning)) {
      assert.isBelow(performance.now(), giveUpAt, `still alive: ${pids.filter(isRunning)}`)
      yield* Effect.sleep(10)
    }
  })

/** Three levels, of which the lower two ignore the end of input; each prints its pid. */
const tree = `echo $$; sh -c 'echo $$; sh -c "echo \\$\\$; exec sleep 300" & wait' & wait`
/** The same, and none heeds SIGTERM. */
const stubbornTree = `trap '' TERM; ${tree.replace("exec sleep 300", 'trap \\"\\" TERM; sleep 300; sleep 300')}`

const pidsOf = (text: string): Array<number> => text.trim().split("\n").map(Number)

/** A parent in a process and group of its own. Answers the pids that its tree prints. */
const parentOf = (script: string, levels: number, ...more: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const parent = run("orphaner.ts", [script, ...more], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true
    })
    let text = ""
    parent.stdout!.on("data", (chunk) => (text += chunk))
    while (text.split("\n").length <= levels) yield* Effect.promise(() => once(parent.stdout!, "data"))
    const pids = pidsOf(text)
    assert.isTrue(pids.every(isRunning))
    return { parent, pids }
  })

// They mostly wait.
describe.concurrent("a child process", () => {
  it.live("is a script, at a path or a URL, that Node runs with its options", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "script-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
      )
      const path = Path.join(directory, "my script.mjs")
      Fs.writeFileSync(path, "console.log([process.version, ...process.execArgv, ...process.argv.slice(2)].join())")
      for (const script of [path, pathToFileURL(path)]) {
        const link = yield* open({ script, args: ["a", "b"], execArgv: ["--no-warnings"] })
        assert.match(link.address, /^child:.*my script\.mjs a b \(pid \d+\)$/)
        const recorder = record(link)
        yield* recorder.until(() => recorder.ends.length > 0)
        assert.strictEqual(textOf(recorder.chunks), `${process.version},--no-warnings,a,b\n`)
      }
    })
  )

  it.live("says what to do when the command does not exist", () =>
    Effect.gen(function* () {
      yield* fails({ command: "no-such-command" }, /no-such-command was not found on PATH; install it/)
      yield* fails({ command: "./no-such-command" }, /does not exist; check the path/)
    })
  )

  it.live("says what to do when the command cannot be executed, or its directory does not exist", () =>
    Effect.gen(function* () {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "child-"))
      const script = Path.join(directory, "script")
      Fs.writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o644 })
      yield* fails({ command: script }, /may not be executed .*chmod \+x/)
      Fs.chmodSync(script, 0o755)
      yield* fails({ command: script }, /interpreter named in its first line does not/)
      yield* fails({ command: "true", cwd: Path.join(directory, "nowhere") }, /working directory .* does not exist/)
      Fs.rmSync(directory, { recursive: true })
    })
  )

  it.live("tells the exit code and the stderr of a child that exits at once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* ran("echo cannot start >&2; exit 3"), {
        text: "",
        end: exited(3, "cannot start\n")
      })
    })
  )

  it.live("tells the signal that killed a child", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* ran("kill -9 $$")).end, exited(undefined, "", "SIGKILL"))
    })
  )

  it.live("delivers all a child wrote before it exited", () =>
    Effect.gen(function* () {
      const recorder = record(yield* shell("head -c 5000000 /dev/zero; echo end; exit 5"))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(recorder.bytes, 5_000_004)
      assert.deepStrictEqual(recorder.ends, [exited(5)])
    })
  )

  it.live("delivers all a child wrote before it exited to a reader that pauses for longer than it lingers", () =>
    Effect.gen(function* () {
      const link = yield* shell("head -c 100000 /dev/zero; exit 5")
      const recorder = record(link, { bytes: () => link.pause() })
      yield* recorder.until(() => recorder.chunks.length === 1)
      yield* Effect.sleep(600)
      assert.strictEqual(recorder.chunks.length, 1)
      assert.strictEqual(recorder.ends.length, 0)
      while (recorder.ends.length === 0) {
        const before = recorder.chunks.length
        link.resume()
        yield* recorder.until(() => recorder.chunks.length > before || recorder.ends.length > 0)
      }
      assert.strictEqual(recorder.bytes, 100_000)
    })
  )

  it.live("answers with its exit, not a broken pipe, when the child goes while it is written to", () =>
    Effect.gen(function* () {
      const link = yield* shell("read line; echo sorry >&2; exit 4")
      const recorder = record(link, { drained: () => link.offer(new Uint8Array(1_000_000)) })
      link.offer(Buffer.from("\n"))
      link.offer(new Uint8Array(1_000_000))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.deepStrictEqual(recorder.ends, [exited(4, "sorry\n")])
    })
  )

  it.live("ends as ended when the child closes its stdout and lives on", () =>
    Effect.gen(function* () {
      const recorder = record(yield* shell("echo last; exec >&-; sleep 300"))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(textOf(recorder.chunks), "last\n")
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
    })
  )

  it.live("ends as broken when the child closes its stdin and lives on", () =>
    Effect.gen(function* () {
      const link = yield* shell("exec <&-; echo closed; exec sleep 300")
      const recorder = record(link)
      yield* recorder.until(() => recorder.bytes > 0)
      link.offer(new Uint8Array(10))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "write", detail: "EPIPE" }])
    })
  )

  it.live("is not held up by 10 MiB of stderr, and keeps the end of it", () =>
    Effect.gen(function* () {
      const { end, text } = yield* ran(
        "head -c 10485760 /dev/zero | tr '\\0' e >&2; echo äöü, the end >&2; echo alive; exit 1",
        { stderrTailBytes: 1000 }
      )
      assert.strictEqual(text, "alive\n")
      if (end._tag !== "Exited") return assert.fail(end._tag)
      assert.isTrue(end.stderrTail.endsWith("eäöü, the end\n"))
      assert.strictEqual(Buffer.byteLength(end.stderrTail), 1000)
    })
  )

  it.live("cuts the kept stderr between characters", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* ran("printf ääää >&2", { stderrTailBytes: 5 })).end, exited(0, "ää"))
    })
  )

  it.live("hands on stderr as text as it comes", () =>
    Effect.gen(function* () {
      let text = ""
      yield* ran("printf '\\303' >&2; sleep 0.05; printf '\\244' >&2", { stderr: (more) => (text += more) })
      assert.strictEqual(text, "ä")
    })
  )

  it.live("is not held up by a grandchild that keeps stdout, and ends it", () =>
    Effect.gen(function* () {
      const startedAt = performance.now()
      const { end, text } = yield* ran("sleep 300 & echo $!; exit 6")
      assert.deepStrictEqual(end, exited(6))
      assert.isBelow(performance.now() - startedAt, 1500)
      yield* untilGone(pidsOf(text), 2000)
    })
  )

  it.live("is not held up by a grandchild that floods stdout", () =>
    Effect.gen(function* () {
      const recorder = record(yield* shell("yes & exit 6"), { keep: false })
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.deepStrictEqual(recorder.ends, [exited(6)])
    })
  )

  it.live("lets a child end by the end of its input", () =>
    Effect.gen(function* () {
      const file = Path.join(Fs.mkdtempSync(Path.join(Os.tmpdir(), "child-")), "sum")
      const [link, close] = yield* inScope(shell(`sha256sum > ${file}`))
      link.offer(patternOf(2_000_000))
      yield* close
      assert.strictEqual(Fs.readFileSync(file, "utf8").slice(0, 64), sha(patternOf(2_000_000)))
      Fs.rmSync(Path.dirname(file), { recursive: true })
    })
  )

  it.live("terminates a child that ignores the end of its input, with all it started", () =>
    Effect.gen(function* () {
      const [link, close] = yield* inScope(shell(tree))
      const recorder = record(link)
      yield* recorder.until(() => textOf(recorder.chunks).split("\n").length === 4)
      const pids = pidsOf(textOf(recorder.chunks))
      assert.isTrue(pids.every(isRunning))
      const startedAt = performance.now()
      yield* close
      assert.isFalse(pids.some(isRunning))
      assert.isBelow(performance.now() - startedAt, 1500)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
    })
  )

  it.live("kills a child that ignores SIGTERM, with all it started", () =>
    Effect.gen(function* () {
      const shutdown = { endInputFor: "50 millis", terminateFor: "100 millis" } as const
      const [link, close] = yield* inScope(shell(stubbornTree, { shutdown }))
      const recorder = record(link)
      yield* recorder.until(() => textOf(recorder.chunks).split("\n").length === 4)
      const pids = pidsOf(textOf(recorder.chunks))
      const startedAt = performance.now()
      yield* close
      assert.isFalse(pids.some(isRunning))
      assert.isAbove(performance.now() - startedAt, 140)
      assert.isBelow(performance.now() - startedAt, 1500)
    })
  )

  it.live("ends what a wrapper left behind when it was killed", () =>
    Effect.gen(function* () {
      const recorder = record(yield* shell(tree))
      yield* recorder.until(() => textOf(recorder.chunks).split("\n").length === 4)
      const pids = pidsOf(textOf(recorder.chunks))
      process.kill(pids[0]!, "SIGKILL")
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.deepStrictEqual(recorder.ends, [exited(undefined, "", "SIGKILL")])
      yield* untilGone(pids, 2500)
    })
  )

  it.live(
    "leaves no child behind when this process is killed, not even one that ignores SIGTERM",
    () =>
      Effect.gen(function* () {
        const { parent, pids } = yield* parentOf(stubbornTree, 3)
        parent.kill("SIGKILL")
        yield* untilGone(pids, 8000)
      }),
    15_000
  )

  it.live("leaves no child behind when this process exits without closing its scopes", () =>
    Effect.gen(function* () {
      const { parent, pids } = yield* parentOf(tree, 3, "exit")
      yield* Effect.promise(() => once(parent, "exit"))
      assert.strictEqual(parent.exitCode, 7)
      yield* untilGone(pids, 500)
    })
  )

  it.live("keeps Ctrl-C from a child, and ends it by the end of its input", () =>
    Effect.gen(function* () {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "child-"))
      const file = Path.join(directory, "seen")
      const script = `trap 'echo interrupted >> ${file}' INT; echo $$; cat; echo input ended >> ${file}`
      const { parent, pids } = yield* parentOf(script, 1)
      // A terminal sends it to the whole group in front.
      process.kill(-parent.pid!, "SIGINT")
      yield* Effect.promise(() => once(parent, "exit"))
      assert.isFalse(pids.some(isRunning))
      assert.strictEqual(Fs.readFileSync(file, "utf8"), "input ended\n")
      Fs.rmSync(directory, { recursive: true })
    })
  )

  it.live("extends the environment, replaces it, and sets the working directory", () =>
    Effect.gen(function* () {
      process.env.LINK_TEST = "outer"
      const print = "echo ${LINK_TEST-none} ${OWN-none} ${HOME-none}; pwd"
      const home = process.env.HOME
      assert.strictEqual((yield* ran(print, { env: { OWN: "1" }, cwd: "/" })).text, `outer 1 ${home}\n/\n`)
      assert.strictEqual(
        (yield* ran(print, { env: { LINK_TEST: undefined }, cwd: "/" })).text,
        `none none ${home}\n/\n`
      )
      assert.strictEqual(
        (yield* ran(print, { env: { OWN: "1" }, extendEnv: false, cwd: "/" })).text,
        "none 1 none\n/\n"
      )
      delete process.env.LINK_TEST
    })
  )

  it.live("carries frames over descriptor 3 and takes stdout for text", () =>
    Effect.gen(function* () {
      const link = yield* shell("echo free; head -c 5 <&3 >&3; exit 2", { frames: "fd3" })
      const recorder = record(link)
      link.offer(Buffer.from("hello"))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(textOf(recorder.chunks), "hello")
      assert.deepStrictEqual(recorder.ends, [exited(2, "free\n")])
    })
  )

  it.live("names the process in its address", () =>
    Effect.gen(function* () {
      const link = yield* shell("exit 0")
      assert.match(link.address, /^child:\/bin\/sh -c exit 0 \(pid \d+\)$/)
    })
  )
})
