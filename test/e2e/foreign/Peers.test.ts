/**
 * The programs of `peers/` are faithful: they read and write the bytes that the real libraries did, and reach one another.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import {
  describeWith,
  found,
  has,
  hx,
  inspect,
  type Language,
  php,
  place,
  run,
  type Running,
  valuesOf
} from "./Interpreters.ts"

const vectors = (name: string) =>
  JSON.parse(Fs.readFileSync(Path.join(import.meta.dirname, "..", "..", "fixtures", "foreign", `${name}.json`), "utf8"))

const base64 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("base64")
const latin1 = (base64: string): string => Buffer.from(base64, "base64").toString("latin1")
const firstLine = (text: string): string => text.split("\n", 1)[0]!

describe("the languages", () => {
  it(`${found()}`, () => assert.isTrue(has("node")))
})

const interop = vectors("hx-interop")
/** The keys and names of the languages in the vectors. */
const known = { go: ["go", "Go"], ruby: ["rb", "Ruby"], php: ["php", "PHP"], node: ["js_frame", "JS"] } as const
/** These end the real process; what they do is not for a test that goes on. */
const deadly: Record<string, ReadonlyArray<string>> = { php: ["cl_huge", "cl_1e15"], node: ["cl_junk", "cl_empty"] }
/** Of these the recorder cut the error at its first line feed. */
const endOf = (end: string): string => firstLine(end).replace(/"?$/, "")

for (const language of ["go", "ruby", "php", "node"] as const) {
  const [key, writer] = known[language]
  describeWith([language], `hx/interop in ${language}`, () => {
    it("reads every recorded message as the real reader did, and writes its own again", () => {
      const messages = interop.messages.filter((each: any) => each.reads_as[key] !== undefined)
      const seen = inspect(
        hx(language),
        ["codec"],
        messages.map(({ base64 }: any) => base64)
      )
      for (const [i, each] of messages.entries()) {
        const real = each.reads_as[key]
        const expected = real.messages ?? (real.headers === undefined ? [] : [real])
        const bare = expected.map(({ body_b64: body, headers }: any) => ({ headers, body }))
        assert.deepStrictEqual(seen[i].messages, bare, each.name)
        if (real.end !== undefined) assert.strictEqual(seen[i].end, real.end, each.name)
        if (each.stream_complete && each.writer.startsWith(writer)) {
          assert.strictEqual(seen[i].rewritten, each.base64, each.name)
        }
      }
    })

    it("fails on hostile bytes as the real reader did", () => {
      const cases = interop.hostile.filter(({ name }: any) => !deadly[language]?.includes(name))
      const seen = inspect(
        hx(language),
        ["codec"],
        cases.map(({ input }: any) => base64(input))
      )
      for (const [i, each] of cases.entries()) {
        const real = each[key === "js_frame" ? "js" : key]
        const got = seen[i].messages.map(({ body, headers }: any) => ({ h: headers, b: latin1(body) }))
        assert.deepStrictEqual(got, real.slice(0, -1), each.name)
        const { end, panic } = real.at(-1)
        if (panic === undefined) assert.strictEqual(endOf(seen[i].end), endOf(end), each.name)
        else assert.strictEqual(seen[i].panic, panic, each.name)
      }
    })
  })
}

const spoken = ["go", "ruby", "php"] as const
const recorded = new Map<string, string>(interop.sessions.map(({ base64, name }: any) => [name, latin1(base64)]))

/** Messages of concurrent handlers have no order: they are compared as a heap. */
const heap = (bytes: string) =>
  inspect(hx("go"), ["codec"], [base64(bytes)])[0]
    .messages.map((each: any) => JSON.stringify(each))
    .toSorted()

/** Joins a client and a server by their standard streams, and gives what each wrote. */
const converse = (client: Language, server: Language) =>
  Effect.gen(function* () {
    const [asking, answering] = yield* Effect.all([
      run(hx(client), ["client", "stdio", "session"]),
      run(hx(server), ["server", "stdio"])
    ])
    for (const { child } of [asking, answering]) child.stdout.setEncoding("latin1")
    asking.child.stdout.on("data", (bytes: string) => answering.child.stdin.write(bytes, "latin1"))
    asking.child.stdout.on("end", () => answering.child.stdin.end())
    answering.child.stdout.on("data", (bytes: string) => asking.child.stdin.write(bytes, "latin1"))
    answering.child.stdout.on("end", () => asking.child.stdin.end())
    yield* Effect.all([asking.ended, answering.ended], { concurrency: "unbounded" })
    return [asking.stdout(), answering.stdout()] as const
  })

describeWith(spoken, "hx/interop between the peers", () => {
  for (const client of spoken) {
    it.live(`the session of a ${client} client with each server has the recorded bytes`, () =>
      Effect.forEach(
        spoken,
        (server) =>
          Effect.gen(function* () {
            const name = `${known[client][0]}-client.${known[server][0]}-server`
            const [asked, answered] = yield* Effect.scoped(converse(client, server))
            assert.strictEqual(asked, recorded.get(`${name}.c2s.bin`), name)
            assert.deepStrictEqual(heap(answered), heap(recorded.get(`${name}.s2c.bin`)!), name)
          }),
        { concurrency: "unbounded", discard: true }
      )
    )
  }

  it.live("counts down over FIFOs, whichever side opens first", () =>
    Effect.forEach(
      [
        ["go", "ruby"],
        ["php", "go"],
        ["ruby", "php"]
      ] as const,
      ([client, server]) =>
        Effect.gen(function* () {
          const root = yield* place
          const [a, b] = [Path.join(root, "a"), Path.join(root, "b")]
          execFileSync("mkfifo", [a, b])
          const asking = yield* run(hx(client), ["client", "fifo", a, b, "countdown", "3"])
          const answering = yield* run(hx(server), ["server", "fifo", a, b])
          assert.strictEqual(yield* asking.ended, 0, asking.stderr())
          assert.strictEqual(yield* answering.ended, 0, answering.stderr())
          assert.match(asking.stdout(), /^(Tick \d\n){3}end/)
        }).pipe(Effect.scoped),
      { concurrency: "unbounded", discard: true }
    )
  )
})

const streamIpc = vectors("php-stream-ipc")

describeWith(["php"], "php-stream-ipc", () => {
  for (const [generation, serializer, ...command] of [
    ["v1", "json", "peer.php", "codec", "json"],
    ["v1", "native", "peer.php", "codec", "native"],
    ["old", "json", "old.php", "json", "codec"],
    ["old", "native", "old.php", "native", "codec"]
  ] as const) {
    it(`${generation} ${serializer}: reads what the real library wrote, and writes it again`, () => {
      const entries = streamIpc.entries.filter(
        (each: any) =>
          each.generation.startsWith(generation) && each.serializer === serializer && each.base64 !== undefined
      )
      const [file, ...args] = command
      const seen = inspect(
        php(`streamIpc/${file}`),
        args,
        entries.map(({ base64 }: any) => base64)
      )
      for (const [i, each] of entries.entries()) {
        const messages = seen[i].map(({ message }: any) => message)
        if (each.kind === "stream") {
          const expected = each.frames.map((frame: any) => [
            frame.class,
            frame.level,
            frame.message ?? frame.response,
            frame.hex
          ])
          for (const [at, [name, level, text]] of expected.entries()) {
            assert.strictEqual(messages[at].__class, name, each.name)
            assert.strictEqual(messages[at].level, level, each.name)
            const got = messages[at].message ?? messages[at].response.message
            if (text !== undefined && !got.startsWith("hex:")) assert.strictEqual(got, text, each.name)
          }
          assert.strictEqual(messages.length, expected.length, each.name)
        } else if (each.kind === "undecodable") {
          const { class: name, errorMessagePrefix = "", message = "" } = each.message
          assert.strictEqual(messages[0].__class, name, each.name)
          assert.isTrue((messages[0].errorMessage ?? messages[0].message).startsWith(errorMessagePrefix || message))
        } else {
          assert.strictEqual(seen[i].length, 1, each.name)
          assert.strictEqual(seen[i][0].packed, each.base64, each.name)
        }
      }
    })
  }

  for (const serializer of ["native", "json"]) {
    it.live(`${serializer}: a parent and its child speak both ways, and the child is ended by signal`, () =>
      Effect.gen(function* () {
        const requests = [
          { __class: "App\\Add", a: 2, b: 3 },
          { __class: "App\\Index", path: "/src", steps: 2 },
          { __class: "App\\Ask", question: "ok?" },
          { __class: "App\\Warn", text: "careful" },
          { __class: "App\\Fail", why: "no luck" },
          { __class: "App\\Unwanted" },
          { __class: "App\\Wait", millis: 100, timeout: 0.01 }
        ]
        const parent = yield* run(php("streamIpc/parent.php"), [
          serializer,
          JSON.stringify(requests),
          ...php("streamIpc/child.php"),
          serializer
        ])
        assert.strictEqual(yield* parent.ended, 0, parent.stderr())
        const said = valuesOf(parent.stdout())
        const texts = said.map(({ kind, message, text }) => [
          kind,
          message?.text ?? message?.value ?? message?.done ?? message?.level ?? (text && firstLine(text))
        ])
        const junk = texts.filter(([, text]) => text === "junk")
        assert.strictEqual(junk.length, 2)
        assert.deepStrictEqual(
          texts.filter(([, text]) => text !== "junk"),
          [
            ["answer", 5],
            ["message", 1],
            ["message", 2],
            ["answer", "/src"],
            ["answer", "you said yes, ok?"],
            ["answer", "careful"],
            ["failure", "Error in dispatch"],
            ["failure", "Unhandled request: App\\Unwanted"],
            ["failure", "IPC request timed out after 0.01s"],
            ["end", undefined]
          ]
        )
        assert.deepStrictEqual(said.at(-1), { kind: "end", code: -1, signal: 15 })
      })
    )
  }
})

const innmind = vectors("innmind-ipc")

describeWith(["php"], "innmind/ipc", () => {
  it("reads every frame as the real decoder did, and writes it again", () => {
    // 4 GiB are announced in this one, which neither allocates.
    const entries = innmind.entries.filter(
      ({ base64, name }: any) => base64 !== undefined && name !== "limit-content-header-max"
    )
    const seen = inspect(
      php("innmind/ipc.php"),
      ["codec"],
      entries.map(({ base64 }: any) => base64)
    )
    for (const [i, each] of entries.entries()) {
      const real: string = each.realDecoder ?? "message"
      assert.strictEqual(seen[i].nothing === true, real.startsWith("nothing"), each.name)
      assert.strictEqual(seen[i].throws === "TypeError", real.startsWith("throws TypeError"), each.name)
      if (real.startsWith("message")) {
        const whole = Buffer.from(each.base64, "base64")
        const read = whole.subarray(0, whole.length - seen[i].left).toString("base64")
        assert.strictEqual(seen[i].packed, read, each.name)
      }
    }
  })

  const pace = ["--heartbeat", "50"]

  /** A server that is ready, and how to start clients of it. */
  const served = (...options: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const directory = yield* place
      const server = yield* run(php("innmind/server.php"), [directory, "demo", ...pace, ...options])
      yield* server.until(/ready/)
      const start = (steps: ReadonlyArray<unknown>, ...more: ReadonlyArray<string>) =>
        run(php("innmind/client.php"), [directory, "demo", JSON.stringify(steps), ...pace, ...more])
      return { start, server, directory }
    })

  /** What a client said of each of its steps, once it has ended. */
  const saidBy = (client: Running) => Effect.map(client.ended, () => valuesOf(client.stdout()))

  const ping = [{ send: [["text/plain", "ping"]] }, { wait: null }]

  it.live("counts as the documented server does, and stops at the message after the last", () =>
    Effect.gen(function* () {
      const { directory, server, start } = yield* served("--until", "2")
      assert.deepStrictEqual(yield* saidBy(yield* start([...ping, ...ping, ...ping])), [
        { connect: "ok" },
        { send: "ok", closed: false },
        { wait: ["text/plain", "pong"], closed: false },
        { send: "ok", closed: false },
        { wait: ["text/plain", "pong"], closed: false },
        { send: "ok", closed: false },
        { wait: "nothing", closed: true }
      ])
      assert.strictEqual(yield* server.ended, 0)
      assert.deepStrictEqual(valuesOf(server.stdout()), [{ end: "stopped", carry: 2 }])
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
    })
  )

  /** The bytes of a step that writes them as they are. */
  const raw = (latin1: string) => ({ raw: base64(latin1) })
  const count = [
    {
      send: [
        ["text/plain", "quiet"],
        ["text/plain", "count"]
      ]
    },
    { wait: null },
    { close: true }
  ]

  it.live("forgets its count when a client hangs up or splits a frame, and dies of a header cut short", () =>
    Effect.gen(function* () {
      const { server, start } = yield* served()
      for (const misdeed of [[{ hangUp: true }], [raw("\0\x0atext/plain\0\0\0\x04pi"), { wait: 500 }]]) {
        yield* saidBy(yield* start([...ping, ...misdeed]))
        const said = yield* saidBy(yield* start(count))
        assert.deepInclude(said, { wait: ["text/plain", "1"], closed: false })
      }
      yield* saidBy(yield* start([raw("\0\x0atext/plain\0\0"), { wait: 500 }]))
      assert.strictEqual(yield* server.ended, 255)
      assert.include(server.stderr() + server.stdout(), "TypeError")
    })
  )

  it.live("says goodbye to every client on a signal, and waits for their answers", () =>
    Effect.gen(function* () {
      const { server, start } = yield* served()
      const waiting = yield* start([...ping, { wait: null }])
      yield* waiting.until(/pong/)
      server.child.kill("SIGINT")
      assert.deepInclude(yield* saidBy(waiting), { wait: "nothing", closed: true })
      assert.strictEqual(yield* server.ended, 0)
    })
  )

  it.live("5.x acknowledges in both directions", () =>
    Effect.gen(function* () {
      const { server, start } = yield* served("--five")
      const said = yield* saidBy(yield* start([...ping, ...ping, { close: true }], "--five"))
      assert.strictEqual(said.filter(({ wait }) => wait?.[1] === "pong").length, 2)
      assert.deepStrictEqual(said.at(-1), { close: "ok", closed: true })
      server.child.kill("SIGTERM")
      assert.strictEqual(yield* server.ended, 0)
    })
  )
})
