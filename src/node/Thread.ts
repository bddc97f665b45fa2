/**
 * One worker thread: its link, why it ended, and how it is made to end.
 *
 * Rule 1: the link ends with `Exited` once the thread is gone and what it posted was read.
 * Rule 2: nothing a thread throws is without a listener, also while it is being ended.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { StringDecoder } from "node:string_decoder"
import type { Readable } from "node:stream"
import { inspect } from "node:util"
import type * as WorkerThreads from "node:worker_threads"
import type { EndReason } from "../transport/Link.ts"
import { PortLink } from "./PortLink.ts"
import { wait } from "./RealTime.ts"
import { StderrTail } from "./StderrTail.ts"

/** Where text goes that a thread prints. */
export type Print = "drain" | "inherit" | ((text: string) => void)

export interface Options {
  readonly address: string
  readonly worker: WorkerThreads.Worker
  readonly stdout: Print
  readonly stderr: Print
  readonly tailBytes: number
  readonly outgoingHighBytes: number | undefined
  readonly endInputMillis: number
  /** The program in the thread listens. */
  readonly onListening: () => void
  /** The thread is gone. */
  readonly onExit: () => void
}

/** How long a thread that took leave may take to exit, and its last output to arrive. */
const exitMillis = 1000
/** How long to wait for a thread that was terminated. Only one that is stuck in native code takes longer. */
const terminateMillis = 1000

export class Thread {
  readonly link: PortLink
  readonly #options: Options
  readonly #tail: StderrTail
  #exitCode: number | undefined
  #thrown: { readonly value: unknown } | undefined
  /** The link is at its end and waits to be told why. */
  #told: ((exited: boolean) => void) | undefined
  #outputs = 2

  constructor(options: Options) {
    const { worker } = options
    this.#options = options
    this.#tail = new StderrTail(options.tailBytes)
    this.link = new PortLink({
      address: options.address,
      port: worker,
      outgoingHighBytes: options.outgoingHighBytes,
      onGreeted: options.onListening,
      explain: (reason, report) => {
        const timer = setTimeout(() => this.#told?.(this.#exitCode !== undefined), exitMillis).unref()
        this.#told = (exited) => {
          clearTimeout(timer)
          this.#told = undefined
          report(exited ? this.#exited() : reason)
        }
        this.#settle()
      }
    })
    this.#read(worker.stdout, options.stdout, "stdout")
    this.#read(worker.stderr, options.stderr, "stderr")
    worker.on("error", (error) => this.#onThrown(error))
    worker.on("exit", (exitCode) => this.#onExit(exitCode))
  }

  get exitCode(): number | undefined {
    return this.#exitCode
  }

  /** What ended the thread, if it threw. */
  get thrown(): { readonly value: unknown } | undefined {
    return this.#thrown
  }

  /** Takes leave, and terminates the thread if it does not exit in time. */
  get close(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      this.link.close()
      yield* this.#untilGone(this.#options.endInputMillis)
      yield* this.terminate
    })
  }

  get terminate(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#exitCode !== undefined) return Effect.void
      void this.#options.worker.terminate()
      return this.#untilGone(terminateMillis)
    })
  }

  #untilGone(millis: number): Effect.Effect<void> {
    const exit = Effect.callback<void>((resume) => {
      if (this.#exitCode !== undefined) return resume(Effect.void)
      const onExit = (): void => resume(Effect.void)
      this.#options.worker.once("exit", onExit)
      return Effect.sync(() => this.#options.worker.off("exit", onExit))
    })
    return Effect.raceFirst(exit, wait(millis))
  }

  #read(readable: Readable, print: Print, name: "stdout" | "stderr"): void {
    const decoder = new StringDecoder("utf8")
    const onText = print === "inherit" ? (text: string) => void process[name].write(text) : print
    readable.on("data", (chunk: Buffer) => {
      if (name === "stderr") this.#tail.add(chunk)
      if (onText !== "drain") onText(decoder.write(chunk))
    })
    readable.on("error", () => {})
    readable.on("close", () => {
      this.#outputs--
      this.#settle()
    })
  }

  #onThrown(value: unknown): void {
    this.#thrown = { value }
    this.#tail.add(Buffer.from(`${describe(value)}\n`))
  }

  #onExit(exitCode: number): void {
    this.#exitCode = exitCode
    this.link.end({ _tag: "Ended" })
    this.#options.onExit()
    this.#settle()
  }

  /** Reports the end of the link as soon as all is known. */
  #settle(): void {
    if (this.#exitCode !== undefined && this.#outputs === 0) this.#told?.(true)
  }

  #exited(): EndReason {
    return {
      _tag: "Exited",
      what: "worker thread",
      exitCode: this.#exitCode,
      signal: undefined,
      stderrTail: this.#tail.text
    }
  }
}

/** An error with its stack, or whatever else was thrown. */
export const describe = (thrown: unknown): string => (typeof thrown === "string" ? thrown : inspect(thrown))
