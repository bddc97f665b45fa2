import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Stdio from "../../../src/node/Stdio.ts"
import { Transport } from "../../../src/transport/Transport.ts"
import { patternOf, sha, sourceBytes } from "../../fixtures/links/behaviour.ts"
import { fixture, run } from "../../fixtures/links/fixture.ts"

/** Waits for a process to end. */
const ended = (child: ChildProcess) =>
  Effect.callback<{ code: number | null; stdout: string; stderr: string }>((resume) => {
    let stdout = ""
    let stderr = ""
    child.stdout?.on("data", (chunk) => (stdout += chunk))
    child.stderr?.on("data", (chunk) => (stderr += chunk))
    child.on("close", (code) => resume(Effect.succeed({ code, stdout, stderr })))
  })

const node = (name: string, args: ReadonlyArray<string> = []) => run(name, args) as ChildProcessWithoutNullStreams

const inDirectory = (body: (directory: string) => Effect.Effect<void>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "stdio-"))),
    body,
    (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true }))
  )

it.live("keeps stdout for frames while the layer is in use, and exits with 0 at the end of input", () =>
  Effect.gen(function* () {
    const child = node("noisy.ts")
    setTimeout(() => child.stdin.end(), 50)
    const { code, stderr, stdout } = yield* ended(child)
    assert.strictEqual(stdout, "framesprinted again\n")
    for (const how of ["console.log", "console.info", "process.stdout", "a logger"]) assert.include(stderr, `by ${how}`)
    assert.include(stderr, "with a callback")
    assert.include(stderr, "then Done")
    assert.strictEqual(code, 0)
  })
)

it.live("takes a broken stdout for the end of the link, and exits with 0", () =>
  Effect.gen(function* () {
    const child = node("behave.ts", ["source"])
    child.stdout.destroy()
    child.stdin.write("1")
    const { code, stderr } = yield* ended(child)
    assert.strictEqual(stderr, "result Broken\n")
    assert.strictEqual(code, 0)
  })
)

it.live("writes all it was offered to a reader that is slow, before it exits", () =>
  Effect.gen(function* () {
    const child = node("behave.ts", ["leaves"])
    const exit = ended(child)
    const hash = createHash("sha256")
    child.stdout.removeAllListeners("data").pause()
    yield* Effect.sleep(900)
    assert.isNull(child.exitCode)
    child.stdout.on("data", (chunk: Buffer) => hash.update(chunk)).resume()
    assert.strictEqual((yield* exit).code, 0)
    assert.strictEqual(hash.digest("hex"), sha(patternOf(sourceBytes)))
  })
)

it.live("reads from a file and writes to a file", () =>
  inDirectory((directory) =>
    Effect.gen(function* () {
      const [input, output] = [Path.join(directory, "in"), Path.join(directory, "out")]
      Fs.writeFileSync(input, patternOf(3_000_000))
      const child = run("behave.ts", ["echo"], {
        stdio: [Fs.openSync(input, "r"), Fs.openSync(output, "w"), "pipe"]
      })
      assert.deepStrictEqual(yield* ended(child), { code: 0, stdout: "", stderr: "result Ended\n" })
      assert.isTrue(Fs.readFileSync(output).equals(patternOf(3_000_000)))
    })
  )
)

it.live("reads and writes pipes of a shell", () =>
  inDirectory((directory) =>
    Effect.gen(function* () {
      Fs.writeFileSync(Path.join(directory, "in"), patternOf(3_000_000))
      const child = spawn(
        "/bin/sh",
        ["-c", `cat in | "$0" "$1" echo | (sleep 0.2; cat) > out`, process.execPath, fixture("behave.ts")],
        {
          cwd: directory
        }
      )
      assert.deepStrictEqual(yield* ended(child), { code: 0, stdout: "", stderr: "result Ended\n" })
      assert.isTrue(Fs.readFileSync(Path.join(directory, "out")).equals(patternOf(3_000_000)))
    })
  )
)

it.live("ends at once with no input", () =>
  Effect.gen(function* () {
    const child = run("behave.ts", ["echo"], { stdio: ["ignore", "pipe", "pipe"] })
    assert.deepStrictEqual(yield* ended(child), { code: 0, stdout: "", stderr: "result Ended\n" })
  })
)

it.live("asks over its own stdio, and exits although its input is still open", () =>
  Effect.gen(function* () {
    const child = node("asker.ts")
    child.stdout.once("data", (question) => child.stdin.write(`answer to ${question}`))
    assert.deepStrictEqual(yield* ended(child), { code: 0, stdout: "question", stderr: "got answer to question\n" })
  })
)

it.live("leaves what it has not read to the next link over the same descriptors", () =>
  Effect.gen(function* () {
    const child = node("twice.ts")
    child.stdin.write("one")
    child.stdout.once("data", () => child.stdin.write("two"))
    assert.deepStrictEqual(yield* ended(child), { code: 0, stdout: "got one;between;\ngot two;", stderr: "" })
  })
)

it.live("says what is wrong when descriptor 3 is not open", () =>
  Effect.gen(function* () {
    const child = node("behave.ts", ["echo", "fd3"])
    const { code, stderr } = yield* ended(child)
    assert.match(stderr, /descriptor 3 is not open; start this process with frames: "fd3"/)
    assert.strictEqual(code, 1)
  })
)

it.effect("refuses a second use of the same descriptors, and gives them back", () =>
  Effect.gen(function* () {
    const write = process.stdout.write
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* Layer.build(Stdio.layerListener())
        assert.notStrictEqual(process.stdout.write, write)
        const listening = yield* Effect.flip(Effect.scoped(Layer.build(Stdio.layerListener())))
        assert.match(listening.message, /cannot listen stdio: this process already uses these descriptors/)
        const transport = yield* Effect.provide(Transport, Stdio.layer())
        assert.strictEqual((yield* Effect.flip(Effect.scoped(transport.open))).stage, "open")
      })
    )
    assert.strictEqual(process.stdout.write, write)
    yield* Effect.scoped(Layer.build(Stdio.layerListener()))
  })
)
