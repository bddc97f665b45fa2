/** Builds the package once, for the tests that import it by its name: examples, and what the documents show. */
import * as Path from "node:path"
import { bundle, entries } from "./scripts/bundle.ts"

export const setup = (): Promise<void> => bundle(entries(), Path.join(import.meta.dirname, "dist"))
