import { faulty, memory } from "./subjects.ts"
import { suite } from "./suite.ts"

suite(memory)
suite(faulty)
