import AttendBase

extension TemplateRenderer {
  static let functions: Set<String> = ["range", "namespace", "raise_exception", "strftime_now", "dict"]

  func evaluate(_ arguments: TemplateArguments) throws(AttendError) -> TemplateValues {
    var values = TemplateValues()
    for argument in arguments.positional { values.positional.append(try evaluate(argument)) }
    for (name, argument) in arguments.named { values.named.append((name, try evaluate(argument))) }
    return values
  }

  func evaluate(_ expression: TemplateExpression) throws(AttendError) -> TemplateValue {
    try descend()
    defer { ascend() }
    switch expression {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let text): return .string(text)
    case .name(let name):
      if let value = scope.value(name) { return value }
      return TemplateRenderer.functions.contains(name) ? .function(name) : .undefined("'\(name)' is undefined")
    case .list(let elements): return try list(try evaluate(elements))
    case .tuple(let elements): return try list(try evaluate(elements), tuple: true)
    case .dictionary(let members): return try evaluateDictionary(members)
    case .attribute(let base, let name): return try attribute(try evaluate(base), name)
    case .item(let base, let key): return try item(try evaluate(base), try evaluate(key))
    case .slice(let base, let start, let end, let step):
      return try slice(
        try evaluate(base), try start.map(evaluateBound) ?? nil, try end.map(evaluateBound) ?? nil,
        try step.map(evaluateBound) ?? nil)
    case .call(let callee, let arguments): return try call(try evaluate(callee), try evaluate(arguments))
    case .filter(let base, let filter):
      return try self.filter(try evaluate(base), filter.name, try evaluate(filter.arguments))
    case .test(let base, let name, let arguments):
      return .bool(try test(try evaluate(base), name, try evaluate(arguments)))
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .negate(let operand): return try arithmetic(.integer(0), "-", try evaluate(operand))
    case .plus(let operand): return try arithmetic(.integer(0), "+", try evaluate(operand))
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .arithmetic(let left, let operation, let right):
      return try arithmetic(try evaluate(left), operation, try evaluate(right))
    case .concatenation(let parts):
      var text = ""
      for part in parts {
        text += try self.text(of: try evaluate(part))
        try charge(bytes: text.utf8.count)
      }
      return .string(text)
    case .comparison(let first, let rest): return try evaluateComparison(first, rest)
    case .conditional(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return try otherwise.map(evaluate) ?? .undefined("the condition is false and there is no else")
    }
  }

  private func evaluate(_ expressions: [TemplateExpression]) throws(AttendError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  private func evaluateBound(_ expression: TemplateExpression) throws(AttendError) -> Int? {
    let value = try evaluate(expression)
    if case .none = value { return nil }
    guard let bound = value.integerValue else { throw failure("a slice by \(value.kind)") }
    return bound
  }

  private func evaluateDictionary(
    _ members: [(key: TemplateExpression, value: TemplateExpression)]
  ) throws(AttendError) -> TemplateValue {
    var values: [(key: TemplateValue, value: TemplateValue)] = []
    for (keyExpression, valueExpression) in members {
      let key = try evaluate(keyExpression)
      let value = try evaluate(valueExpression)
      switch key {
      case .none, .bool, .integer, .number, .string: break
      default: throw unsupported("a dictionary key of the kind \(key.kind)")
      }
      if let position = try position(of: key, in: values) {
        values[position].value = value
      } else {
        values.append((key, value))
      }
    }
    return try dictionary(values)
  }

  private func position(
    of key: TemplateValue, in members: [(key: TemplateValue, value: TemplateValue)]
  ) throws(AttendError) -> Int? {
    for (position, member) in members.enumerated() where try areEqual(member.key, key) { return position }
    return nil
  }

  // MARK: Parts of values

  /// `value.name`: a method before a member, as Jinja looks attributes up before items.
  func attribute(_ value: TemplateValue, _ name: String) throws(AttendError) -> TemplateValue {
    if case .undefined(let reason) = value { throw failure(reason) }
    if name.hasPrefix("__") { return .undefined("access to the attribute '\(name)' is not safe") }
    switch value {
    case .namespace(let namespace): if let member = namespace.members[name] { return member }
    case .loop(let state): if let member = state.attribute(name) { return member }
    default: break
    }
    if methods(of: value).contains(name) { return .method(value, name) }
    if case .dictionary(let dictionary) = value {
      try charge(1 + dictionary.members.count / 8)
      if let member = dictionary[name] { return member }
    }
    return .undefined("'\(value.kind) object' has no attribute '\(name)'")
  }

  /// `value[key]`: an item before a method.
  func item(_ value: TemplateValue, _ key: TemplateValue) throws(AttendError) -> TemplateValue {
    switch value {
    case .undefined(let reason): throw failure(reason)
    case .dictionary(let dictionary):
      try charge(1 + dictionary.members.count / 8)
      if let position = try position(of: key, in: dictionary.members) { return dictionary.members[position].value }
    case .list(let list) where !list.isWhole: break
    case .list(let list), .tuple(let list):
      if let index = key.integerValue {
        let position = index < 0 ? index &+ list.elements.count : index
        if list.elements.indices.contains(position) { return list.elements[position] }
      }
    case .string(let text):
      if let index = key.integerValue {
        try charge(bytes: text.utf8.count)
        let scalars = Array(text.unicodeScalars)
        let position = index < 0 ? index &+ scalars.count : index
        if scalars.indices.contains(position) { return .string(String(Character(scalars[position]))) }
      }
    default: break
    }
    if case .string(let name) = key { return try attribute(value, name) }
    return .undefined("'\(value.kind) object' has no item \(try representation(of: key))")
  }

  private func slice(
    _ value: TemplateValue, _ start: Int?, _ end: Int?, _ step: Int?
  ) throws(AttendError) -> TemplateValue {
    let step = step ?? 1
    if step == 0 { throw failure("a slice with step 0") }
    switch value {
    case .undefined(let reason): throw failure(reason)
    case .string(let text):
      try charge(bytes: text.utf8.count)
      let scalars = Array(text.unicodeScalars)
      return .string(string(sliceIndices(scalars.count, start, end, step).map { scalars[$0] }))
    case .list(let elements) where elements.isWhole:
      return try list(sliceIndices(elements.elements.count, start, end, step).map { elements.elements[$0] })
    case .tuple(let elements):
      let indices = sliceIndices(elements.elements.count, start, end, step)
      return try list(indices.map { elements.elements[$0] }, tuple: true)
    default: throw failure("a slice of \(value.kind)")
    }
  }

  /// The positions that Python's `[start:end:step]` picks out of `count`.
  private func sliceIndices(_ count: Int, _ start: Int?, _ end: Int?, _ step: Int) -> [Int] {
    let lowest = step > 0 ? 0 : -1
    let highest = step > 0 ? count : count - 1
    func clamp(_ bound: Int) -> Int {
      if bound < 0 { return max(bound &+ count, lowest) }
      return min(bound, highest)
    }
    let first = start.map(clamp) ?? (step > 0 ? lowest : highest)
    let limit = end.map(clamp) ?? (step > 0 ? highest : lowest)
    var indices: [Int] = []
    var position = first
    while step > 0 ? position < limit : position > limit {
      indices.append(position)
      let (next, overflow) = position.addingReportingOverflow(step)
      if overflow { break }
      position = next
    }
    return indices
  }

  /// The elements that a loop goes through.
  func iterate(_ value: TemplateValue) throws(AttendError) -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .list(let list), .tuple(let list):
      try charge(list.elements.count)
      if let generator = list.generator {
        if generator.isSpent { return [] }
        generator.isSpent = true
      }
      return list.elements
    case .dictionary(let dictionary):
      try charge(dictionary.members.count)
      return dictionary.members.map(\.key)
    case .string(let text):
      try charge(text.utf8.count)
      return text.unicodeScalars.map { .string(String(Character($0))) }
    default: throw failure("'\(value.kind)' object is not iterable")
    }
  }

  func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
