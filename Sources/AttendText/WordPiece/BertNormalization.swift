/// What BERT does to a text before it cuts it into words. Devlin et al. 2018, `tokenization.py`.
struct BertNormalization: Sendable {
  /// Control characters and U+FFFD go, white space becomes spaces.
  var cleans = true
  /// Chinese characters become words of their own.
  var parts = true
  var stripsAccents = true
  var lowercases = true

  func callAsFunction(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    // No character of ASCII joins another by being decomposed, so the runs of the two kinds are apart.
    var position = 0
    while position < text.count {
      let start = position
      let isASCII = text[start] < 0x80
      while position < text.count, (text[position] < 0x80) == isASCII { position += 1 }
      if isASCII {
        appendASCII(text[start..<position], to: &result)
      } else {
        result += other(text[start..<position])
      }
    }
    return result
  }

  private func appendASCII(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) {
    for byte in text {
      switch byte {
      case 0x41...0x5A: result.append(lowercases ? byte | 0x20 : byte)
      case 0x09, 0x0A, 0x0D: result.append(cleans ? 0x20 : byte)
      case 0x00...0x1F, 0x7F: if !cleans { result.append(byte) }
      default: result.append(byte)
      }
    }
  }

  private func other(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    if cleans || parts {
      var result = String.UnicodeScalarView()
      for scalar in scalars {
        if cleans, BertNormalization.vanishes(scalar) { continue }
        if parts, BertNormalization.isChinese(scalar) {
          result.append(contentsOf: [" ", scalar, " "])
        } else {
          result.append(cleans && scalar.properties.isWhitespace ? " " : scalar)
        }
      }
      scalars = result
    }
    var bytes = Array(String(scalars).utf8)
    if stripsAccents {
      bytes = TextNormalizer.withoutMarks(TextNormalizer.decomposed(bytes), onlyNonspacing: true)
    }
    return lowercases ? Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8) : bytes
  }

  private static func vanishes(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\u{FFFD}" { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate: return true
    default: return false
    }
  }

  /// The ranges of the reference implementation, gap included.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      return true
    default: return false
    }
  }
}
