/** Imports the files that it is given, and prints what they throw. */
import { pathToFileURL } from "node:url"

for (const file of process.argv.slice(2)) {
  try {
    await import(pathToFileURL(file).href)
  } catch (error) {
    console.log(file, error)
  }
}
