/** A subject's server and client process, and how one window of it is measured. */
import { cpus } from "node:os"
import { execPath } from "node:process"
import { exited, spawnNode } from "./children.ts"
import type { Commanded, Control } from "./control.ts"
import type { Sample } from "./measure.ts"
import { nameOf, type Job } from "./job.ts"
import type { ClientPlace, Transport } from "./subject.ts"
import type { Subject } from "./subjects.ts"

/** What the processes of one transport have in common. */
export interface Site {
  readonly transport: Transport
  readonly control: Control
  readonly controlPath: string
  /** The folder of the built bench. */
  readonly built: string
  /** The file in it that measured processes run. */
  readonly entry: string
  /** A folder for sockets. */
  readonly folder: string
  /** Arguments that give a process a profile of that name. */
  readonly profile: (name: string) => ReadonlyArray<string>
}

export interface Pair {
  readonly subject: Subject
  readonly server: Commanded | undefined
  readonly client: Commanded | undefined
  readonly windows: ReadonlyArray<string>
}

/** What one window gave: the client's sample, and the CPU of the server and of the rest of the machine. */
export interface Measured extends Sample {
  readonly serverCpuMicros: number
  /** CPU that neither of the two processes used, as a share of the machine. */
  readonly foreignShare: number
}

export const socketPath = ({ folder }: Site, { name }: Subject): string => `${folder}/${name}.sock`

const entry = (site: Site, job: Job): ReadonlyArray<string> => [
  ...site.profile(`${job.role}-of-${job.subject}`),
  `${site.built}/${site.entry}`,
  JSON.stringify(job)
]

const start = async (site: Site, job: Job): Promise<Commanded> => {
  const name = nameOf(job)
  const child = spawnNode(entry(site, job), ["ignore", "inherit", "inherit"])
  const failed = exited(child).then(() => {
    throw new Error(`${name} has ended before it was ready`)
  })
  // It also ends when all is done, and then no one listens.
  failed.catch(() => {})
  return Promise.race([site.control.arrival(name), failed])
}

const placeOf = ({ transport }: Site, { name, place }: Subject): ClientPlace["transport"] => {
  if (place !== undefined) return place
  if (transport !== "unix" && transport !== "stdio") throw new Error(`${name} does not say where its server is`)
  return transport
}

/** Starts the processes that `windows` need. A cold start over stdio needs none: its client spawns the server. */
export const open = async (site: Site, subject: Subject, wanted: (window: string) => boolean): Promise<Pair> => {
  const common = { subject: subject.name, transport: site.transport, control: site.controlPath }
  const warm = subject.windows === undefined || subject.windows.some((window) => window !== "cold" && wanted(window))
  if (placeOf(site, subject) === "unix") {
    const place = { transport: "unix", path: socketPath(site, subject) } as const
    const server = await start(site, { ...common, role: "server", place })
    return { subject, server, ...(await client(site, subject, warm, place, wanted)) }
  }
  if (!warm) return { subject, server: undefined, client: undefined, windows: [] }
  const serverJob: Job = { ...common, role: "server", place: { transport: "stdio" } }
  const place = { transport: "stdio", command: execPath, args: entry(site, serverJob) } as const
  const server = site.control.arrival(nameOf(serverJob))
  server.catch(() => {})
  const opened = await client(site, subject, warm, place, wanted)
  return { subject, server: await server, ...opened }
}

const client = async (
  site: Site,
  subject: Subject,
  warm: boolean,
  place: ClientPlace,
  wanted: (window: string) => boolean
): Promise<Pick<Pair, "client" | "windows">> => {
  if (!warm) return { client: undefined, windows: [] }
  const { controlPath: control, transport } = site
  const client = await start(site, { subject: subject.name, transport, control, role: "client", place })
  const offered = await client.ask<ReadonlyArray<string>>("offered")
  return { client, windows: offered.filter(wanted) }
}

export const close = async ({ client, server }: Pair): Promise<void> => {
  await client?.dismiss()
  await server?.dismiss()
}

/** CPU time that anything on this machine has used so far, in microseconds. */
const machineMicros = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + (user + nice + sys + irq) * 1000, 0)

export interface Times {
  /** How long the code of a window is run, at least, before it is measured at all. */
  readonly warmUpMillis: number
  /** The share of a full warm-up's operations, from 0 to 1. */
  readonly warmUpShare: number
  /** How long a window is run again before it is measured: after other work it takes as long to be itself again. */
  readonly againMillis: number
  /** How long a window lasts. */
  readonly windowMillis: number
}

/** Runs every window for a while, the first five times as long, so that the code has its final shape. */
export const warmUp = async ({ client, windows }: Pair, { warmUpMillis, warmUpShare }: Times): Promise<void> => {
  for (const [at, window] of windows.entries()) {
    const millis = at === 0 ? warmUpMillis * 5 : warmUpMillis
    await client?.ask("warmUp", { window, millis, share: warmUpShare })
  }
}

/** Runs the window for a while, and measures. */
export const measure = async (
  { client, server }: Pair,
  window: string,
  { againMillis, windowMillis }: Times
): Promise<Measured> => {
  if (client === undefined || server === undefined) throw new Error("this pair is only for cold starts")
  await client.ask("run", { window, millis: againMillis })
  const serverBefore = await server.ask<number>("cpuMicros")
  const machineBefore = machineMicros()
  const sample = await client.ask<Sample>("run", { window, millis: windowMillis })
  const machine = machineMicros() - machineBefore
  const serverCpuMicros = (await server.ask<number>("cpuMicros")) - serverBefore
  const foreign = machine - sample.cpuMicros - serverCpuMicros
  return { ...sample, serverCpuMicros, foreignShare: Math.max(0, foreign) / (sample.millis * 1000 * cpus().length) }
}
