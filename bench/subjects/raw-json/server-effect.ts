/** raw-json in a program that uses Effect for something else. */
import "effect/Effect"
import "effect/Schema"

export { serve } from "./server.ts"
