/**
 * What a path of a Unix socket may be.
 *
 * @internal
 * @since 0.1.0
 */

/** The longest path in bytes; the system cuts a longer one silently, and would bind or dial another name. */
export const maxBytes = process.platform === "linux" ? 107 : 103

/** Says what is wrong with `path` before the system gets it, or nothing. */
export const fault = (path: string): string | undefined => {
  if (process.platform === "win32") return undefined
  if (path.length === 0 || path.includes("\0")) return "a socket path is not empty and has no NUL byte; choose another"
  const bytes = Buffer.byteLength(path)
  return bytes <= maxBytes
    ? undefined
    : `the path is ${bytes} bytes long and this system takes ${maxBytes}; choose a shorter one, e.g. in $XDG_RUNTIME_DIR`
}
