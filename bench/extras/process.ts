/** The entry of a measured process of the extras: as `../process.ts`, and it says what memory it uses. */
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { obey, type Commands } from "../control.ts"
import { nameOf, type Job } from "../job.ts"
import { checkSum, request } from "../workload.ts"
import { subjectNamed } from "../subjects.ts"
import type { ExtraClient } from "./client.ts"
import { extraSubjects } from "./subjects.ts"
import { windows } from "./windows.ts"

/** Bytes in use once garbage is gone, which takes a few turns: what is finalised makes more of it. */
export interface Memory {
  /** On the heap, and what it holds outside. */
  readonly heap: number
  /** Of the whole process. */
  readonly resident: number
}

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const memory = async (): Promise<Memory> => {
  for (let turn = 0; turn < 4; turn++) {
    await sleep(50)
    collect()
  }
  const { external, heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed + external, resident: rss }
}

const common: Commands = {
  cpuMicros: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory
}

/** Opens connections and makes a call on each, where calls are offered, so that they are really there. */
const openLinks = async (client: ExtraClient, count: number): Promise<void> => {
  const operation = await client.links!(count)
  if (client.add === undefined) return
  let asked = 0
  await operation(count, { next: () => (asked < count ? request(asked++) : undefined), done: checkSum })
}

const become = async (job: Job): Promise<Commands> => {
  const subject = subjectNamed(job.subject, extraSubjects)
  if (job.role === "server") {
    await (await subject.server()).serve(job.place)
    return common
  }
  const client: ExtraClient = await (await subject.client()).connect(job.place)
  return {
    ...common,
    offered: () => Object.keys(windows).filter((name) => windows[name]!.offered(client)),
    warmUp: ({ millis, share, window }: { window: string; millis: number; share: number }) =>
      windows[window]!.run(client, { millis, operations: windows[window]!.warm * share }),
    run: ({ millis, window }: { window: string; millis: number }) =>
      windows[window]!.run(client, { millis, operations: 1 }),
    openLinks: (count: number) => openLinks(client, count),
    hold: (count: number) => client.hold!(count),
    release: () => client.release!()
  }
}

const job: Job = JSON.parse(process.argv[2]!)
obey(job.control, nameOf(job), await become(job))
