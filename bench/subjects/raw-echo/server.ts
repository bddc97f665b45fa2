/** Bytes back as they came, in frames of four bytes of length. */
import type { ServerPlace } from "../../subject.ts"
import { listen } from "../kit/duplex.ts"
import { FrameReader } from "../kit/FrameReader.ts"
import { writeFrame } from "./frame.ts"

export const serve = (place: ServerPlace): Promise<void> =>
  listen(place, ({ input, output }) => {
    const reader = new FrameReader((bytes, start, end) => writeFrame(output, bytes.subarray(start, end)))
    input.on("data", (chunk: Buffer) => reader.push(chunk))
  })
