/**
 * Spans, as two middlewares: of kind `client` where a call is asked, of kind `server` where it is answered.
 *
 * The header `traceparent` (W3C Trace Context) joins them. One that is not valid is ignored. Names and attributes follow
 * the conventions of OpenTelemetry for RPC.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import type * as Middleware from "./Middleware.ts"
import { failureOf } from "./Outcome.ts"

/** Goes around the asking of a call. */
export const caller: Middleware.Any = (call, next) =>
  spanned(call, { kind: "client" }, (span) => {
    const traceparent = write(span)
    return traceparent === undefined ? next() : next({ headers: { ...call.headers, traceparent } })
  })

/**
 * Goes around the handler of a call. An event has no headers, and so no span. Without a header a trace begins: the span
 * that the server was made in is none of the caller's.
 */
export const handler: Middleware.Any = (call, next) => {
  if (call.kind === "event") return next()
  const parent = read(call.headers.traceparent)
  return spanned(call, { kind: "server", parent, root: parent === undefined }, () => next())
}

const spanned = <A, E>(
  { protocol, tag }: Middleware.AnyCall,
  options: Pick<Tracer.SpanOptions, "kind" | "parent" | "root">,
  run: (span: Tracer.Span) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  const attributes = { "rpc.system": "effect_ipc", "rpc.service": protocol.name, "rpc.method": tag }
  return Effect.useSpan(`${protocol.name}/${tag}`, { ...options, attributes }, (span) =>
    Effect.onExit(Effect.provideService(run(span), Tracer.ParentSpan, span), (exit) =>
      Effect.sync(() => {
        const failure = failureOf(exit)
        if (failure !== undefined) span.attribute("error.type", failure)
      })
    )
  )
}

const traceId = /^[0-9a-f]{32}$/
const spanId = /^[0-9a-f]{16}$/

/** Answers the header for what a span calls; undefined for a span that tells nobody who it is. */
const write = (span: Tracer.Span): string | undefined => {
  const trace = span.traceId.padStart(32, "0")
  return traceId.test(trace) && spanId.test(span.spanId)
    ? `00-${trace}-${span.spanId}-${span.sampled ? "01" : "00"}`
    : undefined
}

/** Versions after 00 may have more at the end. */
const header = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Answers the span that a header names; undefined where there is none, or none that is valid. */
export const read = (traceparent: string | undefined): Tracer.ExternalSpan | undefined => {
  const [, version, trace, span, flags, more] = header.exec(traceparent ?? "") ?? []
  if (trace === undefined || span === undefined || flags === undefined) return undefined
  if (version === "00" && more !== undefined) return undefined
  return Tracer.externalSpan({ traceId: trace, spanId: span, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}
