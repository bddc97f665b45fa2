import { memory } from "./subjects.ts"
import { suite } from "./suite.ts"

suite(memory)
