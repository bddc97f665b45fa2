/**
 * Builds the package once, for the tests that import it by its name: examples, and what the documents show.
 *
 * The many processes that tests start compile the same modules: they share what that gave.
 */
import * as Os from "node:os"
import * as Path from "node:path"
import { bundle, entries } from "./scripts/bundle.ts"

export const setup = (): Promise<void> => {
  process.env.NODE_COMPILE_CACHE ??= Path.join(Os.tmpdir(), "effect-ipc-test-cache")
  return bundle(entries(), Path.join(import.meta.dirname, "dist"))
}
