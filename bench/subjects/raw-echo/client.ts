/** Sends bytes and waits for them to come back, in order. */
import type { Client, ClientPlace } from "../../subject.ts"
import { dial } from "../kit/duplex.ts"
import { FrameReader } from "../kit/FrameReader.ts"
import { byPromise } from "../kit/promises.ts"
import { writeFrame } from "./frame.ts"

export const connect = async (place: ClientPlace): Promise<Client> => {
  const { input, output } = await dial(place)
  const waiting: Array<(bytes: Uint8Array) => void> = []
  const reader = new FrameReader((bytes, start, end) => waiting.shift()?.(bytes.subarray(start, end)))
  input.on("data", (chunk: Buffer) => reader.push(chunk))
  return {
    echoBytes: byPromise<Uint8Array, Uint8Array>(
      (bytes) =>
        new Promise((resolve) => {
          waiting.push(resolve)
          writeFrame(output, bytes)
        })
    )
  }
}
