import AttendBase

/// Filters on lists and dictionaries.
extension TemplateRenderer {
  func sequenceFilter(
    _ value: TemplateValue, _ filter: String, _ arguments: TemplateValues
  ) throws(AttendError) -> TemplateValue {
    func argument(_ position: Int, _ name: String) -> TemplateValue? {
      position < arguments.positional.count ? arguments.positional[position] : arguments[name]
    }
    func flag(_ position: Int, _ name: String) -> Bool { argument(position, name)?.isTrue ?? false }
    switch filter {
    case "length", "count": return .integer(try length(of: value))
    case "list": return try list(try iterate(value))
    case "first": return try iterate(value).first ?? .undefined("no first item, sequence was empty")
    case "last": return try iterate(value).last ?? .undefined("no last item, sequence was empty")
    case "reverse":
      let elements = Array(try iterate(value).reversed())
      guard case .string = value else { return try generator(elements) }
      return .string(try joined(try texts(elements), with: ""))
    case "join":
      let picked = try picked(try iterate(value), argument(1, "attribute"))
      return .string(try joined(try texts(picked), with: try argument(0, "d").map(text) ?? ""))
    case "items":
      if value.isUndefined { return try generator([]) }
      guard case .dictionary(let dictionary) = value else { throw failure("items of '\(value.kind)'") }
      return try generator(try items(of: dictionary))
    case "sort":
      let elements = try keyed(try iterate(value), argument(2, "attribute"))
      let result = try sorted(
        elements, by: { $0.key }, reverse: flag(0, "reverse"), caseSensitive: flag(1, "case_sensitive"))
      return try list(result.map(\.value))
    case "dictsort":
      guard case .dictionary(let dictionary) = value else { throw failure("dictsort of '\(value.kind)'") }
      let byValue = try argument(1, "by").map(text) == "value"
      let members = try sorted(
        dictionary.members, by: { byValue ? $0.value : $0.key }, reverse: flag(2, "reverse"),
        caseSensitive: flag(0, "case_sensitive"))
      return try list(try items(of: TemplateDictionary(members: members, depth: dictionary.depth)))
    case "unique":
      let elements = try keyed(try iterate(value), argument(1, "attribute"))
      return try generator(try unique(elements, caseSensitive: flag(0, "case_sensitive")))
    case "min", "max":
      let elements = try keyed(try iterate(value), argument(1, "attribute"))
      let result = try sorted(elements, by: { $0.key }, reverse: false, caseSensitive: flag(0, "case_sensitive"))
      // Of equal ones the first counts, for the largest too.
      guard let best = filter == "min" ? result.first : result.last else {
        return .undefined("no \(filter) of an empty sequence")
      }
      for element in result where try areEqual(element.key, best.key) { return element.value }
      return best.value
    case "sum":
      var total = argument(1, "start") ?? .integer(0)
      for element in try picked(try iterate(value), argument(0, "attribute")) {
        total = try arithmetic(total, "+", element)
      }
      return total
    // Whatever counts as false, none and numbers too, is an empty sequence to these.
    case "map": return try map(value.isTrue ? try iterate(value) : [], arguments)
    case "select", "reject", "selectattr", "rejectattr":
      return try select(value.isTrue ? try iterate(value) : [], filter, arguments)
    default: throw unsupported("the filter \(JSON.string(filter).text())")
    }
  }

  private func length(of value: TemplateValue) throws(AttendError) -> Int {
    switch value {
    case .undefined: return 0
    case .string(let text):
      try charge(bytes: text.utf8.count)
      return text.unicodeScalars.count
    case .list(let list) where list.generator != nil: throw failure("object of type 'generator' has no len()")
    case .list(let list), .tuple(let list): return list.elements.count
    case .dictionary(let dictionary): return dictionary.members.count
    default: throw failure("'\(value.kind)' has no length")
    }
  }

  private func texts(_ elements: [TemplateValue]) throws(AttendError) -> [String] {
    var texts: [String] = []
    for element in elements { texts.append(try text(of: element)) }
    return texts
  }

  /// The attribute of a dotted path such as `function.name` or `0.role`.
  private func path(_ value: TemplateValue, _ path: TemplateValue) throws(AttendError) -> TemplateValue {
    guard case .string(let text) = path else { return try item(value, path) }
    var value = value
    for part in text.split(separator: ".") {
      value = try item(value, Int(part).map(TemplateValue.integer) ?? .string(String(part)))
    }
    return value
  }

  private func picked(_ elements: [TemplateValue], _ attribute: TemplateValue?) throws(AttendError) -> [TemplateValue] {
    guard let attribute, attribute.isTrue || attribute.integerValue != nil else { return elements }
    var picked: [TemplateValue] = []
    for element in elements { picked.append(try path(element, attribute)) }
    return picked
  }

  private func keyed(
    _ elements: [TemplateValue], _ attribute: TemplateValue?
  ) throws(AttendError) -> [(key: TemplateValue, value: TemplateValue)] {
    Array(zip(try picked(elements, attribute), elements)).map { (key: $0, value: $1) }
  }

  private func folded(_ value: TemplateValue, _ caseSensitive: Bool) -> TemplateValue {
    if case .string(let text) = value, !caseSensitive { return .string(text.lowercased()) }
    return value
  }

  /// A stable merge sort, because comparing may fail.
  func sorted(
    _ elements: [(key: TemplateValue, value: TemplateValue)],
    by key: ((key: TemplateValue, value: TemplateValue)) -> TemplateValue, reverse: Bool, caseSensitive: Bool
  ) throws(AttendError) -> [(key: TemplateValue, value: TemplateValue)] {
    var items = elements.map { (key: folded(key($0), caseSensitive), element: $0) }
    var width = 1
    while width < items.count {
      var merged: [(key: TemplateValue, element: (key: TemplateValue, value: TemplateValue))] = []
      merged.reserveCapacity(items.count)
      for start in stride(from: 0, to: items.count, by: 2 * width) {
        let middle = min(start + width, items.count)
        let end = min(start + 2 * width, items.count)
        var (left, right) = (start, middle)
        while left < middle && right < end {
          let takesRight =
            reverse ? try isLess(items[left].key, items[right].key) : try isLess(items[right].key, items[left].key)
          merged.append(items[takesRight ? right : left])
          if takesRight { right += 1 } else { left += 1 }
        }
        merged.append(contentsOf: items[left..<middle])
        merged.append(contentsOf: items[right..<end])
      }
      items = merged
      width *= 2
    }
    return items.map(\.element)
  }

  private func unique(
    _ elements: [(key: TemplateValue, value: TemplateValue)], caseSensitive: Bool
  ) throws(AttendError) -> [TemplateValue] {
    var kept: [(key: TemplateValue, value: TemplateValue)] = []
    for element in elements {
      let key = folded(element.key, caseSensitive)
      var isNew = true
      for other in kept where try areEqual(other.key, key) {
        isNew = false
        break
      }
      if isNew { kept.append((key, element.value)) }
    }
    return kept.map(\.value)
  }

  private func map(_ elements: [TemplateValue], _ arguments: TemplateValues) throws(AttendError) -> TemplateValue {
    var results: [TemplateValue] = []
    if let attribute = arguments["attribute"] {
      for element in elements {
        let value = try path(element, attribute)
        results.append(value.isUndefined ? arguments["default"] ?? value : value)
      }
      return try generator(results)
    }
    guard case .string(let name)? = arguments.positional.first else { throw failure("map needs a filter or attribute") }
    let rest = TemplateValues(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    for element in elements { results.append(try filter(element, name, rest)) }
    return try generator(results)
  }

  private func select(
    _ elements: [TemplateValue], _ filter: String, _ arguments: TemplateValues
  ) throws(AttendError) -> TemplateValue {
    var positional = arguments.positional
    var attribute: TemplateValue?
    if filter.hasSuffix("attr") {
      guard !positional.isEmpty else { throw failure("\(filter) needs an attribute") }
      attribute = positional.removeFirst()
    }
    let wanted = filter.hasPrefix("select")
    let name = positional.isEmpty ? nil : try text(of: positional.removeFirst())
    var kept: [TemplateValue] = []
    for element in elements {
      let value = try attribute.map { (attribute) throws(AttendError) in try path(element, attribute) } ?? element
      let holds: Bool
      if let name {
        holds = try test(value, name, TemplateValues(positional: positional, named: arguments.named))
      } else {
        holds = value.isTrue
      }
      if holds == wanted { kept.append(element) }
    }
    return try generator(kept)
  }
}
