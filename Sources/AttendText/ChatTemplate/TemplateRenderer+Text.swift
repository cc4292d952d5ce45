import AttendBase

/// Values as text: `str`, `repr` and `json.dumps` of Python.
extension TemplateRenderer {
  func text(of value: TemplateValue) throws(AttendError) -> String {
    switch value {
    case .undefined: return ""
    case .string(let text): return text
    default: return try representation(of: value)
    }
  }

  func representation(of value: TemplateValue) throws(AttendError) -> String {
    try charge()
    switch value {
    case .undefined: return "Undefined"
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .integer(let value): return value.description
    case .number(let value): return TemplateRenderer.python(value)
    case .string(let text):
      try charge(bytes: text.utf8.count)
      return TemplateRenderer.quoted(text)
    case .list(let list) where !list.isWhole: throw unsupported("a \(value.kind) as text")
    case .list(let list): return "[" + (try joined(list.elements)) + "]"
    case .tuple(let list):
      let inner = try joined(list.elements)
      return "(" + inner + (list.elements.count == 1 ? ",)" : ")")
    case .dictionary(let dictionary):
      var parts: [String] = []
      for (key, value) in dictionary.members {
        parts.append(try representation(of: key) + ": " + representation(of: value))
      }
      return "{" + (try joined(parts, with: ", ")) + "}"
    case .namespace, .macro, .function, .method, .loop: throw unsupported("a \(value.kind) as text")
    }
  }

  private func joined(_ elements: [TemplateValue]) throws(AttendError) -> String {
    var parts: [String] = []
    for element in elements { parts.append(try representation(of: element)) }
    return try joined(parts, with: ", ")
  }

  func joined(_ parts: [String], with separator: String) throws(AttendError) -> String {
    let length = parts.reduce(parts.count * separator.utf8.count) { $0 + $1.utf8.count }
    try charge(bytes: length)
    return parts.joined(separator: separator)
  }

  /// A float as Python writes it.
  static func python(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return value.description
  }

  /// A string literal as Python's `repr` writes it.
  private static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case quote: result.append(contentsOf: ["\\", quote])
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      default:
        if isPrintable(scalar) {
          result.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          let zeros = String(repeating: "0", count: max(width - digits.count, 0))
          result.append(contentsOf: "\\\(letter)\(zeros)\(digits)".unicodeScalars)
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  // MARK: JSON

  /// `json.dumps(value, ensure_ascii=False)`, which is what the transformers library puts in place of Jinja's filter.
  func json(_ value: TemplateValue, indentation: Int?, sortsKeys: Bool) throws(AttendError) -> String {
    var bytes: [UInt8] = []
    try writeJSON(value, indentation, 0, sortsKeys, &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func writeJSON(
    _ value: TemplateValue, _ indentation: Int?, _ level: Int, _ sortsKeys: Bool, _ bytes: inout [UInt8]
  ) throws(AttendError) {
    try charge()
    switch value {
    case .none: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: value.description.utf8)
    case .number(let value):
      let text = value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : value.description
      bytes.append(contentsOf: text.utf8)
    case .string(let text):
      try charge(bytes: text.utf8.count)
      JSON.writeString(text, to: &bytes)
    case .list(let list) where !list.isWhole:
      throw failure("Object of type \(value.kind) is not JSON serializable")
    case .list(let list), .tuple(let list):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in list.elements.enumerated() {
        try startElement(index, indentation, level + 1, &bytes)
        try writeJSON(element, indentation, level + 1, sortsKeys, &bytes)
      }
      if !list.elements.isEmpty { try breakLine(indentation, level, &bytes) }
      bytes.append(UInt8(ascii: "]"))
    case .dictionary(let dictionary):
      bytes.append(UInt8(ascii: "{"))
      var members = dictionary.members
      if sortsKeys { members = try sorted(members, by: { $0.key }, reverse: false, caseSensitive: true) }
      for (index, member) in members.enumerated() {
        try startElement(index, indentation, level + 1, &bytes)
        JSON.writeString(try jsonKey(member.key), to: &bytes)
        bytes.append(contentsOf: ": ".utf8)
        try writeJSON(member.value, indentation, level + 1, sortsKeys, &bytes)
      }
      if !members.isEmpty { try breakLine(indentation, level, &bytes) }
      bytes.append(UInt8(ascii: "}"))
    default: throw failure("a value of the kind \(value.kind) is not JSON serializable")
    }
  }

  private func jsonKey(_ key: TemplateValue) throws(AttendError) -> String {
    switch key {
    case .bool(let value): value ? "true" : "false"
    case .none: "null"
    default: try text(of: key)
    }
  }

  private func startElement(
    _ index: Int, _ indentation: Int?, _ level: Int, _ bytes: inout [UInt8]
  ) throws(AttendError) {
    if index > 0 { bytes.append(contentsOf: (indentation == nil ? ", " : ",").utf8) }
    try breakLine(indentation, level, &bytes)
  }

  private func breakLine(_ indentation: Int?, _ level: Int, _ bytes: inout [UInt8]) throws(AttendError) {
    guard let indentation else { return }
    try charge(bytes: indentation * level)
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: indentation * level))
  }
}
