/// Reads little-endian numbers, byte runs and text from a buffer, never beyond its end.
///
/// Every read names what it reads, so that an overrun says what the file lacks:
/// `model.gguf: ends inside the tensor count, at byte 16 (8 bytes needed, 3 left)`.
public struct ByteReader {
  /// The bytes being read; they must outlive the reader.
  public let bytes: UnsafeRawBufferPointer
  /// The file's name, for messages.
  public let file: String
  /// The next byte to be read.
  public private(set) var position: Int

  /// Starts at `position`, which is clamped to the buffer.
  public init(_ bytes: UnsafeRawBufferPointer, file: String, position: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.position = min(max(0, position), bytes.count)
  }

  /// How many bytes are left.
  public var remaining: Int { bytes.count - position }

  /// Reads a little-endian integer of the type's width.
  @inlinable
  public mutating func read<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type, _ what: @autoclosure () -> String
  ) throws(AttendError) -> Integer {
    let start = try advance(MemoryLayout<Integer>.size, what())
    return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Integer.self))
  }

  /// Reads an IEEE 754 single.
  public mutating func readFloat(_ what: @autoclosure () -> String) throws(AttendError) -> Float {
    Float(bitPattern: try read(UInt32.self, what()))
  }

  /// Reads an IEEE 754 double.
  public mutating func readDouble(_ what: @autoclosure () -> String) throws(AttendError) -> Double {
    Double(bitPattern: try read(UInt64.self, what()))
  }

  /// Reads a 64-bit count of things that take at least `minimumBytes` each: more of them than the remaining bytes
  /// could hold is damage, so whoever allocates by the count allocates in proportion to the file.
  @inlinable
  public mutating func readCount(minimumBytes: Int, _ what: @autoclosure () -> String) throws(AttendError) -> Int {
    let start = position
    let value = try read(UInt64.self, what())
    guard let count = Int(exactly: value), count <= remaining / max(1, minimumBytes) else {
      throw damage("\(what()) of \(value) is more than the \(remaining) bytes left can hold", at: start)
    }
    return count
  }

  /// Takes the next `count` bytes without copying them.
  public mutating func readBytes(
    _ count: Int, _ what: @autoclosure () -> String
  ) throws(AttendError) -> UnsafeRawBufferPointer {
    let start = try advance(count, what())
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  /// Reads `count` bytes of UTF-8.
  public mutating func readText(_ count: Int, _ what: @autoclosure () -> String) throws(AttendError) -> String {
    let start = position
    let text = try readBytes(count, what())
    guard let string = String(validating: text, as: UTF8.self) else {
      throw damage("\(what()) is not UTF-8", at: start)
    }
    return string
  }

  /// Steps over `count` bytes.
  public mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws(AttendError) {
    _ = try advance(count, what())
  }

  /// The error for damage found at an offset; where the reader stands unless told.
  public func damage(_ reason: String, at offset: Int? = nil) -> AttendError {
    AttendError(
      .damagedFile, "\(file): \(reason), at byte \(offset ?? position)",
      hint: "the file is damaged or incomplete: fetch it again")
  }

  /// Moves over `count` bytes and returns where they start.
  @usableFromInline
  mutating func advance(_ count: Int, _ what: @autoclosure () -> String) throws(AttendError) -> Int {
    guard count >= 0, count <= remaining else {
      throw damage("ends inside \(what()) (\(count) bytes needed, \(remaining) left)")
    }
    let start = position
    position += count
    return start
  }
}
