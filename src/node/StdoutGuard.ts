/**
 * Keeps this process's own output away from stdout while frames travel there.
 *
 * `console`, Effect's loggers and whatever else goes through `process.stdout.write` is written to stderr instead. What
 * writes to descriptor 1 by itself, e.g. a child that inherits it, is not held back; the peer skips it as junk.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Guards until the scope closes. What was written before has left when this returns. */
export const guard: Effect.Effect<void, never, Scope.Scope> = Effect.acquireRelease(
  Effect.callback<() => void>((resume) => {
    const { stdout } = process
    // It may fail later, when this process writes although the peer has left. That must not end the process.
    if (!stdout.listeners("error").includes(ignore)) stdout.on("error", ignore)
    if (stdout.writableLength > 0) stdout.write("", () => resume(Effect.sync(redirect)))
    else resume(Effect.sync(redirect))
  }),
  (restore) => Effect.sync(restore)
)

const redirect = (): (() => void) => {
  const { stdout } = process
  const previous = stdout.write
  const write = ((...args: Parameters<typeof stdout.write>) => process.stderr.write(...args)) as typeof stdout.write
  stdout.write = write
  return () => {
    // Someone who has patched it since keeps what they have.
    if (stdout.write === write) stdout.write = previous
  }
}

const ignore = (): void => {}
