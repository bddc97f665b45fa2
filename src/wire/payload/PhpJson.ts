/**
 * The JSON of php-stream-ipc: values of PHP, with the class of each object at `__class`.
 *
 * @since 0.1.0
 */
import { PhpJsonReader } from "./PhpJsonReader.ts"
import { PhpJsonWriter } from "./PhpJsonWriter.ts"
import type { PhpValue } from "./PhpValue.ts"

/**
 * How deep arrays and objects may be nested in one another where they are read.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxDepth = 512

/** PHP writes one level more than it reads. */
const maxWrittenDepth = maxDepth - 1

/**
 * Answers the JSON of a value. With `old`, slashes and what is not ASCII are escaped, as PHP does unless it is told not to.
 *
 * Throws a `PhpError` for what JSON cannot say: strings that are no UTF-8, infinities, values that hold themselves, cases
 * of an enum (which its PHP could not read), arrays nested deeper than 511, a key or a property named `__class`, of which its
 * PHP would make an object of that class.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (value: PhpValue, options?: { readonly old?: boolean | undefined }): string =>
  new PhpJsonWriter(options?.old === true, maxWrittenDepth).write(value)

/**
 * Reads the JSON between two offsets. Throws a `PhpError` that says what is wrong and where.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (bytes: Uint8Array, start = 0, end: number = bytes.length): PhpValue =>
  new PhpJsonReader(bytes, start, end, maxDepth).read()
