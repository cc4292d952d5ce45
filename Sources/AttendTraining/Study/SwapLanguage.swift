import AttendBase

/// A made-up pair of languages whose alignment is known: every word has one translation, and an adjective before its
/// noun follows it in the translation, as in French.
package struct SwapLanguage: Sendable {
  /// What a decoder starts from.
  package static let start: Int32 = 0
  /// What ends sources and targets.
  package static let end: Int32 = 1

  /// Words of each language: the first half adjectives, the others nouns.
  package let words: Int
  /// The translation of each word, 0..<words.
  private let dictionary: [Int32]

  /// - Parameter seed: of the dictionary.
  package init(words: Int, seed: UInt64) {
    self.words = words
    var random = SeededRandom(seed: seed, stream: 1 << 40)
    dictionary = (0..<Int32(words)).shuffled(using: &random)
  }

  /// Tokens of each language, start and end included.
  package var vocabularySize: Int { words + 2 }

  package struct Pair: Sendable, Equatable {
    /// Ids, the end token last.
    package let source, target: [Int32]
    /// The source word that each target word translates; the end token has none.
    package let alignment: [Int]

    package init(
      source: [Int32], target: [Int32], alignment: [Int]
    ) {
      self.source = source
      self.target = target
      self.alignment = alignment
    }
  }

  /// A random sentence of `length` words with its translation.
  package func pair(length: Int, using random: inout SeededRandom) -> Pair {
    let source = (0..<length).map { _ in Int.random(in: 0..<words, using: &random) }
    var alignment = Array(source.indices)
    var place = 0
    while place + 1 < length {
      if isAdjective(source[place]), !isAdjective(source[place + 1]) {
        alignment.swapAt(place, place + 1)
        place += 1
      }
      place += 1
    }
    return Pair(
      source: source.map { Int32($0) + 2 } + [Self.end],
      target: alignment.map { dictionary[source[$0]] + 2 } + [Self.end], alignment: alignment)
  }

  package func pairs(_ count: Int, length: Int, random: SeededRandom) -> [Pair] {
    var random = random
    return (0..<count).map { _ in pair(length: length, using: &random) }
  }

  private func isAdjective(_ word: Int) -> Bool { word < words / 2 }
}
