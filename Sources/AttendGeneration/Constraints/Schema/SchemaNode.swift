import AttendBase

/// A part of a schema, and where it stands in it.
struct LocatedSchema {
  let schema: JSON
  /// A JSON pointer, such as `#/properties/name`.
  let path: String

  func child(_ key: String) -> String { path + "/" + key }
}

/// All that several schemas together say of a value.
struct SchemaNode {
  struct Kinds: OptionSet {
    let rawValue: UInt8
    static let null = Kinds(rawValue: 1)
    static let boolean = Kinds(rawValue: 2)
    static let integer = Kinds(rawValue: 4)
    /// Numbers that are not whole.
    static let fraction = Kinds(rawValue: 8)
    static let string = Kinds(rawValue: 16)
    static let array = Kinds(rawValue: 32)
    static let object = Kinds(rawValue: 64)
    static let all = Kinds(rawValue: 127)
  }

  struct Bound {
    var value: JSON
    var isExclusive: Bool
  }

  /// `anyOf` or `oneOf`.
  struct Alternatives {
    let schemas: [LocatedSchema]
    /// Exactly one has to fit.
    let isExclusive: Bool
    let path: String
  }

  /// The first schema's place, for messages.
  var path: String
  var kinds = Kinds.all
  /// The only values, from `enum` and `const`.
  var values: [JSON]?
  var lower: Bound?
  var upper: Bound?
  var leastLength = 0
  var mostLength: Int?
  var patterns: [(text: String, path: String)] = []
  var formats: [(name: String, path: String)] = []
  /// The schemas of the first items and of those behind them; nil when nothing is said.
  var firstItems: [[LocatedSchema]] = []
  var otherItems: [LocatedSchema]?
  var leastItems = 0
  var mostItems: Int?
  var properties: [(name: String, schemas: [LocatedSchema])] = []
  var otherProperties: [LocatedSchema]?
  var required: [String] = []
  var leastProperties = 0
  var mostProperties: Int?
  var alternatives: [Alternatives] = []

  init(path: String) { self.path = path }

  func schemas(ofProperty name: String) -> [LocatedSchema]? {
    properties.first { $0.name.utf8.elementsEqual(name.utf8) }?.schemas
  }
}

/// Reads schemas into nodes.
struct SchemaReader {
  /// Schemas read, counted as often as they are.
  private static let stepLimit = 20_000
  private static let depthLimit = 64

  let root: JSON
  private var steps = 0

  init(_ root: JSON) { self.root = root }

  /// - Throws: `unsupported` naming a keyword, `invalid-input`, `limit-exceeded`.
  mutating func node(_ schemas: [LocatedSchema]) throws(AttendError) -> SchemaNode {
    var node = SchemaNode(path: schemas.first?.path ?? "#")
    for schema in schemas { try merge(schema, into: &node) }
    return node
  }

  mutating func merge(_ located: LocatedSchema, into node: inout SchemaNode, depth: Int = 0) throws(AttendError) {
    steps += 1
    guard steps <= Self.stepLimit, depth <= Self.depthLimit else {
      throw AttendError(
        .limitExceeded, "\(located.path) of the JSON schema: its parts combine in too many ways",
        hint: "do references lead back to themselves through allOf, anyOf or oneOf?")
    }
    switch located.schema {
    case .bool(true): return
    case .bool(false): node.kinds = []
    case .object(let keywords):
      var own = SchemaNode(path: located.path)
      for (keyword, value) in keywords {
        try read(keyword, value, keywords, located, into: &own, outer: &node, depth: depth)
      }
      try combine(own, into: &node)
    default: throw invalid(located.path, "a schema is \(located.schema.kind), expected an object or a boolean")
    }
  }

  private mutating func read(
    _ keyword: String, _ value: JSON, _ keywords: JSON.Object, _ located: LocatedSchema, into own: inout SchemaNode,
    outer: inout SchemaNode, depth: Int
  ) throws(AttendError) {
    let path = located.child(keyword)
    switch keyword {
    case "title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions",
      "deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema", "$anchor":
      break
    case "$ref": try merge(target(of: value, path), into: &outer, depth: depth + 1)
    case "allOf":
      for schema in try schemas(value, path) { try merge(schema, into: &outer, depth: depth + 1) }
    case "anyOf", "oneOf":
      let schemas = try schemas(value, path)
      guard !schemas.isEmpty else { throw invalid(path, "there is nothing to choose from") }
      outer.alternatives.append(.init(schemas: schemas, isExclusive: keyword == "oneOf", path: path))
    case "type": own.kinds = try kinds(value, path)
    case "const": own.values = (own.values ?? [value]).filter { $0 == value }
    case "enum":
      guard let values = value.arrayValue else { throw invalid(path, "\(value.kind), expected an array") }
      own.values = (own.values ?? values).filter { values.contains($0) }
    case "minimum", "exclusiveMinimum":
      own.lower = Self.stricter(own.lower, try bound(value, path, keyword), isLower: true)
    case "maximum", "exclusiveMaximum":
      own.upper = Self.stricter(own.upper, try bound(value, path, keyword), isLower: false)
    case "minLength": own.leastLength = try count(value, path)
    case "maxLength": own.mostLength = try count(value, path)
    case "pattern": own.patterns = [(try text(value, path), path)]
    case "format": own.formats = [(try text(value, path), path)]
    case "prefixItems": own.firstItems = try schemas(value, path).map { [$0] }
    case "items":
      if value.arrayValue != nil {
        throw AttendError(
          .unsupported, "\(path) of the JSON schema is a list, as older drafts have it", hint: "use prefixItems")
      }
      own.otherItems = [LocatedSchema(schema: value, path: path)]
    case "minItems": own.leastItems = try count(value, path)
    case "maxItems": own.mostItems = try count(value, path)
    case "properties":
      guard let properties = value.objectValue else { throw invalid(path, "\(value.kind), expected an object") }
      own.properties = properties.map { ($0.key, [LocatedSchema(schema: $0.value, path: path + "/" + $0.key)]) }
    case "additionalProperties": own.otherProperties = [LocatedSchema(schema: value, path: path)]
    case "required":
      for name in value.arrayValue ?? [] { own.required.append(try text(name, path)) }
    case "minProperties": own.leastProperties = try count(value, path)
    case "maxProperties": own.mostProperties = try count(value, path)
    case "uniqueItems" where value == false: break
    case "uniqueItems" where (keywords["maxItems"]?.intValue ?? 2) <= 1: break
    default:
      if keyword.hasPrefix("x-") { break }
      throw AttendError(
        .unsupported, "\(path) of the JSON schema: the keyword \(quoted(keyword)) is not supported",
        hint: "leave it out and check the answer afterwards")
    }
  }

  // MARK: Values of keywords

  private func schemas(_ value: JSON, _ path: String) throws(AttendError) -> [LocatedSchema] {
    guard let values = value.arrayValue else { throw invalid(path, "\(value.kind), expected an array of schemas") }
    return values.enumerated().map { LocatedSchema(schema: $1, path: "\(path)/\($0)") }
  }

  private func kinds(_ value: JSON, _ path: String) throws(AttendError) -> SchemaNode.Kinds {
    var kinds: SchemaNode.Kinds = []
    for name in value.arrayValue ?? [value] {
      switch try text(name, path) {
      case "null": kinds.insert(.null)
      case "boolean": kinds.insert(.boolean)
      case "integer": kinds.insert(.integer)
      case "number": kinds.formUnion([.integer, .fraction])
      case "string": kinds.insert(.string)
      case "array": kinds.insert(.array)
      case "object": kinds.insert(.object)
      case let name: throw invalid(path, "there is no type \(quoted(name))")
      }
    }
    return kinds
  }

  private func text(_ value: JSON, _ path: String) throws(AttendError) -> String {
    guard let text = value.stringValue else { throw invalid(path, "\(value.kind), expected a string") }
    return text
  }

  private func count(_ value: JSON, _ path: String) throws(AttendError) -> Int {
    guard let count = value.intValue, count >= 0 else {
      throw invalid(path, "\(value.kind) that is no count", hint: "give a whole number, 0 or more")
    }
    return count
  }

  private func bound(_ value: JSON, _ path: String, _ keyword: String) throws(AttendError) -> SchemaNode.Bound {
    guard value.doubleValue != nil else { throw invalid(path, "\(value.kind), expected a number") }
    return .init(value: value, isExclusive: keyword.hasPrefix("exclusive"))
  }

  func invalid(_ path: String, _ reason: String, hint: String? = nil) -> AttendError {
    AttendError(.invalidInput, "\(path) of the JSON schema: \(reason)", hint: hint)
  }

  /// What `$ref` points to; only pointers into the schema itself.
  func target(of reference: JSON, _ path: String) throws(AttendError) -> LocatedSchema {
    let pointer = try text(reference, path)
    guard pointer == "#" || pointer.hasPrefix("#/") else {
      throw AttendError(
        .unsupported, "\(path) of the JSON schema refers to \(quoted(pointer))",
        hint: "only references into the schema itself, such as \"#/$defs/name\", can be followed")
    }
    var found = root
    for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let key = Self.unescaped(part)
      guard let next = found[key] ?? Int(key).flatMap({ found[$0] }) else {
        throw invalid(path, "nothing stands at \(quoted(pointer))")
      }
      found = next
    }
    return LocatedSchema(schema: found, path: pointer)
  }

  /// `~0` is a tilde, `~1` a slash (RFC 6901), and `%20` a space.
  private static func unescaped(_ part: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(part.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else if byte == UInt8(ascii: "~"), let next = rest.first, next == 0x30 || next == 0x31 {
        bytes.append(next == 0x30 ? UInt8(ascii: "~") : UInt8(ascii: "/"))
        rest = rest.dropFirst()
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
