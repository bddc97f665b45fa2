/**
 * The entry of a process that starts cold: a client that makes one call and says so on descriptor 3, or the server
 * that such a client spawns. It loads nothing that the subject does not.
 */
import type { ClientPlace, ServerPlace } from "./subject.ts"
import { subjectNamed } from "./subjects.ts"

export type ColdJob = { readonly subject: string } & (
  | { readonly role: "server"; readonly place: ServerPlace }
  | { readonly role: "client"; readonly place: ClientPlace }
)

const job: ColdJob = JSON.parse(process.argv[2]!)
const subject = subjectNamed(job.subject)
if (job.role === "server") {
  await (await subject.server()).serve(job.place, "calls")
} else {
  const client = await (await subject.client()).connect(job.place)
  const asked = [{ a: 20, b: 22, note: "a note of thirty-two characters." }]
  await client.add!(1, {
    next: () => asked.pop(),
    done: ({ note }, sum) => {
      if (sum.sum !== 42 || sum.note !== note) throw new Error(`wrong answer ${JSON.stringify(sum)}`)
    }
  })
  const { writeSync } = await import("node:fs")
  writeSync(3, "answered")
}
