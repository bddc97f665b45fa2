/**
 * Runs an example in a process of its own and compares what it printed with its `expected.txt`.
 */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"

const folder = import.meta.dirname

/** An example that takes longer is killed. */
const mostMillis = 30_000

/** What differs from run to run, and what stands in its place. */
const varying: ReadonlyArray<readonly [RegExp, string]> = [[/^[\d,]+ calls per second/gm, "N calls per second"]]

/** Every example: a folder next to this file. */
export const names: ReadonlyArray<string> = Fs.readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort()

/** How an example ended. */
export interface Outcome {
  /** What it printed, the varying parts replaced. */
  readonly printed: string
  /** What is wrong with it, in lines for a person; undefined when nothing is. */
  readonly fault: string | undefined
  readonly seconds: number
}

/** Runs an example to its end. With `update`, what it printed becomes what is expected. */
export const run = async (name: string, options: { readonly update: boolean }): Promise<Outcome> => {
  const startedAt = performance.now()
  const { end, stderr, stdout } = await execute(mainOf(name))
  const seconds = (performance.now() - startedAt) / 1000
  const printed = varying.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), stdout)
  const expectedFile = Path.join(folder, name, "expected.txt")
  if (end !== "exit code 0") return { printed, fault: `${end}\n${stdout}${stderr}`.trimEnd(), seconds }
  if (options.update) Fs.writeFileSync(expectedFile, printed)
  const expected = Fs.existsSync(expectedFile) ? Fs.readFileSync(expectedFile, "utf8") : ""
  return { printed, fault: difference(expected, printed), seconds }
}

const mainOf = (name: string): string => {
  const main = Path.join(folder, name, "main.ts")
  return Fs.existsSync(main) ? main : Path.join(folder, name, "parent.ts")
}

const execute = (main: string) =>
  new Promise<{ readonly end: string; readonly stdout: string; readonly stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [main], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined }
    })
    let stdout = ""
    let stderr = ""
    let late = false
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const timer = setTimeout(() => {
      late = true
      child.kill("SIGKILL")
      // A process that it left behind may hold the pipes open.
      child.stdout.destroy()
      child.stderr.destroy()
    }, mostMillis)
    child.once("error", reject)
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      const end = late
        ? `killed after ${mostMillis / 1000} s`
        : signal === null
          ? `exit code ${code}`
          : `ended by ${signal}`
      resolve({ end, stdout, stderr })
    })
  })

/** How many equal lines are shown before the first that differs. */
const shownBefore = 2

/** The lines from the first to the last that differ: `-` what was expected, `+` what was printed. */
const difference = (expected: string, printed: string): string | undefined => {
  if (expected === printed) return undefined
  const [want, have] = [expected.split("\n"), printed.split("\n")]
  let first = 0
  while (first < want.length && want[first] === have[first]) first++
  let same = 0
  while (same < Math.min(want.length, have.length) - first && want.at(-1 - same) === have.at(-1 - same)) same++
  return [
    ...want.slice(Math.max(0, first - shownBefore), first).map((line) => `  ${line}`),
    ...want.slice(first, want.length - same).map((line) => `- ${line}`),
    ...have.slice(first, have.length - same).map((line) => `+ ${line}`)
  ].join("\n")
}
