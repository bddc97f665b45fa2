import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "fast-check"
import * as HxHttp from "../../../src/foreign/hx/HxHttp.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import { messageNamed } from "./vectors.ts"

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes)
const none = new Uint8Array(0)

describe("writing", () => {
  it.each<[string, HxHttp.HttpRequest, string]>([
    [
      "a request without a body",
      { method: "GET", url: "/a?b=1", headers: [["Host", "x"]], body: none },
      "GET /a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n"
    ],
    [
      "the host of an absolute address",
      { method: "GET", url: "http://foo.bar/baz?a=1", headers: [], body: none },
      "GET /baz?a=1 HTTP/1.1\r\nHost: foo.bar\r\n\r\n"
    ],
    [
      "a host that is there as it is",
      { method: "GET", url: "http://foo.bar/", headers: [["host", "other"]], body: none },
      "GET / HTTP/1.1\r\nhost: other\r\n\r\n"
    ],
    [
      "a body with its length",
      { method: "POST", url: "/", headers: [["Content-Length", "999"]], body: bytes("Hello!") },
      "POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nHello!"
    ],
    [
      "an empty body that a reader expects",
      { method: "PUT", url: "/", headers: [], body: none },
      "PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    ],
    [
      "a body in chunks",
      { method: "POST", url: "/", headers: [["transfer-encoding", "chunked"]], body: bytes("Hello!") },
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nHello!\r\n0\r\n\r\n"
    ],
    [
      "an empty body in chunks",
      { method: "POST", url: "/", headers: [["transfer-encoding", "chunked"]], body: none },
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ]
  ])("writes %s", (_, request, expected) => {
    assert.strictEqual(text(HxHttp.writeRequest(request)), expected)
  })

  it.each<[string, HxHttp.HttpResponse, string]>([
    [
      "a body",
      { status: 200, reason: "OK", headers: [["A", "b"]], body: bytes("hi") },
      "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nhi"
    ],
    ["no body", { status: 204, reason: "", headers: [], body: none }, "HTTP/1.1 204 \r\n\r\n"],
    [
      "no body, and no end of one",
      { status: 204, reason: "", headers: [["transfer-encoding", "chunked"]], body: none },
      "HTTP/1.1 204 \r\n\r\n"
    ]
  ])("writes a response with %s", (_, response, expected) => {
    assert.strictEqual(text(HxHttp.writeResponse(response)), expected)
  })

  const request = (over: Partial<HxHttp.HttpRequest>) => () =>
    HxHttp.writeRequest({ method: "GET", url: "/", headers: [], body: none, ...over })
  it.each<[string, () => unknown]>([
    ["a header with a line break", request({ headers: [["A", "b\r\nC: d"]] })],
    ["a header with a bad name", request({ headers: [["A b", "c"]] })],
    ["a header that Latin-1 cannot say", request({ headers: [["A", "ž"]] })],
    ["a method with a space", request({ method: "GET /x" })],
    ["an address with a line break", request({ url: "/a\r\nb" })],
    ["an address that is none", request({ url: "http://" })],
    ["a status that is none", () => HxHttp.writeResponse({ status: 20, reason: "", headers: [], body: none })],
    [
      "a reason with a line break",
      () => HxHttp.writeResponse({ status: 200, reason: "a\nb", headers: [], body: none })
    ],
    [
      "a body where there is none",
      () => HxHttp.writeResponse({ status: 304, reason: "", headers: [], body: bytes("a") })
    ]
  ])("refuses %s", (_, write) => assert.throws(write, TypeError))
})

describe("reading", () => {
  it.each<[string, string, ReadonlyArray<readonly [string, string]>, string]>([
    ["a counted body", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi, and more", [["Content-Length", "2"]], "hi"],
    ["no body without a length", "GET / HTTP/1.1\r\nA:  b \r\n\r\nrest", [["A", "b"]], ""],
    ["lines that end in LF", "GET / HTTP/1.0\nA: b\n\n", [["A", "b"]], ""],
    [
      "chunks",
      "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=1\r\nhi\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
      [],
      "hi0123456789"
    ],
    [
      "the same length twice",
      "POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
      [
        ["Content-Length", "2"],
        ["Content-Length", "2"]
      ],
      "hi"
    ],
    ["bytes above ASCII", "GET / HTTP/1.1\r\nA: \xe9\r\n\r\n", [["A", "\xe9"]], ""]
  ])("reads %s", (_, raw, headers, body) => {
    const request = HxHttp.readRequest(bytes(raw))
    assert.deepStrictEqual(request.headers, headers as never)
    assert.strictEqual(text(request.body), body)
  })

  it("reads responses: to the end without a length, none where there is none", () => {
    const read = (raw: string) => {
      const { body, reason, status } = HxHttp.readResponse(bytes(raw))
      return [status, reason, text(body)]
    }
    assert.deepStrictEqual(read("HTTP/1.1 200 All is well\r\n\r\nto the end"), [200, "All is well", "to the end"])
    assert.deepStrictEqual(read("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"), [404, "", ""])
    assert.deepStrictEqual(read("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), [204, "No Content", ""])
  })

  it.each([
    ["nothing", ""],
    ["no request line", "hello\r\n\r\n"],
    ["another version", "GET / HTTP/2\r\n\r\n"],
    ["no end of the head", "GET / HTTP/1.1\r\nA: b\r\n"],
    ["a header without a colon", "GET / HTTP/1.1\r\nA\r\n\r\n"],
    ["a space before the colon", "GET / HTTP/1.1\r\nA : b\r\n\r\n"],
    ["a folded header", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"],
    ["a value with NUL", "GET / HTTP/1.1\r\nA: b\0\r\n\r\n"],
    ["too many headers", `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(300)}\r\n`],
    ["a head that is too long", `GET / HTTP/1.1\r\nA: ${"b".repeat(70_000)}\r\n\r\n`],
    ["two lengths", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a negative length", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
    ["an absurd length", "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"],
    ["a length beyond the end", "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"],
    ["a length and chunks", "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["another coding", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    ["a chunk without a size", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n"],
    ["a chunk beyond the end", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nab\r\n"],
    ["a chunk without its line end", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"],
    ["chunks without an end", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"]
  ])("refuses %s", (_, raw) => assert.throws(() => HxHttp.readRequest(bytes(raw)), TypeError))

  it("reads any request as it was written", () => {
    const token = FastCheck.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/)
    const value = FastCheck.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
    const requests = FastCheck.record({
      method: FastCheck.constantFrom("GET", "POST", "DELETE"),
      url: FastCheck.webPath().map((path) => (path.startsWith("/") ? path : `/${path}`)),
      headers: FastCheck.array(
        FastCheck.tuple(
          FastCheck.constant("X-").chain((x) => token.map((t) => x + t)),
          value
        )
      ),
      body: FastCheck.uint8Array({ minLength: 1 }),
      chunked: FastCheck.boolean()
    })
    FastCheck.assert(
      FastCheck.property(requests, ({ chunked, ...request }) => {
        const asked = chunked ? [["Transfer-Encoding", "chunked"] as const] : []
        const read = HxHttp.readRequest(HxHttp.writeRequest({ ...request, headers: [...request.headers, ...asked] }))
        const counted = chunked ? [] : [["Content-Length", String(request.body.length)] as const]
        assert.deepStrictEqual(read, { ...request, headers: [...request.headers, ...counted] } as never)
      }),
      { numRuns: 100 }
    )
  })
})

describe("as content", () => {
  it.effect("decodes what Go wrote", () =>
    Effect.gen(function* () {
      const request = (yield* HxMessage.decode(messageNamed("go-event-http-request-body"))) as HxHttp.HttpRequest
      assert.strictEqual(request.method, "POST")
      assert.strictEqual(request.url, "/baz?a=1")
      assert.deepInclude(request.headers, ["Host", "foo.bar"])
      assert.strictEqual(text(request.body), "Hello!")
    })
  )

  it.effect("encodes and decodes responses, and refuses what is none", () =>
    Effect.gen(function* () {
      const response: HxHttp.HttpResponse = { status: 200, reason: "OK", headers: [["A", "b"]], body: bytes("hi") }
      const message = yield* HxMessage.content("application/http; msgtype=response", response)
      const read = (yield* HxMessage.decode(message)) as HxHttp.HttpResponse
      assert.strictEqual(text(read.body), "hi")
      const bad = HxMessage.content("application/http; msgtype=response", { status: "x" })
      assert.strictEqual((yield* Effect.flip(bad)).reason._tag, "InvalidPayload")
    })
  )
})
