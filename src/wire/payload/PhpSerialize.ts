/**
 * The format of PHP's `serialize` and `unserialize`, in which php-stream-ipc sends unless it is told otherwise.
 *
 * It keeps everything: integers and floats apart, who may see a property, which objects are the same, references, and so
 * values that hold themselves. What is read makes no object of any class: an object is its class's name and properties.
 *
 * @since 0.1.0
 */
import { GrowingBytes } from "./GrowingBytes.ts"
import { PhpReader } from "./PhpReader.ts"
import type { PhpValue } from "./PhpValue.ts"
import { PhpWriter } from "./PhpWriter.ts"

/**
 * How deep arrays and objects may be nested in one another.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxDepth = 512

const scratch = new GrowingBytes()

/**
 * Answers the bytes of a value. Throws a `PhpError` where PHP has none for it: text that is no Unicode, an integer beyond 64
 * bits, arrays nested deeper than 512.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (value: PhpValue): Uint8Array => {
  scratch.clear()
  new PhpWriter(scratch, maxDepth).write(value)
  return scratch.memory.slice(0, scratch.length)
}

/**
 * Reads the value that begins at `start`; what follows it is ignored, as PHP does. Throws a `PhpError` that says what is
 * wrong and where.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (bytes: Uint8Array, start = 0, end: number = bytes.length): PhpValue =>
  new PhpReader(bytes, start, end, maxDepth).read()
