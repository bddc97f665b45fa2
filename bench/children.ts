/** Spawns the processes of the bench, and sees to it that none is left behind. */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process"
import { env, execPath } from "node:process"

const alive = new Set<ChildProcess>()

const killAll = (): void => {
  for (const child of alive) child.kill("SIGKILL")
}

process.once("exit", killAll)
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1))

/** What every measured process gets: no options of the shell's. */
const { NODE_OPTIONS: _, ...environment } = env

export const spawnNode = (args: ReadonlyArray<string>, stdio: StdioOptions): ChildProcess => {
  const child = spawn(execPath, args, { stdio, env: environment })
  alive.add(child)
  child.once("exit", () => alive.delete(child))
  return child
}

export const exited = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })
