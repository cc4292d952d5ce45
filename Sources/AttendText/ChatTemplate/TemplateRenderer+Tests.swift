import AttendBase

extension TemplateRenderer {
  /// `value is test`.
  func test(_ value: TemplateValue, _ test: String, _ arguments: TemplateValues) throws(AttendError) -> Bool {
    try charge()
    func other() throws(AttendError) -> TemplateValue {
      guard let other = arguments.positional.first else { throw failure("the test \(test) needs a value") }
      return other
    }
    func integer() throws(AttendError) -> Int {
      guard let integer = value.integerValue else { throw failure("the test \(test) of '\(value.kind)'") }
      return integer
    }
    switch test {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "eq", "equalto", "==": return try areEqual(value, try other())
    case "ne", "!=": return !(try areEqual(value, try other()))
    case "lt", "lessthan", "<": return try compare(value, "<", try other())
    case "le", "<=": return try compare(value, "<=", try other())
    case "gt", "greaterthan", ">": return try compare(value, ">", try other())
    case "ge", ">=": return try compare(value, ">=", try other())
    case "in": return try contains(try other(), value)
    case "odd": return try integer() % 2 != 0
    case "even": return try integer() % 2 == 0
    case "divisibleby":
      guard let divisor = try other().integerValue, divisor != 0 else { throw failure("divisibleby needs a number") }
      // The remainder of the smallest integer by −1 is 0, though its quotient overflows.
      let number = try integer()
      return divisor == -1 || number % divisor == 0
    case "lower", "upper":
      let text = try text(of: value)
      try charge(bytes: text.utf8.count)
      let hasUpper = text.unicodeScalars.contains { $0.properties.isUppercase }
      let hasLower = text.unicodeScalars.contains { $0.properties.isLowercase }
      return test == "upper" ? hasUpper && !hasLower : hasLower && !hasUpper
    case "sameas": return try isSame(value, try other())
    default: return try kindTest(value, test)
    }
  }

  private func isSame(_ first: TemplateValue, _ second: TemplateValue) throws(AttendError) -> Bool {
    switch (first, second) {
    case (.none, .none): return true
    case (.bool(let one), .bool(let other)): return one == other
    case (.none, _), (.bool, _), (_, .none), (_, .bool): return false
    default: throw unsupported("the test \"sameas\" of other values than true, false and none")
    }
  }

  private func kindTest(_ value: TemplateValue, _ test: String) throws(AttendError) -> Bool {
    if test == "sequence", case .list(let list) = value, !list.isWhole { return false }
    switch (test, value) {
    case ("none", .none), ("string", .string), ("mapping", .dictionary), ("boolean", .bool), ("integer", .integer),
      ("float", .number), ("number", .bool), ("number", .integer), ("number", .number), ("true", .bool(true)),
      ("false", .bool(false)), ("callable", .macro), ("callable", .function), ("callable", .method),
      ("sequence", .string), ("sequence", .list), ("sequence", .tuple), ("sequence", .dictionary),
      ("sequence", .undefined), ("iterable", .string), ("iterable", .list), ("iterable", .tuple),
      ("iterable", .dictionary), ("iterable", .undefined):
      return true
    case ("none", _), ("string", _), ("mapping", _), ("boolean", _), ("integer", _), ("float", _), ("number", _),
      ("true", _), ("false", _), ("callable", _), ("sequence", _), ("iterable", _):
      return false
    default: throw unsupported("the test \(JSON.string(test).text())")
    }
  }
}
