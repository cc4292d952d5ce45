/// What a piece of text may be, as bytes of UTF-8: the right side of a rule.
indirect enum Pattern: Sendable {
  /// One byte of a set.
  case byte(ByteSet)
  /// One after the other; none is the empty text.
  case sequence([Pattern])
  /// One of them; none is nothing at all, not even the empty text.
  case choice([Pattern])
  /// So many times; without a most as often as one likes.
  case repetition(Pattern, least: Int, most: Int?)
  /// What another rule says, by its index.
  case rule(Int)
  /// Items in this order with a separator between those that are there.
  case list([(item: Pattern, isRequired: Bool)], separator: Pattern)
  case automaton(Automaton)

  static let empty = Pattern.sequence([])
  static let nothing = Pattern.choice([])

  static func literal(_ text: String) -> Pattern { literal(text.utf8) }

  static func literal(_ bytes: some Sequence<UInt8>) -> Pattern { .sequence(bytes.map { .byte(ByteSet($0...$0)) }) }

  static func optional(_ pattern: Pattern) -> Pattern { .choice([pattern, .empty]) }

  static func byte(_ range: ClosedRange<UInt8>) -> Pattern { .byte(ByteSet(range)) }

  /// One of the ASCII characters of a text.
  static func any(of text: StaticString) -> Pattern {
    var set = ByteSet()
    text.withUTF8Buffer { for byte in $0 { set.insert(byte) } }
    return .byte(set)
  }

  static let digit = Pattern.byte(0x30...0x39)

  /// How many states an automaton for it takes at most, about; it saturates.
  /// - Parameter ruleCost: what a rule takes where it is used.
  func cost(_ ruleCost: (Int) -> Int = { _ in 1 }) -> Int {
    func sum(_ patterns: [Pattern]) -> Int { patterns.reduce(0) { $0.saturatingAdd($1.cost(ruleCost)) } }
    switch self {
    case .byte: return 1
    case .sequence(let parts): return sum(parts)
    case .choice(let parts): return sum(parts).saturatingAdd(1)
    case .repetition(let part, let least, let most):
      return part.cost(ruleCost).saturatingAdd(1).saturatingMultiply(max(most ?? least + 1, 1))
    case .rule(let rule): return ruleCost(rule)
    case .list(let items, let separator):
      return sum(items.map(\.item)).saturatingAdd(
        separator.cost(ruleCost).saturatingAdd(2).saturatingMultiply(items.count))
    case .automaton(let automaton): return automaton.stateCount
    }
  }

  /// Calls `body` with every set of bytes and every rule.
  func forEach(set: (ByteSet) -> Void, rule: (Int) -> Void) {
    switch self {
    case .byte(let bytes): set(bytes)
    case .sequence(let parts), .choice(let parts): for part in parts { part.forEach(set: set, rule: rule) }
    case .repetition(let part, _, _): part.forEach(set: set, rule: rule)
    case .rule(let index): rule(index)
    case .list(let items, let separator):
      for (item, _) in items { item.forEach(set: set, rule: rule) }
      separator.forEach(set: set, rule: rule)
    case .automaton(let automaton):
      for member in 0..<automaton.classes.count { set(automaton.classes.bytes(of: [member])) }
    }
  }

  /// The pattern with some rules replaced by what they say.
  func replacing(_ replacement: (Int) -> Pattern?) -> Pattern {
    switch self {
    case .byte, .automaton: self
    case .sequence(let parts): .sequence(parts.map { $0.replacing(replacement) })
    case .choice(let parts): .choice(parts.map { $0.replacing(replacement) })
    case .repetition(let part, let least, let most):
      .repetition(part.replacing(replacement), least: least, most: most)
    case .rule(let index): replacement(index) ?? self
    case .list(let items, let separator):
      .list(
        items.map { ($0.item.replacing(replacement), $0.isRequired) }, separator: separator.replacing(replacement))
    }
  }
}

/// Rules of a context-free grammar over bytes.
struct Grammar: Sendable {
  struct Rule: Sendable {
    var name: String
    var pattern: Pattern
    /// Whether the rule may be put in where it is used. What is used in many places is better kept once.
    var mayInline = true
  }

  var rules: [Rule] = []
  var root = 0
}

extension Int {
  func saturatingAdd(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  func saturatingMultiply(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
