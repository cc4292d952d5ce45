/// A set of tokens, a bit for each.
package struct TokenSet: Sendable, Equatable {
  private(set) var words: [UInt64]

  package init(vocabularySize: Int) { words = [UInt64](repeating: 0, count: (vocabularySize + 63) / 64) }

  package mutating func insert(_ token: Int32) {
    let index = Int(token >> 6)
    if words.indices.contains(index) { words[index] |= 1 << UInt64(token & 63) }
  }

  mutating func remove(_ token: Int32) {
    let index = Int(token >> 6)
    if words.indices.contains(index) { words[index] &= ~(1 << UInt64(token & 63)) }
  }

  package func contains(_ token: Int32) -> Bool {
    token >= 0 && words.indices.contains(Int(token >> 6)) && words[Int(token >> 6)] >> UInt64(token & 63) & 1 == 1
  }

  mutating func formUnion(_ other: TokenSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  mutating func removeAll() { for index in words.indices { words[index] = 0 } }

  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
  package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Makes the logits of all tokens that are not in the set −∞.
  func ruleOutOthers(in logits: UnsafeMutableBufferPointer<Float>) {
    for (index, word) in words.enumerated() where word != .max {
      let start = index * 64
      let end = min(start + 64, logits.count)
      if word == 0 {
        for token in start..<max(start, end) { logits[token] = -.infinity }
        continue
      }
      var others = ~word
      while others != 0 {
        let token = start + others.trailingZeroBitCount
        if token < end { logits[token] = -.infinity }
        others &= others - 1
      }
    }
  }
}
