import AttendBase

/// Expressions, from the loosest binding to the tightest: `if else`, `or`, `and`, `not`, comparisons, `+ -`, `~`,
/// `* / // %`, `**`, signs, filters and tests, attributes and calls.
extension TemplateParser {
  /// One expression, or several with commas between them: a tuple.
  mutating func tuple(withCondition: Bool = true) throws(AttendError) -> TemplateExpression {
    let first = try expression(withCondition: withCondition)
    guard current == .symbol(",") else { return first }
    var elements = [first]
    while skip(.symbol(",")) {
      switch current {
      case .outputEnd, .statementEnd, .symbol(")"): return .tuple(elements)
      default: elements.append(try expression(withCondition: withCondition))
      }
    }
    return .tuple(elements)
  }

  mutating func expression(withCondition: Bool = true) throws(AttendError) -> TemplateExpression {
    try descend()
    defer { depth -= 1 }
    var value = try or()
    var count = 0
    while withCondition && skip(.name("if")) {
      try checkChain(&count)
      let condition = try or()
      let otherwise = skip(.name("else")) ? try expression() : nil
      value = .conditional(value, condition: condition, otherwise: otherwise)
    }
    return value
  }

  private func checkChain(_ count: inout Int) throws(AttendError) {
    count += 1
    if count > TemplateParser.maximumChain {
      throw AttendError(.limitExceeded, "\(name):\(line): an expression of more than \(count - 1) parts")
    }
  }

  private mutating func or() throws(AttendError) -> TemplateExpression {
    var left = try and()
    var count = 0
    while skip(.name("or")) {
      try checkChain(&count)
      left = .or(left, try and())
    }
    return left
  }

  private mutating func and() throws(AttendError) -> TemplateExpression {
    var left = try not()
    var count = 0
    while skip(.name("and")) {
      try checkChain(&count)
      left = .and(left, try not())
    }
    return left
  }

  private mutating func not() throws(AttendError) -> TemplateExpression {
    guard skip(.name("not")) else { return try comparison() }
    try descend()
    defer { depth -= 1 }
    return .not(try not())
  }

  private mutating func comparison() throws(AttendError) -> TemplateExpression {
    let first = try sum()
    var rest: [(operation: String, value: TemplateExpression)] = []
    while true {
      if case .symbol(let symbol) = current, ["==", "!=", "<", "<=", ">", ">="].contains(symbol) {
        advance()
        rest.append((symbol, try sum()))
      } else if skip(.name("in")) {
        rest.append(("in", try sum()))
      } else if current == .name("not"), next == .name("in") {
        advance()
        advance()
        rest.append(("not in", try sum()))
      } else {
        return rest.isEmpty ? first : .comparison(first, rest)
      }
    }
  }

  private mutating func sum() throws(AttendError) -> TemplateExpression {
    var left = try concatenation()
    var count = 0
    while case .symbol(let symbol) = current, symbol == "+" || symbol == "-" {
      try checkChain(&count)
      advance()
      let right = try concatenation()
      if symbol == "+" && isMarkup(left) != isMarkup(right) {
        // Python's Markup, which `safe` and `escape` make, escapes what is added to it.
        let escape = TemplateFilter(name: "escape", arguments: TemplateArguments())
        left =
          isMarkup(left)
          ? .arithmetic(left, "+", .filter(right, escape)) : .arithmetic(.filter(left, escape), "+", right)
      } else {
        left = .arithmetic(left, symbol, right)
      }
    }
    return left
  }

  private func isMarkup(_ expression: TemplateExpression) -> Bool {
    switch expression {
    case .filter(_, let filter): ["safe", "escape", "e"].contains(filter.name)
    // One marked operand is enough: the other was marked when the sum was made.
    case .arithmetic(_, "+", let right): isMarkup(right)
    default: false
    }
  }

  private mutating func concatenation() throws(AttendError) -> TemplateExpression {
    let first = try product()
    guard current == .symbol("~") else { return first }
    var parts = [first]
    while skip(.symbol("~")) { parts.append(try product()) }
    return .concatenation(parts)
  }

  private mutating func product() throws(AttendError) -> TemplateExpression {
    var left = try power()
    var count = 0
    while case .symbol(let symbol) = current, ["*", "/", "//", "%"].contains(symbol) {
      try checkChain(&count)
      advance()
      left = .arithmetic(left, symbol, try power())
    }
    return left
  }

  private mutating func power() throws(AttendError) -> TemplateExpression {
    var left = try unary(withFilters: true)
    var count = 0
    while skip(.symbol("**")) {
      try checkChain(&count)
      left = .arithmetic(left, "**", try unary(withFilters: true))
    }
    return left
  }

  private mutating func unary(withFilters: Bool) throws(AttendError) -> TemplateExpression {
    var value: TemplateExpression
    if current == .symbol("-") || current == .symbol("+") {
      try descend()
      defer { depth -= 1 }
      let isMinus = current == .symbol("-")
      advance()
      let operand = try unary(withFilters: false)
      value = isMinus ? .negate(operand) : .plus(operand)
    } else {
      value = try primary()
    }
    var count = 0
    while true {
      try checkChain(&count)
      switch current {
      case .symbol("."), .symbol("["): value = try subscripted(value)
      case .symbol("("): value = .call(value, try arguments())
      case .symbol("|") where withFilters:
        advance()
        value = .filter(value, try filter())
      case .name("is") where withFilters: value = try test(value)
      default: return value
      }
    }
  }

  private mutating func primary() throws(AttendError) -> TemplateExpression {
    switch current {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .bool(true)
      case "false", "False": return .bool(false)
      case "none", "None": return .none
      default: return .name(name)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current {
        text += more
        advance()
      }
      return .string(text)
    case .integer(let value):
      advance()
      return .integer(value)
    case .number(let value):
      advance()
      return .number(value)
    case .symbol("("):
      advance()
      if skip(.symbol(")")) { return .tuple([]) }
      let value = try tuple()
      try expect(.symbol(")"))
      return value
    case .symbol("["):
      advance()
      return .list(try list(until: "]"))
    case .symbol("{"):
      advance()
      return try dictionary()
    default: throw unexpected()
    }
  }

  private mutating func list(until close: String) throws(AttendError) -> [TemplateExpression] {
    var elements: [TemplateExpression] = []
    while current != .symbol(close) {
      elements.append(try expression())
      if !skip(.symbol(",")) { break }
    }
    try expect(.symbol(close))
    return elements
  }

  private mutating func dictionary() throws(AttendError) -> TemplateExpression {
    var members: [(key: TemplateExpression, value: TemplateExpression)] = []
    while current != .symbol("}") {
      let key = try expression()
      try expect(.symbol(":"))
      members.append((key, try expression()))
      if !skip(.symbol(",")) { break }
    }
    try expect(.symbol("}"))
    return .dictionary(members)
  }

  private mutating func subscripted(_ value: TemplateExpression) throws(AttendError) -> TemplateExpression {
    if skip(.symbol(".")) {
      if case .integer(let index) = current {
        advance()
        return .item(value, .integer(index))
      }
      return .attribute(value, try expectName())
    }
    try expect(.symbol("["))
    func isPresent() -> Bool { current != .symbol(":") && current != .symbol("]") }
    let start = isPresent() ? try expression() : nil
    if let start, skip(.symbol("]")) { return .item(value, start) }
    guard skip(.symbol(":")) else {
      if current == .symbol(",") { throw unsupported("an index of several parts") }
      throw unexpected()
    }
    let end = isPresent() ? try expression() : nil
    let step = skip(.symbol(":")) && isPresent() ? try expression() : nil
    try expect(.symbol("]"))
    return .slice(value, start: start, end: end, step: step)
  }

  private mutating func arguments() throws(AttendError) -> TemplateArguments {
    try expect(.symbol("("))
    var arguments = TemplateArguments()
    while current != .symbol(")") {
      if current == .symbol("*") || current == .symbol("**") { throw unsupported("an argument list in one value") }
      if case .name(let name) = current, next == .symbol("=") {
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else {
          throw AttendError(.damagedFile, "\(name):\(line): an argument without a name after one with")
        }
        arguments.positional.append(try expression())
      }
      if !skip(.symbol(",")) { break }
    }
    try expect(.symbol(")"))
    return arguments
  }

  private mutating func filter() throws(AttendError) -> TemplateFilter {
    let name = try expectName()
    return TemplateFilter(name: name, arguments: current == .symbol("(") ? try arguments() : TemplateArguments())
  }

  /// `name | name(…) | …`, without the value.
  mutating func filterChain() throws(AttendError) -> [TemplateFilter] {
    var filters = [try filter()]
    while skip(.symbol("|")) { filters.append(try filter()) }
    return filters
  }

  private mutating func test(_ value: TemplateExpression) throws(AttendError) -> TemplateExpression {
    advance()
    let isNegated = skip(.name("not"))
    let name = try expectName()
    var arguments = TemplateArguments()
    switch current {
    case .symbol("("): arguments = try self.arguments()
    case .name(let word) where !["else", "or", "and", "if", "in", "not", "is"].contains(word):
      arguments.positional = [try testArgument()]
    case .string, .integer, .number, .symbol("["), .symbol("{"): arguments.positional = [try testArgument()]
    default: break
    }
    let test = TemplateExpression.test(value, name, arguments)
    return isNegated ? .not(test) : test
  }

  private mutating func testArgument() throws(AttendError) -> TemplateExpression {
    var value = try primary()
    var count = 0
    while current == .symbol(".") || current == .symbol("[") {
      try checkChain(&count)
      value = try subscripted(value)
    }
    return value
  }
}
