import AttendBase

/// Methods of Python's strings and dictionaries.
extension TemplateRenderer {
  private static let stringMethods: Set<String> = [
    "strip", "lstrip", "rstrip", "startswith", "endswith", "split", "rsplit", "splitlines", "upper", "lower", "title",
    "capitalize", "replace", "join", "find", "rfind", "count", "format", "removeprefix", "removesuffix", "isdigit",
    "isalpha", "isalnum", "isspace", "isupper", "islower", "zfill",
  ]
  private static let dictionaryMethods: Set<String> = ["items", "keys", "values", "get"]
  private static let listMethods: Set<String> = ["index", "count"]

  func methods(of value: TemplateValue) -> Set<String> {
    switch value {
    case .string: TemplateRenderer.stringMethods
    case .dictionary: TemplateRenderer.dictionaryMethods
    case .list(let list) where !list.isWhole: []
    case .list, .tuple: TemplateRenderer.listMethods
    case .loop: ["cycle"]
    default: []
    }
  }

  func call(method name: String, of value: TemplateValue, _ values: TemplateValues) throws(AttendError) -> TemplateValue
  {
    switch value {
    case .string(let text): return try call(method: name, ofText: text, values)
    case .dictionary(let dictionary): return try call(method: name, of: dictionary, values)
    case .list(let list), .tuple(let list):
      guard let wanted = values.positional.first else { throw failure("\(name) needs a value") }
      var count = 0
      for (index, element) in list.elements.enumerated() where try areEqual(element, wanted) {
        if name == "index" { return .integer(index) }
        count += 1
      }
      if name == "index" { throw failure("a value that is not in the list") }
      return .integer(count)
    case .loop(let state):
      guard !values.positional.isEmpty else { throw failure("no items for cycling given") }
      return values.positional[state.index % values.positional.count]
    default: throw failure("'\(value.kind)' has no method \(name)")
    }
  }

  private func call(
    method name: String, of dictionary: TemplateDictionary, _ values: TemplateValues
  ) throws(AttendError) -> TemplateValue {
    try charge(1 + dictionary.members.count)
    switch name {
    case "keys": return try view(dictionary.members.map(\.key))
    case "values": return try view(dictionary.members.map(\.value))
    case "items": return try view(try items(of: dictionary))
    default:
      guard let key = values.positional.first else { throw failure("get needs a key") }
      for member in dictionary.members where try areEqual(member.key, key) { return member.value }
      return values.positional.count > 1 ? values.positional[1] : values["default"] ?? .none
    }
  }

  func items(of dictionary: TemplateDictionary) throws(AttendError) -> [TemplateValue] {
    var items: [TemplateValue] = []
    for (key, value) in dictionary.members { items.append(try list([key, value], tuple: true)) }
    return items
  }

  private func call(
    method name: String, ofText text: String, _ values: TemplateValues
  ) throws(AttendError) -> TemplateValue {
    try charge(bytes: text.utf8.count)
    /// A string argument by position or name; nil when absent or none.
    func argument(_ position: Int, _ keyword: String = "") throws(AttendError) -> String? {
      let value = position < values.positional.count ? values.positional[position] : values[keyword]
      switch value {
      case .string(let text): return text
      case nil, .some(.none): return nil
      case .some(let other): throw failure("\(name) needs a string, not \(other.kind)")
      }
    }
    func required(_ position: Int) throws(AttendError) -> String {
      guard let text = try argument(position) else { throw failure("\(name) needs a string") }
      return text
    }
    func count(_ position: Int, _ keyword: String) throws(AttendError) -> Int {
      let value = position < values.positional.count ? values.positional[position] : values[keyword]
      guard let value else { return -1 }
      guard let count = value.integerValue else { throw failure("\(name) needs a number, not \(value.kind)") }
      return count
    }
    switch name {
    case "strip": return .string(trim(text, try argument(0), left: true, right: true))
    case "lstrip": return .string(trim(text, try argument(0), left: true, right: false))
    case "rstrip": return .string(trim(text, try argument(0), left: false, right: true))
    case "startswith", "endswith":
      var candidates: [TemplateValue] = values.positional
      if case .tuple(let tuple)? = values.positional.first { candidates = tuple.elements }
      guard values.positional.count == 1 else { throw unsupported("\(name) with a range") }
      for candidate in candidates {
        guard case .string(let part) = candidate else { throw failure("\(name) needs a string, not \(candidate.kind)") }
        if name == "startswith" ? text.utf8.starts(with: part.utf8) : endsWith(text, part) { return .bool(true) }
      }
      return .bool(false)
    case "split", "rsplit":
      let parts = try split(
        text, by: try argument(0, "sep"), limit: try count(1, "maxsplit"), fromEnd: name == "rsplit")
      return try list(parts.map { .string($0) })
    case "splitlines": return try list(lines(text).map { .string($0) })
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "title": return .string(pythonTitle(text))
    case "capitalize": return .string(capitalized(text))
    case "replace": return .string(try replace(text, try required(0), try required(1), count: try count(2, "count")))
    case "join":
      var parts: [String] = []
      for element in try iterate(values.positional.first ?? .undefined("")) {
        guard case .string(let part) = element else { throw failure("join of '\(element.kind)'") }
        parts.append(part)
      }
      return .string(try joined(parts, with: text))
    case "find", "rfind", "count":
      guard values.positional.count == 1 else { throw unsupported("\(name) with a range") }
      return .integer(try search(name, text, try required(0)))
    case "format": return .string(try braceFormat(text, values))
    case "removeprefix":
      let part = try required(0)
      return .string(text.utf8.starts(with: part.utf8) ? substring(text, from: part.utf8.count) : text)
    case "removesuffix":
      let part = try required(0)
      return .string(endsWith(text, part) ? substring(text, to: text.utf8.count - part.utf8.count) : text)
    case "zfill":
      let scalars = Array(text.unicodeScalars)
      let width = try count(0, "width")
      guard width < 10_000 else { throw failure("zfill by \(width)") }
      let signs = scalars.first == "-" || scalars.first == "+" ? 1 : 0
      let zeros = repeatElement("0" as Unicode.Scalar, count: max(width - scalars.count, 0))
      return .string(string(scalars[..<signs]) + string(zeros) + string(scalars[signs...]))
    default: return .bool(satisfies(text, name))
    }
  }

  private func satisfies(_ text: String, _ name: String) -> Bool {
    let scalars = text.unicodeScalars
    if scalars.isEmpty { return false }
    switch name {
    case "isdigit":
      return scalars.allSatisfy { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isalpha": return scalars.allSatisfy { UnicodeClass.table[$0.value] == UnicodeClass.letter }
    case "isalnum":
      return scalars.allSatisfy {
        UnicodeClass.table[$0.value] == UnicodeClass.letter || $0.properties.numericType != nil
      }
    case "isspace": return scalars.allSatisfy(\.isTemplateSpace)
    case "isupper":
      return scalars.contains { $0.properties.isUppercase } && !scalars.contains { $0.properties.isLowercase }
    default: return scalars.contains { $0.properties.isLowercase } && !scalars.contains { $0.properties.isUppercase }
    }
  }

  private func search(_ name: String, _ text: String, _ part: String) throws(AttendError) -> Int {
    var found: [Int] = []
    var start = 0
    while let position = try find(part, in: text, from: start) {
      found.append(position)
      if name == "find" { break }
      // Matches of `count` do not overlap; those of `rfind` may.
      start = position + (name == "count" ? max(part.utf8.count, 1) : 1)
      if start > text.utf8.count { break }
    }
    if name == "count" { return part.isEmpty ? text.unicodeScalars.count + 1 : found.count }
    guard let position = found.last else { return -1 }
    // Python counts code points.
    return text.utf8.prefix(position).count { $0 & 0xC0 != 0x80 }
  }
}
