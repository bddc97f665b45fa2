/**
 * Why a worker thread did not come to listen, and what to do about it.
 *
 * @internal
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, type Thread } from "./Thread.ts"

/** The script as a person would write it. */
export const pathOf = (script: URL | string): string => {
  if (typeof script === "string") return script
  try {
    return fileURLToPath(script)
  } catch {
    // One of another kind, or a file that is not of this machine.
    return script.href.slice(0, 100)
  }
}

/** Node did not start a thread with these options. */
export const ofOptions = (error: unknown, script: URL | string): string => {
  const { code, message, name } = error as { readonly code?: string; readonly message: string; readonly name: string }
  if (name === "DataCloneError") return `workerData cannot be copied: ${message}; give data that can be cloned`
  switch (code) {
    case "ERR_WORKER_PATH":
      return `${pathOf(script)} is no absolute path and does not begin with ./; give a URL: new URL("worker.js", import.meta.url)`
    case "ERR_INVALID_URL_SCHEME":
      return `${pathOf(script)} cannot be run in a thread; give a file: or data: URL`
    case "ERR_WORKER_INVALID_EXEC_ARGV":
      return `execArgv has options that a thread cannot have: ${message}`
    default:
      return `Node did not take the options: ${message}`
  }
}

/** The thread is gone. */
export const ofExit = ({ exitCode, thrown }: Thread, script: URL | string): string => {
  if (thrown === undefined) {
    return `the script exited with code ${exitCode} before it listened; does it run on MessagePort.layerListener?`
  }
  const { code } = (thrown.value ?? {}) as { readonly code?: string }
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return "it ran out of memory before it listened; raise its resourceLimits"
  if (isMissing(script)) return `there is no file ${pathOf(script)}; check the path`
  return `the script threw before it listened: ${describe(thrown.value)}`
}

/** The thread lives and has shown no link. */
export const silent = (within: string): string =>
  `the script did not listen within ${within}; does it run on MessagePort.layerListener?`

const isMissing = (script: URL | string): boolean => {
  const path = pathOf(script)
  return !path.startsWith("data:") && !Fs.existsSync(path)
}
