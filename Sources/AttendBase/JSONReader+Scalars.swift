extension JSONReader {
  /// Reads a string whose opening quote is behind; leaves the closing quote behind too.
  mutating func string() throws(AttendError) -> String {
    let start = position
    position = endOfPlain(from: start)
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      position += 1
      return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1]), as: UTF8.self)
    }
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: bytes[start..<position])
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: scratch, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape()
      case 0..<0x20: throw damage("a control character inside a string")
      case 0x80...:
        let length = UTF8Sequence.length(bytes, at: position)
        guard length > 0 else { throw damage("bytes that are not UTF-8") }
        scratch.append(contentsOf: bytes[position..<position + length])
        position += length
      default:
        let end = endOfPlain(from: position)
        scratch.append(contentsOf: bytes[position..<end])
        position = end
      }
    }
    throw damage("a string that does not end", at: start - 1)
  }

  /// The first position from `start` that holds a quote, a backslash, a control character or a non-ASCII byte.
  private func endOfPlain(from start: Int) -> Int {
    var position = start
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while position + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quote = word ^ ones &* 0x22
      let backslash = word ^ ones &* 0x5C
      // The lowest byte flagged is always right; a borrow can only flag bytes above a true one.
      let flags =
        (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word | word
      if flags & highs != 0 { return position + (flags & highs).trailingZeroBitCount / 8 }
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { break }
      position += 1
    }
    return position
  }

  private mutating func escape() throws(AttendError) {
    let start = position
    guard position + 1 < bytes.count else { throw damage("a string that does not end") }
    position += 2
    switch bytes[start + 1] {
    case UInt8(ascii: "\""): scratch.append(0x22)
    case UInt8(ascii: "\\"): scratch.append(0x5C)
    case UInt8(ascii: "/"): scratch.append(0x2F)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourHexDigits()
      if code & 0xFC00 == 0xD800 {
        guard position + 1 < bytes.count, bytes[position] == 0x5C, bytes[position + 1] == UInt8(ascii: "u") else {
          throw damage("half of a surrogate pair", at: start)
        }
        position += 2
        let low = try fourHexDigits()
        guard low & 0xFC00 == 0xDC00 else { throw damage("half of a surrogate pair", at: start) }
        code = 0x10000 + (code & 0x3FF) << 10 | low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { throw damage("half of a surrogate pair", at: start) }
      scratch.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    default: throw damage("an unknown escape", at: start)
    }
  }

  private mutating func fourHexDigits() throws(AttendError) -> UInt32 {
    guard bytes.count - position >= 4 else { throw damage("expected four hexadecimal digits") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
        throw damage("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// Reads a number; the grammar forbids leading zeros, a bare point and an empty exponent.
  mutating func number() throws(AttendError) -> JSON {
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let firstDigit = position
    var magnitude: UInt64 = 0
    var fits = true
    while let digit = digit() {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      fits = fits && !overflow && !carry
      magnitude = sum
      position += 1
    }
    guard position > firstDigit else { throw damage("expected a digit") }
    if bytes[firstDigit] == 0x30 && position > firstDigit + 1 {
      throw damage("a number with a leading zero", at: start)
    }
    var isInteger = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      try digits()
    }
    if isInteger && fits && !(isNegative && magnitude == 0) {
      if !isNegative, let value = Int64(exactly: magnitude) { return .integer(value) }
      if isNegative, magnitude <= 1 << 63 { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
    }
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw damage("a number out of range", at: start) }
    return .number(value)
  }

  private func digit() -> UInt8? {
    guard position < bytes.count else { return nil }
    let digit = bytes[position] &- 0x30
    return digit < 10 ? digit : nil
  }

  private mutating func digits() throws(AttendError) {
    guard digit() != nil else { throw damage("expected a digit") }
    while digit() != nil { position += 1 }
  }
}
