import AttendBase

extension SchemaCompiler {
  // MARK: Strings

  mutating func stringPattern(_ node: SchemaNode) throws(AttendError) -> Pattern {
    if let most = node.mostLength, most < node.leastLength { return .nothing }
    let (least, most) = (node.leastLength, node.mostLength)
    let expressions = try expressions(of: node)
    guard let first = expressions.first else {
      return try sharedRule("string of \(least) to \(most.map(String.init) ?? "any") characters") { _ in
        StringPattern.quoted(.repetition(StringPattern.character, least: least, most: most))
      }
    }
    if expressions.count == 1, least == 0, most == nil { return StringPattern.quoted(first) }
    var automaton = try Automaton(first)
    for other in expressions.dropFirst() { automaton = try automaton.intersection(Automaton(other)) }
    if least > 0 || most != nil {
      let length = Pattern.repetition(StringPattern.character(of: .all), least: least, most: most)
      automaton = try automaton.intersection(Automaton(length))
    }
    return StringPattern.quoted(.automaton(automaton))
  }

  /// What the strings of a node match, each one all of these.
  private func expressions(of node: SchemaNode) throws(AttendError) -> [Pattern] {
    var result: [Pattern] = []
    for (text, path) in node.patterns { result.append(try RegularExpression.pattern(text, path: path)) }
    for (name, path) in node.formats {
      guard let text = StringPattern.expression(ofFormat: name) else {
        throw AttendError(
          .unsupported, "\(path) of the JSON schema: the format \(quoted(name)) is not supported",
          hint: "date, time, date-time, uuid, email, hostname, ipv4 and uri are; pattern may say the same")
      }
      result.append(try RegularExpression.pattern(text, path: path))
    }
    return result
  }

  // MARK: Arrays and objects

  /// Nothing, one space, or a line break and an indentation.
  static let space = Pattern.choice([
    .empty, .literal(" "), .sequence([.literal("\n"), .repetition(.any(of: " \t"), least: 0, most: 20)]),
  ])

  private static let comma = Pattern.sequence([.literal(","), space])

  mutating func arrayPattern(_ node: SchemaNode) throws(AttendError) -> Pattern {
    var firsts: [Pattern] = []
    for (index, schemas) in node.firstItems.enumerated() where index < node.mostItems ?? .max {
      firsts.append(try pattern(schemas))
    }
    let rest: Pattern
    switch node.otherItems {
    case nil: rest = node.firstItems.isEmpty ? try anyValue() : .nothing
    case let schemas?: rest = try pattern(schemas)
    }
    let least = max(node.leastItems - firsts.count, 0)
    let most = node.mostItems.map { $0 - firsts.count }
    if let most, most < least { return .nothing }
    let item = asRule(rest, uses: most ?? 2)
    // From the end to the beginning: each item with its comma and all that may follow.
    var items = Pattern.repetition(.sequence([Self.comma, item]), least: least, most: most)
    if firsts.isEmpty {
      guard most != 0 else { return brackets("[", .empty, "]", mayBeEmpty: true) }
      items = .sequence([
        item,
        .repetition(
          .sequence([Self.comma, item]), least: max(least - 1, 0), most: most.map { $0 - 1 }),
      ])
    } else {
      for index in firsts.indices.reversed() {
        let own = Pattern.sequence(index == 0 ? [firsts[index], items] : [Self.comma, firsts[index], items])
        items = index == 0 || index < node.leastItems ? own : .optional(own)
      }
    }
    return brackets("[", items, "]", mayBeEmpty: node.leastItems == 0)
  }

  private func brackets(_ open: String, _ inside: Pattern, _ close: String, mayBeEmpty: Bool) -> Pattern {
    let filled = Pattern.sequence([.literal(open), Self.space, inside, Self.space, .literal(close)])
    return mayBeEmpty ? .choice([.literal(open + close), filled]) : filled
  }

  /// What is used often and is not small becomes a rule.
  private mutating func asRule(_ pattern: Pattern, uses: Int) -> Pattern {
    let cost = pattern.cost()
    guard cost > 8, cost.saturatingMultiply(uses) > 256 else { return pattern }
    return .rule(addRule("item", pattern))
  }

  mutating func objectPattern(_ node: SchemaNode) throws(AttendError) -> Pattern {
    var properties = node.properties
    // Required properties without a schema of their own follow that of the others.
    for name in node.required where node.schemas(ofProperty: name) == nil {
      properties.append((name, node.otherProperties ?? []))
    }
    var items: [(item: Pattern, isRequired: Bool)] = []
    for (name, schemas) in properties {
      let isRequired = node.required.contains { $0.utf8.elementsEqual(name.utf8) }
      let value = schemas.isEmpty ? try anyValue() : try pattern(schemas)
      items.append((member(.literal(JSON.string(name).utf8()), value), isRequired))
    }
    let hasOthers = node.otherProperties != nil || properties.isEmpty
    let declared = items.count
    let requiredCount = items.count { $0.isRequired }
    var (least, most) = (max(node.leastProperties - declared, 0), node.mostProperties.map { $0 - declared })
    if requiredCount < declared {
      // How many of them are there is not counted.
      guard node.leastProperties <= requiredCount, node.mostProperties ?? .max >= declared else {
        throw AttendError(
          .unsupported, "\(node.path) of the JSON schema limits the number of properties, some of which are optional",
          hint: "make them required, or leave minProperties and maxProperties out")
      }
      (least, most) = (0, node.mostProperties.map { $0 - declared })
    }
    if let most, most < least { return .nothing }
    if hasOthers, most != 0 {
      let schemas = node.otherProperties ?? []
      let value = schemas.isEmpty ? try anyValue() : try pattern(schemas)
      let other = asRule(member(try otherKeys(properties.map(\.name)), value), uses: most ?? 2)
      let more = Pattern.repetition(
        .sequence([Self.comma, other]), least: max(least - 1, 0), most: most.map { $0 - 1 })
      items.append((.sequence([other, more]), least > 0))
    } else if least > 0 {
      return .nothing
    }
    return brackets("{", .list(items, separator: Self.comma), "}", mayBeEmpty: !items.contains { $0.isRequired })
  }

  private func member(_ key: Pattern, _ value: Pattern) -> Pattern {
    .sequence([key, .literal(":"), Self.space, value])
  }

  /// Keys without escapes, so that none is a declared name written differently.
  private mutating func otherKeys(_ names: [String]) throws(AttendError) -> Pattern {
    let any = Pattern.repetition(StringPattern.plain.pattern, least: 0, most: nil)
    if names.isEmpty { return try sharedRule("key") { _ in StringPattern.quoted(any) } }
    let taken = Pattern.choice(names.map { .literal(StringPattern.content($0)) })
    let automaton = try Automaton(any).intersection(Automaton(taken), isInverted: true)
    return .rule(addRule("key", StringPattern.quoted(.automaton(automaton))))
  }
}
