import AttendBase

/// Reads the key-value part of a GGUF file.
///
/// Nothing is allocated by a count before the bytes that are left have been found to suffice for it.
struct GGUFMetadataReader {
  var reader: ByteReader
  /// Nested arrays so far; each costs more memory than its few bytes in the file.
  private var nestedArrays = 0

  private static let maximumDepth = 8
  private static let maximumNestedArrays = 1 << 20
  /// The specification's limit.
  private static let maximumKeyBytes = 65_535

  init(_ reader: ByteReader) {
    self.reader = reader
  }

  /// Reads `count` pairs.
  mutating func metadata(count: Int) throws(AttendError) -> GGUFMetadata {
    var metadata = GGUFMetadata()
    metadata.reserveCapacity(count)
    for _ in 0..<count {
      let start = reader.position
      let key = try name("a metadata key")
      let type = try reader.read(UInt32.self, "the type of \(quoted(key))")
      guard metadata.appendIfAbsent(key, try value(type, key)) else {
        throw reader.damage("the metadata key \(quoted(key)) occurs twice", at: start)
      }
    }
    return metadata
  }

  /// Reads a key or a tensor's name.
  mutating func name(_ what: String) throws(AttendError) -> String {
    let start = reader.position
    let length = try reader.readCount(minimumBytes: 1, "the length of \(what)")
    guard length <= GGUFMetadataReader.maximumKeyBytes else {
      throw reader.damage("\(what) has \(length) bytes", at: start)
    }
    return try reader.readText(length, what)
  }

  private mutating func value(_ type: UInt32, _ key: String) throws(AttendError) -> GGUFValue {
    switch type {
    case 0: .uint8(try reader.read(UInt8.self, quoted(key)))
    case 1: .int8(try reader.read(Int8.self, quoted(key)))
    case 2: .uint16(try reader.read(UInt16.self, quoted(key)))
    case 3: .int16(try reader.read(Int16.self, quoted(key)))
    case 4: .uint32(try reader.read(UInt32.self, quoted(key)))
    case 5: .int32(try reader.read(Int32.self, quoted(key)))
    case 6: .float32(try reader.readFloat(quoted(key)))
    case 7: .bool(try bool(reader.read(UInt8.self, quoted(key)), key))
    case 8: .string(try string(key))
    case 9: .array(try array(key, depth: 1))
    case 10: .uint64(try reader.read(UInt64.self, quoted(key)))
    case 11: .int64(try reader.read(Int64.self, quoted(key)))
    case 12: .float64(try reader.readDouble(quoted(key)))
    default: throw reader.damage("\(quoted(key)) has the unknown value type \(type)", at: reader.position - 4)
    }
  }

  private mutating func string(_ key: String) throws(AttendError) -> String {
    let length = try reader.readCount(minimumBytes: 1, "the length of \(quoted(key))")
    return try reader.readText(length, quoted(key))
  }

  private mutating func array(_ key: String, depth: Int) throws(AttendError) -> GGUFArray {
    let type = try reader.read(UInt32.self, "the element type of \(quoted(key))")
    switch type {
    case 0: return .uint8(try integers(key))
    case 1: return .int8(try integers(key))
    case 2: return .uint16(try integers(key))
    case 3: return .int16(try integers(key))
    case 4: return .uint32(try integers(key))
    case 5: return .int32(try integers(key))
    case 6: return .float32(try integers(key).map { (bits: UInt32) in Float(bitPattern: bits) })
    case 7:
      let values: [UInt8] = try integers(key)
      if let wrong = values.first(where: { $0 > 1 }) { _ = try bool(wrong, key) }
      return .bool(values.map { $0 == 1 })
    case 8: return .string(try strings(key))
    case 9: return .array(try arrays(key, depth: depth))
    case 10: return .uint64(try integers(key))
    case 11: return .int64(try integers(key))
    case 12: return .float64(try integers(key).map { (bits: UInt64) in Double(bitPattern: bits) })
    default: throw reader.damage("\(quoted(key)) has the unknown element type \(type)", at: reader.position - 4)
    }
  }

  private mutating func integers<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ key: String
  ) throws(AttendError) -> [Integer] {
    let size = MemoryLayout<Integer>.size
    let count = try reader.readCount(minimumBytes: size, "the length of \(quoted(key))")
    let bytes = try reader.readBytes(count * size, quoted(key))
    return [Integer](unsafeUninitializedCapacity: count) { values, written in
      for index in 0..<count {
        let value = bytes.loadUnaligned(fromByteOffset: index * size, as: Integer.self)
        values.initializeElement(at: index, to: Integer(littleEndian: value))
      }
      written = count
    }
  }

  /// Reads a vocabulary: one pass finds and checks the lengths, a second copies the bytes into one buffer.
  private mutating func strings(_ key: String) throws(AttendError) -> ByteStrings {
    let count = try reader.readCount(minimumBytes: 8, "the length of \(quoted(key))")
    let start = reader.position
    var offsets: [Int] = []
    offsets.reserveCapacity(count + 1)
    offsets.append(0)
    var total = 0
    let source = reader.bytes
    var position = start
    for _ in 0..<count {
      guard source.count - position >= 8 else { break }
      let length = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      guard length <= UInt64(source.count - position - 8) else { break }
      position += 8 + Int(length)
      // Cannot overflow: all of them lie in the file.
      total += Int(length)
      offsets.append(total)
    }
    try reader.skip(position - start, quoted(key))
    guard offsets.count == count + 1 else {
      throw reader.damage("a string in \(quoted(key)) is longer than the \(reader.remaining) bytes left")
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: total) { bytes, written in
      offsets.withUnsafeBufferPointer { offsets in
        let target = UnsafeMutableRawBufferPointer(bytes)
        for index in 0..<count {
          // The offsets found above, not the lengths in the file once more: it may be changing.
          let (first, last) = (offsets[index], offsets[index + 1])
          let from = start + 8 * (index + 1) + first
          UnsafeMutableRawBufferPointer(rebasing: target[first..<last])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + last - first]))
        }
      }
      written = total
    }
    return ByteStrings(bytes: bytes, offsets: offsets)
  }

  private mutating func arrays(_ key: String, depth: Int) throws(AttendError) -> [GGUFArray] {
    guard depth < GGUFMetadataReader.maximumDepth else {
      throw AttendError(
        .limitExceeded,
        "\(reader.file): \(quoted(key)) nests arrays more than \(depth) deep, at byte \(reader.position)")
    }
    let count = try reader.readCount(minimumBytes: 12, "the length of \(quoted(key))")
    nestedArrays += count
    guard nestedArrays <= GGUFMetadataReader.maximumNestedArrays else {
      throw AttendError(
        .limitExceeded, "\(reader.file): \(quoted(key)) holds too many arrays, at byte \(reader.position)")
    }
    var arrays: [GGUFArray] = []
    arrays.reserveCapacity(count)
    for _ in 0..<count { arrays.append(try array(key, depth: depth + 1)) }
    return arrays
  }

  private func bool(_ byte: UInt8, _ key: String) throws(AttendError) -> Bool {
    guard byte <= 1 else { throw reader.damage("\(quoted(key)) has the boolean \(byte), neither 0 nor 1") }
    return byte == 1
  }
}
