/**
 * Proves that the package installs and works in an empty project.
 *
 * Builds and packs a clean copy of the repository, so that nothing left over in `dist` gets in, and checks the tarball
 * with publint and attw. Then installs it beside its peer `effect`, imports every entry, compiles the consumer under
 * `scripts/consumer` against the shipped types, and runs it.
 */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "..")
const bin = Path.join(root, "node_modules", ".bin")
const work = Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-ipc-pack-"))
const stage = Path.join(work, "stage")
const consumer = Path.join(work, "consumer")

/** What a fresh clone has, as far as packing is concerned. */
const packed = ["package.json", "tsconfig.json", "README.md", "LICENSE", "CHANGELOG.md", "src", "scripts/bundle.ts"]

/** Runs a command to its end; fails with all it printed when it does not exit with 0. */
const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: `${bin}${Path.delimiter}${process.env.PATH}`, NO_COLOR: "1" }
    })
    let output = ""
    child.stdout.on("data", (chunk) => (output += chunk))
    child.stderr.on("data", (chunk) => (output += chunk))
    child.on("error", reject)
    child.on("close", (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ${args.join(" ")} exited with ${code}\n${output}`))
    })
  })

const step = async <A>(name: string, work: () => A | Promise<A>): Promise<A> => {
  const startedAt = performance.now()
  const result = await work()
  console.log(`  ok  ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  return result
}

/** Waits for all, also when one fails, so that nothing still runs while the directory is removed. */
const together = async (...steps: ReadonlyArray<Promise<void>>): Promise<void> => {
  const failed = (await Promise.allSettled(steps)).filter((result) => result.status === "rejected")
  if (failed.length > 0) throw new AggregateError(failed.map((result) => result.reason))
}

const readJson = (path: string): any => JSON.parse(Fs.readFileSync(path, "utf8"))

const pack = async (): Promise<string> => {
  Fs.mkdirSync(stage)
  for (const name of packed) {
    if (Fs.existsSync(Path.join(root, name)))
      Fs.cpSync(Path.join(root, name), Path.join(stage, name), { recursive: true })
  }
  Fs.symlinkSync(Path.join(root, "node_modules"), Path.join(stage, "node_modules"), "junction")
  await run(stage, "npm", "pack", "--pack-destination", work)
  const tarball = Fs.readdirSync(work).find((name) => name.endsWith(".tgz"))
  if (tarball === undefined) throw new Error("npm pack made no tarball")
  return Path.join(work, tarball)
}

/**
 * Installs the tarball and its peer. Where the registry cannot be reached, `effect` is linked from this repository;
 * the package itself comes from the tarball in any case.
 */
const install = async (tarball: string): Promise<void> => {
  const effect = Path.join(root, "node_modules", "effect")
  const peer = `effect@${readJson(Path.join(effect, "package.json")).version}`
  const quick = ["--fetch-retries=0", "--fetch-timeout=20000"]
  const common = ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...quick, tarball]
  Fs.cpSync(Path.join(root, "scripts", "consumer"), consumer, { recursive: true })
  Fs.writeFileSync(Path.join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }))
  try {
    await run(consumer, "npm", ...common, "--prefer-offline", peer)
  } catch (error) {
    const reachable = await run(consumer, "npm", "view", peer, "version", "--prefer-offline", ...quick).then(
      () => true,
      () => false
    )
    if (reachable) throw error
    console.log(`  --  the registry has no answer: ${peer} is linked from node_modules`)
    await run(consumer, "npm", ...common, "--offline", "--legacy-peer-deps")
    Fs.symlinkSync(effect, Path.join(consumer, "node_modules", "effect"), "junction")
  }
}

/** Imports every entry in plain Node, and compares the barrels with the entries: one module, one entry. */
const entriesScript = `
const { exports } = JSON.parse(await (await import("node:fs/promises")).readFile("node_modules/effect-ipc/package.json", "utf8"))
const modules = Object.keys(exports).filter((entry) => entry !== "./package.json")
const barrels = modules.filter((entry) => exports[entry].endsWith("/index.js"))
const loaded = new Map()
for (const entry of modules) loaded.set(entry, await import("effect-ipc" + entry.slice(1)))
const told = new Set()
for (const barrel of barrels) {
  for (const [name, module] of Object.entries(loaded.get(barrel))) {
    const entry = modules.find((entry) => !barrels.includes(entry) && loaded.get(entry) === module)
    if (entry === undefined) throw new Error(barrel + " re-exports " + name + ", which has no entry in exports")
    if (entry.split("/").at(-1) !== name) throw new Error(entry + " is called " + name + " in " + barrel)
    told.add(entry)
  }
}
for (const entry of modules) {
  if (!barrels.includes(entry) && !told.has(entry)) throw new Error(entry + " is in no index.ts")
}
await import("effect-ipc/package.json", { with: { type: "json" } })
`

const importEntries = async (): Promise<void> => {
  Fs.writeFileSync(Path.join(consumer, "entries.mjs"), entriesScript)
  await run(consumer, process.execPath, "entries.mjs")
}

try {
  console.log("pack check")
  const tarball = await step("build and pack a clean copy", pack)
  await together(
    step("publint", () => run(work, "publint", "--strict", tarball)),
    step("are the types wrong", () => run(work, "attw", tarball, "--profile", "esm-only")),
    step("install into an empty project", () => install(tarball))
  )
  await together(
    step("import every entry", importEntries),
    step("compile a consumer", () =>
      run(consumer, "tsc", "-p", ".", "--typeRoots", Path.join(root, "node_modules/@types"))
    ),
    step("run the consumer", () => run(consumer, process.execPath, "main.ts"))
  )
} catch (error) {
  const errors = error instanceof AggregateError ? error.errors : [error]
  for (const each of errors) console.error(`\nnot ok  ${each instanceof Error ? each.message : String(each)}`)
  process.exitCode = 1
} finally {
  Fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}
