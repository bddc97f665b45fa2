/**
 * A table of exchanges by id: the place of an id is `id & mask`, so looking one up is one array read.
 *
 * Law: an id is found from `put` or `claim` until `take`, and never again.
 *
 * Why no Map: a Map rehashes into new tables while the old ones keep young entries alive; at 256 calls in flight that
 * was a fifth of the throughput. Ids that a peer chose so that they share a place go to a Map all the same.
 *
 * @since 0.1.0
 */
/** An idle connection has two tables, so they begin small. */
const firstPlaces = 16
const lastId = 0xffffffff

export class Table<Entry extends { id: number }> {
  #places: Array<Entry | undefined> = new Array(firstPlaces).fill(undefined)
  #mask = firstPlaces - 1
  #crowded: Map<number, Entry> | undefined
  #lastClaimed: number
  #size = 0

  /** @param lastClaimed the id before the first that `claim` gives. */
  constructor(lastClaimed = 0) {
    this.#lastClaimed = lastClaimed
  }

  get size(): number {
    return this.#size
  }

  get(id: number): Entry | undefined {
    const entry = this.#places[id & this.#mask]
    if (entry !== undefined && entry.id === id) return entry
    return this.#crowded === undefined ? undefined : this.#crowded.get(id)
  }

  /** Gives `entry` the next free id (1, 2, 3 and so on; an id whose place is taken is skipped) and keeps it. */
  claim(entry: Entry): void {
    if (this.#size * 2 >= this.#places.length) this.#grow()
    let id = this.#lastClaimed
    do {
      id = id === lastId ? 1 : id + 1
    } while (this.#places[id & this.#mask] !== undefined)
    this.#lastClaimed = id
    entry.id = id
    this.#places[id & this.#mask] = entry
    this.#size++
  }

  /** Keeps `entry` under the id that the peer gave it. Answers false when that id is in the table. */
  put(entry: Entry): boolean {
    if (this.#size * 2 >= this.#places.length) this.#grow()
    const place = entry.id & this.#mask
    const there = this.#places[place]
    if (there === undefined && this.#crowded?.has(entry.id) !== true) {
      this.#places[place] = entry
    } else {
      if (this.get(entry.id) !== undefined) return false
      ;(this.#crowded ??= new Map()).set(entry.id, entry)
    }
    this.#size++
    return true
  }

  /** Takes the entry with this id out. */
  take(id: number): Entry | undefined {
    const place = id & this.#mask
    const entry = this.#places[place]
    if (entry !== undefined && entry.id === id) {
      this.#places[place] = undefined
      this.#size--
      return entry
    }
    if (this.#crowded === undefined) return undefined
    const crowded = this.#crowded.get(id)
    if (crowded !== undefined && this.#crowded.delete(id)) this.#size--
    return crowded
  }

  /** Every entry, as an array of its own, so that entries may be taken out while it is read. */
  all(): Array<Entry> {
    const all = this.#places.filter((entry) => entry !== undefined)
    return this.#crowded === undefined ? all : all.concat(Array.from(this.#crowded.values()))
  }

  #grow(): void {
    const all = this.all()
    const places = this.#places.length * 2
    this.#places = new Array(places).fill(undefined)
    this.#mask = places - 1
    this.#crowded = undefined
    this.#size = 0
    for (const entry of all) this.put(entry)
  }
}
