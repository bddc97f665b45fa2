/**
 * HTTP/1.1 messages as bodies: a request or response is a plain record, its bytes are those of the protocol.
 *
 * Written is a head with CRLF and a body that `Content-Length` counts, or in chunks where the headers ask for that. Read
 * is either, with LF alone too. There is no connection: nothing is sent anywhere, no body is unpacked.
 *
 * @since 0.1.0
 */
import type { ContentType } from "../../wire/payload/ContentType.ts"
import * as HttpBody from "./HttpBody.ts"
import * as HttpHead from "./HttpHead.ts"

/**
 * Headers of HTTP: pairs in order, several of one name kept, each name as it was spelled.
 *
 * @category models
 * @since 0.1.0
 */
export type HttpHeaders = ReadonlyArray<readonly [name: string, value: string]>

/**
 * A request. `url` is what stands in the request line, e.g. `/path?query`.
 *
 * @category models
 * @since 0.1.0
 */
export interface HttpRequest {
  readonly method: string
  /** Of an absolute `http:` or `https:` address the path is written, and its host as the header `Host`, if there is none. */
  readonly url: string
  readonly headers: HttpHeaders
  readonly body: Uint8Array
}

/**
 * A response, with the reason that its status line gives.
 *
 * @category models
 * @since 0.1.0
 */
export interface HttpResponse {
  readonly status: number
  readonly reason: string
  readonly headers: HttpHeaders
  readonly body: Uint8Array
}

/**
 * Writes a request. Throws when a part of it would not be read as it is: a line break in a header, a space in the method.
 *
 * @category conversions
 * @since 0.1.0
 */
export const writeRequest = ({ body, headers, method, url }: HttpRequest): Uint8Array => {
  const { host, target } = HttpHead.target(url)
  const hosted = host === undefined || HttpHead.find(headers, "host") !== undefined ? [] : [["Host", host] as const]
  return write(HttpHead.requestLine(method, target), [...hosted, ...headers], body, body.length > 0 || hasBody(method))
}

/**
 * Writes a response. Throws when a part of it would not be read as it is.
 *
 * @category conversions
 * @since 0.1.0
 */
export const writeResponse = ({ body, headers, reason, status }: HttpResponse): Uint8Array => {
  if (body.length > 0 && isBodiless(status)) throw new TypeError(`a response of status ${status} has no body`)
  // The end of a body in chunks would be taken for the next message.
  const framed = isBodiless(status) ? headers.filter(([name]) => !/^transfer-encoding$/i.test(name)) : headers
  return write(HttpHead.statusLine(status, reason), framed, body, !isBodiless(status))
}

/**
 * Reads a request. What follows its body is read over. Throws on what is no request, or is one that two readers could
 * end in different places.
 *
 * @category conversions
 * @since 0.1.0
 */
export const readRequest = (bytes: Uint8Array): HttpRequest => {
  const head = HttpHead.read(bytes)
  const { method, url } = HttpHead.readRequestLine(head.line)
  return { method, url, ...HttpBody.read(bytes, head, "nothing") }
}

/**
 * Reads a response; without a length its body is all that follows. Throws as `readRequest` does.
 *
 * @category conversions
 * @since 0.1.0
 */
export const readResponse = (bytes: Uint8Array): HttpResponse => {
  const head = HttpHead.read(bytes)
  const { reason, status } = HttpHead.readStatusLine(head.line)
  if (isBodiless(status)) return { status, reason, headers: head.headers, body: new Uint8Array(0) }
  return { status, reason, ...HttpBody.read(bytes, head, "everything") }
}

/**
 * HTTP requests as a content type.
 *
 * @category types
 * @since 0.1.0
 */
export const request: ContentType = {
  name: "application/http; msgtype=request",
  encode: writeRequest,
  decode: (bytes: Uint8Array, start: number, end: number): HttpRequest => readRequest(bytes.subarray(start, end))
}

/**
 * HTTP responses as a content type.
 *
 * @category types
 * @since 0.1.0
 */
export const response: ContentType = {
  name: "application/http; msgtype=response",
  encode: writeResponse,
  decode: (bytes: Uint8Array, start: number, end: number): HttpResponse => readResponse(bytes.subarray(start, end))
}

/** Of these a reader expects a length, even if it is 0. */
const hasBody = (method: string): boolean => method === "POST" || method === "PUT" || method === "PATCH"

const isBodiless = (status: number): boolean => status < 200 || status === 204 || status === 304

const write = (line: string, headers: HttpHeaders, body: Uint8Array, counted: boolean): Uint8Array => {
  const framed = HttpBody.frame(headers, body, counted)
  const head = HttpHead.write(line, framed.headers)
  const bytes = new Uint8Array(head.length + framed.body.length)
  bytes.set(head)
  bytes.set(framed.body, head.length)
  return bytes
}
