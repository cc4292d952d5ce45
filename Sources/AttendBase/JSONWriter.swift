extension JSON {
  /// This value as JSON text.
  ///
  /// Doubles get the fewest digits that read back as the same value; those that JSON cannot express (NaN, ±∞) become
  /// `null`. Characters beyond ASCII stay as they are.
  public func text(pretty: Bool = false) -> String {
    String(decoding: utf8(pretty: pretty), as: UTF8.self)
  }

  /// The bytes of `text(pretty:)`.
  public func utf8(pretty: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, indentation: pretty ? 0 : nil)
    return bytes
  }

  private func write(to bytes: inout [UInt8], indentation: Int?) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: value.description.utf8)
    case .number(let value):
      bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .string(let value): JSON.writeString(value, to: &bytes)
    case .array(let elements):
      JSON.writeList(elements, "[", "]", &bytes, indentation) { $0.write(to: &$1, indentation: $2) }
    case .object(let object):
      JSON.writeList(object, "{", "}", &bytes, indentation) { member, bytes, indentation in
        JSON.writeString(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if indentation != nil { bytes.append(UInt8(ascii: " ")) }
        member.value.write(to: &bytes, indentation: indentation)
      }
    }
  }

  private static func writeList<Elements: Collection>(
    _ elements: Elements, _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ bytes: inout [UInt8],
    _ indentation: Int?, _ write: (Elements.Element, inout [UInt8], Int?) -> Void
  ) {
    func breakLine(_ indentation: Int?, _ bytes: inout [UInt8]) {
      guard let indentation else { return }
      bytes.append(0x0A)
      bytes.append(contentsOf: repeatElement(0x20, count: indentation))
    }
    let inner = indentation.map { $0 + 2 }
    bytes.append(UInt8(ascii: open))
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      breakLine(inner, &bytes)
      write(element, &bytes, inner)
    }
    if !isFirst { breakLine(indentation, &bytes) }
    bytes.append(UInt8(ascii: close))
  }

  /// Appends a quoted string; only quotes, backslashes and control characters need escapes.
  package static func writeString(_ string: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: [0x5C, 0x22])
      case UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5C, 0x5C])
      case 0x0A: bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
      case 0x0D: bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
      case 0x09: bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
      case 0x08: bytes.append(contentsOf: [0x5C, UInt8(ascii: "b")])
      case 0x0C: bytes.append(contentsOf: [0x5C, UInt8(ascii: "f")])
      case 0..<0x20:
        let digits = "0123456789abcdef".utf8.map { $0 }
        bytes.append(contentsOf: [0x5C, UInt8(ascii: "u"), 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
