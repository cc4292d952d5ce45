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

  /// Compatible characters in place of those that have them; the result is neither composed nor decomposed.
  static func compatible(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(where: { $0 >= 0x80 }), let text = String(validating: text, as: UTF8.self) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if let form = CompatibilityForms.shared[scalar] {
        result.append(contentsOf: form)
      } else {
        result.append(scalar)
      }
    }
    return Array(String(result).utf8)
  }

  /// What the normalizer `Nmt` of the tokenizers library does.
  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    guard let text = String(validating: text, as: UTF8.self) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case _ where isControl(scalar): continue
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: result.append(" ")
      default: result.append(scalar)
      }
    }
    return Array(String(result).utf8)
  }

  /// What ``cleaned(_:)`` takes out.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: true
    default: false
    }
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
