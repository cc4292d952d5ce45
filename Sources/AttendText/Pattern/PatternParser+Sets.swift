import AttendBase

extension PatternParser {
  /// `[…]`: scalars, ranges, properties, sets within, `&&` for what both sides have.
  mutating func bracket() throws(AttendError) -> ScalarSet {
    let set = try bracket(depth: 0)
    return ignoresCase && set.count <= 512 ? set.withoutCase : set
  }

  private mutating func bracket(depth: Int) throws(AttendError) -> ScalarSet {
    guard depth < 16 else { throw unsupported("sets more than 16 deep") }
    position += 1
    let isNegated = take("^")
    var left: ScalarSet?
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    func both(_ set: ScalarSet) -> ScalarSet { left.map { $0.intersection(set) } ?? set }
    while let scalar = next {
      if scalar == "]", !isFirst {
        position += 1
        let result = both(ScalarSet(ranges))
        return isNegated ? result.inverted : result
      }
      isFirst = false
      if follows("[:") { throw unsupported("a set [:…:]") }
      if take("&&") {
        left = both(ScalarSet(ranges))
        ranges = []
      } else if scalar == "[" {
        ranges += try bracket(depth: depth + 1).ranges
      } else {
        try member(&ranges)
      }
    }
    throw damage("a set that does not end")
  }

  /// A scalar, a range or an escape for a whole set.
  private mutating func member(_ ranges: inout [ClosedRange<UInt32>]) throws(AttendError) {
    let first = try setElement()
    guard let low = first.single, follows("-"), position + 1 < characters.count, characters[position + 1] != "]",
      characters[position + 1] != "["
    else {
      ranges += first.ranges
      return
    }
    position += 1
    let second = try setElement()
    guard let high = second.single, low <= high else {
      throw damage("a range that is none")
    }
    ranges.append(low...high)
  }

  private mutating func setElement() throws(AttendError) -> ScalarSet {
    guard let scalar = next else { throw damage("a set that does not end") }
    if scalar == "\\" { return try escapedSet() }
    position += 1
    return ScalarSet(scalar)
  }

  /// An escape that stands for one scalar of a set.
  mutating func escapedSet() throws(AttendError) -> ScalarSet {
    position += 1
    guard let scalar = next else { throw damage("a backslash at the end") }
    position += 1
    switch scalar {
    case "n": return ScalarSet("\n")
    case "r": return ScalarSet("\r")
    case "t": return ScalarSet("\t")
    case "f": return ScalarSet("\u{C}")
    case "v": return ScalarSet("\u{B}")
    case "a": return ScalarSet("\u{7}")
    case "e": return ScalarSet("\u{1B}")
    case "s", "S", "d", "D", "w", "W":
      let name = scalar.value | 0x20 == 0x73 ? "space" : scalar.value | 0x20 == 0x64 ? "Nd" : "word"
      let set = ScalarSet(property: name) ?? .none
      return scalar.value & 0x20 == 0 ? set.inverted : set
    case "p", "P": return try property(isNegated: scalar == "P")
    case "x": return try take("{") ? hexadecimal(1...6, closed: true) : hexadecimal(1...2, closed: false)
    case "u": return try hexadecimal(4...4, closed: false)
    case "0": return ScalarSet("\0")
    default:
      guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else { throw unsupported("\\\(scalar)") }
      return ScalarSet(scalar)
    }
  }

  private mutating func property(isNegated: Bool) throws(AttendError) -> ScalarSet {
    var name = ""
    if take("{") {
      while let scalar = next, scalar != "}" {
        name.unicodeScalars.append(scalar)
        position += 1
      }
      guard take("}") else { throw damage("a property that does not end") }
    } else if let scalar = next {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    let isInverted = name.hasPrefix("^")
    guard let set = ScalarSet(property: isInverted ? String(name.dropFirst()) : name) else {
      throw unsupported("the property \(quoted(name))")
    }
    return isNegated != isInverted ? set.inverted : set
  }

  private mutating func hexadecimal(_ count: ClosedRange<Int>, closed: Bool) throws(AttendError) -> ScalarSet {
    var value: UInt32 = 0
    var digits = 0
    while digits < count.upperBound, let scalar = next, scalar.isASCII,
      let digit = Character(scalar).hexDigitValue
    {
      value = value << 4 | UInt32(digit)
      digits += 1
      position += 1
    }
    guard count.contains(digits), !closed || take("}"), let scalar = Unicode.Scalar(value) else {
      throw damage("a number that is no character")
    }
    return ScalarSet(scalar)
  }
}
