/// Merges the tokens of one piece of text: again and again the pair with the lowest rank, leftmost first, becomes one
/// token (Sennrich et al. 2016, arXiv:1508.07909).
struct WordMerger {
  let merges: MergeTable.Reader
  private let shortPairs: UnsafeMutablePointer<UInt64>

  /// Up to this many tokens looking at every pair is faster than keeping a heap.
  static let shortLimit = 48

  init(merges: MergeTable.Reader) {
    self.merges = merges
    shortPairs = .allocate(capacity: WordMerger.shortLimit)
  }

  func deallocate() { shortPairs.deallocate() }

  /// Merges `count` tokens in place and returns how many remain. n² for short pieces, n·log n for long ones.
  @inline(__always) func merge(_ tokens: UnsafeMutablePointer<Int32>, count: Int) -> Int {
    if count < 2 { return count }
    return count <= WordMerger.shortLimit ? mergeShort(tokens, count: count) : mergeLong(tokens, count: count)
  }

  private func mergeShort(_ tokens: UnsafeMutablePointer<Int32>, count: Int) -> Int {
    let pairs = shortPairs
    var last = count - 1  // pairs[i] joins tokens[i] and tokens[i + 1], for i < last
    for index in 0..<last { pairs[index] = merges.merge(tokens[index], tokens[index + 1]) }
    while last > 0 {
      var best = 0
      var bestMerge = pairs[0]
      for index in 1..<max(last, 1) where pairs[index] >> 32 < bestMerge >> 32 {
        best = index
        bestMerge = pairs[index]
      }
      if bestMerge == MergeTable.none { break }
      tokens[best] = Int32(truncatingIfNeeded: bestMerge)
      last -= 1
      for index in best..<last {
        tokens[index + 1] = tokens[index + 2]
        pairs[index] = pairs[index + 1]
      }
      if best > 0 { pairs[best - 1] = merges.merge(tokens[best - 1], tokens[best]) }
      if best < last { pairs[best] = merges.merge(tokens[best], tokens[best + 1]) }
    }
    return last + 1
  }

  /// A doubly linked list of tokens and a heap of pairs; entries of the heap that no longer hold are skipped.
  private func mergeLong(_ tokens: UnsafeMutablePointer<Int32>, count: Int) -> Int {
    var previous = (0..<Int32(count)).map { $0 - 1 }
    var next = (0..<Int32(count)).map { $0 + 1 }
    var pairs = [UInt64](repeating: MergeTable.none, count: count)
    var heap = MinimumHeap()
    heap.reserveCapacity(count)
    func update(_ index: Int) {
      let right = Int(next[index])
      pairs[index] = right < count ? merges.merge(tokens[index], tokens[right]) : MergeTable.none
      // Rank above position: of equal ranks the leftmost comes first.
      if pairs[index] != MergeTable.none { heap.push((pairs[index] >> 32) << 32 | UInt64(index)) }
    }
    for index in 0..<count { update(index) }
    while let entry = heap.pop() {
      let index = Int(entry & 0xFFFF_FFFF)
      guard pairs[index] != MergeTable.none, pairs[index] >> 32 == entry >> 32 else { continue }
      tokens[index] = Int32(truncatingIfNeeded: pairs[index])
      let removed = Int(next[index])
      pairs[removed] = MergeTable.none
      next[index] = next[removed]
      if Int(next[index]) < count { previous[Int(next[index])] = Int32(index) }
      update(index)
      if previous[index] >= 0 { update(Int(previous[index])) }
    }
    var kept = 0
    var index = 0
    while index < count {
      tokens[kept] = tokens[index]
      kept += 1
      index = Int(next[index])
    }
    return kept
  }
}

/// A binary heap with the smallest value on top.
struct MinimumHeap {
  private var values: [UInt64] = []

  mutating func reserveCapacity(_ count: Int) { values.reserveCapacity(count) }

  mutating func push(_ value: UInt64) {
    var index = values.count
    values.append(value)
    while index > 0, values[(index - 1) / 2] > value {
      values[index] = values[(index - 1) / 2]
      index = (index - 1) / 2
    }
    values[index] = value
  }

  mutating func pop() -> UInt64? {
    guard let top = values.first, let last = values.popLast() else { return nil }
    let count = values.count
    if count == 0 { return top }
    var index = 0
    while true {
      var child = 2 * index + 1
      if child >= count { break }
      if child + 1 < count && values[child + 1] < values[child] { child += 1 }
      if values[child] >= last { break }
      values[index] = values[child]
      index = child
    }
    values[index] = last
    return top
  }
}
