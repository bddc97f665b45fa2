/**
 * The process group of a child: asks it to end, then makes it, and sees to it when this process dies first.
 *
 * A child leads a group of its own, so that what it starts ends with it, and Ctrl-C in a terminal reaches it through
 * this process's scopes instead of all at once. When this process is killed, the guard, one small shell that holds the
 * end of a pipe, ends the groups that are left. What a process puts into yet another group or session is out of reach.
 *
 * @internal
 * @since 0.1.0
 */
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import type { Socket } from "node:net"
import type { Writable } from "node:stream"

const windows = process.platform === "win32"
/** The groups of children that may be alive, and whether the guard answers for them. */
const living = new Map<number, boolean>()

/** Takes note of a child that leads its group. */
export const watch = (pid: number, guarded: boolean): void => {
  if (living.size === 0) process.on("exit", endAll)
  living.set(pid, guarded && !windows)
  if (!guarded || windows) return
  if (guardInput !== undefined) return void guardInput.write(`+ ${pid}\n`)
  // The first child, or the guard was lost.
  startGuard()
  for (const [group, known] of living) if (known) (guardInput as Writable | undefined)?.write(`+ ${group}\n`)
}

/** The group is gone, or is no longer ours to end. */
export const forget = (pid: number): void => {
  const guarded = living.get(pid)
  if (!living.delete(pid)) return
  if (guarded) guardInput?.write(`- ${pid}\n`)
  if (living.size === 0) process.off("exit", endAll)
}

/** Says whether anyone of the group still runs, once its leader has exited. */
export const isAlive = (pid: number): boolean => !windows && signal(pid, 0) && !onlyZombies(pid)

/** A group whose last members wait for an init that is slow to collect them, or never does, in a container, is gone. */
const onlyZombies = (group: number): boolean => {
  if (process.platform !== "linux") return false
  for (const entry of Fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = Fs.readFileSync(`/proc/${entry}/stat`, "latin1")
      const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3)
      if (Number(itsGroup) === group && state !== "Z" && state !== "X") return false
    } catch {
      // It ended while we looked.
    }
  }
  return true
}

/** Sends `signal` to the whole group. Answers false when no one is left. */
export const signal = (pid: number, name: "SIGTERM" | "SIGKILL" | 0): boolean => {
  if (windows) {
    ChildProcess.spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on(
      "error",
      () => {}
    )
    return true
  }
  try {
    process.kill(-pid, name)
    return true
  } catch (error) {
    // EPERM: the group lives, but as another user.
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** This process exits without having closed its scopes. The guard, where there is one, does the rest. */
const endAll = (): void => {
  for (const [pid, guarded] of living) signal(pid, guarded && guardInput !== undefined ? "SIGTERM" : "SIGKILL")
}

/**
 * Reads `+ group` and `- group`. At the end of input, which is the end of this process, the groups it still knows get a
 * second to see the end of their own input, then a signal to terminate, and two seconds later one that kills.
 */
const script = `trap '' HUP INT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
[ -n "\${groups# }" ] || exit 0
exec 2>/dev/null
sleep 1
for group in $groups; do kill -s TERM -- "-$group"; done
sleep 2
for group in $groups; do kill -s KILL -- "-$group"; done
`

let guardInput: Writable | undefined

const startGuard = (): void => {
  const shell = ChildProcess.spawn("/bin/sh", ["-c", script], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" }
  })
  const input = shell.stdin as Socket
  const lost = (): void => {
    if (guardInput === input) guardInput = undefined
  }
  shell.on("error", lost)
  shell.on("exit", lost)
  input.on("error", lost)
  // Neither keeps this process alive.
  shell.unref()
  input.unref()
  guardInput = input
}
