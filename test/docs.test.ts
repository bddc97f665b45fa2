/**
 * Compiles every block marked `ts` in the README, under `docs` and in the comments of `src`, so that what readers copy
 * is right.
 *
 * The blocks of one page are modules in one folder. One whose first line is a comment that begins with a file name, as
 * `// protocol.ts`, has that name, and the others may import it. Those in comments may import the `protocol.ts` and
 * `handlers.ts` of a calculator. `effect-ipc` is `src`.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "..")
const work = Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-ipc-docs-"))

interface Block {
  readonly page: string
  /** The line of the page before its first. */
  readonly line: number
  readonly file: string
  readonly text: string
}

const filesIn = (folder: string, extension: string): ReadonlyArray<string> =>
  Fs.readdirSync(Path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(extension))
    .map((path) => `${folder}/${path}`)

const blocksOf = (page: string): ReadonlyArray<Block> => {
  const source = Fs.readFileSync(Path.join(root, page), "utf8")
  const text = page.endsWith(".md") ? source : source.replaceAll(/^ \* ?/gm, "")
  const folder = page.replace(/\.\w+$/, "").replaceAll("/", "_")
  return Array.from(text.matchAll(/^```ts$\n([\s\S]*?)^```$/gm), (match, index) => {
    const code = match[1]!
    const name = /^\/\/ ([\w-]+\.ts)\b/.exec(code)?.[1] ?? `block${index + 1}.ts`
    const line = text.slice(0, match.index).split("\n").length
    return { page, line, file: `${folder}/${name}`, text: code }
  })
}

const blocks = ["README.md", ...filesIn("docs", ".md"), ...filesIn("src", ".ts")].flatMap(blocksOf)
const pages = [...new Set(blocks.map(({ page }) => page))]

/** What the blocks in comments may import. */
const calculator = (): ReadonlyArray<Pick<Block, "file" | "text">> => {
  const text = Fs.readFileSync(Path.join(root, "scripts", "consumer", "Calculator.ts"), "utf8")
  const folders = new Set(blocks.filter(({ page }) => page.startsWith("src/")).map(({ file }) => Path.dirname(file)))
  return [...folders].flatMap((folder) => [
    { file: `${folder}/protocol.ts`, text },
    { file: `${folder}/handlers.ts`, text: `export { handlers } from "./protocol.ts"` }
  ])
}

/** The entries of the package, each as the source it is built from. */
const paths = (): Record<string, ReadonlyArray<string>> => {
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

const write = (file: string, text: string): void => {
  const path = Path.join(work, file)
  Fs.mkdirSync(Path.dirname(path), { recursive: true })
  // A second block of that name would hide the first.
  Fs.writeFileSync(path, text, { flag: "wx" })
}

const compile = (): Promise<string> =>
  new Promise((resolve) => {
    const tsc = Path.join(root, "node_modules", "typescript", "bin", "tsc")
    execFile(process.execPath, [tsc, "-p", work, "--pretty", "false"], { cwd: work }, (_, stdout, stderr) =>
      resolve(stdout + stderr)
    )
  })

/** The complaints of the compiler, with the lines of the pages instead of those of the blocks. */
const onPages = (output: string): ReadonlyArray<string> =>
  output.split(/\n(?! )/).flatMap((complaint) => {
    const [, file, line, rest] = /^(.+?)\((\d+),\d+\): ([^]*)$/.exec(complaint) ?? []
    const block = blocks.find((block) => block.file === file)
    if (block !== undefined) return `${block.page}:${block.line + Number(line)}: ${rest}`
    return complaint.trim() === "" ? [] : complaint
  })

describe("docs", () => {
  let complaints: ReadonlyArray<string> = []

  beforeAll(async () => {
    for (const { file, text } of [...blocks, ...calculator()]) write(file, text)
    const compilerOptions = {
      rootDir: "/",
      noEmit: true,
      composite: false,
      incremental: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: paths()
    }
    const config = { extends: Path.join(root, "tsconfig.json"), include: ["*/*.ts"], compilerOptions }
    write("tsconfig.json", JSON.stringify(config))
    write("package.json", JSON.stringify({ type: "module" }))
    Fs.symlinkSync(Path.join(root, "node_modules"), Path.join(work, "node_modules"), "junction")
    complaints = onPages(await compile())
    return () => Fs.rmSync(work, { recursive: true, force: true })
  }, 60_000)

  it.each(pages)("the code of %s compiles", (page) => {
    assert.deepStrictEqual(
      complaints.filter((complaint) => complaint.startsWith(`${page}:`)),
      []
    )
  })

  it("the compiler has nothing else to say", () => {
    assert.deepStrictEqual(
      complaints.filter((complaint) => !pages.some((page) => complaint.startsWith(`${page}:`))),
      []
    )
  })
})
