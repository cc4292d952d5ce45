import AttendBase

extension TemplateRenderer {
  func filter(
    _ value: TemplateValue, _ filter: String, _ arguments: TemplateValues
  ) throws(AttendError) -> TemplateValue {
    try charge()
    /// An argument by position or name.
    func argument(_ position: Int, _ name: String) -> TemplateValue? {
      position < arguments.positional.count ? arguments.positional[position] : arguments[name]
    }
    func flag(_ position: Int, _ name: String) -> Bool { argument(position, name)?.isTrue ?? false }
    func number(_ position: Int, _ name: String) throws(AttendError) -> Int? {
      guard let value = argument(position, name) else { return nil }
      if case .none = value { return nil }
      guard let number = value.integerValue else { throw failure("\(filter) needs a number, not \(value.kind)") }
      return number
    }
    /// The value as text, counted.
    func own() throws(AttendError) -> String {
      let text = try text(of: value)
      try charge(bytes: text.utf8.count)
      return text
    }
    switch filter {
    case "default", "d":
      let isMissing = value.isUndefined || flag(1, "boolean") && !value.isTrue
      return isMissing ? argument(0, "default_value") ?? .string("") : value
    case "string": return .string(try own())
    case "trim": return .string(trim(try own(), try argument(0, "chars").map(text), left: true, right: true))
    case "upper": return .string(try own().uppercased())
    case "lower": return .string(try own().lowercased())
    case "capitalize": return .string(capitalized(try own()))
    case "title": return .string(jinjaTitle(try own()))
    case "replace":
      guard let old = argument(0, "old"), let new = argument(1, "new") else { throw failure("replace needs two texts") }
      return .string(try replace(try own(), try text(of: old), try text(of: new), count: try number(2, "count") ?? -1))
    case "indent": return .string(try indent(try own(), argument(0, "width"), flag(1, "first"), flag(2, "blank")))
    case "escape", "e": return .string(try escaped(try own()))
    case "safe": return .string(try own())
    case "format": return .string(try percentFormat(try own(), arguments.positional))
    case "wordcount": return .integer(try split(try own(), by: nil, limit: -1, fromEnd: false).count)
    case "tojson":
      for (name, _) in arguments.named where name != "indent" && name != "ensure_ascii" && name != "sort_keys" {
        throw unsupported("tojson with \(name)")
      }
      // The transformers library's own: text stays as it is unless `ensure_ascii` is asked for.
      let indentation = try number(1, "indent")
      if let indentation, !(0...64).contains(indentation) { throw failure("tojson with indent \(indentation)") }
      let text = try json(value, indentation: indentation, sortsKeys: arguments["sort_keys"]?.isTrue ?? false)
      return .string(flag(0, "ensure_ascii") ? try asciiOnly(text) : text)
    case "abs":
      switch value {
      case .integer(.min): throw failure("an integer beyond 64 bits")
      case .integer(let number): return .integer(abs(number))
      case .number(let number): return .number(abs(number))
      default: throw failure("abs of '\(value.kind)'")
      }
    case "int": return try integer(value, default: argument(0, "default"), base: try number(1, "base"))
    case "float": return try float(value, default: argument(0, "default"))
    case "round": return try rounded(value, precision: try number(0, "precision") ?? 0, argument(1, "method"))
    default: return try sequenceFilter(value, filter, arguments)
    }
  }

  private func indent(
    _ text: String, _ width: TemplateValue?, _ first: Bool, _ blank: Bool
  ) throws(AttendError) -> String {
    var prefix = String(repeating: " ", count: 4)
    if case .string(let own)? = width {
      prefix = own
    } else if let width {
      guard let count = width.integerValue, (0...1000).contains(count) else { throw failure("indent by \(width.kind)") }
      prefix = String(repeating: " ", count: count)
    }
    var lines = lines(text)
    // A line break at the very end is a last, empty line.
    if text.utf8.last == 0x0A || text.isEmpty { lines.append("") }
    try charge(bytes: lines.count * prefix.utf8.count + text.utf8.count)
    for index in lines.indices where index > 0 ? blank || !lines[index].isEmpty : first {
      lines[index] = prefix + lines[index]
    }
    return lines.joined(separator: "\n")
  }

  private func escaped(_ text: String) throws(AttendError) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): result.append(contentsOf: "&amp;".utf8)
      case UInt8(ascii: "<"): result.append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): result.append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "'"): result.append(contentsOf: "&#39;".utf8)
      case UInt8(ascii: "\""): result.append(contentsOf: "&#34;".utf8)
      default: result.append(byte)
      }
    }
    try charge(bytes: result.count)
    return String(decoding: result, as: UTF8.self)
  }

  /// JSON with all characters beyond ASCII escaped, as UTF-16.
  private func asciiOnly(_ json: String) throws(AttendError) -> String {
    if json.utf8.allSatisfy({ $0 < 0x80 }) { return json }
    var result: [UInt8] = []
    for unit in json.utf16 {
      if unit < 0x80 {
        result.append(UInt8(unit))
      } else {
        let digits = String(unit, radix: 16)
        result.append(contentsOf: "\\u".utf8)
        result.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
        result.append(contentsOf: digits.utf8)
      }
    }
    try charge(bytes: result.count)
    return String(decoding: result, as: UTF8.self)
  }

  private func integer(
    _ value: TemplateValue, default fallback: TemplateValue?, base: Int?
  ) throws(AttendError) -> TemplateValue {
    if let base, base != 10 { throw unsupported("int with base \(base)") }
    let fallback = fallback ?? .integer(0)
    if let number = value.integerValue { return .integer(number) }
    var number = value.numberValue
    if case .string(let text) = value {
      let trimmed = trim(text, nil, left: true, right: true)
      if let integer = Int(trimmed) { return .integer(integer) }
      number = Double(trimmed)
    }
    guard let number, number.isFinite, abs(number) < 0x1p63 else { return fallback }
    return .integer(Int(number))
  }

  private func float(_ value: TemplateValue, default fallback: TemplateValue?) throws(AttendError) -> TemplateValue {
    if let number = value.numberValue { return .number(number) }
    if case .string(let text) = value, let number = Double(trim(text, nil, left: true, right: true)) {
      return .number(number)
    }
    return fallback ?? .number(0)
  }

  private func rounded(
    _ value: TemplateValue, precision: Int, _ method: TemplateValue?
  ) throws(AttendError) -> TemplateValue {
    guard let number = value.numberValue else { throw failure("round of '\(value.kind)'") }
    guard (0...15).contains(precision) else { throw failure("round to \(precision) digits") }
    let scale = (0..<precision).reduce(1.0) { scale, _ in scale * 10 }
    switch try method.map(text) ?? "common" {
    case "common": return .number((number * scale).rounded(.toNearestOrEven) / scale)
    case "ceil": return .number((number * scale).rounded(.up) / scale)
    case "floor": return .number((number * scale).rounded(.down) / scale)
    case let other: throw failure("round by \(other)")
    }
  }
}
