import AttendBase
import AttendText

/// A vocabulary that is written down: every byte by itself, then the given texts, then tokens that mark structure.
/// Encoding takes the longest token each time.
package struct ListedTokenizer: Tokenizer {
  private let tokens: [[UInt8]]
  private let specialCount: Int
  package let dropsFirstSpace: Bool

  package init(_ texts: [String], special: [String] = ["</s>"], dropsFirstSpace: Bool = false) {
    self.init(bytes: texts.map { Array($0.utf8) }, special: special, dropsFirstSpace: dropsFirstSpace)
  }

  package init(bytes: [[UInt8]], special: [String] = ["</s>"], dropsFirstSpace: Bool = false) {
    tokens = (UInt8.min...UInt8.max).map { [$0] } + bytes + special.map { Array($0.utf8) }
    specialCount = special.count
    self.dropsFirstSpace = dropsFirstSpace
  }

  package var vocabularySize: Int { tokens.count }
  /// The first of the tokens that mark structure.
  package var end: Int32 { Int32(tokens.count - specialCount) }
  package var specialTokens: SpecialTokens { SpecialTokens(end: end) }

  package func bytes(of id: Int32) -> ArraySlice<UInt8> {
    id >= 0 && Int(id) < tokens.count ? tokens[Int(id)][...] : []
  }

  package func isSpecial(_ id: Int32) -> Bool { id >= end }

  package func id(of token: String) -> Int32? { tokens.lastIndex(of: Array(token.utf8)).map(Int32.init) }

  package func encode(
    bytes: UnsafeRawBufferPointer, allowSpecial: Bool, addSpecialTokens: Bool
  ) throws(AttendError) -> [Int32] {
    var ids: [Int32] = []
    var position = 0
    while position < bytes.count {
      let rest = bytes[position...]
      var best = Int(bytes[position])
      for (id, token) in tokens.enumerated()
      where (allowSpecial || !isSpecial(Int32(id))) && token.count > tokens[best].count && rest.starts(with: token) {
        best = id
      }
      ids.append(Int32(best))
      position += tokens[best].count
    }
    return ids
  }

  package static let bytes = ListedTokenizer([])

  /// Pieces of JSON, words, indentation, a run longer than 32 bytes, and pieces of characters.
  package static let json = ListedTokenizer(
    bytes: [
      "{\"", "\":", "\",", "\", \"", "\"}", "{}", "[]", "[[", "]]", "},", "}]", "true", "false", "null", ": ", ", ",
      "\n",
      "\n  ", "\n    ", "  ", "    ", "the", " the", "a b", "12", "123", "00", "10", "1.5", "-1", "e5", "E+", ".0",
      "20",
      "\\n", "\\u", "\\\"", "00e9", "d83d", "\\ude00", "name", "\"name", "\"name\":", "age", " \"", "\": \"", "\": [",
      "é",
      "日本", "🙂", "ab", "abc", "zz", "-", "+", "T", "Z", ":30", "2024", "@", ".com", "c", "x", "},{\"", "\"],\"", "]}",
      "}}",
    ].map { Array($0.utf8) } + [
      [0xE6, 0x97], [0xF0, 0x9F], [0x99, 0x82], [0xC3], [0xA9, 0x22], [0x22, 0xE6],
      [UInt8](repeating: 0x20, count: 40), [UInt8](repeating: 0x61, count: 33),
    ])
}
