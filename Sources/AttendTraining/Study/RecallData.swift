import AttendBase

/// Associative recall: pairs of a key and a value, then every key again in another order; each is to be answered with
/// its value. Arora et al. 2023, arXiv:2312.04927 (MQAR).
package struct RecallBatch: Sendable {
  /// The sequences end to end: key, value, key, value, …, then the keys in another order. Keys are ids below `keys`,
  /// values ids from there on.
  package let tokens: [Int32]
  /// The value of each queried key, counted from 0.
  package let answers: [Int32]
  /// Rows of the queries.
  package let rows: [Int]
  package let lengths: [Int]

  /// - Parameters:
  ///   - pairs: at most `keys`; keys of one sequence differ, values need not.
  ///   - keys: number of keys, and of values, that there are.
  package init(count: Int, pairs: Int, keys: Int, random: SeededRandom) {
    var random = random
    var (tokens, answers, rows): ([Int32], [Int32], [Int]) = ([], [], [])
    for _ in 0..<count {
      let chosen = (0..<Int32(keys)).shuffled(using: &random).prefix(pairs)
      let table = chosen.map { (key: $0, value: Int32.random(in: 0..<Int32(keys), using: &random)) }
      for pair in table { tokens += [pair.key, Int32(keys) + pair.value] }
      for pair in table.shuffled(using: &random) {
        rows.append(tokens.count)
        tokens.append(pair.key)
        answers.append(pair.value)
      }
    }
    (self.tokens, self.answers, self.rows) = (tokens, answers, rows)
    lengths = Array(repeating: 3 * pairs, count: count)
  }
}
