/// Reads the fields of one protocol buffers message, never beyond its bytes.
///
/// Format: https://protobuf.dev/programming-guides/encoding
package struct ProtobufReader {
  package enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// Text, bytes, a message or packed numbers: where in the file they are.
    case bytes(Range<Int>)
  }

  package let file: MappedFile
  package private(set) var position: Int
  private let end: Int

  package init(_ file: MappedFile, _ range: Range<Int>) {
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  package var isAtEnd: Bool { position == end }

  /// The next field's number and value; nil at the end of the message.
  package mutating func next() throws(AttendError) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let start = position
    let key = try varint()
    guard let field = Int(exactly: key >> 3), field > 0, field < 1 << 29 else {
      throw damage("a field without a valid number", at: start)
    }
    switch key & 7 {
    case 0: return (field, .varint(try varint()))
    case 1: return (field, .fixed64(try fixed(UInt64.self)))
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else {
        throw damage("a field of \(length) bytes where \(end - position) are left", at: start)
      }
      defer { position += Int(length) }
      return (field, .bytes(position..<position + Int(length)))
    case 5: return (field, .fixed32(try fixed(UInt32.self)))
    default: throw damage("a field of the unknown kind \(key & 7)", at: start)
    }
  }

  package mutating func varint() throws(AttendError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard position < end else { throw damage("the message ends inside a number", at: start) }
      let byte = file.bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        guard shift < 63 || byte < 2 else { break }
        return value
      }
    }
    throw damage("a number of more than 64 bits", at: start)
  }

  package mutating func fixed<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) throws(AttendError) -> Bits
  {
    let size = MemoryLayout<Bits>.size
    guard size <= end - position else { throw damage("the message ends inside a number", at: position) }
    defer { position += size }
    return Bits(littleEndian: file.bytes.loadUnaligned(fromByteOffset: position, as: type))
  }

  package func damage(_ reason: String, at offset: Int? = nil) -> AttendError {
    AttendError(
      .damagedFile, "\(file.path): \(reason), at byte \(offset ?? position)",
      hint: "the file is damaged, incomplete, or not of this format")
  }

  // MARK: Values of a field that is known

  package func message(_ value: Value) throws(AttendError) -> Range<Int> {
    guard case .bytes(let range) = value else { throw damage("a number where a message or text should be") }
    return range
  }

  package func text(_ value: Value) throws(AttendError) -> String {
    let range = try message(value)
    guard let text = String(validating: file.bytes[range], as: UTF8.self) else {
      throw damage("a text that is not UTF-8", at: range.lowerBound)
    }
    return text
  }

  package func integer(_ value: Value) throws(AttendError) -> Int64 {
    guard case .varint(let bits) = value else { throw damage("something else where an integer should be") }
    return Int64(bitPattern: bits)
  }

  /// Integers that come one by one or packed.
  package func integers(_ value: Value, into list: inout [Int64]) throws(AttendError) {
    guard case .bytes(let range) = value else { return list.append(try integer(value)) }
    var packed = ProtobufReader(file, range)
    while !packed.isAtEnd { list.append(Int64(bitPattern: try packed.varint())) }
  }

  /// Single-precision numbers that come one by one or packed.
  package func floats(_ value: Value, into list: inout [Float]) throws(AttendError) {
    switch value {
    case .fixed32(let bits): list.append(Float(bitPattern: bits))
    case .bytes(let range):
      var packed = ProtobufReader(file, range)
      while !packed.isAtEnd { list.append(Float(bitPattern: try packed.fixed(UInt32.self))) }
    default: throw damage("something else where a number should be")
    }
  }
}
