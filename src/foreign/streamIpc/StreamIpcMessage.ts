/**
 * The messages that php-stream-ipc brings along: lines of a log, and errors.
 *
 * Any object of PHP is a message; make others with `Php.object`, or have a class of yours stand for one (`PhpClass`). In
 * the generation "old" the classes have another namespace, which is put in place as a message is sent; both are known when
 * one comes.
 *
 * @example
 * ```ts
 * import { StreamIpcMessage } from "effect-ipc/foreign"
 *
 * const message = StreamIpcMessage.log("Build started", "info")
 *
 * export const line = `[${StreamIpcMessage.levelOf(message)}] ${StreamIpcMessage.textOf(message)}`
 * ```
 *
 * @since 0.1.0
 */
import { PhpObject, type PhpValue } from "../../wire/payload/PhpValue.ts"

const logClass = "StreamIpc\\Message\\LogMessage"
const errorClass = "StreamIpc\\Message\\ErrorMessage"

/**
 * The level of what stood between messages: a warning of PHP, text on stderr.
 *
 * @category constants
 * @since 0.1.0
 */
export const junkLevel = "junk"

/**
 * Makes a line of a log. A level is any word: `info`, `warning`, `error`, `success`. Text that is no UTF-8 is given as
 * bytes; JSON cannot say it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const log = (text: string | Uint8Array, level = "info"): PhpObject =>
  PhpObject.of(logClass, { message: text, level })

/**
 * Makes an error. As the answer to a request it fails the request; told without one, it is a message like any other. Blanks
 * around the text are left out, as PHP does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const error = (text: string): PhpObject =>
  new PhpObject(errorClass, [
    { name: "errorMessage", visibility: "private", declaredIn: errorClass, value: text.trim() }
  ])

/**
 * Tells whether a message is a line of a log.
 *
 * @category guards
 * @since 0.1.0
 */
export const isLog = (message: unknown): message is PhpObject =>
  message instanceof PhpObject && /^(?:php)?streamipc\\message\\logmessage$/i.test(message.class)

/**
 * Tells whether a message is an error.
 *
 * @category guards
 * @since 0.1.0
 */
export const isError = (message: unknown): message is PhpObject =>
  message instanceof PhpObject && /^(?:php)?streamipc\\message\\errormessage$/i.test(message.class)

/**
 * Answers the text of a line of a log, or of an error; undefined for any other message. Bytes that are no UTF-8 are
 * replaced by U+FFFD.
 *
 * @category getters
 * @since 0.1.0
 */
export const textOf = (message: unknown): string | undefined => {
  if (isLog(message)) return asText(message.get("message"))
  return isError(message) ? asText(message.get("errorMessage")) : undefined
}

/**
 * Answers the level of a line of a log, `info` where it has none; undefined for any other message.
 *
 * @category getters
 * @since 0.1.0
 */
export const levelOf = (message: unknown): string | undefined =>
  isLog(message) ? asText(message.get("level") ?? "info") : undefined

/**
 * Answers the class of a message that is an object of PHP: the name for `Dispatch`.
 *
 * @category getters
 * @since 0.1.0
 */
export const classOf = (message: unknown): string | undefined =>
  message instanceof PhpObject ? message.class : undefined

const asText = (value: PhpValue | undefined): string =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value ?? "")
