/**
 * The blocks marked `ts` of the README, of the pages under `docs` and of the comments in `src`, as files of a folder.
 *
 * The blocks of one page are modules beside each other, in a folder of the page's name. One whose first line is a comment
 * that begins with a file name, as `// protocol.ts`, has that name, and the others may import or start it. Above its first
 * line a file has as many empty ones as the page has lines there, so that line numbers are those of the page.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

export const root = Path.resolve(import.meta.dirname, "..", "..")

export interface Block {
  /** Where it stands, relative to the root of the repository. */
  readonly page: string
  /** The line of its fence. */
  readonly line: number
  /** Its file, relative to the folder of all blocks. */
  readonly file: string
  readonly code: string
  /** What it is to print when it is run: what its comments `// prints ...` say, or the block `text` that follows it. */
  readonly prints: string
  readonly kind: Kind
}

/**
 * How a block is run.
 *
 * - `test`: by the test runner.
 * - `program`: by Node, to its end.
 * - `server`: a program called `server.ts` or `daemon.ts`: by Node, while the programs of its page run, and then until SIGTERM.
 * - `part`: by another block of its page, which imports or starts it.
 * - `definitions`: it runs nothing by itself, so it is imported.
 */
export type Kind = "test" | "program" | "server" | "part" | "definitions"

/** A fence with what follows it on its line. */
export interface Fence {
  readonly page: string
  readonly line: number
  readonly word: string
}

type Found = Pick<Block, "page" | "line" | "file" | "code" | "prints">

/** The blocks of all pages, in order. */
export const blocks = (): ReadonlyArray<Block> => pages().flatMap((page) => blocksOf(page, read(page)))

/** A link to a file of the repository. */
export interface Link {
  readonly page: string
  readonly line: number
  /** Relative to the root of the repository. */
  readonly target: string
}

/** All links of the documents to files of the repository. */
export const links = (): ReadonlyArray<Link> =>
  documents().flatMap((page) => {
    const text = read(page)
    return Array.from(text.matchAll(/\]\((?!\w+:)([^)#\s]+)[^)]*\)/g), ({ 1: target, index }) => ({
      page,
      line: lineAt(text, index),
      target: Path.normalize(Path.join(Path.dirname(page), target!))
    }))
  })

/** All fences that open a block in a document. */
export const fences = (): ReadonlyArray<Fence> =>
  documents().flatMap((page) => {
    const text = read(page)
    const all = Array.from(text.matchAll(/^ *```(.*)$/gm), ({ 1: word, index }) => ({
      page,
      line: lineAt(text, index),
      word: word!
    }))
    return all.filter((_, index) => index % 2 === 0)
  })

export const isDocument = (page: string): boolean => page.endsWith(".md")

const pages = (): ReadonlyArray<string> => [...documents(), ...filesIn("src", ".ts")]

const documents = (): ReadonlyArray<string> => ["README.md", ...filesIn("docs", ".md")]

const filesIn = (folder: string, extension: string): ReadonlyArray<string> =>
  Fs.readdirSync(Path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(extension) && !path.includes("node_modules"))
    .map((path) => `${folder}/${path}`)
    .sort()

const read = (page: string): string => {
  const text = Fs.readFileSync(Path.join(root, page), "utf8")
  return isDocument(page) ? text : text.replaceAll(/^ \* ?/gm, "")
}

const blocksOf = (page: string, text: string): ReadonlyArray<Block> => {
  const found = Array.from(
    text.matchAll(/^```ts$\n([\s\S]*?)^```$(?:\n+```text$\n([\s\S]*?)^```$)?/gm),
    (match, index) => {
      const code = match[1]!
      const name = /^\/\/ ([\w-]+\.ts)\b/.exec(code)?.[1] ?? `block${index + 1}.ts`
      return {
        page,
        line: lineAt(text, match.index),
        file: `${page}/${name}`,
        code,
        prints: match[2] ?? printsOf(code)
      }
    }
  )
  return found.map((block) => ({ ...block, kind: kindOf(block, found) }))
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length

const printsOf = (code: string): string =>
  Array.from(code.matchAll(/\/\/ prints (.+)$/gm), ({ 1: line }) => `${line}\n`).join("")

const kindOf = (block: Found, all: ReadonlyArray<Found>): Kind => {
  if (all.some((other) => names(other, block) && !names(block, other))) return "part"
  if (/^it\b/m.test(block.code)) return "test"
  if (!/\brunMain\b|\bEffect\.run|^console\./m.test(block.code)) return "definitions"
  return /^(server|daemon)\.ts$/.test(Path.basename(block.file)) ? "server" : "program"
}

const names = (other: Found, block: Found): boolean => {
  const name = Path.basename(block.file)
  return other.code.includes(`"./${name}"`) || other.code.includes(`"${name}"`)
}
