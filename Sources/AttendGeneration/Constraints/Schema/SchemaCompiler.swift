import AttendBase

/// Makes a grammar of a JSON schema.
struct SchemaCompiler {
  /// Subschemas within each other.
  private static let depthLimit = 64

  var reader: SchemaReader
  var grammar = Grammar()
  private var depth = 0
  /// Rules of schemas that are referred to, by where these stand.
  private var rules: [String: Int] = [:]
  private var isOpen: Set<String> = []
  /// Rules that many schemas need, by name.
  private var shared: [String: Int] = [:]

  private init(_ root: JSON) { reader = SchemaReader(root) }

  /// - Throws: `unsupported`, `invalid-input`, `limit-exceeded`, naming the place in the schema.
  static func grammar(of schema: JSON) throws(AttendError) -> Grammar {
    var compiler = SchemaCompiler(schema)
    let root = compiler.addRule("root", .nothing)
    let pattern = try compiler.pattern([LocatedSchema(schema: schema, path: "#")])
    compiler.grammar.rules[root].pattern = pattern
    compiler.grammar.root = root
    return compiler.grammar
  }

  mutating func addRule(_ name: String, _ pattern: Pattern, mayInline: Bool = false) -> Int {
    grammar.rules.append(.init(name: name, pattern: pattern, mayInline: mayInline))
    return grammar.rules.count - 1
  }

  /// A rule that is made once, however often it is needed.
  mutating func sharedRule(
    _ name: String, _ make: (inout SchemaCompiler) throws(AttendError) -> Pattern
  ) throws(AttendError) -> Pattern {
    if let known = shared[name] { return .rule(known) }
    let rule = addRule(name, .nothing)
    shared[name] = rule
    let pattern = try make(&self)
    grammar.rules[rule].pattern = pattern
    return .rule(rule)
  }

  // MARK: Schemas

  /// Values that all of some schemas accept.
  /// - Parameter isReferred: whether a reference leads here. It is likely not to be the only one, so a rule is made.
  mutating func pattern(_ schemas: [LocatedSchema], isReferred: Bool = false) throws(AttendError) -> Pattern {
    let key = Set(schemas.map(\.path)).sorted().joined(separator: "\n")
    if let rule = rules[key] { return .rule(rule) }
    if isOpen.contains(key) {
      // The schema contains itself: what is inside refers to the rule of what is outside.
      let rule = addRule(schemas.first?.path ?? "#", .nothing, mayInline: true)
      rules[key] = rule
      return .rule(rule)
    }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else {
      throw AttendError(
        .limitExceeded, "\(schemas.first?.path ?? "#") of the JSON schema is nested more than \(Self.depthLimit) deep")
    }
    isOpen.insert(key)
    defer { isOpen.remove(key) }
    let pattern: Pattern
    if schemas.count == 1, let reference = Self.onlyReference(schemas[0].schema) {
      let target = try reader.target(of: reference, schemas[0].child("$ref"))
      pattern = try self.pattern([target], isReferred: true)
    } else {
      pattern = try self.pattern(reader.node(schemas))
    }
    // A rule may have been made meanwhile.
    if let rule = rules[key] {
      grammar.rules[rule].pattern = pattern
      return .rule(rule)
    }
    guard isReferred else { return pattern }
    let rule = addRule(schemas.first?.path ?? "#", pattern, mayInline: true)
    rules[key] = rule
    return .rule(rule)
  }

  /// The reference of a schema that says nothing else.
  private static func onlyReference(_ schema: JSON) -> JSON? {
    guard let reference = schema["$ref"], let keywords = schema.objectValue else { return nil }
    let others = keywords.filter { !["$ref", "title", "description", "default", "examples"].contains($0.key) }
    // `nil` alone would be JSON's null.
    return others.isEmpty ? reference : Optional.none
  }

  mutating func pattern(_ node: SchemaNode) throws(AttendError) -> Pattern {
    var node = node
    guard let alternatives = node.alternatives.popLast() else { return try plainPattern(node) }
    // A choice among schemas that stands alone needs no combination, so references stay references.
    let standsAlone = node.saysNothing && !alternatives.isExclusive
    var nodes: [SchemaNode] = []
    var parts: [Pattern] = []
    for schema in alternatives.schemas {
      if standsAlone {
        parts.append(try pattern([schema]))
        continue
      }
      var combined = node
      try reader.merge(schema, into: &combined)
      if alternatives.isExclusive {
        for other in nodes where try !areDisjoint(combined, other) {
          throw AttendError(
            .unsupported,
            "\(alternatives.path) of the JSON schema: a value might fit several of its schemas, but oneOf allows one",
            hint: "use anyOf, or tell the schemas apart by type or by a required property with a const")
        }
        nodes.append(combined)
      }
      parts.append(node.saysNothing ? try pattern([schema]) : try pattern(combined))
    }
    return .choice(parts)
  }

  /// A schema without alternatives.
  private mutating func plainPattern(_ node: SchemaNode) throws(AttendError) -> Pattern {
    if let values = node.values {
      var allowed: [JSON] = []
      for value in values where !allowed.contains(value) {
        if try accepts(value, node) { allowed.append(value) }
      }
      return .choice(allowed.map { .literal($0.utf8()) })
    }
    if node.saysNothing { return try anyValue() }
    var parts: [Pattern] = []
    if node.kinds.contains(.null) { parts.append(.literal("null")) }
    if node.kinds.contains(.boolean) { parts += [.literal("true"), .literal("false")] }
    if node.kinds.contains(.fraction) {
      parts.append(try NumberPattern(node).numbers)
    } else if node.kinds.contains(.integer) {
      parts.append(try NumberPattern(node).integers)
    }
    if node.kinds.contains(.string) { parts.append(try stringPattern(node)) }
    if node.kinds.contains(.array) { parts.append(try arrayPattern(node)) }
    if node.kinds.contains(.object) { parts.append(try objectPattern(node)) }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  /// Any JSON value.
  mutating func anyValue() throws(AttendError) -> Pattern {
    try sharedRule("any value") { compiler throws(AttendError) in
      let node = SchemaNode(path: "#")
      return .choice([
        .literal("null"), .literal("true"), .literal("false"), try NumberPattern(node).numbers,
        try compiler.stringPattern(node), try compiler.arrayPattern(node), try compiler.objectPattern(node),
      ])
    }
  }
}

extension SchemaNode {
  /// Whether every value fits.
  var saysNothing: Bool {
    kinds == .all && values == nil && lower == nil && upper == nil && leastLength == 0 && mostLength == nil
      && patterns.isEmpty && formats.isEmpty && firstItems.isEmpty && otherItems == nil && leastItems == 0
      && mostItems == nil && properties.isEmpty && otherProperties == nil && required.isEmpty && leastProperties == 0
      && mostProperties == nil && alternatives.isEmpty
  }
}
