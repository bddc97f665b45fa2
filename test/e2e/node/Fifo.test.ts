import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Fifo from "../../../src/node/Fifo.ts"
import type { Link } from "../../../src/transport/Link.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import { patternOf, sha } from "../../fixtures/links/behaviour.ts"
import { env, run } from "../../fixtures/links/fixture.ts"
import { record } from "../../transport/suite.ts"

/** A directory that goes with the test, and the paths `a` and `b` in it. */
const place = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "fifo-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
  ),
  (root) => ({ root, a: Path.join(root, "a"), b: Path.join(root, "b") })
)

const mkfifo = (...paths: ReadonlyArray<string>) => execFileSync("mkfifo", paths)

/** A place with both FIFOs. */
const fifos = Effect.tap(place, ({ a, b }) => Effect.sync(() => mkfifo(a, b)))

const open = (options: Fifo.Options) =>
  Effect.flatMap(Transport, (transport) => transport.open).pipe(Effect.provide(Fifo.layer(options)))

const listener = (options: Fifo.Options) =>
  Effect.flatMap(Layer.build(Fifo.layerListener(options)), (context) => Effect.provide(Listener, context))

const accept = (options: Fifo.Options) => Effect.flatMap(listener(options), (listener) => listener.accept)

/** The failure of `effect`, which must be one of this stage that says this. */
const fails = (effect: Effect.Effect<unknown, unknown, Scope.Scope>, stage: "open" | "listen", says: RegExp) =>
  Effect.map(Effect.flip(Effect.scoped(effect)), (error) => {
    assert.instanceOf(error, TransportError)
    assert.strictEqual(error.stage, stage)
    assert.match(error.message, says)
  })

/** Descriptors of this process that are open on FIFOs in `root`. */
const held = (root: string): ReadonlyArray<string> =>
  Fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = Fs.readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(root) ? [target] : []
    } catch {
      return []
    }
  })

/** A program of another kind, which is killed with the test. */
const foreign = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"] })
      let output = ""
      child.stdout.on("data", (text) => (output += text))
      const ended = once(child, "close").then(() => output)
      return { child, ended: Effect.promise(() => ended) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const exit = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    return child.exitCode
  })

const text = (bytes: string) => new TextEncoder().encode(bytes)

const read = (recorder: { readonly chunks: ReadonlyArray<Uint8Array> }) => Buffer.concat(recorder.chunks).toString()

/** Sends a line to an echo, gets it back, and ends the echo by closing the link. */
const echoes = (opening: Effect.Effect<Link, unknown, Scope.Scope>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const link = yield* Scope.provide(opening, scope)
    const recorder = record(link)
    link.offer(text("over there\n"))
    yield* recorder.until(() => recorder.bytes === 11)
    assert.strictEqual(read(recorder), "over there\n")
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
  })

describe("files", () => {
  it.live("are made with mode 0600 when that is asked for, and go with who made them", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* place
      mkfifo(a)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* listener({ read: a, write: b, create: true })
          assert.isTrue(Fs.lstatSync(b).isFIFO())
          assert.strictEqual(Fs.lstatSync(b).mode & 0o777, 0o600)
          assert.deepStrictEqual(Fs.readdirSync(root), ["a", "b", "b.lock"])
        })
      )
      assert.deepStrictEqual(Fs.readdirSync(root), ["a"])
    })
  )

  it.live("that others put in the place of ours stay", () =>
    Effect.gen(function* () {
      const { a, b } = yield* place
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* listener({ read: a, write: b, create: true })
          Fs.renameSync(a, `${a}.old`)
          Fs.writeFileSync(a, "precious")
        })
      )
      assert.strictEqual(Fs.readFileSync(a, "utf8"), "precious")
      assert.isFalse(Fs.existsSync(b))
    })
  )

  it.live("are left by letting go who is blocked in opening one", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* place
      const scope = yield* Scope.make()
      yield* Scope.provide(listener({ read: a, write: b, create: true }), scope)
      const reader = yield* foreign("sh", ["-c", "echo up; cat b"], root)
      yield* Effect.promise(() => once(reader.child.stdout!, "data"))
      yield* Effect.sleep(50)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* reader.ended, "up\n")
      assert.strictEqual(yield* exit(reader.child), 0)
    })
  )

  it.live("that are made anew while a link waits are found", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const meeting = yield* Effect.forkScoped(echoes(open({ read: b, write: a })))
      yield* Effect.sleep(20)
      for (const path of [a, b]) Fs.renameSync(path, `${path}.old`)
      mkfifo(a, b)
      yield* foreign("sh", ["-c", "exec cat <a >b"], root)
      yield* Fiber.join(meeting)
    })
  )

  it.live("that go while a link waits end the waiting", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const opening = yield* Effect.forkScoped(
        Effect.exit(fails(open({ read: b, write: a }), "open", /there is no FIFO/))
      )
      yield* Effect.sleep(20)
      Fs.unlinkSync(b)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(opening)))
      assert.deepStrictEqual(held(root), [])
    })
  )
})

describe("a link says what to do when", () => {
  const cases: ReadonlyArray<
    readonly [string, (at: { root: string; a: string; b: string }) => Partial<Fifo.Options> | void, RegExp]
  > = [
    [
      "a FIFO is missing",
      ({ a }) => Fs.unlinkSync(a),
      /no FIFO at .*\/a; start the side that makes it, .*create: true/
    ],
    [
      "a path is a regular file",
      ({ b }) => (Fs.unlinkSync(b), Fs.writeFileSync(b, "x")),
      /b is a regular file.*left alone/
    ],
    ["a path is a directory", ({ a }) => (Fs.unlinkSync(a), Fs.mkdirSync(a)), /a is a directory.*another path/],
    ["a path is a device", () => ({ read: "/dev/null" }), /null is a file of another kind/],
    ["both paths are one", ({ a }) => ({ read: a }), /cannot read what it writes/],
    ["both paths lead to one file", ({ a, b }) => (Fs.unlinkSync(b), Fs.symlinkSync(a, b)), /are the same FIFO/],
    ["a path is empty", () => ({ read: "" }), /a path is not empty and/],
    ["a path has a zero byte", () => ({ read: "a\0b" }), /has no NUL byte/],
    [
      "a part of a path is no directory",
      ({ a, root }) => (Fs.writeFileSync(`${root}/f`, ""), { write: `${root}/f/a`, read: a, create: true }),
      /f\/a cannot be made \(.*Not a directory\)/
    ],
    [
      "a directory is missing",
      ({ root }) => ({ write: `${root}/run/a`, create: true }),
      /run does not exist; create it first/
    ],
    [
      "a name leads nowhere",
      ({ root }) => (Fs.symlinkSync("gone", `${root}/l`), { write: `${root}/l`, create: true }),
      /l cannot be made \(.*File exists\)/
    ],
    [
      "no one reads in time",
      () => ({ openTimeout: "60 millis" }),
      /no one opened .*\/a for reading within 60ms; start the other side/
    ]
  ]
  it.live.each(cases)("%s", ([, prepare, says]) =>
    Effect.gen(function* () {
      const at = yield* fifos
      const options = { read: at.b, write: at.a, openTimeout: "1 second", ...prepare(at) } as const
      const before = Fs.readdirSync(at.root)
      yield* fails(open(options), "open", says)
      yield* fails(accept(options), "listen", says)
      assert.deepStrictEqual(held(at.root), [])
      assert.deepStrictEqual(Fs.readdirSync(at.root), before)
    })
  )

  /** Root may do all. */
  const asAnother = (run: () => Exit.Exit<unknown, unknown>) => {
    if (process.geteuid!() !== 0) return run()
    process.seteuid!(65534)
    try {
      return run()
    } finally {
      process.seteuid!(0)
    }
  }
  const refused = (options: Fifo.Options, says: RegExp) => {
    const exit = asAnother(() => Effect.runSyncExit(Effect.scoped(open(options))))
    assert.isTrue(Exit.isFailure(exit))
    if (Exit.isFailure(exit)) assert.match(String(Cause.squash(exit.cause)), says)
  }

  it.live("this user may not use a FIFO", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      Fs.chmodSync(root, 0o755)
      Fs.chmodSync(a, 0)
      Fs.chmodSync(b, 0o666)
      refused({ read: a, write: b, lock: false }, /this user may not use .*\/a; run as the user who owns it/)
      assert.deepStrictEqual(held(root), [])
    })
  )

  it.live("this user may not make a lock", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      Fs.chmodSync(root, 0o555)
      refused({ read: a, write: b }, /the lock .*\/b.lock cannot be made \(EACCES\).* set lock: false/)
      Fs.chmodSync(root, 0o755)
    })
  )

  it.live("this user may not take over a lock that a crash left", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const nobody = 2 ** 22
      Fs.writeFileSync(`${b}.lock`, `${nobody} 1`)
      Fs.chmodSync(root, 0o555)
      refused({ read: a, write: b }, /the lock .*\/b.lock cannot be made \(EACCES\).* set lock: false/)
      Fs.chmodSync(root, 0o755)
    })
  )
})

describe("one writer", () => {
  it.live("keeps out another in this process until it closes", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* listener({ read: b, write: a })
          yield* fails(
            open({ read: b, write: a }),
            "open",
            /this process writes to .*\/a already; end it, or use another/
          )
          Fs.symlinkSync("a", `${root}/also`)
          yield* fails(listener({ read: b, write: `${root}/also` }), "listen", /writes to .*\/also already/)
        })
      )
      yield* Effect.scoped(listener({ read: b, write: a }))
    })
  )

  it.live("keeps out another process, and no longer once it was killed", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const far = yield* Effect.forkScoped(Effect.scoped(Effect.andThen(accept({ read: a, write: b }), Effect.never)))
      const first = yield* Effect.acquireRelease(
        Effect.sync(() => run("fifo.ts", [b, a], { stdio: ["ignore", "pipe", "inherit"] })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      yield* Effect.promise(() => once(first.stdout!, "data"))
      yield* fails(open({ read: b, write: a }), "open", new RegExp(`process ${first.pid} writes to .*/a already`))
      yield* Fiber.interrupt(far)
      first.kill("SIGKILL")
      yield* exit(first)
      yield* foreign("sh", ["-c", "exec cat <a >b"], root)
      yield* echoes(open({ read: b, write: a }))
      assert.deepStrictEqual(Fs.readdirSync(root), ["a", "b"])
    })
  )

  it.live("is not asked for where no lock is wanted", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      yield* listener({ read: b, write: a })
      yield* foreign("sh", ["-c", "exec cat <a >b"], root)
      yield* echoes(open({ read: b, write: a, lock: false }))
    })
  )
})

describe("opening", () => {
  it.live("occupies no thread, and leaves nothing when it is interrupted", () =>
    Effect.gen(function* () {
      const { root } = yield* place
      const names = Array.from(
        { length: 8 },
        (_, at) => [Path.join(root, `${at}.a`), Path.join(root, `${at}.b`)] as const
      )
      for (const pair of names) mkfifo(...pair)
      const before = Fs.readdirSync(root)
      const waiting = yield* Effect.forkScoped(
        Effect.forEach(names, ([a, b]) => Effect.scoped(open({ read: a, write: b })), { concurrency: "unbounded" })
      )
      yield* Effect.sleep(20)
      assert.strictEqual(held(root).length, 8)
      const startedAt = performance.now()
      for (let i = 0; i < 20; i++) yield* Effect.promise(() => Fs.promises.readFile(import.meta.filename))
      assert.isBelow(performance.now() - startedAt, 2000)
      yield* Fiber.interrupt(waiting)
      assert.deepStrictEqual(held(root), [])
      assert.deepStrictEqual(Fs.readdirSync(root), before)
    })
  )

  it.live("leaves nothing at whatever moment it is interrupted", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      // Waits for its turn after every third operation, so that an interruption can come between those.
      const halting = Effect.provideService(
        Effect.scoped(open({ read: a, write: b, lock: false })),
        References.MaxOpsBeforeYield,
        3
      )
      for (let turns = 0; turns < 120; turns++) {
        const fiber = yield* Effect.forkChild(halting)
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(held(root), [], `after ${turns} turns`)
      }
    })
  )

  it.live("leaves nothing when its scope closes, with files it made", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* place
      const opening = yield* Effect.forkScoped(Effect.scoped(open({ read: b, write: a, create: true })))
      while (!Fs.existsSync(`${a}.lock`)) yield* Effect.sleep(1)
      yield* Effect.sleep(10)
      yield* Fiber.interrupt(opening)
      assert.deepStrictEqual(held(root), [])
      assert.deepStrictEqual(Fs.readdirSync(root), [])
    })
  )

  it.live("may be tried again in the same scope after it failed", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      yield* Effect.flip(open({ read: b, write: a, openTimeout: 20 }))
      assert.deepStrictEqual(Fs.readdirSync(root), ["a", "b"])
      yield* foreign("sh", ["-c", "exec cat <a >b"], root)
      yield* echoes(open({ read: b, write: a }))
    })
  )

  it.live("answers one link per listener", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const { accept } = yield* listener({ read: b, write: a })
      const waiting = yield* Effect.forkScoped(accept)
      yield* Effect.sleep(10)
      yield* Fiber.interrupt(waiting)
      yield* foreign("sh", ["-c", "exec cat <a >b"], root)
      yield* echoes(accept)
      assert.isTrue(Cause.isDone(yield* Effect.flip(accept)))
    })
  )
})

describe("with a program that opens files as any other", () => {
  const python = (...lines: ReadonlyArray<string>) =>
    ["python3", ["-c", ["import shutil", ...lines, "shutil.copyfileobj(r, w, 1)"].join("\n")]] as const
  const both: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["a shell that opens its input first", "sh", ["-c", "exec <a; exec >b; exec cat"]],
    ["a shell that opens its output first", "sh", ["-c", "exec >b; exec <a; exec cat"]],
    ["Python that opens its input first", ...python("r = open('a', 'rb', 0)", "w = open('b', 'wb', 0)")],
    ["Python that opens its output first", ...python("w = open('b', 'wb', 0)", "r = open('a', 'rb', 0)")]
  ]
  const present = both.filter(([, command]) => spawnSync(command, ["-c", ""]).error === undefined)
  console.info(`programs found: ${[...new Set(present.map(([, command]) => command))].join(", ")}`)

  it.live.each(present)("meets %s, whoever comes first", ([, command, args]) =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const early = yield* foreign(command, args, root)
      yield* Effect.sleep(100)
      yield* echoes(open({ read: b, write: a }))
      assert.strictEqual(yield* exit(early.child), 0)

      const meeting = yield* Effect.forkScoped(echoes(accept({ read: b, write: a })))
      yield* Effect.sleep(20)
      const late = yield* foreign(command, args, root)
      yield* Fiber.join(meeting)
      assert.strictEqual(yield* exit(late.child), 0)
      assert.deepStrictEqual(held(root), [])
    })
  )

  it.live("does not end before it has opened what it writes, and ends when it closes that", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      yield* foreign("sh", ["-c", "exec 3<a; sleep 0.2; echo one >b; sleep 0.1"], root)
      const recorder = record(yield* open({ read: b, write: a }))
      yield* Effect.sleep(100)
      assert.deepStrictEqual(recorder.ends, [])
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(read(recorder), "one\n")
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
    })
  )

  it.live("takes no more than it reads, and loses nothing", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const script = "exec 3>b; (sleep 0.2; sha256sum) <a"
      const reader = yield* foreign("sh", ["-c", script], root)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const link = yield* open({ read: b, write: a })
          record(link)
          assert.isFalse(link.offer(patternOf(3_000_000)))
          assert.isAbove(link.queuedBytes, 2_000_000)
        })
      )
      assert.strictEqual((yield* reader.ended).slice(0, 64), sha(patternOf(3_000_000)))
    })
  )

  it.live("ends as broken when it stops to read, after what it said before, and survives further offers", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const left = yield* foreign("sh", ["-c", "exec 3>b; head -c 1 <a; echo bye >&3"], root)
      const link = yield* open({ read: b, write: a })
      const recorder = record(link)
      link.pause()
      link.offer(text("x"))
      yield* left.ended
      link.offer(text("y"))
      yield* Effect.sleep(5)
      link.resume()
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(read(recorder), "bye\n")
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "write", detail: "EPIPE" }])
      for (let i = 0; i < 10; i++) assert.isTrue(link.offer(patternOf(100_000)))
      yield* Effect.sleep(20)
      assert.strictEqual(recorder.ends.length, 1)
    })
  )

  it.live("is waited for when the link closes, so that its last words meet a reader", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      const slow = yield* foreign("sh", ["-c", "exec 3>b; cat <a; sleep 0.2; echo bye >&3 && echo told"], root)
      yield* Effect.scoped(Effect.andThen(open({ read: b, write: a }), Effect.void))
      assert.strictEqual(yield* slow.ended, "told\n")
      assert.deepStrictEqual(held(root), [])
    })
  )

  it.live("is not waited for longer than two seconds", () =>
    Effect.gen(function* () {
      const { a, b, root } = yield* fifos
      yield* foreign("sh", ["-c", "exec 3>b 4<a; exec sleep 20"], root)
      const startedAt = yield* Effect.scoped(Effect.map(open({ read: b, write: a }), () => performance.now()))
      const took = performance.now() - startedAt
      assert.isAbove(took, 1900)
      assert.isBelow(took, 4000)
      assert.deepStrictEqual(held(root), [])
      assert.deepStrictEqual(Fs.readdirSync(root), ["a", "b"])
    })
  )
})

it.live("ends a server when its client has closed, and with it the client, and removes the files", () =>
  Effect.gen(function* () {
    const { root } = yield* place
    const script = Path.join(import.meta.dirname, "fixtures", "ticking.ts")
    const start = (side: string) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const child = spawn(process.execPath, [script, side], {
            cwd: root,
            env,
            stdio: ["ignore", "pipe", "inherit"]
          })
          let output = ""
          child.stdout.on("data", (text) => (output += text))
          const ended = once(child, "close").then(([code]) => ({ code, output }))
          return { child, ended: Effect.promise(() => ended) }
        }),
        ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
      )
    const client = yield* start("client")
    const server = yield* start("server")
    assert.deepStrictEqual(yield* server.ended, { code: 0, output: "server ended\n" })
    const ticks = [1, 2, 3, 4, 5].map((n) => `Tick ${n}\n`).join("")
    assert.deepStrictEqual(yield* client.ended, { code: 0, output: `${ticks}client ended\n` })
    assert.deepStrictEqual(Fs.readdirSync(root), [])
  })
)
