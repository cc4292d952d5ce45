import AttendBase

/// One rendering of a template: the tree walked, with every step counted.
final class TemplateRenderer {
  enum Flow { case normal, broke, continued }

  let name: String
  private let limits: ChatTemplate.Limits
  let fixedTime: Int?
  private var stepsLeft: Int
  private var depth = 0
  private var loopDepth = 0
  /// The line in work, for error messages.
  var line = 1
  var output: [UInt8] = []
  var scope = TemplateScope(parent: nil)
  /// Macros with the scopes they were defined in. Values hold positions here rather than scopes, so that no scope
  /// keeps itself alive.
  private var macros: [(TemplateMacro, TemplateScope)] = []

  static let maximumNesting = 64

  init(name: String, limits: ChatTemplate.Limits, fixedTime: Int?) {
    self.name = name
    self.fixedTime = fixedTime
    self.limits = limits
    stepsLeft = limits.steps
  }

  // MARK: Errors and limits

  func failure(_ reason: String) -> AttendError { AttendError(.invalidInput, "\(name):\(line): \(reason)") }

  func unsupported(_ what: String) -> AttendError {
    AttendError(.unsupported, "\(name):\(line): \(what) is not supported in chat templates")
  }

  func charge(_ steps: Int = 1) throws(AttendError) {
    stepsLeft -= steps
    if stepsLeft < 0 { throw AttendError(.limitExceeded, "\(name):\(line): the template takes too many steps") }
  }

  /// Counts text that is about to be made or searched.
  func charge(bytes: Int) throws(AttendError) { try charge(1 + bytes / 8) }

  func descend() throws(AttendError) {
    try charge()
    depth += 1
    if depth > limits.depth {
      throw AttendError(.limitExceeded, "\(name):\(line): nested more than \(limits.depth) deep")
    }
  }

  func ascend() { depth -= 1 }

  // MARK: Values

  func list(_ elements: [TemplateValue], tuple: Bool = false) throws(AttendError) -> TemplateValue {
    try charge(1 + elements.count)
    let list = TemplateList(elements: elements, depth: try nesting(of: elements))
    return tuple ? .tuple(list) : .list(list)
  }

  /// What a filter of Jinja's gives that makes its elements on the way.
  func generator(_ elements: [TemplateValue]) throws(AttendError) -> TemplateValue {
    try charge(1 + elements.count)
    return .list(
      TemplateList(elements: elements, depth: try nesting(of: elements), form: .once(TemplateGenerator())))
  }

  /// The keys, values or items of a dictionary.
  func view(_ elements: [TemplateValue]) throws(AttendError) -> TemplateValue {
    try charge(1 + elements.count)
    return .list(TemplateList(elements: elements, depth: try nesting(of: elements), form: .view))
  }

  func dictionary(_ members: [(key: TemplateValue, value: TemplateValue)]) throws(AttendError) -> TemplateValue {
    try charge(1 + members.count)
    let depth = max(try nesting(of: members.map(\.value)), try nesting(of: members.map(\.key)))
    return .dictionary(TemplateDictionary(members: members, depth: depth))
  }

  private func nesting(of elements: [TemplateValue]) throws(AttendError) -> Int {
    var depth = 0
    for element in elements {
      depth = max(depth, element.nesting)
      if element.isReference { throw unsupported("a \(element.kind) inside another value") }
    }
    if depth >= TemplateRenderer.maximumNesting {
      throw AttendError(.limitExceeded, "\(name):\(line): a value nested more than \(depth) deep")
    }
    return depth + 1
  }

  func value(of json: JSON) throws(AttendError) -> TemplateValue {
    switch json {
    case .null: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(Int(value))
    case .number(let value): return .number(value)
    case .string(let text):
      try charge(bytes: text.utf8.count)
      return .string(text)
    case .array(let elements):
      var values: [TemplateValue] = []
      for element in elements { values.append(try value(of: element)) }
      return try list(values)
    case .object(let object):
      var members: [(key: TemplateValue, value: TemplateValue)] = []
      for (key, member) in object { members.append((.string(key), try value(of: member))) }
      return try dictionary(members)
    }
  }

  // MARK: Statements

  func run(_ statements: [TemplateStatement]) throws(AttendError) -> Flow {
    for statement in statements {
      try charge()
      let flow = try run(statement)
      if flow != .normal { return flow }
    }
    return .normal
  }

  private func run(_ statement: TemplateStatement) throws(AttendError) -> Flow {
    switch statement {
    case .text(let text): try emit(text)
    case .output(let expression, let line):
      self.line = line
      try emit(try text(of: try evaluate(expression)))
    case .if(let branches, let otherwise, let line):
      self.line = line
      for branch in branches where try evaluate(branch.condition).isTrue { return try nested(branch.body) }
      return try nested(otherwise)
    case .for(let loop): return try run(loop)
    case .set(let target, let expression, let line):
      self.line = line
      try assign(try evaluate(expression), to: target)
    case .capture(let target, let body, let filters, let line):
      self.line = line
      let captured = try captured(body)
      try assign(try apply(filters, to: captured), to: target)
    case .filtered(let body, let filters, let line):
      self.line = line
      try emit(try text(of: try apply(filters, to: try captured(body))))
    case .macro(let macro):
      macros.append((macro, scope))
      scope.variables[macro.name] = .macro(macros.count - 1)
    case .break(let line):
      self.line = line
      return .broke
    case .continue(let line):
      self.line = line
      return .continued
    }
    return .normal
  }

  private func nested(_ body: [TemplateStatement]) throws(AttendError) -> Flow {
    try descend()
    defer { ascend() }
    return try run(body)
  }

  private func emit(_ text: String) throws(AttendError) {
    try charge(bytes: text.utf8.count)
    if output.count + text.utf8.count > limits.output {
      throw AttendError(.limitExceeded, "\(name):\(line): more than \(limits.output) bytes of output")
    }
    output.append(contentsOf: text.utf8)
  }

  /// The text that statements write, in a scope of their own.
  private func captured(_ body: [TemplateStatement]) throws(AttendError) -> TemplateValue {
    let outer = output
    output = []
    scope = TemplateScope(parent: scope)
    defer { scope = scope.parent ?? scope }
    _ = try nested(body)
    let text = String(decoding: output, as: UTF8.self)
    output = outer
    return .string(text)
  }

  private func apply(_ filters: [TemplateFilter], to value: TemplateValue) throws(AttendError) -> TemplateValue {
    var value = value
    for filter in filters { value = try self.filter(value, filter.name, try evaluate(filter.arguments)) }
    return value
  }

  private func run(_ loop: TemplateLoop) throws(AttendError) -> Flow {
    line = loop.line
    let outer = scope
    defer { scope = outer }
    var items = try iterate(try evaluate(loop.sequence))
    if let condition = loop.condition {
      var kept: [TemplateValue] = []
      for item in items {
        scope = TemplateScope(parent: outer)
        try assign(item, to: loop.target)
        if try evaluate(condition).isTrue { kept.append(item) }
      }
      items = kept
      scope = outer
    }
    if items.isEmpty { return try nested(loop.otherwise) }
    loopDepth += 1
    defer { loopDepth -= 1 }
    for (index, item) in items.enumerated() {
      scope = TemplateScope(parent: outer)
      scope.variables["loop"] = .loop(
        TemplateLoopState(
          index: index, count: items.count, depth: loopDepth, previous: index > 0 ? items[index - 1] : nil,
          next: index + 1 < items.count ? items[index + 1] : nil))
      try assign(item, to: loop.target)
      if try nested(loop.body) == .broke { break }
    }
    return .normal
  }

  private func assign(_ value: TemplateValue, to target: TemplateTarget) throws(AttendError) {
    switch target {
    case .name(let name): scope.variables[name] = value
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace)? = scope.value(name) else {
        throw failure("cannot assign an attribute of \(name): it is not a namespace")
      }
      if value.isReference { throw unsupported("a \(value.kind) inside a namespace") }
      namespace.members[attribute] = value
    case .tuple(let targets):
      let values = try iterate(value)
      guard values.count == targets.count else {
        throw failure("cannot assign \(values.count) values to \(targets.count) names")
      }
      for (target, value) in zip(targets, values) { try assign(value, to: target) }
    }
  }

  /// Calls a macro: its text.
  func call(macro index: Int, _ arguments: TemplateValues) throws(AttendError) -> TemplateValue {
    let (macro, definingScope) = macros[index]
    guard arguments.positional.count <= macro.parameters.count else {
      throw failure("macro \(macro.name) takes not more than \(macro.parameters.count) arguments")
    }
    for (name, _) in arguments.named where !macro.parameters.contains(where: { $0.name == name }) {
      throw failure("macro \(macro.name) takes no argument \(name)")
    }
    try descend()
    defer { ascend() }
    let (callingScope, callingLine) = (scope, line)
    defer { (scope, line) = (callingScope, callingLine) }
    scope = TemplateScope(parent: definingScope)
    for (position, parameter) in macro.parameters.enumerated() {
      if position < arguments.positional.count {
        scope.variables[parameter.name] = arguments.positional[position]
      } else if let value = arguments[parameter.name] {
        scope.variables[parameter.name] = value
      } else if let fallback = parameter.fallback {
        scope.variables[parameter.name] = try evaluate(fallback)
      } else {
        scope.variables[parameter.name] = .undefined("parameter \(parameter.name) was not provided")
      }
    }
    return try captured(macro.body)
  }
}

/// Arguments whose values are known.
struct TemplateValues {
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  subscript(name: String) -> TemplateValue? { named.first { $0.name == name }?.value }
}
