import AttendBase

/// Whether a value follows a JSON schema, by the words of the standard (draft 2020-12, core and validation) and with
/// nothing of the compiler's. Patterns and formats are checked by functions written for each.
struct SchemaValidator {
  let root: JSON
  /// What strings with a pattern look like, for the patterns that are used.
  var patterns: [String: @Sendable (String) -> Bool] = [:]

  func accepts(_ value: JSON, _ schema: JSON? = nil) -> Bool {
    let schema = schema ?? root
    if case .bool(let answer) = schema { return answer }
    guard let keywords = schema.objectValue else { return false }
    return keywords.allSatisfy { keyword, argument in holds(keyword, argument, value, keywords) }
  }

  private func holds(_ keyword: String, _ argument: JSON, _ value: JSON, _ keywords: JSON.Object) -> Bool {
    switch keyword {
    case "$defs", "title", "description": return true
    case "$ref":
      var target: JSON? = root
      for part in (argument.stringValue ?? "").split(separator: "/").dropFirst() { target = target?[String(part)] }
      return target.map { accepts(value, $0) } ?? false
    case "allOf": return (argument.arrayValue ?? []).allSatisfy { accepts(value, $0) }
    case "anyOf": return (argument.arrayValue ?? []).contains { accepts(value, $0) }
    case "oneOf": return (argument.arrayValue ?? []).count { accepts(value, $0) } == 1
    case "type":
      return (argument.arrayValue ?? [argument]).contains { isOfType($0.stringValue ?? "", value) }
    case "const": return areEqual(value, argument)
    case "enum": return (argument.arrayValue ?? []).contains { areEqual(value, $0) }
    default: break
    }
    if let number = value.doubleValue { return numberHolds(keyword, argument.doubleValue ?? 0, number) }
    if let text = value.stringValue { return stringHolds(keyword, argument, text) }
    if let items = value.arrayValue { return itemsHold(keyword, argument, items, keywords) }
    if let members = value.objectValue { return membersHold(keyword, argument, members, keywords) }
    return true
  }

  private func isOfType(_ name: String, _ value: JSON) -> Bool {
    switch value {
    case .null: name == "null"
    case .bool: name == "boolean"
    case .integer: name == "integer" || name == "number"
    case .number(let number): name == "number" || name == "integer" && number == number.rounded()
    case .string: name == "string"
    case .array: name == "array"
    case .object: name == "object"
    }
  }

  private func areEqual(_ first: JSON, _ second: JSON) -> Bool {
    if let one = first.doubleValue, let other = second.doubleValue { return one == other }
    return first == second
  }

  private func numberHolds(_ keyword: String, _ bound: Double, _ number: Double) -> Bool {
    switch keyword {
    case "minimum": number >= bound
    case "maximum": number <= bound
    case "exclusiveMinimum": number > bound
    case "exclusiveMaximum": number < bound
    default: true
    }
  }

  private func stringHolds(_ keyword: String, _ argument: JSON, _ text: String) -> Bool {
    switch keyword {
    case "minLength": text.unicodeScalars.count >= argument.intValue ?? .max
    case "maxLength": text.unicodeScalars.count <= argument.intValue ?? -1
    case "pattern": patterns[argument.stringValue ?? ""]?(text) ?? false
    case "format": FormatChecks.holds(argument.stringValue ?? "", text)
    default: true
    }
  }

  private func itemsHold(_ keyword: String, _ argument: JSON, _ items: [JSON], _ keywords: JSON.Object) -> Bool {
    let firsts = keywords["prefixItems"]?.arrayValue ?? []
    switch keyword {
    case "minItems": return items.count >= argument.intValue ?? .max
    case "maxItems": return items.count <= argument.intValue ?? -1
    case "prefixItems": return zip(items, firsts).allSatisfy { accepts($0, $1) }
    case "items": return items.dropFirst(firsts.count).allSatisfy { accepts($0, argument) }
    default: return true
    }
  }

  private func membersHold(
    _ keyword: String, _ argument: JSON, _ members: JSON.Object, _ keywords: JSON.Object
  ) -> Bool {
    switch keyword {
    case "required": return (argument.arrayValue ?? []).allSatisfy { members[$0.stringValue ?? ""] != nil }
    case "properties":
      return (argument.objectValue ?? JSON.Object()).allSatisfy { name, schema in
        members[name].map { accepts($0, schema) } ?? true
      }
    case "additionalProperties":
      return members.allSatisfy { keywords["properties"]?[$0.key] != nil || accepts($0.value, argument) }
    case "minProperties": return members.count >= argument.intValue ?? .max
    case "maxProperties": return members.count <= argument.intValue ?? -1
    default: return true
    }
  }
}

/// Formats, checked by taking strings apart.
enum FormatChecks {
  static func holds(_ name: String, _ text: String) -> Bool {
    switch name {
    case "date": return isDate(Substring(text))
    case "time": return isTime(Substring(text))
    case "date-time":
      let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 && isDate(parts[0]) && isTime(parts[1])
    case "uuid":
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy { $0.isASCII && $0.isHexDigit }
    case "ipv4":
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4
        && parts.allSatisfy { part in part.count <= 3 && Int(part).map { $0 < 256 && String($0) == part } ?? false }
    case "email":
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".") && isHost(parts[1])
    case "hostname": return isHost(Substring(text))
    case "uri": return text.hasPrefix("http://") || text.hasPrefix("https://")
    default: return false
    }
  }

  private static func isHost(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.count < 64 && label.first != "-" && label.last != "-"
        && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
  }

  private static func number(_ text: Substring, digits: Int) -> Int? {
    text.utf8.count == digits && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  private static func isDate(_ text: Substring) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = number(parts[0], digits: 4), let month = number(parts[1], digits: 2),
      let day = number(parts[2], digits: 2), (1...12).contains(month)
    else { return false }
    let isLeap = year % 400 == 0 || year % 4 == 0 && year % 100 != 0
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  private static func isTime(_ text: Substring) -> Bool {
    let clock = text.prefix(8).split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = number(clock[0], digits: 2), let minute = number(clock[1], digits: 2),
      let second = number(clock[2], digits: 2), hour < 24, minute < 60, second < 60
    else { return false }
    var zone = text.dropFirst(8)
    if zone.first == "." {
      let fraction = zone.dropFirst().prefix { ("0"..."9").contains($0) }
      if fraction.isEmpty { return false }
      zone = zone.dropFirst(1 + fraction.count)
    }
    if zone == "Z" { return true }
    let offset = zone.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
    guard zone.first == "+" || zone.first == "-", offset.count == 2, let hours = number(offset[0], digits: 2),
      let minutes = number(offset[1], digits: 2)
    else { return false }
    return hours < 24 && minutes < 60
  }
}
