/** Measures heap per operation in a process in which nothing is collected. */
import { spawnSync } from "node:child_process"
import { extname, join } from "node:path"
import type { WarmWindow } from "./measure.ts"

/** Young generation of that process, in MiB. */
const youngMebibytes = 256

/** Answers bytes; undefined when garbage was collected meanwhile. `folder` is that of the bench, built or not. */
export const heapPerOperation = (window: WarmWindow, folder = import.meta.dirname): number | undefined => {
  const young = [`--min-semi-space-size=${youngMebibytes}`, `--max-semi-space-size=${youngMebibytes}`]
  const entry = join(folder, `heap${folder === import.meta.dirname ? extname(import.meta.filename) : ".js"}`)
  const { stdout } = spawnSync(process.execPath, [...young, "--expose-gc", entry, window], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  return stdout === "" ? undefined : Number(stdout)
}
