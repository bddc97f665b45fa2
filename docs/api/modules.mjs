/** What the package exports: the name by which a module is imported, and the file that it is. */
import * as Fs from "node:fs"
import * as Path from "node:path"

export const root = Path.resolve(import.meta.dirname, "../..")

const { exports } = JSON.parse(Fs.readFileSync(Path.join(root, "package.json"), "utf8"))

/** Barrels only name others. */
export const modules = Object.entries(exports)
  .filter(([, path]) => /^\.\/dist\/.*(?<!index)\.js$/.test(path))
  .map(([name, path]) => ({
    name: name.slice("./".length),
    file: Path.join(root, path.replace("./dist/", "src/").replace(/\.js$/, ".ts"))
  }))
