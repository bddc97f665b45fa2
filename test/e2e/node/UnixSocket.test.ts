import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import type { Readable, Writable } from "node:stream"
import * as UnixSocket from "../../../src/node/UnixSocket.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import { patternOf } from "../../fixtures/links/behaviour.ts"
import { run } from "../../fixtures/links/fixture.ts"
import { record } from "../../transport/suite.ts"

/** A directory of mode 0700 that goes with the test. */
const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unix-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const listener = (options: Parameters<typeof UnixSocket.layerListener>[0]) =>
  Effect.map(Layer.build(UnixSocket.layerListener(options)), (context) => Effect.provide(Listener, context)).pipe(
    Effect.flatten
  )

const open = (options: Parameters<typeof UnixSocket.layer>[0]) =>
  Effect.flatMap(Transport, (transport) => transport.open).pipe(Effect.provide(UnixSocket.layer(options)))

/** The failure of `effect`, which must be one of this stage that says this. */
const fails = (effect: Effect.Effect<unknown, unknown, Scope.Scope>, stage: "open" | "listen", says: RegExp) =>
  Effect.map(Effect.flip(Effect.scoped(effect)), (error) => {
    assert.instanceOf(error, TransportError)
    assert.strictEqual(error.stage, stage)
    assert.match(error.message, says)
    return error
  })

/** What a server leaves behind that is killed: a socket no one listens on. */
const leaveStaleSocket = (path: string): void => {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`
  spawnSync(process.execPath, ["-e", script])
  assert.isTrue(Fs.lstatSync(path).isSocket())
}

const greets = (path: string) =>
  Effect.gen(function* () {
    const server = yield* listener({ path })
    const near = yield* open({ path })
    const far = yield* server.accept
    near.offer(patternOf(10))
    const recorder = record(far)
    yield* recorder.until(() => recorder.bytes === 10)
  })

it.live("creates a missing directory for its owner only, and the socket with mode 0600", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "run", "s")
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* listener({ path })
        assert.strictEqual(Fs.statSync(Path.dirname(path)).mode & 0o777, 0o700)
        assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o600)
        assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), ["s"])
      })
    )
    assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), [])
  })
)

it.live("gives the socket the mode it was asked for", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    yield* listener({ path, mode: 0o660 })
    assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o660)
  })
)

it.live("says which directory to create when more than the last one is missing", () =>
  Effect.gen(function* () {
    const root = yield* directory
    yield* fails(
      listener({ path: Path.join(root, "a", "b", "s") }),
      "listen",
      new RegExp(`${root}/a does not exist; create it`)
    )
  })
)

it.live("refuses a directory that others may write to, unless it is sticky or wanted so", () =>
  Effect.gen(function* () {
    const root = yield* directory
    const path = Path.join(root, "s")
    Fs.chmodSync(root, 0o777)
    yield* fails(listener({ path }), "listen", /others may write to .* chmod it to 0700/)
    yield* Effect.scoped(listener({ path, allowSharedDirectory: true }))
    Fs.chmodSync(root, 0o1777)
    yield* Effect.scoped(listener({ path }))
  })
)

it.live("replaces the socket that a killed server left", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    leaveStaleSocket(path)
    yield* fails(open({ path }), "open", /no one listens on it.*start it again/)
    yield* greets(path)
  })
)

it.live("never replaces a socket that someone listens on", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const first = yield* listener({ path })
    yield* fails(listener({ path }), "listen", /someone already listens there/)
    const near = yield* open({ path })
    // The second listener's probe was a connection of its own.
    yield* first.accept
    const far = yield* first.accept
    near.offer(patternOf(3))
    const recorder = record(far)
    yield* recorder.until(() => recorder.bytes === 3)
  })
)

it.live("lets one of many listeners that start at once over a stale socket win, and keeps it", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    leaveStaleSocket(path)
    const exits = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.exit(listener({ path })), {
      concurrency: "unbounded"
    })
    assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
    yield* open({ path })
    assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), ["s"])
  })
)

it.live("lets one of many processes that start at once over a stale socket win", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    leaveStaleSocket(path)
    const said = yield* Effect.forEach(Array.from({ length: 4 }), () =>
      Effect.acquireRelease(
        Effect.sync(
          () =>
            run("listen.ts", [path], { stdio: ["pipe", "pipe", "inherit"] }) as ChildProcessByStdio<
              Writable,
              Readable,
              null
            >
        ),
        (child) =>
          Effect.promise(async () => {
            if (child.exitCode !== null) return
            child.stdin.end()
            await once(child, "exit")
          })
      )
    ).pipe(
      Effect.flatMap((children) =>
        Effect.promise(() => Promise.all(children.map(async (child) => String((await once(child.stdout, "data"))[0]))))
      )
    )
    assert.deepStrictEqual(said.map((line) => line.trim()).sort(), ["listening", "taken", "taken", "taken"])
    yield* open({ path })
  })
)

it.live("leaves a file alone that is no socket", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    Fs.writeFileSync(path, "precious")
    yield* fails(listener({ path }), "listen", /no socket is in the way and was left alone/)
    yield* fails(open({ path }), "open", /is a file that is no socket/)
    assert.strictEqual(Fs.readFileSync(path, "utf8"), "precious")
  })
)

it.live("takes over the lock of a process that is gone, and of one that has the same pid by chance", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const dead = spawnSync("true").pid
    for (const holder of [`${dead} 1`, `${process.pid} 1`]) {
      Fs.writeFileSync(`${path}.lock`, holder)
      yield* Effect.scoped(listener({ path }))
    }
    assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), [])
  })
)

it.live("waits for a live holder of the lock", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    Fs.writeFileSync(`${path}.lock`, `${process.ppid} 0`)
    const starting = yield* Effect.forkScoped(listener({ path }))
    yield* Effect.sleep(50)
    assert.isFalse(Fs.existsSync(path))
    Fs.unlinkSync(`${path}.lock`)
    yield* Fiber.join(starting)
    assert.isTrue(Fs.existsSync(path))
  })
)

it.live("removes at its end only the socket that is its own", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const other = Net.createServer()
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* listener({ path })
        Fs.unlinkSync(path)
        yield* Effect.promise(() => once(other.listen(path), "listening"))
      })
    )
    yield* Effect.sleep(10)
    assert.isTrue(Fs.lstatSync(path).isSocket())
    yield* open({ path })
    other.close()
  })
)

it.live("refuses a path that is too long in bytes, before the system cuts it", () =>
  Effect.gen(function* () {
    const root = yield* directory
    const room = 107 - root.length - 1
    const longest = Path.join(root, "x".repeat(room))
    yield* Effect.scoped(greets(longest))
    yield* fails(open({ path: `${longest}x` }), "open", /108 bytes long and this system takes 107/)
    yield* fails(listener({ path: `${longest}x` }), "listen", /108 bytes long and this system takes 107/)
    const accented = Path.join(root, "é".repeat(room))
    yield* fails(listener({ path: accented }), "listen", /bytes long/)
    assert.deepStrictEqual(Fs.readdirSync(root), [])
  })
)

it.live("says what to do when nothing is at the path", () =>
  Effect.gen(function* () {
    const root = yield* directory
    yield* fails(open({ path: Path.join(root, "s") }), "open", /no socket at this path; start the server/)
    Fs.writeFileSync(Path.join(root, "file"), "")
    yield* fails(open({ path: Path.join(root, "file", "s") }), "open", /no directory; check the path/)
    yield* fails(open({ path: "" }), "open", /not empty/)
  })
)

it.live("gives up dialling a server that takes no connection", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    yield* listener({ path })
    // It takes this one in no time, so the time-out is what is refused here: none at all.
    yield* fails(open({ path, openTimeout: 0 }), "open", /did not take the connection within/)
  })
)

it.live("keeps what clients send before they are accepted", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const server = yield* listener({ path })
    const near = yield* open({ path })
    near.offer(patternOf(50_000))
    yield* Effect.sleep(20)
    const recorder = record(yield* server.accept)
    yield* recorder.until(() => recorder.bytes === 50_000)
  })
)

it.live("delivers what a client sent that left before it was accepted", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const server = yield* listener({ path })
    yield* Effect.scoped(Effect.map(open({ path }), (near) => near.offer(patternOf(50_000))))
    const recorder = record(yield* server.accept)
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.strictEqual(recorder.bytes, 50_000)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
  })
)

it.live("fails accept with Done once the listener is closed, drops who waits, and keeps who was accepted", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const scope = yield* Scope.make()
    const server = yield* Scope.provide(listener({ path }), scope)
    const near = yield* open({ path })
    const far = yield* server.accept
    const waiting = yield* Effect.forkScoped(server.accept)
    const dropped = record(yield* open({ path }))
    yield* Fiber.interrupt(waiting)
    yield* Effect.sleep(10)
    const pending = record(yield* open({ path }))
    yield* Effect.sleep(10)
    yield* Scope.close(scope, Exit.void)
    assert.isTrue(Cause.isDone(yield* Effect.flip(server.accept)))
    assert.isFalse(Fs.existsSync(path))
    yield* pending.until(() => pending.ends.length > 0)
    yield* dropped.until(() => dropped.ends.length > 0)
    near.offer(patternOf(5))
    const recorder = record(far)
    yield* recorder.until(() => recorder.bytes === 5)
  })
)

it.live("reads what a server had written before it was killed, although a write to it fails first", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const script = `require("net").createServer((s) => { s.write(Buffer.alloc(150000), () => process.kill(process.pid, "SIGKILL")) })
      .listen(${JSON.stringify(path)}, () => console.log("up"))`
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] })
    yield* Effect.promise(() => once(child.stdout, "data"))
    const link = yield* open({ path })
    yield* Effect.promise(() => once(child, "exit"))
    // The first write finds the socket broken.
    link.offer(patternOf(10))
    yield* Effect.sleep(5)
    link.offer(patternOf(10))
    const recorder = record(link)
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.strictEqual(recorder.bytes, 150_000)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "write", detail: "EPIPE" }])
    assert.strictEqual(link.queuedBytes, 0)
  })
)

it.live("ends as broken when the peer resets, and survives further offers", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const server = Net.createServer({ pauseOnConnect: true }, (socket) => setTimeout(() => socket.destroy(), 20))
    yield* Effect.promise(() => once(server.listen(path), "listening"))
    const link = yield* open({ path })
    const recorder = record(link)
    // Bytes that the peer never read make its leaving a reset.
    link.offer(patternOf(1000))
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.strictEqual(recorder.ends[0]!._tag, "Broken")
    for (let i = 0; i < 10; i++) assert.isTrue(link.offer(patternOf(100_000)))
    yield* Effect.sleep(20)
    assert.strictEqual(recorder.ends.length, 1)
    server.close()
  })
)

it.live("closes within its flush time when the peer does not read", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    const server = yield* listener({ path })
    const scope = yield* Scope.make()
    const near = yield* Scope.provide(open({ path, flushFor: "100 millis" }), scope)
    yield* server.accept
    near.offer(new Uint8Array(4_000_000))
    const startedAt = performance.now()
    yield* Scope.close(scope, Exit.void)
    const took = performance.now() - startedAt
    assert.isAbove(took, 90)
    assert.isBelow(took, 1500)
  })
)

it.live("keeps no process alive once it is closed, although the peer has not closed its side", () =>
  Effect.gen(function* () {
    const path = Path.join(yield* directory, "s")
    let greeting = ""
    const server = Net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("data", (chunk) => (greeting += chunk))
      socket.on("error", () => {})
    })
    yield* Effect.promise(() => once(server.listen(path), "listening"))
    const child = run("dialler.ts", [path], { stdio: "inherit" })
    const startedAt = yield* Effect.promise(() => once(server, "connection")).pipe(Effect.map(() => performance.now()))
    yield* Effect.promise(() => once(child, "exit"))
    assert.isBelow(performance.now() - startedAt, 1500)
    assert.strictEqual(child.exitCode, 0)
    while (greeting.length < 5) yield* Effect.sleep(1)
    server.close()
  })
)
