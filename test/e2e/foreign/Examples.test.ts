/** The examples for programs in other languages, each against such a program; and what their READMEs show of these. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describeWith, has, hx, php, place, type Program, run, valuesOf } from "./Interpreters.ts"

const examples = Path.resolve(import.meta.dirname, "..", "..", "..", "examples")
const read = (path: string): string => Fs.readFileSync(Path.join(examples, path), "utf8")
const node = (path: string): Program => [process.execPath, Path.join(examples, path)]

/** Waits until a file is there. */
const appears = (path: string) =>
  Effect.gen(function* () {
    while (!Fs.existsSync(path)) yield* Effect.sleep("5 millis")
  }).pipe(Effect.timeout("10 seconds"))

const expected = {
  client: "Tick 1\nTick 2\nTick 3\nb is closed, that is the end\n",
  server: "asked for 3 ticks\na is closed, that is the end\n"
}

/** A side of ours over `a` and `b`, against the other side in another language; answers what that one printed. */
const countdown = (side: "client" | "server", isFirst: boolean, other: Program, otherArgs: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const root = yield* place
    execFileSync("mkfifo", ["a", "b"], { cwd: root })
    const startOurs = run(node(`hx-countdown/${side}.ts`), [side === "client" ? "3" : "10"], {}, root)
    const startTheirs = run(other, otherArgs, { HX_TICK_MS: "10" }, root)
    // It is the one that has begun to write when its lock is there; theirs is long open when ours has only started.
    const lock = Path.join(root, side === "client" ? "a.lock" : "b.lock")
    const early = isFirst ? yield* startOurs : undefined
    if (isFirst) yield* appears(lock)
    const theirs = yield* startTheirs
    const ours = early ?? (yield* Effect.delay(startOurs, "50 millis"))
    assert.strictEqual(yield* ours.ended, 0, ours.stderr())
    assert.strictEqual(ours.stdout(), expected[side])
    assert.strictEqual(yield* theirs.ended, 0, theirs.stderr())
    assert.deepStrictEqual(Fs.readdirSync(root).toSorted(), ["a", "b"])
    return theirs.stdout()
  }).pipe(Effect.scoped)

for (const language of ["go", "ruby", "php"] as const) {
  describeWith([language], `hx-countdown with ${language}`, () => {
    it.live("counts down on either side, whichever opens first", () =>
      Effect.gen(function* () {
        const client = (isFirst: boolean) => countdown("client", isFirst, hx(language), ["server", "fifo", "a", "b"])
        const server = (isFirst: boolean) =>
          countdown("server", isFirst, hx(language), ["client", "fifo", "a", "b", "countdown", "3"])
        const all = [client(true), client(false), server(true), server(false)]
        const printed = yield* Effect.all(all, { concurrency: 2 })
        for (const text of printed.slice(2)) {
          assert.sameMembers(text.match(/Tick \d/g) ?? [], ["Tick 1", "Tick 2", "Tick 3"])
        }
      })
    )
  })
}

/** An environment in which PHP finds our stand-in for the library at `vendor/autoload.php`, and `node` is this one. */
const withLibrary = Effect.map(place, (root) => {
  Fs.mkdirSync(Path.join(root, "vendor"))
  const library = php("streamIpc/library.php")[1]
  Fs.writeFileSync(Path.join(root, "vendor", "autoload.php"), `<?php require ${JSON.stringify(library)};`)
  Fs.writeFileSync(Path.join(root, "examples.ini"), `include_path="${root}"\n`)
  // The colon keeps the directory that PHP would look into.
  return {
    PHP_INI_SCAN_DIR: `:${root}`,
    PATH: `${Path.dirname(process.execPath)}:${process.env.PATH}`
  }
})

describeWith(["php"], "php-child and php-parent with PHP", () => {
  it.live("a parent of ours drives child.php as it does child.ts", () =>
    Effect.gen(function* () {
      const parent = yield* run(node("php-child/parent.ts"), ["php", "child.php"], yield* withLibrary)
      assert.strictEqual(yield* parent.ended, 0, parent.stderr())
      assert.strictEqual(parent.stdout(), read("php-child/expected.txt"))
    })
  )

  it.live("child.php ends by itself when its parent is gone", () =>
    Effect.gen(function* () {
      const child = yield* run(["php", Path.join(examples, "php-child", "child.php")], [], yield* withLibrary)
      child.child.stdin.end()
      assert.strictEqual(yield* child.ended, 0, child.stderr())
    })
  )

  it.live("parent.php is served by child.ts as parent.ts is", () =>
    Effect.gen(function* () {
      const parent = yield* run(["php", Path.join(examples, "php-parent", "parent.php")], [], yield* withLibrary)
      assert.strictEqual(yield* parent.ended, 0, parent.stderr())
      assert.strictEqual(parent.stdout(), read("php-parent/expected.txt"))
    })
  )
})

for (const version of [4, 5] as const) {
  describeWith(["php"], `innmind-counter with PHP, ${version}.x`, () => {
    const environment = (directory: string) => ({ IPC_DIRECTORY: directory, IPC_VERSION: String(version) })
    const five = version === 5 ? ["--five"] : []

    it.live("a client of ours is answered by a server in PHP, whose count goes on", () =>
      Effect.gen(function* () {
        const directory = yield* place
        const client = yield* run(node("innmind-counter/client.ts"), [], environment(directory))
        const server = yield* run(php("innmind/server.php"), [directory, "counter", ...five])
        assert.strictEqual(yield* client.ended, 0, client.stderr())
        assert.strictEqual(client.stdout(), "server responded pong\n")
        server.child.kill("SIGTERM")
        assert.strictEqual(yield* server.ended, 0, server.stderr())
        assert.deepStrictEqual(valuesOf(server.stdout()), [{ end: "stopped", carry: 1 }])
      })
    )

    it.live("a server of ours counts what clients in PHP send, and ends with the count", () =>
      Effect.gen(function* () {
        const directory = yield* place
        const steps = JSON.stringify([{ send: [["text/plain", "ping"]] }, { wait: 2000 }, { close: true }])
        const pace = ["--heartbeat", "50", "--wait", "10000"]
        const start = run(php("innmind/client.php"), [directory, "counter", steps, ...pace, ...five])
        const clients = [yield* start, yield* start]
        const server = yield* run(node("innmind-counter/server.ts"), ["2"], environment(directory))
        for (const client of clients) {
          yield* client.ended
          assert.deepInclude(valuesOf(client.stdout())[2].wait, "pong")
        }
        assert.strictEqual(yield* server.ended, 0, server.stderr())
        assert.strictEqual(server.stdout(), "the server ends with 2\n")
        assert.deepStrictEqual(Fs.readdirSync(directory), [])
      })
    )
  })
}

/** How a language says that some code can be read at all. */
const readers = {
  php: ["php", "-l"],
  ruby: ["ruby", "-c"],
  go: ["gofmt", "-l"]
} as const

describe("the READMEs", () => {
  const names = ["hx-countdown", "php-child", "php-parent", "innmind-counter"]

  it("show child.php and parent.php as they are", () => {
    for (const name of ["child", "parent"]) {
      assert.include(read(`php-${name}/README.md`), `\`\`\`php\n${read(`php-${name}/${name}.php`)}\`\`\``)
    }
  })

  for (const language of ["php", "ruby", "go"] as const) {
    if (!has(language)) continue
    it(`show code in ${language} that can be read`, () => {
      const [command, option] = readers[language]
      const shown = names.flatMap((name) =>
        Array.from(read(`${name}/README.md`).matchAll(/^```(\w+)\n(.*?)^```/gms), ([, word, code]) => ({ word, code }))
      )
      const blocks = shown.filter(({ word }) => word === language)
      assert.isNotEmpty(blocks)
      // Fails with what the program says where it cannot be read; `gofmt -l` also names what is not formatted.
      for (const { code } of blocks) {
        assert.notInclude(execFileSync(command, [option], { input: code, encoding: "utf8" }), "<standard input>")
      }
    })
  }
})
