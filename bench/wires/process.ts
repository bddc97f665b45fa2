/** The entry of a measured process of the wires: as `../process.ts`, with their windows. */
import { obey, type Commands } from "../control.ts"
import { nameOf, type Job } from "../job.ts"
import { subjectNamed } from "../subjects.ts"
import type { WireClient } from "./client.ts"
import { wireSubjects } from "./subjects.ts"
import { windows } from "./windows.ts"

const common: Commands = {
  cpuMicros: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  }
}

const become = async (job: Job): Promise<Commands> => {
  const subject = subjectNamed(job.subject, wireSubjects)
  if (job.role === "server") {
    await (await subject.server()).serve(job.place)
    return common
  }
  const client: WireClient = await (await subject.client()).connect(job.place)
  return {
    ...common,
    offered: () => Object.keys(windows).filter((name) => windows[name]!.offered(client)),
    warmUp: ({ millis, share, window }: { window: string; millis: number; share: number }) =>
      windows[window]!.run(client, { millis, operations: windows[window]!.warm * share }),
    run: ({ millis, window }: { window: string; millis: number }) =>
      windows[window]!.run(client, { millis, operations: 1 })
  }
}

const job: Job = JSON.parse(process.argv[2]!)
obey(job.control, nameOf(job), await become(job))
