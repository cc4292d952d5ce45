extension JSON {
  /// Reads one JSON text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, all of it: anything but white space after the value is an error.
  ///   - source: the file's name, for error messages.
  ///   - maximumDepth: how many arrays and objects may be nested.
  /// - Throws: `damagedFile` with line, column and reason; `limitExceeded` when nested too deeply. Duplicate keys,
  ///   lone surrogates, `NaN`, `Infinity` and numbers beyond the range of `Double` are damage.
  public init(
    parsing bytes: UnsafeRawBufferPointer, source: String, maximumDepth: Int = 128
  ) throws(AttendError) {
    var reader = JSONReader(bytes: bytes, source: source, maximumDepth: maximumDepth)
    self = try reader.document()
  }

  public init(parsing bytes: [UInt8], source: String, maximumDepth: Int = 128) throws(AttendError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(AttendError) -> JSON in
        try JSON(parsing: bytes, source: source, maximumDepth: maximumDepth)
      }
    }
    self = try result.get()
  }

  public init(parsing text: String, source: String, maximumDepth: Int = 128) throws(AttendError) {
    try self.init(parsing: Array(text.utf8), source: source, maximumDepth: maximumDepth)
  }
}

/// Recursive descent over the bytes; the depth limit bounds the stack.
struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  let source: String
  let maximumDepth: Int
  var position = 0
  /// Unescaped bytes of the string being read, reused from string to string.
  var scratch: [UInt8] = []

  init(bytes: UnsafeRawBufferPointer, source: String, maximumDepth: Int) {
    self.bytes = bytes
    self.source = source
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws(AttendError) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    if position < bytes.count { throw damage("unexpected bytes after the end of the value") }
    return value
  }

  private mutating func value(depth: Int) throws(AttendError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw damage("the file ends where a value should start") }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      position += 1
      return .string(try string())
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw damage("expected a value")
    }
  }

  private mutating func object(depth: Int) throws(AttendError) -> JSON {
    try checkDepth(depth)
    position += 1
    var object = JSON.Object()
    if skip(UInt8(ascii: "}")) { return .object(object) }
    repeat {
      skipSpace()
      let start = position
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw damage("expected a key") }
      position += 1
      let key = try string()
      guard skip(UInt8(ascii: ":")) else { throw damage("expected ':' after a key") }
      let value = try value(depth: depth)
      if !object.appendIfAbsent(key, value) {
        throw damage("the key \(JSON.string(String(key.prefix(60))).text()) appears twice", at: start)
      }
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "}")) else { throw damage("expected ',' or '}'") }
    return .object(object)
  }

  private mutating func array(depth: Int) throws(AttendError) -> JSON {
    try checkDepth(depth)
    position += 1
    var elements: [JSON] = []
    if skip(UInt8(ascii: "]")) { return .array(elements) }
    repeat { elements.append(try value(depth: depth)) } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "]")) else { throw damage("expected ',' or ']'") }
    return .array(elements)
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(AttendError) -> JSON {
    let length = word.utf8CodeUnitCount
    guard bytes.count - position >= length,
      (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw damage("expected a value") }
    position += length
    return value
  }

  /// Skips white space and then the byte; false, with only the space skipped, when another byte is there.
  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private func checkDepth(_ depth: Int) throws(AttendError) {
    if depth > maximumDepth {
      throw AttendError(.limitExceeded, "\(place(position)): nested more than \(maximumDepth) deep")
    }
  }

  func damage(_ reason: String, at offset: Int? = nil) -> AttendError {
    AttendError(.damagedFile, "\(place(offset ?? position)): \(reason)")
  }

  /// `file:line:column`, both counted from 1, the column in bytes.
  private func place(_ offset: Int) -> String {
    var line = 1
    var lineStart = 0
    for index in 0..<min(offset, bytes.count) where bytes[index] == 0x0A {
      line += 1
      lineStart = index + 1
    }
    return "\(source):\(line):\(offset - lineStart + 1)"
  }
}
