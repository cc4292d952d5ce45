import AttendBase

/// What happens to a text before it is tokenized, step by step.
struct TextNormalizer: Sendable {
  enum Step: Sendable {
    /// Every occurrence of a text becomes another.
    case replace([UInt8], with: [UInt8])
    case replacePattern(TextPattern, with: [UInt8])
    case strip(left: Bool, right: Bool)
    case prepend([UInt8])
    case lowercase
    case charactersMap(CharacterMap)
    /// The canonical composition of Unicode, NFC, or decomposition, NFD.
    case composed, decomposed
    /// The same of the compatible form, NFKC and NFKD.
    case compatiblyComposed, compatiblyDecomposed
    /// Control characters go and white space of every kind becomes a space, as in neural machine translation.
    case cleaned
    /// Marks go.
    case withoutMarks
    case bert(BertNormalization)
  }

  var steps: [Step] = []

  var isEmpty: Bool { steps.isEmpty }

  /// Whether the text is known to stay as it is without going through the steps.
  func changesNothing(in text: UnsafeRawBufferPointer) -> Bool {
    for step in steps {
      guard case .composed = step else { return false }
    }
    // Below U+0300 every text is composed.
    return steps.isEmpty || !text.contains { $0 >= 0xCC }
  }

  func callAsFunction(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var keepsStart = true
    return normalized(text, &keepsStart)
  }

  /// - Parameter keepsStart: set to false when what the text starts with afterwards does not stand for its first
  ///   character alone: the reference implementation does not take it for the text's start then.
  func normalized(_ text: ArraySlice<UInt8>, _ keepsStart: inout Bool) -> [UInt8] {
    var text = Array(text)
    for step in steps {
      if keepsStart, TextNormalizer.movesStart(step, of: text) { keepsStart = false }
      text = TextNormalizer.apply(step, to: text)
    }
    return text
  }

  private static func movesStart(_ step: Step, of text: [UInt8]) -> Bool {
    func isOneCharacter(_ part: some Collection<UInt8>) -> Bool { part.count { $0 & 0xC0 != 0x80 } == 1 }
    switch step {
    case .replace(let old, let new):
      return !old.isEmpty && text.starts(with: old) && (new.isEmpty || !isOneCharacter(old))
    case .replacePattern(let pattern, let new):
      let end = text.withUnsafeBytes { bytes in pattern.withMatcher(bytes) { $0.end(of: 0, limit: bytes.count) } }
      return end > 0 && (new.isEmpty || !isOneCharacter(text[..<end]))
    case .strip(left: true, right: _):
      return first(of: text)?.properties.isWhitespace == true
    case .cleaned: return first(of: text).map(isControl) == true
    default: return false
    }
  }

  private static func first(of text: [UInt8]) -> Unicode.Scalar? {
    String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first
  }

  private static func apply(_ step: Step, to text: [UInt8]) -> [UInt8] {
    switch step {
    case .replace(let old, let new): return replacing(old, with: new, in: text)
    case .replacePattern(let pattern, let new): return replacing(pattern, with: new, in: text)
    case .strip(let left, let right):
      var characters = String(decoding: text, as: UTF8.self).unicodeScalars[...]
      if left { characters = characters.drop { $0.properties.isWhitespace } }
      if right { while let last = characters.last, last.properties.isWhitespace { characters.removeLast() } }
      return Array(String(characters).utf8)
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .lowercase: return Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
    case .charactersMap(let map): return map(text)
    case .composed: return composed(text)
    case .decomposed: return decomposed(text)
    case .compatiblyComposed: return composed(compatible(text))
    case .compatiblyDecomposed: return decomposed(compatible(text))
    case .cleaned: return cleaned(text)
    case .withoutMarks: return withoutMarks(text)
    case .bert(let normalization): return normalization(text)
    }
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

  private static func replacing(_ pattern: TextPattern, with new: [UInt8], in text: [UInt8]) -> [UInt8] {
    text.withUnsafeBytes { bytes in
      pattern.withMatcher(bytes) { matcher in
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < bytes.count {
          let end = matcher.end(of: position, limit: bytes.count)
          if end > position {
            result += new
            position = end
          } else {
            let length = max(UTF8Sequence.length(bytes, at: position), 1)
            result += bytes[position..<position + length]
            position += length
          }
        }
        return result
      }
    }
  }
}
