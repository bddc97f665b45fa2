/**
 * One spawned process: its link, why it ended, and how it is made to end.
 *
 * Rule 1: the link ends with `Exited` once the process is gone and what it wrote has been read. A grandchild that keeps
 * the pipe open holds that up for a moment only.
 * Rule 2: the process is ended as a group, and a group is not signalled after it was seen to be gone, for its number
 * may then be another's.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as NodeChildProcess from "node:child_process"
import type { Readable, Writable } from "node:stream"
import { StringDecoder } from "node:string_decoder"
import type { EndReason } from "../transport/Link.ts"
import type { Intake } from "./Intake.ts"
import * as ProcessGroup from "./ProcessGroup.ts"
import { wait } from "./RealTime.ts"
import { StderrTail } from "./StderrTail.ts"
import { StreamLink } from "./StreamLink.ts"

export interface Options {
  readonly address: string
  readonly process: NodeChildProcess.ChildProcess
  readonly readable: Readable
  readonly writable: Writable
  readonly intake: Intake | undefined
  /** The one of `texts` where frames may be among the text. */
  readonly second: Readable | undefined
  /** Output that is no frames. */
  readonly texts: ReadonlyArray<Readable>
  readonly onText: ((text: string) => void) | undefined
  readonly tailBytes: number
  readonly outgoingHighBytes: number
  readonly guard: boolean
  readonly flushMillis: number
  readonly endInputMillis: number
  readonly terminateMillis: number
}

/** How often to look whether more output came, and how often in a row to find none. Each look lets the loop read. */
const tickMillis = 50
const quietTicks = 5
/** After this long the process is taken for gone, although someone still writes into its pipe. */
const maxTicks = 40
/** How long a process that closed its output may take to exit. */
const exitTicks = 20

export class Child {
  readonly link: StreamLink
  readonly #options: Options
  readonly #pid: number
  readonly #tail: StderrTail
  #exit: { readonly exitCode: number | undefined; readonly signal: string | undefined } | undefined
  /** The link is at its end and waits to be told why. */
  #told: ((exited: boolean) => void) | undefined
  #reported = false
  #ticking = false
  #ticks = 0
  #quiet = 0
  #bytesSeen = 0
  #gone = false
  #closing = false

  constructor(options: Options) {
    this.#options = options
    this.#pid = options.process.pid!
    this.#tail = new StderrTail(options.tailBytes)
    ProcessGroup.watch(this.#pid, options.guard)
    const takeText = this.#textTaker()
    this.link = new StreamLink({
      ...options,
      // Bytes of the link are borrowed, and the tail keeps them.
      stray: options.second && ((bytes) => takeText(Buffer.from(bytes))),
      copies: false,
      shutdown: true,
      explain: (reason, report) => {
        this.#told = (exited) => report(exited ? this.#exited() : reason)
        this.#settle()
      }
    })
    for (const text of options.texts) this.#drain(text)
    options.process.on("error", () => {})
    options.process.once("exit", (code, signal) => this.#onExit(code ?? undefined, signal ?? undefined))
  }

  /** Ends the input, then terminates, then kills; done when the group is gone or was killed. */
  get close(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.#closing = true
      this.link.close(this.#options.flushMillis, () => resume(Effect.void))
    }).pipe(
      Effect.andThen(this.#endGroup(this.#options.endInputMillis)),
      Effect.andThen(
        Effect.sync(() => {
          this.link.destroy()
          for (const text of this.#options.texts) text.destroy()
        })
      )
    )
  }

  #drain(text: Readable): void {
    if (text !== this.#options.second) text.on("data", this.#textTaker())
    text.on("error", () => {})
    text.on("close", () => this.#settle())
  }

  #textTaker(): (chunk: Buffer) => void {
    const decoder = new StringDecoder("utf8")
    const { onText } = this.#options
    return (chunk) => {
      this.#tail.add(chunk)
      if (onText !== undefined) onText(decoder.write(chunk))
    }
  }

  #onExit(exitCode: number | undefined, signal: string | undefined): void {
    this.#exit = { exitCode, signal }
    this.#ticks = 0
    if (this.#looksGone() || !this.#reported) this.#settle()
    else this.#endLeftovers()
  }

  /** Reports the end of the link as soon as all is known, and else looks again later. */
  #settle(): void {
    if (this.#reported || this.#closing) return
    const textsOver = this.#options.texts.every(isOver)
    if (this.#told !== undefined && this.#exit !== undefined && textsOver) return this.#report(true)
    if (this.#ticking || (this.#told === undefined && this.#exit === undefined)) return
    this.#ticking = true
    this.#quiet = 0
    setTimeout(this.#tick, tickMillis)
  }

  readonly #tick = (): void => {
    this.#ticking = false
    if (this.#reported || this.#closing) return
    const bytes = this.#bytesRead()
    // What the reader holds back is not lost by waiting for it.
    const { second } = this.#options
    const held = this.link.paused && (this.#told === undefined || (second !== undefined && !isOver(second)))
    if (!held) this.#ticks++
    const quiet = held || bytes !== this.#bytesSeen ? 0 : this.#quiet + 1
    this.#bytesSeen = bytes
    const over = quiet >= quietTicks || this.#ticks >= maxTicks
    if (this.#exit !== undefined && over) {
      if (this.#told === undefined) this.link.end()
      return this.#report(true)
    }
    if (this.#exit === undefined && this.#ticks >= exitTicks) return this.#report(false)
    this.#settle()
    this.#quiet = quiet
  }

  #bytesRead(): number {
    let bytes = 0
    for (const stream of [this.#options.readable, ...this.#options.texts]) {
      bytes += (stream as { readonly bytesRead?: number }).bytesRead ?? 0
    }
    return bytes
  }

  #report(exited: boolean): void {
    if (this.#reported) return
    this.#reported = true
    this.#told?.(exited)
    if (exited && !this.#gone) this.#endLeftovers()
  }

  /** What the process started and left behind ends with it. */
  #endLeftovers(): void {
    Effect.runFork(this.#endGroup(0))
  }

  #exited(): EndReason {
    return { _tag: "Exited", exitCode: this.#exit?.exitCode, signal: this.#exit?.signal, stderrTail: this.#tail.text }
  }

  #endGroup(patienceMillis: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#untilGone(patienceMillis)
      if (!this.#gone) ProcessGroup.signal(this.#pid, "SIGTERM")
      yield* this.#untilGone(this.#options.terminateMillis)
      if (!this.#gone) ProcessGroup.signal(this.#pid, "SIGKILL")
      yield* this.#untilGone(1000)
      this.#forget()
    })
  }

  #untilGone(millis: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const giveUpAt = performance.now() + millis
      for (let pause = 2; !this.#looksGone() && performance.now() < giveUpAt; pause = Math.min(pause * 2, 20)) {
        yield* wait(pause)
      }
    })
  }

  #looksGone(): boolean {
    if (!this.#gone && this.#exit !== undefined && !ProcessGroup.isAlive(this.#pid)) this.#forget()
    return this.#gone
  }

  #forget(): void {
    this.#gone = true
    ProcessGroup.forget(this.#pid)
  }
}

const isOver = (text: Readable): boolean => text.destroyed || text.readableEnded
