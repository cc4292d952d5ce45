/// The pairs of neighbouring tokens in a corpus and how often each occurs, kept up to date while pairs are merged: a
/// merge looks only at the pieces that have the pair.
struct PairMerger {
  struct Best {
    var left: Int32
    var right: Int32
    fileprivate var index: Int32
  }

  /// The tokens of all pieces end to end. A piece gets shorter by merging and leaves what it no longer needs unused.
  private var tokens: [Int32] = []
  private var starts: [Int] = []
  private var lengths: [Int32] = []
  /// How often each piece occurs.
  private var weights: [Int] = []

  /// Positions in the following lists by pair.
  private var positions: [UInt64: Int32] = [:]
  private var keys: [UInt64] = []
  private var counts: [Int] = []
  /// Pieces that may have the pair: those where it ever arose.
  private var places: [[Int32]] = []
  private var isMerged: [Bool] = []
  private var queue = PairQueue()
  /// Pairs that the merge in work made more frequent.
  private var risen: [Int32] = []

  init(_ pieces: [(piece: [UInt8], count: Int)], _ byteTokens: [Int32]) {
    tokens.reserveCapacity(pieces.reduce(0) { $0 + $1.piece.count })
    for (index, (piece, count)) in pieces.enumerated() {
      starts.append(tokens.count)
      lengths.append(Int32(piece.count))
      weights.append(count)
      for byte in piece { tokens.append(byteTokens[Int(byte)]) }
      for position in starts[index]..<max(tokens.count - 1, starts[index]) {
        change(tokens[position], tokens[position + 1], by: count, in: Int32(index))
      }
    }
    risen.removeAll(keepingCapacity: true)
    for index in keys.indices { queue.push(count: counts[index], key: keys[index], index: Int32(index)) }
  }

  /// Takes out the pair that occurs most often; nil when none occurs `minimum` times.
  mutating func best(atLeast minimum: Int) -> Best? {
    while let top = queue.pop() {
      let count = counts[Int(top.index)]
      if top.count != count {
        // Merges of other pairs have made this one rarer since.
        if count > 0 { queue.push(count: count, key: top.key, index: top.index) }
        continue
      }
      guard count >= minimum else { return nil }
      return Best(
        left: Int32(truncatingIfNeeded: top.key >> 32), right: Int32(truncatingIfNeeded: top.key), index: top.index)
    }
    return nil
  }

  /// Makes `token` of the pair wherever it occurs, from left to right.
  /// - Returns: whether this pair had never been merged before.
  mutating func merge(_ pair: Best, into token: Int32) -> Bool {
    let own = Int(pair.index)
    let pieces = places[own]
    places[own] = []
    for piece in pieces { merge(pair, into: token, in: piece) }
    for index in risen where counts[Int(index)] > 0 {
      queue.push(count: counts[Int(index)], key: keys[Int(index)], index: index)
    }
    risen.removeAll(keepingCapacity: true)
    defer { isMerged[own] = true }
    return !isMerged[own]
  }

  private mutating func merge(_ pair: Best, into token: Int32, in piece: Int32) {
    let start = starts[Int(piece)]
    let end = start + Int(lengths[Int(piece)])
    let weight = weights[Int(piece)]
    var read = start
    var write = start
    while read < end {
      guard tokens[read] == pair.left, read + 1 < end, tokens[read + 1] == pair.right else {
        tokens[write] = tokens[read]
        write += 1
        read += 1
        continue
      }
      counts[Int(pair.index)] -= weight
      if write > start {
        change(tokens[write - 1], pair.left, by: -weight, in: piece)
        change(tokens[write - 1], token, by: weight, in: piece)
      }
      if read + 2 < end {
        change(pair.right, tokens[read + 2], by: -weight, in: piece)
        change(token, tokens[read + 2], by: weight, in: piece)
      }
      tokens[write] = token
      write += 1
      read += 2
    }
    lengths[Int(piece)] = Int32(write - start)
  }

  private mutating func change(_ left: Int32, _ right: Int32, by weight: Int, in piece: Int32) {
    let key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    let index: Int
    if let known = positions[key] {
      index = Int(known)
    } else {
      index = keys.count
      positions[key] = Int32(index)
      keys.append(key)
      counts.append(0)
      places.append([])
      isMerged.append(false)
    }
    counts[index] += weight
    guard weight > 0 else { return }
    if places[index].last != piece { places[index].append(piece) }
    if risen.last != Int32(index) { risen.append(Int32(index)) }
  }
}

/// A binary heap: the highest count on top, of equal counts the smallest pair.
struct PairQueue {
  struct Entry {
    var count: Int
    /// Left id above right id.
    var key: UInt64
    var index: Int32

    func precedes(_ other: Entry) -> Bool { count != other.count ? count > other.count : key < other.key }
  }

  private var entries: [Entry] = []

  mutating func push(count: Int, key: UInt64, index: Int32) {
    let entry = Entry(count: count, key: key, index: index)
    var position = entries.count
    entries.append(entry)
    while position > 0, entry.precedes(entries[(position - 1) / 2]) {
      entries[position] = entries[(position - 1) / 2]
      position = (position - 1) / 2
    }
    entries[position] = entry
  }

  mutating func pop() -> Entry? {
    guard let top = entries.first, let last = entries.popLast() else { return nil }
    if entries.isEmpty { return top }
    var position = 0
    while true {
      var child = 2 * position + 1
      if child >= entries.count { break }
      if child + 1 < entries.count, entries[child + 1].precedes(entries[child]) { child += 1 }
      if !entries[child].precedes(last) { break }
      entries[position] = entries[child]
      position = child
    }
    entries[position] = last
    return top
  }
}
