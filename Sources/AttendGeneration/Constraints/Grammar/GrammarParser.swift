import AttendBase

/// Reads grammars as llama.cpp writes them (GBNF):
///
///     # An answer of one or more words.
///     root ::= word (" " word){0,9} "."
///     word ::= [a-z]+ | [^ .\n]
///
/// A rule goes on over lines that are in parentheses, end with `|` or begin with it.
struct GrammarParser {
  /// Bytes of a grammar.
  private static let sizeLimit = 1 << 20
  private static let depthLimit = 100
  private static let ruleLimit = 4096

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private var numbers: [String: Int] = [:]
  private var names: [String] = []
  private var patterns: [Pattern?] = []
  /// Where each rule was first used.
  private var firstUses: [Int] = []

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// - Throws: `invalid-input` with line and column, `limit-exceeded`.
  static func parse(_ text: String) throws(AttendError) -> Grammar {
    guard text.utf8.count <= sizeLimit else {
      throw AttendError(.limitExceeded, "a grammar of \(text.utf8.count) bytes; at most \(sizeLimit) are read")
    }
    var parser = GrammarParser(text)
    return try parser.grammar()
  }

  private mutating func grammar() throws(AttendError) -> Grammar {
    skipSpace(newlines: true)
    while position < scalars.count {
      try rule()
      skipSpace(newlines: true)
    }
    var grammar = Grammar()
    for (index, pattern) in patterns.enumerated() {
      guard let pattern else {
        throw error("the rule \(quoted(names[index])) is used here but not defined", at: firstUses[index])
      }
      grammar.rules.append(.init(name: names[index], pattern: pattern))
    }
    guard let root = numbers["root"] else {
      throw AttendError(
        .invalidInput, "the grammar has no rule named \"root\"", hint: "the text follows the rule with this name")
    }
    grammar.root = root
    return grammar
  }

  // MARK: Rules

  private mutating func rule() throws(AttendError) {
    let start = position
    let rule = try name()
    if patterns[rule] != nil { throw error("the rule \(quoted(names[rule])) is defined twice", at: start) }
    skipSpace(newlines: false)
    guard take("::=") else { throw error("expected \"::=\" behind the name of a rule") }
    skipSpace(newlines: true)
    let pattern = try alternatives(isNested: false)
    patterns[rule] = pattern
    guard position == scalars.count || scalars[position] == "\n" || scalars[position] == "\r" else {
      throw error("unexpected \(quoted(String(scalars[position])))")
    }
  }

  private mutating func name() throws(AttendError) -> Int {
    let start = position
    while position < scalars.count, Self.isName(scalars[position]) { position += 1 }
    guard position > start else {
      throw error(
        position < scalars.count
          ? "expected the name of a rule, not \(quoted(String(scalars[position])))" : "expected the name of a rule")
    }
    var name = ""
    name.unicodeScalars.append(contentsOf: scalars[start..<position])
    if let known = numbers[name] { return known }
    guard names.count < Self.ruleLimit else {
      throw AttendError(.limitExceeded, "the grammar has more than \(Self.ruleLimit) rules")
    }
    numbers[name] = names.count
    names.append(name)
    patterns.append(nil)
    firstUses.append(start)
    return names.count - 1
  }

  private static func isName(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
    default: false
    }
  }

  private mutating func alternatives(isNested: Bool) throws(AttendError) -> Pattern {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw error("parentheses are nested more than \(Self.depthLimit) deep") }
    var parts = [try sequence(isNested: isNested)]
    while true {
      if !isNested {
        // A line that begins with "|" belongs to the rule before it.
        let end = position
        skipSpace(newlines: true)
        if position == scalars.count || scalars[position] != "|" { position = end }
      }
      guard take("|") else { return parts.count == 1 ? parts[0] : .choice(parts) }
      skipSpace(newlines: true)
      parts.append(try sequence(isNested: isNested))
    }
  }

  private mutating func sequence(isNested: Bool) throws(AttendError) -> Pattern {
    var parts: [Pattern] = []
    while position < scalars.count {
      let part: Pattern
      switch scalars[position] {
      case "\"": part = try literal()
      case "[": part = try characterClass()
      case ".":
        position += 1
        part = ScalarSet.all.pattern
      case "(":
        position += 1
        skipSpace(newlines: true)
        part = try alternatives(isNested: true)
        guard take(")") else { throw error("expected \")\"") }
      case "<", "!": throw error("tokens in a grammar are not supported; write their text in quotes")
      case let scalar where Self.isName(scalar): part = .rule(try name())
      default: return parts.count == 1 ? parts[0] : .sequence(parts)
      }
      skipSpace(newlines: isNested)
      parts.append(try repeated(part, isNested: isNested))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ part: Pattern, isNested: Bool) throws(AttendError) -> Pattern {
    var part = part
    var count = 0
    while position < scalars.count {
      switch scalars[position] {
      case "*": part = .repetition(part, least: 0, most: nil)
      case "+": part = .repetition(part, least: 1, most: nil)
      case "?": part = .optional(part)
      case "{": part = try counted(part)
      default: return part
      }
      position += 1
      count += 1
      // Each one nests the pattern deeper.
      guard count <= Self.depthLimit else { throw error("more than \(Self.depthLimit) repetitions of one thing") }
      skipSpace(newlines: isNested)
    }
    return part
  }

  /// `{2}`, `{2,}`, `{2,5}` or `{,5}`; leaves the position at the closing brace.
  private mutating func counted(_ part: Pattern) throws(AttendError) -> Pattern {
    let start = position
    position += 1
    skipSpace(newlines: true)
    let least = try number()
    skipSpace(newlines: true)
    var most = least
    if take(",") {
      skipSpace(newlines: true)
      most = try number()
      skipSpace(newlines: true)
    } else if least == nil {
      throw error("expected a number of repetitions")
    }
    guard position < scalars.count, scalars[position] == "}" else { throw error("expected \"}\"") }
    if let most, let least, most < least { throw error("\(least) to \(most) repetitions", at: start) }
    return .repetition(part, least: least ?? 0, most: most)
  }

  private mutating func number() throws(AttendError) -> Int? {
    let start = position
    var value = 0
    while position < scalars.count, ("0"..."9").contains(scalars[position]) {
      value = value * 10 + Int(scalars[position].value - 0x30)
      guard value <= Automaton.stateLimit else {
        throw error("more than \(Automaton.stateLimit) repetitions", at: start, .limitExceeded)
      }
      position += 1
    }
    return position > start ? value : nil
  }

  // MARK: Characters

  private mutating func literal() throws(AttendError) -> Pattern {
    let start = position
    position += 1
    var text = ""
    while position < scalars.count, scalars[position] != "\"" { text.unicodeScalars.append(try character()) }
    guard take("\"") else { throw error("a text that does not end", at: start) }
    return .literal(text)
  }

  private mutating func characterClass() throws(AttendError) -> Pattern {
    let start = position
    position += 1
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    while position < scalars.count, scalars[position] != "]" {
      let place = position
      let first = try character().value
      var last = first
      if position + 1 < scalars.count, scalars[position] == "-", scalars[position + 1] != "]" {
        position += 1
        last = try character().value
      }
      guard first <= last else { throw error("a range whose end lies before its start", at: place) }
      ranges.append(first...last)
    }
    guard take("]") else { throw error("a class of characters that does not end", at: start) }
    let set = ScalarSet(ranges)
    return (isInverted ? set.inverted : set).pattern
  }

  private mutating func character() throws(AttendError) -> Unicode.Scalar {
    let scalar = scalars[position]
    position += 1
    guard scalar == "\\" else { return scalar }
    guard position < scalars.count else { throw error("nothing behind a backslash") }
    let escape = scalars[position]
    position += 1
    switch escape {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "x": return try hexadecimal(2)
    case "u": return try hexadecimal(4)
    case "U": return try hexadecimal(8)
    case "\\", "\"", "[", "]", "-", "^", "/", "'": return escape
    default:
      position -= 1
      throw error("an unknown escape \(quoted("\\" + String(escape)))", at: position - 1)
    }
  }

  private mutating func hexadecimal(_ digits: Int) throws(AttendError) -> Unicode.Scalar {
    let start = position - 2
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard position < scalars.count, scalars[position].isASCII,
        let digit = Character(scalars[position]).hexDigitValue
      else { throw error("expected \(digits) hexadecimal digits", at: start) }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw error("an escape that is no character", at: start) }
    return scalar
  }

  // MARK: The text itself

  private mutating func skipSpace(newlines: Bool) {
    while position < scalars.count {
      switch scalars[position] {
      case " ", "\t": position += 1
      case "\n", "\r":
        guard newlines else { return }
        position += 1
      case "#":
        while position < scalars.count, scalars[position] != "\n", scalars[position] != "\r" { position += 1 }
      default: return
      }
    }
  }

  private mutating func take(_ text: String) -> Bool {
    guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private func error(
    _ reason: String, at place: Int? = nil, _ code: AttendError.Code = .invalidInput
  ) -> AttendError {
    var (line, column) = (1, 1)
    for scalar in scalars[..<min(place ?? position, scalars.count)] {
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return AttendError(code, "line \(line), column \(column) of the grammar: \(reason)")
  }
}
