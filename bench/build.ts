/**
 * Turns src and bench into JavaScript, as a user would load them: stripping types at start-up would count as cold.
 *
 * Types become blanks, so that lines and columns in profiles are those of the sources.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
/** Runs may overlap, so each has a folder of its own. It is inside the package, where modules find their dependencies. */
const out = join(import.meta.dirname, "out", `run-${process.pid}`)

const relativeImport = /((?:from|import)\s*\(?\s*["'])(\.{1,2}\/[^"']+)\.ts(["'])/g

const sources = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("out/"))
    .map((path) => join(folder, path))

/** Answers the folder that holds the JavaScript of bench. It goes when this process ends. */
export const build = (): string => {
  // The one warning is that the function may change; nothing else is warned of here.
  const { emitWarning } = process
  process.emitWarning = () => {}
  process.once("exit", () => rmSync(out, { recursive: true, force: true }))
  for (const path of [...sources("src"), ...sources("bench")]) {
    const target = join(out, path.replace(/\.ts$/, ".js"))
    mkdirSync(dirname(target), { recursive: true })
    const code = stripTypeScriptTypes(readFileSync(join(root, path), "utf8"))
    writeFileSync(target, code.replaceAll(relativeImport, "$1$2.js$3"))
  }
  process.emitWarning = emitWarning
  return join(out, "bench")
}
