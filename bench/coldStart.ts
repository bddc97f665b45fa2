/** Measures a cold start: from the spawn of a client process to its first answer. */
import type { Readable } from "node:stream"
import { execPath } from "node:process"
import { exited, spawnNode } from "./children.ts"
import type { ColdJob } from "./cold.ts"
import { socketPath, type Site } from "./pair.ts"
import type { Subject } from "./subjects.ts"

/** Answers milliseconds. The client's end is waited for, so that it disturbs nothing that comes after. */
export const coldStart = async (site: Site, subject: Subject): Promise<number> => {
  const entry = (job: ColdJob): ReadonlyArray<string> => [`${site.built}/cold.js`, JSON.stringify(job)]
  const server = entry({ subject: subject.name, role: "server", place: { transport: "stdio" } })
  const client: ColdJob = {
    subject: subject.name,
    role: "client",
    place:
      site.transport === "unix"
        ? { transport: "unix", path: socketPath(site, subject) }
        : { transport: "stdio", command: execPath, args: server }
  }
  const from = performance.now()
  const child = spawnNode(entry(client), ["ignore", "inherit", "inherit", "pipe"])
  const signal = child.stdio[3] as Readable
  let timer: NodeJS.Timeout | undefined
  const millis = await new Promise<number>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`cold start of ${subject.name} hangs`)), 30_000)
    signal.once("data", () => resolve(performance.now() - from))
    signal.once("end", () => reject(new Error(`cold start of ${subject.name} gave no answer`)))
  })
  clearTimeout(timer)
  child.kill()
  await exited(child)
  return millis
}
