import AttendBase

extension SchemaCompiler {
  // MARK: Whether a value fits

  mutating func accepts(_ value: JSON, _ schemas: [LocatedSchema]) throws(AttendError) -> Bool {
    var node = try reader.node(schemas)
    let choices = node.alternatives
    node.alternatives = []
    guard try accepts(value, node) else { return false }
    for choice in choices {
      var count = 0
      for schema in choice.schemas where try accepts(value, [schema]) { count += 1 }
      if count == 0 || choice.isExclusive && count > 1 { return false }
    }
    return true
  }

  /// Whether a value fits a node without alternatives.
  mutating func accepts(_ value: JSON, _ node: SchemaNode) throws(AttendError) -> Bool {
    if let values = node.values, !values.contains(value) { return false }
    switch value {
    case .null: return node.kinds.contains(.null)
    case .bool: return node.kinds.contains(.boolean)
    case .integer, .number:
      let isWhole = value.doubleValue.map { $0.rounded() == $0 } ?? false
      guard node.kinds.contains(isWhole ? .integer : .fraction) else { return false }
      let number = DecimalNumber(value)
      if let bound = node.lower {
        let lower = DecimalNumber(bound.value)
        if number < lower || bound.isExclusive && number == lower { return false }
      }
      if let bound = node.upper {
        let upper = DecimalNumber(bound.value)
        if upper < number || bound.isExclusive && number == upper { return false }
      }
      return true
    case .string(let text):
      let length = text.unicodeScalars.count
      guard node.kinds.contains(.string), length >= node.leastLength, length <= node.mostLength ?? .max else {
        return false
      }
      if node.patterns.isEmpty, node.formats.isEmpty { return true }
      var pattern = node
      (pattern.leastLength, pattern.mostLength) = (0, nil)
      return try Automaton(stringPattern(pattern)).accepts(value.utf8())
    case .array(let items):
      guard node.kinds.contains(.array), items.count >= node.leastItems, items.count <= node.mostItems ?? .max else {
        return false
      }
      for (index, item) in items.enumerated() {
        let schemas = index < node.firstItems.count ? node.firstItems[index] : node.otherItems ?? []
        if try !accepts(item, schemas) { return false }
      }
      return true
    case .object(let members):
      guard node.kinds.contains(.object), members.count >= node.leastProperties,
        members.count <= node.mostProperties ?? .max, node.required.allSatisfy({ members[$0] != nil })
      else { return false }
      for (name, member) in members {
        let schemas = node.schemas(ofProperty: name) ?? node.otherProperties ?? []
        if try !accepts(member, schemas) { return false }
      }
      return true
    }
  }

  // MARK: Whether two schemas have no value in common

  /// - Returns: false when they may have one; what is not sure counts as that.
  mutating func areDisjoint(_ first: SchemaNode, _ second: SchemaNode, depth: Int = 0) throws(AttendError) -> Bool {
    if let values = first.values { return try acceptsNone(of: values, second) }
    if let values = second.values { return try acceptsNone(of: values, first) }
    let kinds = first.kinds.intersection(second.kinds)
    if kinds.isEmpty { return true }
    if kinds.isSubset(of: [.integer, .fraction]) {
      return Self.lieApart(first, second) || Self.lieApart(second, first)
    }
    if kinds == .string { return Self.haveOtherLengths(first, second) || Self.haveOtherLengths(second, first) }
    guard kinds == .object, depth < 4 else { return false }
    for name in first.required where second.required.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      let firstSchemas = first.schemas(ofProperty: name) ?? first.otherProperties ?? []
      let secondSchemas = second.schemas(ofProperty: name) ?? second.otherProperties ?? []
      let (one, other) = (try reader.node(firstSchemas), try reader.node(secondSchemas))
      if try areDisjoint(one, other, depth: depth + 1) { return true }
    }
    return Self.requiresWhatIsForbidden(first, second) || Self.requiresWhatIsForbidden(second, first)
  }

  private mutating func acceptsNone(of values: [JSON], _ node: SchemaNode) throws(AttendError) -> Bool {
    var plain = node
    plain.alternatives = []
    for value in values where try accepts(value, plain) { return false }
    return true
  }

  private static func lieApart(_ below: SchemaNode, _ above: SchemaNode) -> Bool {
    guard let upper = below.upper, let lower = above.lower else { return false }
    let (one, other) = (DecimalNumber(upper.value), DecimalNumber(lower.value))
    return one < other || one == other && (upper.isExclusive || lower.isExclusive)
  }

  private static func haveOtherLengths(_ short: SchemaNode, _ long: SchemaNode) -> Bool {
    short.mostLength.map { $0 < long.leastLength } ?? false
  }

  private static func requiresWhatIsForbidden(_ first: SchemaNode, _ second: SchemaNode) -> Bool {
    guard let others = second.otherProperties, others.contains(where: { $0.schema == false }) else { return false }
    return first.required.contains { second.schemas(ofProperty: $0) == nil }
  }
}
