/**
 * The API reference: what the package exports says what it is, in the words of its docstring.
 *
 * The rule runs on every module that `package.json` exports, where it must find nothing, and on fakes that break it.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { parseSync } from "vite"

interface Source {
  readonly file: string
  readonly text: string
}

/** What a docstring must have: a sentence, then where the export belongs, and since when it is there. */
const wanting = (docs: string | undefined): string | undefined => {
  if (docs?.includes("@internal")) return undefined
  if (docs === undefined) return "has no docstring"
  const [description] = docs.split(/^\s*\*?\s*@/m, 1)
  if (!/^\W*\w+\W+\w+\W+\w+[^]*[.:]/.test(description!)) return "says nothing of itself"
  if (!/@category \w/.test(docs)) return "has no @category"
  return /@since \d+\.\d+\.\d+/.test(docs) ? undefined : "has no @since"
}

const wantingOfModule = (docs: string | undefined): string | undefined => {
  if (docs === undefined) return "has no docstring"
  return /@since \d+\.\d+\.\d+/.test(docs) ? undefined : "has no @since"
}

/** A line that says why may stand between. */
const onlyLineComments = /^\s*(\/\/.*\s*)*$/

/** Finds what is exported and not documented: in the file, or in the file where what it passes on is declared. */
const undocumented = (source: Source, read: (file: string) => string, names?: ReadonlySet<string>): Array<string> => {
  const { comments, program } = parseSync(source.file, source.text)
  const blocks = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"))
  const docsBefore = (start: number): string | undefined =>
    blocks.findLast(({ end }) => end <= start && onlyLineComments.test(source.text.slice(end, start)))?.value
  const faults: Array<string> = []
  const note = (name: string, fault: string | undefined): void => {
    if (fault !== undefined) faults.push(`${source.file}: ${name} ${fault}`)
  }
  if (names === undefined) note("the module", wantingOfModule(blocks.find(({ start }) => start === 0)?.value))
  const seen = new Set<string>()
  for (const node of program.body) {
    if (node.type !== "ExportNamedDeclaration") continue
    if (node.source !== null) {
      const file = Path.posix.join(Path.posix.dirname(source.file), node.source.value)
      const passedOn = new Set(node.specifiers.map(({ local }) => (local as { readonly name: string }).name))
      faults.push(...undocumented({ file, text: read(file) }, read, passedOn))
      continue
    }
    for (const name of namesOf(node.declaration)) {
      // A type and a value of one name, or the signatures of one function, share the first docstring.
      if (seen.has(name) || (names !== undefined && !names.has(name))) continue
      seen.add(name)
      note(name, wanting(docsBefore(node.start)))
    }
  }
  return faults
}

const namesOf = (declaration: unknown): ReadonlyArray<string> => {
  const { declarations, id } = (declaration ?? {}) as {
    readonly id?: { readonly name: string } | null
    readonly declarations?: ReadonlyArray<{ readonly id: { readonly name: string } }>
  }
  if (declarations !== undefined) return declarations.map((each) => each.id.name)
  return id === null || id === undefined ? [] : [id.name]
}

const read = (file: string): string => Fs.readFileSync(file, "utf8")

const { exports } = JSON.parse(read("package.json")) as { readonly exports: Readonly<Record<string, string>> }
const modules = Object.values(exports)
  .filter((path) => path.endsWith(".js"))
  .map((path) => path.replace("./dist/", "src/").replace(/\.js$/, ".ts"))

describe("api: every public module", () => {
  it.each(modules)("%s documents what it exports", (file) =>
    assert.deepStrictEqual(undocumented({ file, text: read(file) }, read), [])
  )
})

describe("api: the checker", () => {
  const header = "/**\n * Links of a kind.\n *\n * @since 0.1.0\n */\n"
  const docs = "/**\n * Opens a link to there.\n *\n * @category constructors\n * @since 0.1.0\n */\n"
  const faultsOf = (text: string): ReadonlyArray<string> =>
    undocumented({ file: "src/a/A.ts", text }, (file) => (file === "src/a/B.ts" ? "export const open = 1" : ""))

  it.each([
    ["no header", `const near = 1\n${docs}export const open = 1`, "src/a/A.ts: the module has no docstring"],
    ["no docstring", `${header}const near = 1\nexport const open = 1`, "src/a/A.ts: open has no docstring"],
    ["only tags", `${header}/**\n * @category a\n * @since 0.1.0\n */\nexport class Open {}`, "says nothing of itself"],
    ["no category", `${header}/** Opens a link. @since 0.1.0 */\nexport function open() {}`, "has no @category"],
    ["no version", `${header}/** Opens a link.\n * @category a */\nexport interface Open {}`, "has no @since"],
    ["a line between", `${header}${docs}const near = 1\nexport type Open = string`, "Open has no docstring"],
    ["another file's", `${header}export { open } from "./B.ts"`, "src/a/B.ts: open has no docstring"]
  ])("reports %s", (_, text, fault) => {
    const [found, ...others] = faultsOf(text)
    assert.include(found, fault)
    assert.deepStrictEqual(others, [])
  })

  it("is content with a sentence, a category and a version", () => {
    assert.deepStrictEqual(faultsOf(`${header}${docs}// Why so.\nexport const open = 1\nconst hidden = 2`), [])
  })
})
