/**
 * Keeps the metrics of `Metrics`. Loaded when a peer has the option.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import type { Link } from "../transport/Link.ts"
import * as Metrics from "./Metrics.ts"
import type * as Middleware from "./Middleware.ts"
import { failureOf } from "./Outcome.ts"

/** Makes middleware that measures the calls it goes around. */
export const measure = (side: "caller" | "handler", context: Context.Context<never>): Middleware.Any => {
  const gauges = new Map<string, Gauges>()
  return (call, next) => {
    if (call.kind === "event") return next()
    let measured = gauges.get(call.tag)
    if (measured === undefined) {
      measured = new Gauges({ protocol: call.protocol.name, method: call.tag, side }, context)
      gauges.set(call.tag, measured)
    }
    return measured.around(next)
  }
}

/** The metrics of one method. */
class Gauges {
  readonly #context: Context.Context<never>
  readonly #clock: Clock.Clock

  constructor(attributes: Readonly<Record<string, string>>, context: Context.Context<never>) {
    // Made once: a metric looks up its series anew for each set of attributes that it has not seen last.
    const all = { ...Context.get(context, Metric.CurrentMetricAttributes), ...attributes }
    this.#context = Context.add(context, Metric.CurrentMetricAttributes, all)
    this.#clock = Context.get(context, Clock.Clock)
  }

  around<A, E>(next: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      let startNanos: bigint | undefined
      const begun = Effect.suspend(() => {
        startNanos = this.#begin()
        return next()
      })
      // It may be interrupted before it has begun.
      return Effect.onExit(begun, (exit) =>
        Effect.sync(() => {
          if (startNanos !== undefined) this.#end(startNanos, exit)
        })
      )
    })
  }

  #begin(): bigint {
    Metrics.calls.updateUnsafe(1, this.#context)
    Metrics.inFlight.modifyUnsafe(1, this.#context)
    return this.#clock.monotonicTimeNanosUnsafe()
  }

  #end(startNanos: bigint, exit: Exit.Exit<unknown, unknown>): void {
    const millis = Number(this.#clock.monotonicTimeNanosUnsafe() - startNanos) / 1e6
    Metrics.inFlight.modifyUnsafe(-1, this.#context)
    Metrics.duration.updateUnsafe(millis, this.#context)
    const outcome = failureOf(exit)
    if (outcome === undefined) return
    Metric.withAttributes(Metrics.failures, { outcome }).updateUnsafe(1, this.#context)
  }
}

/** Counts the connections that took the place of lost ones. */
export const countRestarts = (protocol: string, context: Context.Context<never>) => {
  const metric = Metric.withAttributes(Metrics.restarts, { protocol })
  return (): void => metric.updateUnsafe(1, context)
}

/** The open links of each end of a protocol. Clients of one protocol share a metric, so each registry has one set. */
const linksOf = new WeakMap<Metric.MetricRegistry, Map<string, Set<Link>>>()

/** Hears of links, and lets the metric of queued bytes look at those that are open. */
export const watchLinks = (protocol: string, end: string, context: Context.Context<never>) => {
  const metric = Metric.withAttributes(Metrics.queuedBytes, { protocol, end })
  const key = JSON.stringify([end, protocol, Context.get(context, Metric.CurrentMetricAttributes)])
  const registry = Context.get(context, Metric.MetricRegistry)
  let byEnd = linksOf.get(registry)
  if (byEnd === undefined) linksOf.set(registry, (byEnd = new Map()))
  let links = byEnd.get(key)
  if (links === undefined) byEnd.set(key, (links = new Set()))
  const open = links
  return (link: Link, scope: Scope.Closeable): void => {
    open.add(link)
    if (open.size === 1) {
      const value = () => Array.from(open).reduce((bytes, { queuedBytes }) => bytes + queuedBytes, 0)
      Metric.registerUnsafe(metric, context, { get: () => ({ value: value() }), update: () => {}, modify: () => {} })
    }
    const close = Effect.sync(() => {
      open.delete(link)
      if (open.size === 0) Metric.removeUnsafe(metric, context)
    })
    // A link's scope is open as long as its peer is.
    Effect.runSync(Scope.addFinalizer(scope, close))
  }
}
