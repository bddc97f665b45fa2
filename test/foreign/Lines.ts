/** A format for tests of the kit: a message is a line of text. `#` begins junk, `?` what nobody understands, `!` ends it. */
import type { Format, FramerOut } from "../../src/wire/Format.ts"

export const Lines: Format<string> = {
  name: "lines",
  open: ({ maxFrameBytes }) => {
    let rest = ""
    let lost = false
    const line = (text: string, out: FramerOut<string>): void => {
      if (text.startsWith("#")) return out.junk(new TextEncoder().encode(text))
      if (text.startsWith("?")) return out.refuse({ _tag: "Malformed", detail: text })
      if (!text.startsWith("!")) return out.message(text)
      lost = true
      out.lost({ _tag: "Malformed", detail: text })
    }
    return {
      read: (chunk, out, stream) => {
        if (stream === 1) return out.junk(chunk, 1)
        rest += new TextDecoder().decode(chunk)
        for (let end = rest.indexOf("\n"); end >= 0 && !lost; end = rest.indexOf("\n")) {
          const text = rest.slice(0, end)
          rest = rest.slice(end + 1)
          line(text, out)
        }
      },
      end: (out) => {
        if (rest !== "") out.lost({ _tag: "Malformed", detail: "the end came within a line" })
      },
      write: (message, buffer) => {
        if (message.includes("\n")) return { _tag: "Unsayable", detail: "a line has no line break" }
        const bytes = new TextEncoder().encode(`${message}\n`)
        if (bytes.length > maxFrameBytes) return { _tag: "Oversized", bytes: bytes.length, maxBytes: maxFrameBytes }
        const at = buffer.reserve(bytes.length)
        buffer.slab.set(bytes, at)
        buffer.commit(bytes.length)
        return bytes.length
      }
    }
  }
}
