import AttendBase

/// A text, its translation, and which words of the two say the same: what alignments are judged by.
public struct LinkedTranslation: Sendable {
  public let source: String
  public let target: String
  /// Words in order; each side's characters are those of its text, ASCII white space aside.
  public let sourceWords: [String]
  public let targetWords: [String]
  /// Source words that each target word is linked to; none for a word that stands for nothing.
  public let links: [Set<Int>]

  /// - Parameter line: text, translation, the words of each (separated by spaces), links such as `0-0 2-1` (source word,
  ///   target word, from 0), separated by tabs.
  /// - Throws: `damaged-file`, naming `place`.
  public init(line: String, place: String) throws(AttendError) {
    func damaged(_ reason: String) -> AttendError {
      AttendError(
        .damagedFile, "\(place): \(reason)",
        hint: "each line is text, translation, words, words and links such as 0-0 2-1, separated by tabs")
    }
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 5 else { throw damaged("there are \(fields.count) fields, not 5") }
    (source, target) = (fields[0], fields[1])
    sourceWords = fields[2].split(separator: " ").map(String.init)
    targetWords = fields[3].split(separator: " ").map(String.init)
    for (text, words) in [(source, sourceWords), (target, targetWords)]
    where !words.joined().utf8.elementsEqual(text.utf8.filter { !Self.isSpace($0) }) {
      throw damaged("the words \(quoted(words.joined(separator: " "))) are not those of \(quoted(text))")
    }
    var links = [Set<Int>](repeating: [], count: targetWords.count)
    for link in fields[4].split(separator: " ") {
      let ends = link.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count == 2, let from = ends[0], let to = ends[1], sourceWords.indices.contains(from),
        targetWords.indices.contains(to)
      else { throw damaged("the link \(quoted(String(link))) is not one") }
      links[to].insert(from)
    }
    self.links = links
  }

  /// The word that each piece of a text begins in: the one that holds its first character that is no white space.
  /// - Parameter pieces: the pieces' bytes; together they are the text.
  /// - Returns: nil for pieces of white space alone.
  package static func words(_ words: [String], of pieces: [[UInt8]]) -> [Int?] {
    let wordOfByte = words.enumerated().flatMap { index, word in [Int](repeating: index, count: word.utf8.count) }
    var start = 0
    return pieces.map { piece in
      let count = piece.reduce(0) { $0 + (isSpace($1) ? 0 : 1) }
      defer { start += count }
      return count > 0 && start < wordOfByte.count ? wordOfByte[start] : nil
    }
  }

  /// ASCII alone: in UTF-8 its bytes are part of no other character.
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
