/// How SentencePiece keeps spaces: as the visible character ▁ (U+2581) at the start of words. A text is cut before each
/// of them. Kudo and Richardson 2018, arXiv:1808.06226, section 3.2.
public struct Metaspace: Sendable, Equatable {
  /// Where ▁ goes although the text has no space there.
  public enum Prefix: String, Sendable {
    /// Before every stretch of text.
    case always
    /// Before the text's beginning only, not after an added token.
    case first
    case never
  }

  public var prefix = Prefix.always
  /// Whether words are tokenized one by one.
  public var splits = true
  /// Whether any white space separates words and vanishes, instead of spaces becoming ▁.
  public var splitsAtWhiteSpace = false

  public init(prefix: Prefix = .always, splits: Bool = true, splitsAtWhiteSpace: Bool = false) {
    self.prefix = prefix
    self.splits = splits
    self.splitsAtWhiteSpace = splitsAtWhiteSpace
  }

  static let mark: [UInt8] = [0xE2, 0x96, 0x81]

  /// The words of a text, spelled with ▁.
  func words(of text: ArraySlice<UInt8>, isFirst: Bool) -> [[UInt8]] {
    guard splitsAtWhiteSpace else {
      return words(of: text, marksStart: prefix == .always || prefix == .first && isFirst)
    }
    var words: [[UInt8]] = []
    for (index, word) in String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).enumerated() {
      let marks = prefix == .always || prefix == .first && isFirst && index == 0
      words += self.words(of: Array(word.utf8)[...], marksStart: marks)
    }
    return words
  }

  private func words(of text: ArraySlice<UInt8>, marksStart: Bool) -> [[UInt8]] {
    guard !text.isEmpty else { return [] }
    var words: [[UInt8]] = [[]]
    let startsWithMark = text.first == 0x20 || text.starts(with: Metaspace.mark)
    if marksStart && !startsWithMark { words[0] = Metaspace.mark }
    var position = text.startIndex
    while position < text.endIndex {
      let isSpace = text[position] == 0x20
      if isSpace || text[position...].starts(with: Metaspace.mark) {
        if splits, !words[words.count - 1].isEmpty { words.append([]) }
        words[words.count - 1] += Metaspace.mark
        position += isSpace ? 1 : Metaspace.mark.count
      } else {
        words[words.count - 1].append(text[position])
        position += 1
      }
    }
    return words
  }
}
