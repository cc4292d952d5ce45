/// Which pieces of a source each piece of its translation was predicted from.
public struct Alignment: Sendable {
  /// The pieces' own UTF-8, which may be half a character; a piece that starts a word starts with a space.
  package let sourceBytes: [[UInt8]]
  package let targetBytes: [[UInt8]]
  /// `[target][source]`, from 0 to 1. What a row lacks to 1 went to the end of the source.
  public let weights: [[Float]]

  package init(source: [[UInt8]], target: [[UInt8]], weights: [[Float]]) {
    sourceBytes = source
    targetBytes = target
    self.weights = weights
  }

  /// The source's pieces as text; U+FFFD for half a character.
  public var source: [String] { sourceBytes.map { String(decoding: $0, as: UTF8.self) } }
  /// The translation's pieces as text.
  public var target: [String] { targetBytes.map { String(decoding: $0, as: UTF8.self) } }

  /// The same for whole words: weights of a source word's pieces are added, those of a target word's pieces averaged.
  public var words: WordAlignment {
    let (sources, targets) = (WordPieces(sourceBytes), WordPieces(targetBytes))
    var merged: [[Float]] = []
    for rows in targets.pieces {
      var values: [Float] = []
      for columns in sources.pieces {
        var sum: Float = 0
        for row in rows { for column in columns { sum += weights[row][column] } }
        values.append(sum / Float(rows.count))
      }
      merged.append(values)
    }
    return WordAlignment(source: sources.words, target: targets.words, weights: merged)
  }
}

/// Which words of a source each word of its translation was predicted from.
public struct WordAlignment: Sendable {
  public let source: [String]
  public let target: [String]
  /// `[target][source]`, from 0 to 1.
  public let weights: [[Float]]
}

/// Pieces of subword tokens gathered to words: cut at white space, around punctuation, and behind French elisions
/// (l'|apprentissage, qu'|il), but not before English endings (don't, I'm).
package struct WordPieces {
  package private(set) var words: [String] = []
  /// The pieces of each word.
  package private(set) var pieces: [[Int]] = []

  package init(_ tokens: [[UInt8]]) {
    let text = Array(String(decoding: tokens.flatMap { $0 }, as: UTF8.self).unicodeScalars)
    // Where each piece's first character that is no space lies; in bytes, which broken text would move.
    let widths = text.map { String($0).utf8.count }
    let isBroken = widths.reduce(0, +) != tokens.reduce(0) { $0 + $1.count }
    guard !isBroken else {
      words = tokens.map { String(decoding: $0, as: UTF8.self).trimmed }
      pieces = tokens.indices.map { [$0] }
      return
    }
    // The word of each byte; −1 for white space.
    var wordOfByte: [Int] = []
    var previous: Unicode.Scalar?
    for (index, scalar) in text.enumerated() {
      if scalar.properties.isWhitespace {
        wordOfByte += Array(repeating: -1, count: widths[index])
        previous = nil
        continue
      }
      if previous.map({ WordPieces.isBoundary($0, before: index, text) }) ?? true { words.append("") }
      words[words.count - 1].unicodeScalars.append(scalar)
      wordOfByte += Array(repeating: words.count - 1, count: widths[index])
      previous = scalar
    }
    pieces = words.map { _ in [] }
    var start = 0
    for (piece, bytes) in tokens.enumerated() {
      let end = start + bytes.count
      if let word = wordOfByte[start..<end].first(where: { $0 >= 0 }) { pieces[word].append(piece) }
      start = end
    }
    // A word that begins inside a piece is drawn with that piece's word.
    for index in pieces.indices.reversed() where pieces[index].isEmpty {
      if index > 0 { words[index - 1] += words[index] }
      words.remove(at: index)
      pieces.remove(at: index)
    }
  }

  /// Whether a word starts at `index`, whose predecessor is no white space.
  private static func isBoundary(_ previous: Unicode.Scalar, before index: Int, _ text: [Unicode.Scalar]) -> Bool {
    let scalar = text[index]
    if isApostrophe(previous) { return endsElision(at: index - 1, text) && startsVowel(scalar) }
    if isApostrophe(scalar) {
      return !(isWordPart(previous) && index + 1 < text.count && isWordPart(text[index + 1]))
    }
    return isWordPart(previous) != isWordPart(scalar) || !isWordPart(scalar) && scalar != previous
  }

  private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool { scalar == "'" || scalar == "\u{2019}" }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
      true
    default: scalar == "-"
    }
  }

  /// Whether the apostrophe follows one letter, or letters that end with "qu".
  private static func endsElision(at apostrophe: Int, _ text: [Unicode.Scalar]) -> Bool {
    var start = apostrophe
    while start > 0, isWordPart(text[start - 1]) { start -= 1 }
    let letters = String(String.UnicodeScalarView(text[start..<apostrophe])).lowercased()
    return letters.unicodeScalars.count == 1 || letters.hasSuffix("qu")
  }

  private static func startsVowel(_ scalar: Unicode.Scalar) -> Bool {
    "aeiouyhàâäæéèêëîïôöœùûü".unicodeScalars.contains(scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar)
  }
}
