/**
 * The languages of other systems that this machine has, and their programs as children of a test.
 *
 * A test that needs a missing language is not registered; `found` says which are missing, in the name of a test. Every
 * program runs in a process group of its own, which is killed with the test.
 */
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

export type Language = "php" | "ruby" | "go" | "node"

/** A program and its first arguments. */
export type Program = readonly [command: string, ...args: ReadonlyArray<string>]

const peers = Path.join(import.meta.dirname, "peers")

const ask: Record<Language, readonly [command: string, ...args: ReadonlyArray<string>]> = {
  php: ["php", "-r", "echo PHP_VERSION;"],
  ruby: ["ruby", "-e", "print RUBY_VERSION"],
  go: ["go", "version"],
  node: [process.execPath, "--version"]
}

const versionOf = (language: Language): string | undefined => {
  const [command, ...args] = ask[language]
  const answer = spawnSync(command, args, { encoding: "utf8" })
  return answer.status === 0 ? /\d+\.\d+(\.\d+)?/.exec(answer.stdout)?.[0] : undefined
}

const languages = Object.keys(ask) as ReadonlyArray<Language>
const versions = new Map(languages.map((language) => [language, versionOf(language)] as const))

export const has = (language: Language): boolean => versions.get(language) !== undefined

/** What this machine has, in one line. */
export const found = (): string => {
  const present = languages.filter(has).map((language) => `${language} ${versions.get(language)}`)
  const missing = languages.filter((language) => !has(language))
  return `found: ${present.join(", ")}; missing: ${missing.join(", ") || "none"}`
}

/** A suite that is registered where all its languages are found. */
export const describeWith = (needs: ReadonlyArray<Language>, name: string, body: () => void): void => {
  const register = needs.every(has) ? describe : () => {}
  register(name, body)
}

/** The Go program, compiled once for each content of its source. It is one file without modules, so that needs no network. */
const goProgram = (): string => {
  const source = Path.join(peers, "hx", "hx.go")
  const key = createHash("sha256")
    .update(Fs.readFileSync(source))
    .update(String(versions.get("go")))
    .digest("hex")
  const directory = Path.join(Os.tmpdir(), `effect-ipc-peers-${Os.userInfo().uid}`)
  const program = Path.join(directory, `hx-${key.slice(0, 16)}`)
  if (Fs.existsSync(program)) return program
  Fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  // Another worker may compile it too: each writes a file of its own, and the last one stays.
  const fresh = `${program}.${process.pid}`
  execFileSync("go", ["build", "-o", fresh, source], {
    env: { ...process.env, GO111MODULE: "off", GOFLAGS: "", CGO_ENABLED: "0" }
  })
  Fs.renameSync(fresh, program)
  return program
}

/** hx/interop in a language. */
export const hx = (language: Language): Program => {
  switch (language) {
    case "go":
      return [goProgram()]
    case "ruby":
      return ["ruby", Path.join(peers, "hx", "hx.rb")]
    case "php":
      return ["php", Path.join(peers, "hx", "hx.php")]
    case "node":
      return [process.execPath, Path.join(peers, "hx", "hx.mjs")]
  }
}

/** A PHP program of php-stream-ipc or innmind/ipc, such as `streamIpc/child.php`. */
export const php = (path: string): Program => ["php", Path.join(peers, path)]

/** A program that runs, and what it wrote so far. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  /** What it wrote to stdout until now. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until its stdout matches. */
  readonly until: (pattern: RegExp) => Effect.Effect<string>
  /** Waits until it has ended and all it wrote is read: its exit code, or the signal that ended it. */
  readonly ended: Effect.Effect<number | NodeJS.Signals>
}

const start = (
  [command, ...first]: Program,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  cwd: string | undefined
): Running => {
  const child = spawn(command, [...first, ...args], { detached: true, env: { ...process.env, ...env }, cwd })
  const wrote = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => (wrote.stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (wrote.stderr += text))
  // A program that ended early is told by its exit code, not by a broken pipe.
  child.stdin.on("error", () => {})
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(wrote.stdout)) {
      const more = await Promise.race([once(child.stdout, "data"), closed.then(() => undefined)])
      if (more === undefined && !pattern.test(wrote.stdout)) {
        throw new Error(`ended without ${pattern}: ${wrote.stdout}${wrote.stderr}`)
      }
    }
    return wrote.stdout
  }
  return {
    child,
    stdout: () => wrote.stdout,
    stderr: () => wrote.stderr,
    until: (pattern) => Effect.promise(() => until(pattern)),
    ended: Effect.promise(() => closed.then(([code, signal]) => signal ?? code ?? -1))
  }
}

const kill = ({ child }: Running): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
  } catch {
    // Its whole group has ended.
  }
}

/** Starts a program. It is killed, and all that it started, when the scope closes. */
export const run = (program: Program, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}, cwd?: string) =>
  Effect.acquireRelease(
    Effect.sync(() => start(program, args, env, cwd)),
    (running) => Effect.sync(() => kill(running))
  )

/** What `program` answers to lines of Base64: one value a line. */
export const inspect = (program: Program, args: ReadonlyArray<string>, inputs: ReadonlyArray<string>) => {
  const [command, ...first] = program
  const output = execFileSync(command, [...first, ...args], {
    input: inputs.map((input) => `${input}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 64 << 20
  })
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
}

/** The values of lines of JSON. */
export const valuesOf = (text: string): ReadonlyArray<any> =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))

/** A directory that goes with the test. */
export const place = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "foreign-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)
