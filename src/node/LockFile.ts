/**
 * A lock between processes: a file that names its holder by pid and start time.
 *
 * The file is made with `O_EXCL`. One whose holder is gone is moved aside, looked at again, and removed; what turns
 * out to be another's fresh lock by then is put back. Processes that share the directory but not the pid namespace
 * take each other's locks for stale.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import { wait } from "./RealTime.ts"
import { attempt } from "./SystemCall.ts"

/** The holder is alive and did not let go in time. */
export interface Busy {
  readonly _tag: "Busy"
  readonly pid: number
}

/** How long a file without a holder's name may be one that is just being written, in milliseconds. */
const unnamedMillis = 5000
const retryMillis = 10

/**
 * Runs `use` while holding the lock at `path`.
 *
 * Fails with `Busy` after waiting `patienceMillis` for a live holder, and with the system's error when the lock cannot
 * be made.
 */
export const withLock = <A, E>(
  path: string,
  patienceMillis: number,
  use: Effect.Effect<A, E>
): Effect.Effect<A, E | Busy | NodeJS.ErrnoException> =>
  Effect.acquireUseRelease(
    take(path, patienceMillis),
    () => use,
    () => release(path)
  )

/** Holds the lock at `path` until the scope closes. Fails as `withLock` does. */
export const hold = (
  path: string,
  patienceMillis: number
): Effect.Effect<void, Busy | NodeJS.ErrnoException, Scope.Scope> =>
  Effect.acquireRelease(take(path, patienceMillis), () => release(path))

const take = (path: string, patienceMillis: number): Effect.Effect<void, Busy | NodeJS.ErrnoException> =>
  Effect.gen(function* () {
    const giveUpAt = performance.now() + patienceMillis
    while (!(yield* attempt(() => create(path)))) {
      const holder = read(path)
      if (holder !== undefined && isStale(path, holder)) {
        yield* attempt(() => remove(path, holder))
        continue
      }
      if (performance.now() > giveUpAt)
        return yield* Effect.fail<Busy>({ _tag: "Busy", pid: parseInt(holder ?? "") || 0 })
      yield* wait(retryMillis)
    }
  })

const create = (path: string): boolean => {
  try {
    Fs.writeFileSync(path, own(), { flag: "wx", mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw error
  }
}

const read = (path: string): string | undefined => {
  try {
    return Fs.readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

const isStale = (path: string, holder: string): boolean => {
  const [, pid, startedAt] = /^(\d+) (\d+)$/.exec(holder) ?? []
  if (pid !== undefined) return !isRunning(Number(pid), startedAt!)
  const stat = Fs.statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > unnamedMillis
}

/** Removes the lock if it is still that of `holder`. Throws where this user may not. */
const remove = (path: string, holder: string): void => {
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  try {
    Fs.renameSync(path, aside)
  } catch (error) {
    // Someone else moved it first.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return
    throw error
  }
  try {
    if (read(aside) !== holder) Fs.linkSync(aside, path)
  } catch {
    // Someone else holds a new one by now.
  }
  Fs.rmSync(aside, { force: true })
}

/** Lets go of the own lock. */
const release = (path: string): Effect.Effect<void> => Effect.ignore(attempt(() => remove(path, own())))

const isRunning = (pid: number, startedAt: string): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
  }
  const now = startTimeOf(pid)
  return now === "0" || startedAt === "0" || now === startedAt
}

const own = (): string => `${process.pid} ${startTimeOf(process.pid)}`

/** The process's start in clock ticks since boot, which tells it from a later one with the same pid; 0 if unknown. */
const startTimeOf = (pid: number): string => {
  // The name in parentheses may hold spaces; the start is the 20th field after it.
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0"
}
