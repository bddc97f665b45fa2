/**
 * Compiles and runs the code of the documents, so that what readers copy is right.
 *
 * Blocks in comments are compiled only. `docs/Blocks.ts` says which blocks there are, and how each is run.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Blocks from "./docs/Blocks.ts"
import * as Folder from "./docs/Folder.ts"
import * as Run from "./docs/Run.ts"

const blocks = Blocks.blocks()
const folder = Folder.make(blocks)
afterAll(() => Folder.remove(folder))

const pagesOf = (some: ReadonlyArray<Blocks.Block>) => [...new Set(some.map(({ page }) => page))]
const ofKind = (...kinds: ReadonlyArray<Blocks.Kind>) =>
  blocks.filter(({ kind, page }) => Blocks.isDocument(page) && kinds.includes(kind))

describe("compiling", () => {
  const pages = pagesOf(blocks)
  let complaints: ReadonlyArray<string> = []

  beforeAll(async () => {
    complaints = await Folder.compile(folder)
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

describe("running", () => {
  it.each(pagesOf(ofKind("program", "server")))("the programs of %s run", { timeout: 60_000 }, async (page) => {
    const faults = await Run.page(
      folder,
      ofKind("program", "server").filter((block) => block.page === page)
    )
    assert.strictEqual(faults.join("\n\n"), "")
  })

  it("what is only defined can be imported", { timeout: 30_000 }, async () => {
    const faults = await Run.definitions(folder, ofKind("definitions"))
    assert.strictEqual(faults.join("\n\n"), "")
  })

  describe.each(ofKind("test"))("the tests at $page:$line", async ({ file }) => {
    await import(Path.join(folder, file))
  })

  // A block with another word after its fence would be neither compiled nor run.
  it("leaves out no code", () => {
    const words = ["ts", "php", "sh", "text", ""]
    const others = Blocks.fences().filter(({ word }) => !words.includes(word) && !word.startsWith("hex "))
    assert.deepStrictEqual(others, [])
  })
})

describe("finding", () => {
  it("every link leads to a file", () => {
    const missing = Blocks.links().filter(({ target }) => !Fs.existsSync(Path.join(Blocks.root, target)))
    assert.deepStrictEqual(missing, [])
  })

  it("the README lists every guide", () => {
    const listed = Blocks.links().filter(({ page }) => page === "README.md")
    const guides = Fs.readdirSync(Path.join(Blocks.root, "docs", "guides")).map((name) => `docs/guides/${name}`)
    assert.includeMembers(
      listed.map(({ target }) => target),
      guides
    )
  })
})
