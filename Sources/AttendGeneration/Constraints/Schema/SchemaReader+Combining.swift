import AttendBase

extension SchemaReader {
  /// Makes `node` say what both say.
  func combine(_ other: SchemaNode, into node: inout SchemaNode) throws(AttendError) {
    node.kinds.formIntersection(other.kinds)
    if let values = other.values { node.values = (node.values ?? values).filter { values.contains($0) } }
    if let lower = other.lower { node.lower = Self.stricter(node.lower, lower, isLower: true) }
    if let upper = other.upper { node.upper = Self.stricter(node.upper, upper, isLower: false) }
    node.leastLength = max(node.leastLength, other.leastLength)
    node.mostLength = Self.least(node.mostLength, other.mostLength)
    node.patterns += other.patterns
    node.formats += other.formats
    node.leastItems = max(node.leastItems, other.leastItems)
    node.mostItems = Self.least(node.mostItems, other.mostItems)
    var items: [[LocatedSchema]] = []
    for index in 0..<max(node.firstItems.count, other.firstItems.count) {
      let own = index < node.firstItems.count ? node.firstItems[index] : node.otherItems ?? []
      let others = index < other.firstItems.count ? other.firstItems[index] : other.otherItems ?? []
      items.append(own + others)
    }
    node.firstItems = items
    node.otherItems = Self.both(node.otherItems, other.otherItems)
    // What one schema has no name for is one of its other properties.
    var properties: [(name: String, schemas: [LocatedSchema])] = []
    for (name, schemas) in node.properties {
      properties.append((name, schemas + (other.schemas(ofProperty: name) ?? other.otherProperties ?? [])))
    }
    for (name, schemas) in other.properties where node.schemas(ofProperty: name) == nil {
      properties.append((name, (node.otherProperties ?? []) + schemas))
    }
    node.properties = properties
    node.otherProperties = Self.both(node.otherProperties, other.otherProperties)
    for name in other.required where !node.required.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      node.required.append(name)
    }
    node.leastProperties = max(node.leastProperties, other.leastProperties)
    node.mostProperties = Self.least(node.mostProperties, other.mostProperties)
    node.alternatives += other.alternatives
  }

  private static func least(_ first: Int?, _ second: Int?) -> Int? {
    guard let first, let second else { return first ?? second }
    return min(first, second)
  }

  private static func both(_ first: [LocatedSchema]?, _ second: [LocatedSchema]?) -> [LocatedSchema]? {
    first == nil && second == nil ? nil : (first ?? []) + (second ?? [])
  }

  static func stricter(
    _ first: SchemaNode.Bound?, _ second: SchemaNode.Bound, isLower: Bool
  ) -> SchemaNode.Bound {
    guard let first else { return second }
    let (one, two) = (DecimalNumber(first.value), DecimalNumber(second.value))
    if one == two { return first.isExclusive ? first : second }
    return (one < two) == isLower ? second : first
  }
}

/// A number as JSON writes it, digit by digit.
struct DecimalNumber: Comparable {
  var isNegative: Bool
  /// Digits before the point, without leading zeros but for zero itself.
  var whole: [UInt8]
  /// Digits behind the point, without trailing zeros.
  var fraction: [UInt8]

  static let zero = DecimalNumber(isNegative: false, whole: [0], fraction: [])

  init(isNegative: Bool, whole: [UInt8], fraction: [UInt8]) {
    self.isNegative = isNegative
    self.whole = whole
    self.fraction = fraction
  }

  /// - Parameter value: a number; its shortest decimal form is taken.
  init(_ value: JSON) {
    let text: String
    switch value {
    case .integer(let value): text = String(value)
    case .number(let value): text = value.description
    default: text = "0"
    }
    let parts = text.split { $0 == "e" || $0 == "E" }
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    var digits: [UInt8] = []
    var point: Int?
    for byte in parts[0].utf8 {
      if byte == UInt8(ascii: ".") { point = digits.count }
      if (0x30...0x39).contains(byte) { digits.append(byte - 0x30) }
    }
    let place = (point ?? digits.count) + min(max(exponent, -400), 400)
    if place < 0 { digits.insert(contentsOf: repeatElement(0, count: -place), at: 0) }
    while digits.count < place { digits.append(0) }
    var whole = Array(digits.prefix(max(place, 0)).drop { $0 == 0 })
    var fraction = Array(digits.dropFirst(max(place, 0)))
    while fraction.last == 0 { fraction.removeLast() }
    if whole.isEmpty { whole = [0] }
    self.whole = whole
    self.fraction = fraction
    isNegative = text.hasPrefix("-") && !(whole == [0] && fraction.isEmpty)
  }

  var magnitude: DecimalNumber { DecimalNumber(isNegative: false, whole: whole, fraction: fraction) }
  var isZero: Bool { whole == [0] && fraction.isEmpty }

  static func < (first: DecimalNumber, second: DecimalNumber) -> Bool {
    if first.isNegative != second.isNegative { return first.isNegative }
    let isLess =
      first.whole.count != second.whole.count
      ? first.whole.count < second.whole.count
      : (first.whole + first.fraction).lexicographicallyPrecedes(second.whole + second.fraction)
    return first.isNegative ? first != second && !isLess : isLess
  }
}
