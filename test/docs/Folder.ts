/**
 * A folder like that of a reader who has installed the package and copied the blocks.
 *
 * `effect-ipc` is the package as it was built before the tests. The compiler takes the types from `src`.
 */
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { type Block, isDocument, root } from "./Blocks.ts"

export const make = (blocks: ReadonlyArray<Block>): string => {
  const folder = Fs.realpathSync(Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-ipc-docs-")))
  for (const { code, file, line } of blocks) write(folder, file, "\n".repeat(line) + code)
  for (const { file, text } of calculators(blocks)) write(folder, file, text)
  write(folder, "package.json", JSON.stringify({ type: "module" }))
  write(folder, "tsconfig.json", JSON.stringify(config()))
  link(folder)
  return folder
}

export const remove = (folder: string): void => Fs.rmSync(folder, { recursive: true, force: true })

/** What the compiler complains of, a line each, with the places in the pages. */
export const compile = async (folder: string): Promise<ReadonlyArray<string>> => {
  const tsc = Path.join(root, "node_modules", "typescript", "bin", "tsc")
  const output = await new Promise<string>((resolve) =>
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder }, (_, stdout, stderr) =>
      resolve(stdout + stderr)
    )
  )
  return output
    .split(/\n(?! )/)
    .filter((complaint) => complaint.trim() !== "")
    .map((complaint) => complaint.replace(/^((?:README|docs\/.+)\.md|src\/.+\.ts)\/[\w-]+\.ts\((\d+),\d+\)/, "$1:$2"))
}

/** Text that names files of the folder, with the pages in their place. */
export const inPages = (folder: string, text: string): string =>
  text.replaceAll(folder, "").replaceAll(/(?:file:\/\/)?\/((?:README|docs\/[\w./-]+)\.md)\/[\w-]+\.ts/g, "$1")

const write = (folder: string, file: string, text: string): void => {
  const path = Path.join(folder, file)
  Fs.mkdirSync(Path.dirname(path), { recursive: true })
  // A second block of that name would hide the first.
  Fs.writeFileSync(path, text, { flag: "wx" })
}

/** What the blocks in comments may import. */
const calculators = (blocks: ReadonlyArray<Block>) => {
  const text = Fs.readFileSync(Path.join(root, "scripts", "consumer", "Calculator.ts"), "utf8")
  const pages = new Set(blocks.map(({ page }) => page).filter((page) => !isDocument(page)))
  return [...pages].flatMap((page) => [
    { file: `${page}/protocol.ts`, text },
    { file: `${page}/handlers.ts`, text: `export { handlers } from "./protocol.ts"` }
  ])
}

const config = () => ({
  extends: Path.join(root, "tsconfig.json"),
  include: ["**/*.ts"],
  compilerOptions: {
    rootDir: "/",
    noEmit: true,
    composite: false,
    incremental: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: sources()
  }
})

/** The entries of the package, each as the source it is built from. */
const sources = (): Record<string, ReadonlyArray<string>> => {
  const { exports } = JSON.parse(Fs.readFileSync(Path.join(root, "package.json"), "utf8"))
  return Object.fromEntries(
    Object.entries(exports as Record<string, string>)
      .filter(([, built]) => built.endsWith(".js"))
      .map(([entry, built]) => {
        const source = built.replace("./dist/", "src/").replace(/\.js$/, ".ts")
        return [`effect-ipc${entry.slice(1)}`, [Path.join(root, source)]]
      })
  )
}

/** What is installed here, and the package itself. */
const link = (folder: string): void => {
  const from = Path.join(root, "node_modules")
  const to = Path.join(folder, "node_modules")
  Fs.mkdirSync(to)
  Fs.symlinkSync(root, Path.join(to, "effect-ipc"), "junction")
  for (const name of Fs.readdirSync(from)) {
    if (!name.startsWith(".") && name !== "effect-ipc")
      Fs.symlinkSync(Path.join(from, name), Path.join(to, name), "junction")
  }
}
