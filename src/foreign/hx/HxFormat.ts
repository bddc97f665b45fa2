/**
 * The format of hx/interop's messages, for channels: in a stream of bytes, or one in each chunk of the link.
 *
 * @since 0.1.0
 */
export { format, type HxOptions } from "../../wire/framing/HxFormat.ts"
