import AttendBase

/// What happens to a text before it is tokenized, step by step: the steps that Unigram files use.
struct TextNormalizer: Sendable {
  enum Step: Sendable {
    /// Every occurrence of a text becomes another.
    case replace([UInt8], with: [UInt8])
    /// Two or more of a character become a text: the pattern ` {2,}`.
    case replaceRuns(of: UInt8, with: [UInt8])
    case strip(left: Bool, right: Bool)
    case prepend([UInt8])
    case lowercase
    case charactersMap(CharacterMap)
  }

  var steps: [Step] = []

  func callAsFunction(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var text = Array(text)
    for step in steps {
      switch step {
      case .replace(let old, let new): text = TextNormalizer.replacing(old, with: new, in: text)
      case .replaceRuns(let byte, let new): text = TextNormalizer.replacingRuns(of: byte, with: new, in: text)
      case .strip(let left, let right):
        var characters = String(decoding: text, as: UTF8.self).unicodeScalars[...]
        if left { characters = characters.drop { $0.properties.isWhitespace } }
        if right { while let last = characters.last, last.properties.isWhitespace { characters.removeLast() } }
        text = Array(String(characters).utf8)
      case .prepend(let prefix): if !text.isEmpty { text = prefix + text }
      case .lowercase: text = Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
      case .charactersMap(let map): text = map(text)
      }
    }
    return text
  }

  private static func replacing(_ old: [UInt8], with new: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard let first = old.first else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if text[position] == first, text[position...].starts(with: old) {
        result += new
        position += old.count
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return result
  }

  private static func replacingRuns(of byte: UInt8, with new: [UInt8], in text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    while position < text.count {
      var end = position
      while end < text.count, text[end] == byte { end += 1 }
      if end - position >= 2 {
        result += new
        position = end
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return result
  }
}

/// SentencePiece's `precompiled_charsmap`: a double-array trie of characters and what each becomes, usually NFKC.
///
/// Format: `Builder::EncodePrecompiledCharsMap` of https://github.com/google/sentencepiece, and darts-clone's units.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// - Throws: `damagedFile` when the parts do not fit.
  init(_ bytes: [UInt8], source: String) throws(AttendError) {
    func word(_ index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, Int(word(0)) <= bytes.count - 4, word(0) % 4 == 0, word(0) > 0 else {
      throw AttendError(.damagedFile, "\(source): the precompiled_charsmap is damaged")
    }
    let count = Int(word(0)) / 4
    units = (1...count).map(word)
    texts = Array(bytes[(4 + 4 * count)...])
  }

  func callAsFunction(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    // The reference implementation looks up whole characters when they are short, else their scalars.
    for character in String(decoding: text, as: UTF8.self) {
      let bytes = Array(String(character).utf8)
      if bytes.count < 6, let found = look(up: bytes) {
        result += found
        continue
      }
      for scalar in character.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        result += look(up: bytes) ?? bytes[...]
      }
    }
    return result
  }

  /// The text that the shortest known beginning of these bytes becomes.
  private func look(up bytes: [UInt8]) -> ArraySlice<UInt8>? {
    func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
    var node = offset(units[0])
    for byte in bytes {
      if byte == 0 { return nil }
      node ^= Int(byte)
      guard units.indices.contains(node), units[node] & 0x8000_00FF == UInt32(byte) else { return nil }
      let unit = units[node]
      node ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard units.indices.contains(node) else { return nil }
      let start = Int(units[node] & 0x7FFF_FFFF)
      guard start < texts.count else { return nil }
      return texts[start...].prefix { $0 != 0 }
    }
    return nil
  }
}
