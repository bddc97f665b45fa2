/**
 * Runs blocks in processes of their own, as a reader would, and says what is wrong with them.
 *
 * A program has to exit with 0, a server to be there until SIGTERM and to exit then, and each to print what its page says
 * and nothing else.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Block } from "./Blocks.ts"
import * as Folder from "./Folder.ts"

/** A process that takes longer is killed. */
const mostMillis = 20_000

/** What `runMain` exits with after a signal. */
const interrupted = "exit code 130"

interface Ending {
  readonly end: string
  readonly stdout: string
  readonly stderr: string
}

interface Started {
  readonly child: ChildProcess
  readonly ending: Promise<Ending>
}

/** Runs the programs of a page one after another, while its servers run. */
export const page = async (folder: string, blocks: ReadonlyArray<Block>): Promise<ReadonlyArray<string>> => {
  const servers = blocks
    .filter(({ kind }) => kind === "server")
    .map((block) => ({ block, ...start(folder, [block.file], block.page) }))
  const faults: Array<string> = []
  for (const block of blocks.filter(({ kind }) => kind === "program")) {
    const { ending } = start(folder, [block.file], block.page)
    faults.push(...faultsOf(folder, block, await ending, ["exit code 0"]))
  }
  for (const { block, child, ending } of servers) {
    child.kill("SIGTERM")
    faults.push(...faultsOf(folder, block, await ending, ["exit code 0", interrupted]))
  }
  return faults
}

/** Imports blocks in one process. */
export const definitions = async (folder: string, blocks: ReadonlyArray<Block>): Promise<ReadonlyArray<string>> => {
  const script = Path.join(import.meta.dirname, "importing.ts")
  const { end, stderr, stdout } = await start(
    folder,
    [script, ...blocks.map(({ file }) => Path.join(folder, file))],
    "."
  ).ending
  const said = Folder.inPages(folder, stdout + stderr)
  return end === "exit code 0" && said === "" ? [] : [`${end}\n${said}`]
}

const start = (folder: string, [file, ...args]: ReadonlyArray<string>, cwd: string): Started => {
  const runtime = Path.join(folder, "run")
  Fs.mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const child = spawn(process.execPath, [Path.resolve(folder, file!), ...args], {
    cwd: Path.join(folder, cwd),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      XDG_RUNTIME_DIR: runtime,
      NO_COLOR: "1",
      FORCE_COLOR: undefined
    }
  })
  return { child, ending: endingOf(child) }
}

const endingOf = (child: ChildProcess): Promise<Ending> =>
  new Promise((resolve, reject) => {
    let stdout = ""
    let stderr = ""
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill("SIGKILL")
      // A process that it left behind may hold the pipes open.
      child.stdout!.destroy()
      child.stderr!.destroy()
    }, mostMillis)
    child.once("error", reject)
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      const end = signal === null ? `exit code ${code}` : `ended by ${signal}`
      resolve({ end: late ? `killed after ${mostMillis / 1000} s` : end, stdout, stderr })
    })
  })

const faultsOf = (folder: string, block: Block, ending: Ending, good: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { end, stderr, stdout } = ending
  if (good.includes(end) && stdout === block.prints) return []
  const expected = block.prints === "" ? [] : ["it should have printed", block.prints.trimEnd()]
  const lines = [`${block.page}:${block.line}: ${end}`, stdout.trimEnd(), stderr.trimEnd(), ...expected]
  return [Folder.inPages(folder, lines.filter((line) => line !== "").join("\n"))]
}
