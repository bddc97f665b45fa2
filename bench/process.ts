/** The entry of a measured process: becomes the server or the client of a subject, and does what the bench asks. */
import { obey, type Commands } from "./control.ts"
import { nameOf, type Job } from "./job.ts"
import { offered, run, warmUp, type WarmWindow } from "./measure.ts"
import { subjectNamed, subjects } from "./subjects.ts"
import { transportSubjects } from "./transports/subjects.ts"

const common: Commands = {
  cpuMicros: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  }
}

const become = async (job: Job): Promise<Commands> => {
  const subject = subjectNamed(job.subject, [...subjects, ...transportSubjects])
  if (job.role === "server") {
    await (await subject.server()).serve(job.place)
    return common
  }
  const client = await (await subject.client()).connect(job.place)
  return {
    ...common,
    offered: () => offered(client),
    warmUp: ({ millis, share, window }: { window: WarmWindow; millis: number; share: number }) =>
      warmUp(client, window, millis, share),
    run: ({ millis, window }: { window: WarmWindow; millis: number }) => run(client, window, millis)
  }
}

const job: Job = JSON.parse(process.argv[2]!)
obey(job.control, nameOf(job), await become(job))
