/**
 * The metrics of a peer, where the option `metrics` of its server or client is true.
 *
 * Each has the attribute `protocol`. Those of calls have `method`, and `side`: `caller` where a call is asked, `handler`
 * where it is answered. They are kept in the registry of the context in which the peer is made, and read by whatever
 * reads Effect's metrics: `Metric.snapshot`, an OpenTelemetry or a Prometheus exporter.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Metric from "effect/Metric"
 * import * as Metrics from "effect-ipc/Metrics"
 * import * as RpcClient from "effect-ipc/RpcClient"
 * import { Calculator } from "./protocol.ts"
 *
 * const program = Effect.gen(function* () {
 *   const calculator = yield* RpcClient.make(Calculator, { metrics: true })
 *   yield* calculator.Divide({ dividend: 1, divisor: 3 })
 *   const divisions = { protocol: Calculator.name, method: "Divide", side: "caller" }
 *   return yield* Metric.value(Metric.withAttributes(Metrics.calls, divisions)) // { count: 1, incremental: true }
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * `effect_ipc_calls_total`: calls that were begun.
 *
 * @category metrics
 * @since 0.1.0
 */
export const calls: Metric.Counter<number> = Metric.counter("effect_ipc_calls_total", {
  description: "Calls that were begun",
  incremental: true
})

/**
 * `effect_ipc_failures_total`: calls that failed. The attribute `outcome` has the reason of an `IpcError`, the tag of an
 * error of the application, or `Defect`. A call that was given up is no failure.
 *
 * @category metrics
 * @since 0.1.0
 */
export const failures: Metric.Counter<number> = Metric.counter("effect_ipc_failures_total", {
  description: "Calls that failed, by outcome",
  incremental: true
})

/**
 * `effect_ipc_calls_in_flight`: calls that were begun and are not over.
 *
 * @category metrics
 * @since 0.1.0
 */
export const inFlight: Metric.Gauge<number> = Metric.gauge("effect_ipc_calls_in_flight", {
  description: "Calls that were begun and are not over"
})

/**
 * `effect_ipc_call_duration_milliseconds`: how long calls took, a stream to its end. Buckets double, from 0.125 ms to 65 s.
 *
 * @category metrics
 * @since 0.1.0
 */
export const duration: Metric.Histogram<number> = Metric.histogram("effect_ipc_call_duration_milliseconds", {
  description: "How long calls took, in milliseconds",
  boundaries: Metric.exponentialBoundaries({ start: 0.125, factor: 2, count: 21 })
})

/**
 * `effect_ipc_queued_bytes`: bytes that wait for peers to read them, over all connections of one end of a protocol. The
 * attribute `end` is `client` or `server`. It is looked at when it is read, and is there while there are connections.
 *
 * @category metrics
 * @since 0.1.0
 */
export const queuedBytes: Metric.Gauge<number> = Metric.gauge("effect_ipc_queued_bytes", {
  description: "Bytes that wait for peers to read them"
})

/**
 * `effect_ipc_restarts_total`: connections that were made anew after one was lost.
 *
 * @category metrics
 * @since 0.1.0
 */
export const restarts: Metric.Counter<number> = Metric.counter("effect_ipc_restarts_total", {
  description: "Connections that were made anew after one was lost",
  incremental: true
})
