import AttendBase

/// The pieces of a tokenizer in the making, and the words that they are to explain.
struct UnigramModel {
  private let words: [(piece: [UInt8], count: Int)]
  private(set) var pieces = ByteStrings()
  private var scores: [Double] = []
  /// The first pieces are single characters and stay.
  let characters: Int

  /// A piece is at most so many characters long.
  private static let longestPiece = 16
  private static let mostSeeds = 1_000_000

  /// Starts with the characters and the most promising substrings: those whose number of occurrences times length is
  /// greatest.
  init(words: [(piece: [UInt8], count: Int)], coverage: Double, reserved: Set<[UInt8]>) {
    self.words = words
    let covered = UnigramModel.characters(words, coverage)
    let seeds = UnigramModel.seeds(words, Set(covered.map { $0.piece }), reserved)
    characters = covered.count
    var weights: [Double] = []
    for (piece, count) in covered {
      pieces.append(piece)
      weights.append(Double(count))
    }
    for (piece, weight) in seeds.prefix(UnigramModel.mostSeeds - min(covered.count, UnigramModel.mostSeeds)) {
      pieces.append(piece)
      weights.append(Double(weight))
    }
    let sum = logarithm(weights.reduce(0, +))
    scores = weights.map { logarithm(max($0, 1)) - sum }
  }

  private static func starts(of word: [UInt8]) -> [Int] {
    word.withUnsafeBytes { bytes in
      var starts: [Int] = []
      var position = 0
      while position < bytes.count {
        starts.append(position)
        position += max(UTF8Sequence.length(bytes, at: position), 1)
      }
      return starts + [bytes.count]
    }
  }

  /// The most frequent characters that make up `coverage` of the text.
  private static func characters(
    _ words: [(piece: [UInt8], count: Int)], _ coverage: Double
  ) -> [(piece: [UInt8], count: Int)] {
    var counts: [[UInt8]: Int] = [:]
    for (word, count) in words {
      let starts = starts(of: word)
      for (start, end) in zip(starts, starts.dropFirst()) { counts[Array(word[start..<end]), default: 0] += count }
    }
    // Bytes that are not UTF-8 are no characters.
    counts = counts.filter { String(validating: $0.key, as: UTF8.self) != nil }
    let total = Double(counts.values.reduce(0, +))
    let sorted = counts.sorted { one, other in
      one.value != other.value ? one.value > other.value : one.key.lexicographicallyPrecedes(other.key)
    }
    var sum = 0.0
    var covered: [(piece: [UInt8], count: Int)] = []
    for (piece, count) in sorted {
      guard sum < coverage * total else { break }
      sum += Double(count)
      covered.append((piece, count))
    }
    return covered
  }

  /// Substrings of two characters and more that occur twice and more, best first.
  private static func seeds(
    _ words: [(piece: [UInt8], count: Int)], _ covered: Set<[UInt8]>, _ reserved: Set<[UInt8]>
  ) -> [(piece: [UInt8], weight: Int)] {
    struct Seed {
      var word: Int
      var start: Int
      var end: Int
      var length: Int
      var count: Int
    }
    var places: [UInt64: Int] = [:]
    var seeds: [Seed] = []
    for (index, (word, count)) in words.enumerated() {
      let starts = starts(of: word)
      let isCovered = zip(starts, starts.dropFirst()).map { covered.contains(Array(word[$0..<$1])) }
      for first in isCovered.indices where isCovered[first] {
        // Two substrings of one hash would be counted as one: with 64 bits that does not happen by chance, and does no
        // harm but to the estimate.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for last in first..<min(first + longestPiece, isCovered.count) {
          guard isCovered[last] else { break }
          for byte in word[starts[last]..<starts[last + 1]] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
          guard last > first else { continue }
          if let place = places[hash] {
            seeds[place].count += count
          } else {
            places[hash] = seeds.count
            seeds.append(
              Seed(word: index, start: starts[first], end: starts[last + 1], length: last - first + 1, count: count))
          }
        }
      }
    }
    return seeds.filter { $0.count > 1 }
      .map { (piece: Array(words[$0.word].piece[$0.start..<$0.end]), weight: $0.count * $0.length) }
      .filter { !reserved.contains($0.piece) }
      .sorted { one, other in
        one.weight != other.weight ? one.weight > other.weight : one.piece.lexicographicallyPrecedes(other.piece)
      }
  }

  // MARK: Learning

  private func lattice(_ word: UnsafeRawBufferPointer, _ trie: PieceTrie, _ unknownScore: Double) -> Lattice {
    Lattice(word: word, trie: trie, scores: scores, unknownScore: unknownScore)
  }

  private var unknownScore: Double { (scores.min() ?? 0) - Unigram.unknownPenalty }

  /// One step of expectation-maximization. Pieces that are expected less than half a time go. Probabilities are those of
  /// a variational Bayesian estimate, exp(ψ(count) − ψ(sum)), which favours fewer pieces.
  mutating func maximizeExpectations() {
    let trie = PieceTrie(pieces) { _ in true }
    let unknownScore = unknownScore
    var counts = [Double](repeating: 0, count: pieces.count)
    for (word, count) in words {
      word.withUnsafeBytes { bytes in
        _ = lattice(bytes, trie, unknownScore).addExpectations(weight: Double(count), to: &counts)
      }
    }
    for index in 0..<characters { counts[index] = max(counts[index], 0.5) }
    let kept = counts.indices.filter { counts[$0] >= 0.5 }
    keep(kept)
    let sum = digamma(kept.reduce(0) { $0 + counts[$1] })
    scores = kept.map { digamma(counts[$0]) - sum }
  }

  private mutating func keep(_ kept: [Int]) {
    var remaining = ByteStrings()
    remaining.reserveCapacity(strings: kept.count, bytes: pieces.bytes.count)
    for index in kept { remaining.append(pieces[index]) }
    scores = kept.map { scores[$0] }
    pieces = remaining
  }

  /// Drops the pieces without which the words would lose least likelihood, were each replaced by its best cut into
  /// others, until `size` are left.
  mutating func prune(to size: Int) {
    let trie = PieceTrie(pieces) { _ in true }
    let unknownScore = unknownScore
    var uses = [Double](repeating: 0, count: pieces.count)
    for (word, count) in words {
      word.withUnsafeBytes { bytes in
        for step in lattice(bytes, trie, unknownScore).best() where step.piece >= 0 {
          uses[step.piece] += Double(count)
        }
      }
    }
    let sum = uses.reduce(0, +)
    var losses: [(loss: Double, piece: Int)] = []
    for piece in characters..<pieces.count where uses[piece] > 0 {
      let parts = Array(pieces[piece]).withUnsafeBytes {
        lattice($0, trie, unknownScore).best(without: piece).map { $0.piece }
      }
      // Without other pieces it cannot be replaced.
      guard !parts.isEmpty, !parts.contains(-1) else {
        losses.append((.infinity, piece))
        continue
      }
      let own = logarithm(uses[piece]) - logarithm(sum)
      let others = logarithm(sum + uses[piece] * Double(parts.count - 1))
      let replaced = parts.reduce(0.0) { $0 + logarithm(uses[$1] + uses[piece]) - others }
      losses.append((uses[piece] / sum * (own - replaced), piece))
    }
    losses.sort { ($1.loss, $0.piece) < ($0.loss, $1.piece) }
    let kept = losses.prefix(max(size - characters, 0)).map { $0.piece }.sorted()
    keep(Array(0..<characters) + kept)
  }

  /// The characters and the most probable other pieces, `count` in all, most probable first.
  func best(_ count: Int) -> [(piece: [UInt8], score: Double)] {
    let others = (characters..<max(pieces.count, characters)).sorted {
      (scores[$1], $0) < (scores[$0], $1)
    }
    let chosen = Array(0..<characters) + others.prefix(max(count - characters, 0))
    return chosen.sorted { (scores[$1], $0) < (scores[$0], $1) }.map { (Array(pieces[$0]), scores[$0]) }
  }
}
