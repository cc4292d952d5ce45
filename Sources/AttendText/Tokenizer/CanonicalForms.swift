@_spi(_Unicode) import Swift

// The standard library normalizes strings to compare them; this is how Foundation asks it for the forms, too. Bytes that
// are not UTF-8 stay as they are, and then nothing is normalized.

extension TextNormalizer {
  static func composed(_ text: [UInt8]) -> [UInt8] {
    guard let text = String(validating: text, as: UTF8.self) else { return text }
    return bytes(of: text._nfc)
  }

  static func decomposed(_ text: [UInt8]) -> [UInt8] {
    guard let text = String(validating: text, as: UTF8.self) else { return text }
    return bytes(of: text._nfd)
  }

  static func withoutMarks(_ text: [UInt8], onlyNonspacing: Bool = false) -> [UInt8] {
    guard let text = String(validating: text, as: UTF8.self) else { return text }
    return bytes(
      of: text.unicodeScalars.lazy.filter { scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark: false
        case .spacingMark, .enclosingMark: onlyNonspacing
        default: true
        }
      })
  }

  static func bytes(of scalars: some Sequence<Unicode.Scalar>) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in scalars { result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.EncodedScalar()) }
    return result
  }
}
