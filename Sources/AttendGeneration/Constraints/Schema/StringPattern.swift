import AttendBase

/// Strings as JSON writes them, between the quotes.
enum StringPattern {
  /// One character, as itself or escaped in any way. An escaped surrogate comes with its other half.
  static let character: Pattern = {
    let digit = Pattern.choice([.digit, .byte(0x61...0x66), .byte(0x41...0x46)])
    let d = Pattern.any(of: "dD")
    let anyTwo = Pattern.sequence([digit, digit])
    let high = Pattern.sequence([d, .choice([.any(of: "89abAB")]), digit, digit])
    let low = Pattern.sequence([d, .any(of: "cdefCDEF"), digit, digit])
    let other = Pattern.choice([
      .sequence([.choice([.digit, .any(of: "abcefABCEF")]), digit, anyTwo]),
      .sequence([d, .byte(0x30...0x37), anyTwo]),
    ])
    let escape = Pattern.choice([
      .any(of: "\"\\/bfnrt"), .sequence([.literal("u"), other]),
      .sequence([.literal("u"), high, .literal("\\u"), low]),
    ])
    return .choice([plain.pattern, .sequence([.literal("\\"), escape])])
  }()

  /// Characters that need no escape.
  static let plain = ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C]).inverted

  /// One character of a set, written in one way: as itself if it can be.
  static func character(of set: ScalarSet) -> Pattern {
    var parts = [set.subtracting(plain.inverted).pattern]
    for range in plain.inverted.ranges {
      for value in range where set.contains(value) {
        parts.append(Unicode.Scalar(value).map { .literal(content(String(Character($0)))) } ?? .nothing)
      }
    }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  /// A string's bytes between its quotes, as the writer writes them.
  static func content(_ text: String) -> ArraySlice<UInt8> {
    JSON.string(text).utf8().dropFirst().dropLast()
  }

  static func quoted(_ content: Pattern) -> Pattern { .sequence([.literal("\""), content, .literal("\"")]) }

  /// Strings of a format.
  /// - Returns: nil for a format that is not known.
  static func expression(ofFormat name: String) -> String? {
    // Days that exist: February has 29 in leap years.
    let date =
      "(?:[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"
      + "|02-(?:0[1-9]|1\\d|2[0-8]))|(?:[1-9]\\d(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29)"
    let time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"
    let label = "[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?"
    let byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
    switch name {
    case "date": return "^\(date)$"
    case "time": return "^\(time)$"
    case "date-time": return "^\(date)T\(time)$"
    case "uuid": return "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
    case "email":
      return "^[A-Za-z0-9_+-]{1,20}(?:\\.[A-Za-z0-9_+-]{1,20}){0,2}@\(label)(?:\\.\(label)){0,2}\\.[a-z]{2,12}$"
    case "hostname": return "^\(label)(?:\\.\(label)){0,3}$"
    case "ipv4": return "^\(byte)(?:\\.\(byte)){3}$"
    case "uri": return "^https?://\(label)(?:\\.\(label)){0,3}(?:/[A-Za-z0-9_.~-]{1,30}){0,5}/?$"
    default: return nil
    }
  }
}
