import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension TemplateRenderer {
  // MARK: Arithmetic

  func arithmetic(
    _ left: TemplateValue, _ operation: String, _ right: TemplateValue
  ) throws(AttendError) -> TemplateValue {
    for case .undefined(let reason) in [left, right] { throw failure(reason) }
    if let left = left.integerValue, let right = right.integerValue { return try integers(left, operation, right) }
    if let left = left.numberValue, let right = right.numberValue { return try numbers(left, operation, right) }
    switch (left, operation, right) {
    case (.string(let first), "+", .string(let second)):
      try charge(bytes: first.utf8.count + second.utf8.count)
      return .string(first + second)
    case (.list(let first), "+", .list(let second)) where first.isWhole && second.isWhole:
      return try list(first.elements + second.elements)
    case (.tuple(let first), "+", .tuple(let second)):
      return try list(first.elements + second.elements, tuple: true)
    case (_, "*", _):
      if let count = right.integerValue { return try repeated(left, count) }
      if let count = left.integerValue { return try repeated(right, count) }
    case (.string(let pattern), "%", _):
      var values = [right]
      if case .tuple(let tuple) = right { values = tuple.elements }
      return .string(try percentFormat(pattern, values))
    default: break
    }
    throw failure("unsupported operand types for \(operation): '\(left.kind)' and '\(right.kind)'")
  }

  private func repeated(_ value: TemplateValue, _ count: Int) throws(AttendError) -> TemplateValue {
    let count = max(count, 0)
    func checkedCount(_ length: Int) throws(AttendError) -> Int {
      let (total, overflow) = length.multipliedReportingOverflow(by: count)
      try charge(overflow ? Int.max / 2 : total)
      return count
    }
    switch value {
    case .string(let text): return .string(String(repeating: text, count: try checkedCount(text.utf8.count)))
    case .list(let elements) where elements.isWhole:
      let count = try checkedCount(elements.elements.count)
      return try list(Array(repeatElement(elements.elements, count: count).joined()))
    case .tuple(let elements):
      let count = try checkedCount(elements.elements.count)
      return try list(Array(repeatElement(elements.elements, count: count).joined()), tuple: true)
    default: throw failure("cannot multiply '\(value.kind)'")
    }
  }

  private func integers(_ left: Int, _ operation: String, _ right: Int) throws(AttendError) -> TemplateValue {
    func checked(_ result: (partialValue: Int, overflow: Bool)) throws(AttendError) -> TemplateValue {
      if result.overflow { throw failure("an integer beyond 64 bits") }
      return .integer(result.partialValue)
    }
    switch operation {
    case "+": return try checked(left.addingReportingOverflow(right))
    case "-": return try checked(left.subtractingReportingOverflow(right))
    case "*": return try checked(left.multipliedReportingOverflow(by: right))
    case "**" where right >= 0: return try power(left, right)
    case "//", "%":
      if right == 0 { throw failure("division by zero") }
      let (quotient, overflow) = left.dividedReportingOverflow(by: right)
      if overflow { throw failure("an integer beyond 64 bits") }
      // Python rounds down, and the remainder has the sign of the divisor.
      let remainder = left - quotient * right
      let isOff = remainder != 0 && (remainder < 0) != (right < 0)
      return .integer(operation == "//" ? (isOff ? quotient - 1 : quotient) : (isOff ? remainder + right : remainder))
    default: return try numbers(Double(left), operation, Double(right))
    }
  }

  private func power(_ base: Int, _ exponent: Int) throws(AttendError) -> TemplateValue {
    if exponent > 64 && abs(Double(base)) > 1 { throw failure("an integer beyond 64 bits") }
    var result = 1
    for _ in 0..<(abs(Double(base)) > 1 ? exponent : base == 0 ? min(exponent, 1) : exponent % 2) {
      let (product, overflow) = result.multipliedReportingOverflow(by: base)
      if overflow { throw failure("an integer beyond 64 bits") }
      result = product
    }
    return .integer(result)
  }

  private func numbers(_ left: Double, _ operation: String, _ right: Double) throws(AttendError) -> TemplateValue {
    switch operation {
    case "+": return .number(left + right)
    case "-": return .number(left - right)
    case "*": return .number(left * right)
    case "**": return .number(pow(left, right))
    case "/", "//", "%":
      if right == 0 { throw failure("division by zero") }
      if operation == "/" { return .number(left / right) }
      let quotient = (left / right).rounded(.down)
      return .number(operation == "//" ? quotient : left - quotient * right)
    default: throw failure("unsupported operation \(operation) on numbers")
    }
  }

  // MARK: Comparison

  func evaluateComparison(
    _ first: TemplateExpression, _ rest: [(operation: String, value: TemplateExpression)]
  ) throws(AttendError) -> TemplateValue {
    var left = try evaluate(first)
    for (operation, expression) in rest {
      let right = try evaluate(expression)
      if !(try compare(left, operation, right)) { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  func compare(_ left: TemplateValue, _ operation: String, _ right: TemplateValue) throws(AttendError) -> Bool {
    switch operation {
    case "==": return try areEqual(left, right)
    case "!=": return !(try areEqual(left, right))
    case "in": return try contains(right, left)
    case "not in": return !(try contains(right, left))
    case "<": return try isLess(left, right)
    case ">": return try isLess(right, left)
    // Not the negation of the opposite: nothing is ordered against NaN.
    case "<=": return try isLess(left, right) ? true : areEqual(left, right)
    default: return try isLess(right, left) ? true : areEqual(left, right)
    }
  }

  func areEqual(_ left: TemplateValue, _ right: TemplateValue) throws(AttendError) -> Bool {
    try charge()
    if let left = left.integerValue, let right = right.integerValue { return left == right }
    if let left = left.numberValue, let right = right.numberValue { return left == right }
    switch (left, right) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.string(let first), .string(let second)):
      if first.utf8.count == second.utf8.count { try charge(bytes: first.utf8.count) }
      return first.hasSameBytes(as: second)
    case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
      guard first.elements.count == second.elements.count else { return false }
      for (one, other) in zip(first.elements, second.elements) where !(try areEqual(one, other)) { return false }
      return true
    case (.dictionary(let first), .dictionary(let second)):
      guard first.members.count == second.members.count else { return false }
      for member in first.members {
        var isFound = false
        for other in second.members where try areEqual(member.key, other.key) {
          isFound = try areEqual(member.value, other.value)
          break
        }
        if !isFound { return false }
      }
      return true
    case (.namespace(let first), .namespace(let second)): return first === second
    case (.macro(let first), .macro(let second)): return first == second
    case (.function(let first), .function(let second)): return first == second
    default: return false
    }
  }

  func isLess(_ left: TemplateValue, _ right: TemplateValue) throws(AttendError) -> Bool {
    try charge()
    for case .undefined(let reason) in [left, right] { throw failure(reason) }
    if let left = left.integerValue, let right = right.integerValue { return left < right }
    if let left = left.numberValue, let right = right.numberValue { return left < right }
    switch (left, right) {
    case (.string(let first), .string(let second)):
      // UTF-8 orders like the code points it encodes.
      try charge(bytes: min(first.utf8.count, second.utf8.count))
      return first.utf8.lexicographicallyPrecedes(second.utf8)
    case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
      for (one, other) in zip(first.elements, second.elements) where !(try areEqual(one, other)) {
        return try isLess(one, other)
      }
      return first.elements.count < second.elements.count
    default: throw failure("'\(left.kind)' and '\(right.kind)' have no order")
    }
  }

  func contains(_ container: TemplateValue, _ element: TemplateValue) throws(AttendError) -> Bool {
    switch container {
    case .string(let text):
      guard case .string(let part) = element else {
        throw failure("'in <string>' requires a string, not \(element.kind)")
      }
      return try find(part, in: text, from: 0) != nil
    case .dictionary(let dictionary):
      for member in dictionary.members where try areEqual(member.key, element) { return true }
      return false
    default:
      for other in try iterate(container) where try areEqual(other, element) { return true }
      return false
    }
  }

  /// The first position, in bytes, of a text within another, in linear time (Knuth, Morris and Pratt 1977).
  func find(_ part: String, in text: String, from start: Int) throws(AttendError) -> Int? {
    var (part, text) = (part, text)
    let position = text.withUTF8 { text -> Int? in
      part.withUTF8 { part -> Int? in
        guard start <= text.count - part.count else { return nil }
        if part.isEmpty { return start }
        // Length of the longest proper prefix of the part that ends at each of its bytes.
        var prefixes = [Int](repeating: 0, count: part.count)
        var matched = 0
        for index in part.indices.dropFirst() {
          while matched > 0 && part[index] != part[matched] { matched = prefixes[matched - 1] }
          if part[index] == part[matched] { matched += 1 }
          prefixes[index] = matched
        }
        matched = 0
        for index in start..<text.count {
          while matched > 0 && text[index] != part[matched] { matched = prefixes[matched - 1] }
          if text[index] == part[matched] { matched += 1 }
          if matched == part.count { return index - part.count + 1 }
        }
        return nil
      }
    }
    try charge(bytes: (position ?? text.utf8.count) - start + part.utf8.count)
    return position
  }
}
