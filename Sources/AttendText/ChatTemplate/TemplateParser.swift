import AttendBase

/// Builds the tree of a template: Jinja's statements. Its expressions are in the extension.
struct TemplateParser {
  let tokens: [TemplateToken]
  let name: String
  var position = 0
  var depth = 0
  var loopDepth = 0

  static let maximumDepth = 64
  /// Terms of a chain such as `a + b + c`, filters or attributes after one another.
  static let maximumChain = 200

  init(tokens: [TemplateToken], name: String) {
    self.tokens = tokens
    self.name = name
  }

  mutating func template() throws(AttendError) -> [TemplateStatement] {
    let body = try statements(until: [])
    if current != .end { throw unexpected() }
    return body
  }

  var current: TemplateToken.Kind { tokens[position].kind }
  var next: TemplateToken.Kind { position + 1 < tokens.count ? tokens[position + 1].kind : .end }
  var line: Int { tokens[position].line }

  mutating func advance() { if position + 1 < tokens.count { position += 1 } }

  mutating func skip(_ kind: TemplateToken.Kind) -> Bool {
    guard current == kind else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: TemplateToken.Kind) throws(AttendError) {
    if !skip(kind) { throw unexpected() }
  }

  mutating func expectName() throws(AttendError) -> String {
    guard case .name(let name) = current else { throw unexpected() }
    advance()
    return name
  }

  func unexpected() -> AttendError {
    let what =
      switch current {
      case .text: "text"
      case .statementStart: "{%"
      case .statementEnd: "%}"
      case .outputStart: "{{"
      case .outputEnd: "}}"
      case .name(let name): name
      case .string(let text): JSON.string(String(text.prefix(40))).text()
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .symbol(let symbol): symbol
      case .end: "the end"
      }
    return AttendError(.damagedFile, "\(name):\(line): unexpected \(what)")
  }

  func unsupported(_ what: String) -> AttendError {
    AttendError(.unsupported, "\(name):\(line): \(what) is not supported in chat templates")
  }

  mutating func descend() throws(AttendError) {
    depth += 1
    if depth > TemplateParser.maximumDepth {
      throw AttendError(.limitExceeded, "\(name):\(line): nested more than \(TemplateParser.maximumDepth) deep")
    }
  }

  /// Statements up to a tag that one of the names opens, whose name is left as the current token.
  mutating func statements(until ends: Set<String>) throws(AttendError) -> [TemplateStatement] {
    try descend()
    defer { depth -= 1 }
    var body: [TemplateStatement] = []
    while current != .end {
      switch current {
      case .text(let text):
        body.append(.text(text))
        advance()
      case .outputStart:
        let line = line
        advance()
        body.append(.output(try tuple(), line: line))
        try expect(.outputEnd)
      case .statementStart:
        if case .name(let keyword) = next, ends.contains(keyword) {
          advance()
          return body
        }
        advance()
        let line = line
        body.append(contentsOf: try statement(try expectName(), line))
      default: throw unexpected()
      }
    }
    if !ends.isEmpty { throw AttendError(.damagedFile, "\(name):\(line): \(ends.sorted()[0]) is missing") }
    return body
  }

  private mutating func statement(_ keyword: String, _ line: Int) throws(AttendError) -> [TemplateStatement] {
    switch keyword {
    case "if": return [try ifStatement(line)]
    case "for": return [try forStatement(line)]
    case "set": return [try setStatement(line)]
    case "macro": return [try macroStatement(line)]
    case "filter":
      let filters = try filterChain()
      try expect(.statementEnd)
      return [.filtered(try block("endfilter"), filters: filters, line: line)]
    case "generation":
      // Marks what the assistant said, for training; it changes no text.
      try expect(.statementEnd)
      return try block("endgeneration")
    case "break", "continue":
      if loopDepth == 0 { throw AttendError(.damagedFile, "\(name):\(line): \(keyword) outside a loop") }
      try expect(.statementEnd)
      return [keyword == "break" ? .break(line: line) : .continue(line: line)]
    case "elif", "else", "endif", "endfor", "endset", "endmacro", "endfilter", "endgeneration", "endraw":
      throw AttendError(.damagedFile, "\(name):\(line): unexpected \(keyword)")
    default: throw unsupported("the statement \(JSON.string(keyword).text())")
    }
  }

  /// A body and the tag that ends it.
  private mutating func block(_ end: String) throws(AttendError) -> [TemplateStatement] {
    let body = try statements(until: [end])
    advance()
    try expect(.statementEnd)
    return body
  }

  private mutating func ifStatement(_ line: Int) throws(AttendError) -> TemplateStatement {
    var branches: [(condition: TemplateExpression, body: [TemplateStatement])] = []
    while true {
      let condition = try tuple(withCondition: false)
      try expect(.statementEnd)
      branches.append((condition, try statements(until: ["elif", "else", "endif"])))
      switch try expectName() {
      case "elif": continue
      case "else":
        try expect(.statementEnd)
        return .if(branches, otherwise: try block("endif"), line: line)
      default:
        try expect(.statementEnd)
        return .if(branches, otherwise: [], line: line)
      }
    }
  }

  private mutating func forStatement(_ line: Int) throws(AttendError) -> TemplateStatement {
    let target = try target(withAttribute: false)
    guard skip(.name("in")) else { throw unexpected() }
    let sequence = try tuple(withCondition: false)
    let condition = skip(.name("if")) ? try expression() : nil
    if current == .name("recursive") { throw unsupported("a recursive loop") }
    try expect(.statementEnd)
    loopDepth += 1
    let body = try statements(until: ["else", "endfor"])
    loopDepth -= 1
    var otherwise: [TemplateStatement] = []
    let end = try expectName()
    try expect(.statementEnd)
    if end == "else" { otherwise = try block("endfor") }
    return .for(
      TemplateLoop(
        target: target, sequence: sequence, condition: condition, body: body, otherwise: otherwise, line: line))
  }

  private mutating func setStatement(_ line: Int) throws(AttendError) -> TemplateStatement {
    let target = try target(withAttribute: true)
    if skip(.symbol("=")) {
      let value = try tuple()
      try expect(.statementEnd)
      return .set(target, value, line: line)
    }
    let filters = skip(.symbol("|")) ? try filterChain() : []
    try expect(.statementEnd)
    return .capture(target, try block("endset"), filters: filters, line: line)
  }

  private mutating func macroStatement(_ line: Int) throws(AttendError) -> TemplateStatement {
    let name = try expectName()
    var parameters: [(name: String, fallback: TemplateExpression?)] = []
    try expect(.symbol("("))
    while current != .symbol(")") {
      if !parameters.isEmpty { try expect(.symbol(",")) }
      if current == .symbol(")") { break }
      let parameter = try expectName()
      let fallback = skip(.symbol("=")) ? try expression() : nil
      if fallback == nil, parameters.last?.fallback != nil {
        throw AttendError(.damagedFile, "\(self.name):\(line): a parameter without a default after one with")
      }
      parameters.append((parameter, fallback))
    }
    try expect(.symbol(")"))
    try expect(.statementEnd)
    let outerLoops = loopDepth
    loopDepth = 0
    let body = try block("endmacro")
    loopDepth = outerLoops
    return .macro(TemplateMacro(name: name, parameters: parameters, body: body, line: line))
  }

  private mutating func target(withAttribute: Bool) throws(AttendError) -> TemplateTarget {
    var targets: [TemplateTarget] = []
    var isTuple = false
    repeat {
      if current == .statementEnd || current == .symbol("=") || current == .symbol(")") { break }
      if skip(.symbol("(")) {
        try descend()
        targets.append(try target(withAttribute: false))
        depth -= 1
        try expect(.symbol(")"))
      } else {
        let name = try expectName()
        if withAttribute, skip(.symbol(".")) {
          targets.append(.attribute(name, try expectName()))
        } else {
          targets.append(.name(name))
        }
      }
      if current == .symbol(",") { isTuple = true }
    } while skip(.symbol(","))
    guard let first = targets.first else { throw unexpected() }
    return isTuple ? .tuple(targets) : first
  }
}
