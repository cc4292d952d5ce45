import AttendBase

/// Reads a regular expression in the syntax of Oniguruma, which the Hugging Face `tokenizers` library uses. What needs
/// more than one pass and one character ahead (captures looked back at, lookbehind, anchors within) is refused by name.
struct PatternParser {
  let pattern: String
  var characters: [Unicode.Scalar]
  var position = 0
  /// Whether case does not matter here.
  var ignoresCase = false
  private var depth = 0

  init(_ pattern: String) {
    self.pattern = pattern
    characters = Array(pattern.unicodeScalars)
  }

  static func parse(_ pattern: String) throws(AttendError) -> PatternSyntax {
    var parser = PatternParser(pattern)
    guard parser.characters.count <= 4096 else { throw parser.unsupported("more than 4096 characters") }
    let syntax = try parser.alternatives()
    guard parser.position == parser.characters.count else { throw parser.damage("a ) too many") }
    return syntax
  }

  var next: Unicode.Scalar? { position < characters.count ? characters[position] : nil }

  func follows(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    return position + scalars.count <= characters.count
      && characters[position..<position + scalars.count].elementsEqual(scalars)
  }

  mutating func take(_ text: String) -> Bool {
    guard follows(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  func damage(_ reason: String) -> AttendError {
    AttendError(.damagedFile, "the pattern \(quoted(pattern)) has \(reason), at character \(position)")
  }

  func unsupported(_ construct: String) -> AttendError {
    AttendError(.unsupported, "the pattern \(quoted(pattern)) has \(construct), which is not supported")
  }

  private mutating func alternatives() throws(AttendError) -> PatternSyntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 64 else { throw unsupported("groups more than 64 deep") }
    // (?i) holds to the end of the group.
    let outer = ignoresCase
    defer { ignoresCase = outer }
    var parts = [try sequence()]
    while take("|") { parts.append(try sequence()) }
    return parts.count == 1 ? parts[0] : .alternatives(parts)
  }

  private mutating func sequence() throws(AttendError) -> PatternSyntax {
    var parts: [PatternSyntax] = []
    while let scalar = next, scalar != "|", scalar != ")" { parts.append(try repeated(try atom())) }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  // MARK: Repetition

  private mutating func repeated(_ atom: PatternSyntax) throws(AttendError) -> PatternSyntax {
    var result = atom
    while let (least, most, isBraced) = try quantifier() {
      if take("?") {
        result = .repetition(result, atLeast: least, atMost: most, isLazy: true)
      } else if !isBraced, take("+") {
        result = try possessive(result, least, most)
      } else {
        result = .repetition(result, atLeast: least, atMost: most, isLazy: false)
      }
    }
    return result
  }

  private mutating func quantifier() throws(AttendError) -> (Int, Int?, isBraced: Bool)? {
    if take("*") { return (0, nil, false) }
    if take("+") { return (1, nil, false) }
    if take("?") { return (0, 1, false) }
    let start = position
    guard take("{") else { return nil }
    let least = number()
    var most = least
    if take(",") { most = number() }
    let isOpen = characters[position - 1] == ","
    guard take("}"), least != nil || most != nil else {
      // A brace that opens no interval stands for itself.
      position = start
      return nil
    }
    guard (least ?? 0) <= 1000, (most ?? 0) <= 1000 else { throw unsupported("a repetition of more than 1000") }
    guard isOpen || (least ?? 0) <= (most ?? 0) else { throw damage("an interval that ends before it begins") }
    return (least ?? 0, isOpen ? nil : most, true)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next, ("0"..."9").contains(digit), (value ?? 0) < 100_000 {
      value = (value ?? 0) * 10 + Int(digit.value - 0x30)
      position += 1
    }
    return value
  }

  /// `X*+` gives nothing back. For a single set that is to say that what follows is not of the set.
  private func possessive(_ atom: PatternSyntax, _ least: Int, _ most: Int?) throws(AttendError) -> PatternSyntax {
    guard case .scalar(let set) = atom else { throw unsupported("a possessive quantifier of a group") }
    let stop = PatternSyntax.ahead(set.inverted, orEnd: true)
    if most == 1 { return .alternatives([atom, stop]) }
    return .sequence([.repetition(atom, atLeast: least, atMost: most, isLazy: false), stop])
  }

  // MARK: Atoms

  private mutating func atom() throws(AttendError) -> PatternSyntax {
    guard let scalar = next else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[": return .scalar(try bracket())
    case ".":
      position += 1
      return .scalar(ScalarSet("\n").inverted)
    case "$":
      position += 1
      return .ahead(ScalarSet("\n"), orEnd: true)
    case "^": throw unsupported("^")
    case "*", "+", "?": throw damage("nothing to repeat")
    case "\\": return try escape()
    default:
      position += 1
      return .scalar(folded(ScalarSet(scalar)))
    }
  }

  func folded(_ set: ScalarSet) -> ScalarSet { ignoresCase ? set.withoutCase : set }

  private mutating func escape() throws(AttendError) -> PatternSyntax {
    if take("\\z") { return .ahead(.none, orEnd: true) }
    if take("\\Z") { throw unsupported("\\Z") }
    if let escaped = characters.dropFirst(position + 1).first, "bBAGKRXQEk123456789g".unicodeScalars.contains(escaped) {
      throw unsupported("\\\(escaped)")
    }
    // Oniguruma counts ², ³, ¹, ¼, ½ and ¾, but only outside of brackets and none of their kind beyond Latin-1.
    let few = ScalarSet([0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE])
    if take("\\w") { return .scalar((ScalarSet(property: "word") ?? .none).union(few)) }
    if take("\\W") { return .scalar((ScalarSet(property: "word") ?? .none).union(few).inverted) }
    return .scalar(folded(try escapedSet()))
  }

  private mutating func group() throws(AttendError) -> PatternSyntax {
    position += 1
    guard take("?") else { return try closed(try alternatives()) }
    if take(":") { return try closed(try alternatives()) }
    if take("=") { return try ahead(try closed(try alternatives()), isNegated: false) }
    if take("!") { return try ahead(try closed(try alternatives()), isNegated: true) }
    let outer = ignoresCase
    var isOn = true
    while let option = next, option != ":", option != ")" {
      switch option {
      case "-": isOn = false
      case "i": ignoresCase = isOn
      // Line breaks are asked for by name in the patterns that have this; none uses a dot.
      default: throw unsupported("the group (?\(option)")
      }
      position += 1
    }
    if take(")") {
      // For the rest of the group that this stands in, alternatives included.
      return try alternatives()
    }
    guard take(":") else { throw damage("a group that does not end") }
    let inner = try alternatives()
    ignoresCase = outer
    return try closed(inner)
  }

  private mutating func closed(_ syntax: PatternSyntax) throws(AttendError) -> PatternSyntax {
    guard take(")") else { throw damage("a group that does not end") }
    return syntax
  }

  /// What comes next may be looked at one character ahead.
  private func ahead(_ syntax: PatternSyntax, isNegated: Bool) throws(AttendError) -> PatternSyntax {
    guard let (set, orEnd) = PatternParser.single(syntax) else {
      throw unsupported("a look at more than one character ahead")
    }
    return isNegated ? .ahead(set.inverted, orEnd: !orEnd) : .ahead(set, orEnd: orEnd)
  }

  private static func single(_ syntax: PatternSyntax) -> (ScalarSet, orEnd: Bool)? {
    switch syntax {
    case .scalar(let set): return (set, false)
    case .ahead(let set, let orEnd): return (set, orEnd)
    case .repetition(let part, 1, _, _): return single(part)
    case .sequence(let parts) where parts.count == 1: return single(parts[0])
    case .alternatives(let parts):
      var result = (ScalarSet.none, false)
      for part in parts {
        guard let (set, orEnd) = single(part) else { return nil }
        result = (result.0.union(set), result.1 || orEnd)
      }
      return result
    default: return nil
    }
  }
}
