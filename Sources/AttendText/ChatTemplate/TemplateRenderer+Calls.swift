import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension TemplateRenderer {
  /// As in Jinja's sandbox.
  private static let longestRange = 100_000

  func call(_ callee: TemplateValue, _ arguments: TemplateValues) throws(AttendError) -> TemplateValue {
    switch callee {
    case .macro(let index): return try call(macro: index, arguments)
    case .method(let value, let name): return try call(method: name, of: value, arguments)
    case .function(let name): return try call(function: name, arguments)
    case .undefined(let reason): throw failure(reason)
    case .loop: throw unsupported("a recursive loop")
    default: throw failure("'\(callee.kind)' object is not callable")
    }
  }

  private func call(function name: String, _ arguments: TemplateValues) throws(AttendError) -> TemplateValue {
    switch name {
    case "range": return try range(arguments)
    case "raise_exception":
      throw failure(try text(of: arguments.positional.first ?? arguments["message"] ?? .string("")))
    case "strftime_now":
      guard case .string(let format)? = arguments.positional.first else { throw failure("strftime_now needs a format") }
      return .string(try formattedTime(format))
    case "namespace":
      let namespace = TemplateNamespace()
      for (key, value) in try members(arguments) {
        if value.isReference { throw unsupported("a \(value.kind) inside a namespace") }
        namespace.members[key] = value
      }
      return .namespace(namespace)
    default:
      return try dictionary(try members(arguments).map { (key: .string($0.key), value: $0.value) })
    }
  }

  /// Members of one dictionary and of named arguments; the latter win.
  private func members(_ arguments: TemplateValues) throws(AttendError) -> [(key: String, value: TemplateValue)] {
    var members: [(key: String, value: TemplateValue)] = []
    for argument in arguments.positional {
      guard case .dictionary(let dictionary) = argument else { throw unsupported("members from a \(argument.kind)") }
      for (key, value) in dictionary.members {
        guard case .string(let name) = key else { throw unsupported("a member whose name is not a string") }
        members.append((name, value))
      }
    }
    for (name, value) in arguments.named {
      members.removeAll { $0.key == name }
      members.append((name, value))
    }
    return members
  }

  private func range(_ arguments: TemplateValues) throws(AttendError) -> TemplateValue {
    var bounds: [Int] = []
    for argument in arguments.positional {
      guard let bound = argument.integerValue else { throw failure("range of '\(argument.kind)'") }
      bounds.append(bound)
    }
    guard (1...3).contains(bounds.count), arguments.named.isEmpty else { throw failure("range takes 1 to 3 integers") }
    let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    if step == 0 { throw failure("range with step 0") }
    var values: [TemplateValue] = []
    var value = start
    while step > 0 ? value < end : value > end {
      if values.count == TemplateRenderer.longestRange {
        throw AttendError(
          .limitExceeded, "\(name):\(line): a range of more than \(TemplateRenderer.longestRange) numbers")
      }
      values.append(.integer(value))
      let (next, overflow) = value.addingReportingOverflow(step)
      if overflow { break }
      value = next
    }
    return try list(values)
  }

  private func formattedTime(_ format: String) throws(AttendError) -> String {
    if format.isEmpty { return "" }
    guard format.utf8.count <= 256, !format.utf8.contains(0) else { throw failure("a time format that is too long") }
    var now = fixedTime ?? time(nil)
    var parts = tm()
    guard (fixedTime == nil ? localtime_r(&now, &parts) : gmtime_r(&now, &parts)) != nil else {
      throw failure("the local time is not known")
    }
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Printf-style and brace-style formatting

  func percentFormat(_ pattern: String, _ values: [TemplateValue]) throws(AttendError) -> String {
    var result = String.UnicodeScalarView()
    var values = values[...]
    var scalars = pattern.unicodeScalars.makeIterator()
    try charge(bytes: pattern.utf8.count)
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        result.append(scalar)
        continue
      }
      let conversion = scalars.next() ?? " "
      if conversion == "%" {
        result.append("%")
        continue
      }
      guard ["s", "d", "i", "r"].contains(conversion) else {
        throw unsupported("the format \"%\(conversion)\"")
      }
      guard let value = values.popFirst() else { throw failure("not enough arguments for format string") }
      switch conversion {
      case "s": result.append(contentsOf: try text(of: value).unicodeScalars)
      case "r": result.append(contentsOf: try representation(of: value).unicodeScalars)
      default:
        guard let number = value.numberValue, number.isFinite, abs(number) < 0x1p63 else {
          throw failure("%\(conversion) needs a number, not \(value.kind)")
        }
        result.append(contentsOf: (value.integerValue ?? Int(number)).description.unicodeScalars)
      }
    }
    if !values.isEmpty { throw failure("not all arguments converted during string formatting") }
    return String(result)
  }

  /// `str.format` with `{}`, `{0}` and `{name}` only.
  func braceFormat(_ pattern: String, _ arguments: TemplateValues) throws(AttendError) -> String {
    try charge(bytes: pattern.utf8.count)
    var result = ""
    var automatic = 0
    let scalars = Array(pattern.unicodeScalars)
    var position = 0
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      guard scalar == "{" || scalar == "}" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      if position < scalars.count, scalars[position] == scalar {
        result.unicodeScalars.append(scalar)
        position += 1
        continue
      }
      guard scalar == "{", let end = scalars[position...].firstIndex(of: "}") else {
        throw failure("a single '\(scalar)' in a format string")
      }
      let field = string(scalars[position..<end])
      position = end + 1
      let value: TemplateValue?
      if field.isEmpty {
        value = automatic < arguments.positional.count ? arguments.positional[automatic] : nil
        automatic += 1
      } else if let index = Int(field) {
        value = arguments.positional.indices.contains(index) ? arguments.positional[index] : nil
      } else if field.unicodeScalars.allSatisfy({ $0 == "_" || $0.properties.isXIDContinue }) {
        value = arguments[field]
      } else {
        throw unsupported("the format field \"{\(field)}\"")
      }
      guard let value else { throw failure("the format field \"{\(field)}\" has no value") }
      let text = try text(of: value)
      try charge(bytes: text.utf8.count)
      result += text
    }
    return result
  }
}
