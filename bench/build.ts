/**
 * Turns src and bench into JavaScript, as a user would load them: src is bundled as the package is, and the types of
 * bench become blanks, for stripping them at start-up would count as cold.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { dirname, join } from "node:path"
import { bundle } from "../scripts/bundle.ts"

/** Runs may overlap, so each has a folder of its own. It is inside the package, where modules find their dependencies. */
const out = join(import.meta.dirname, "out", `run-${process.pid}`)

const relativeImport = /((?:from|import)\s*\(?\s*["'])(\.{1,2}\/[^"']+)\.ts(["'])/g

const sources = (): ReadonlyArray<string> =>
  readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.startsWith("out/")
  )

/** The modules of src that a source of bench imports. */
const modulesOf = (code: string): ReadonlyArray<string> =>
  Array.from(code.matchAll(/\.\.\/src\/([^"']+)\.ts["']/g), ([, name]) => name!)

/** Answers the folder that holds the JavaScript of bench. It goes when this process ends. */
export const build = async (): Promise<string> => {
  // The one warning is that the function may change; nothing else is warned of here.
  const { emitWarning } = process
  process.emitWarning = () => {}
  process.once("exit", () => rmSync(out, { recursive: true, force: true }))
  const modules = new Set<string>()
  for (const path of sources()) {
    const target = join(out, "bench", path.replace(/\.ts$/, ".js"))
    mkdirSync(dirname(target), { recursive: true })
    const code = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, path), "utf8"))
    for (const name of modulesOf(code)) modules.add(name)
    writeFileSync(target, code.replaceAll(relativeImport, "$1$2.js$3"))
  }
  process.emitWarning = emitWarning
  await bundle(Array.from(modules), join(out, "src"))
  return join(out, "bench")
}
