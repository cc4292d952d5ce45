import AttendBase

/// Builds GGUF files field by field, right or wrong, without the writer that is under test.
struct GGUFBytes {
  var bytes: [UInt8] = []

  init(version: UInt32 = 3, tensors: UInt64, pairs: UInt64) {
    bytes += "GGUF".utf8
    add(version)
    add(tensors)
    add(pairs)
  }

  mutating func add<Integer: FixedWidthInteger>(_ value: Integer) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  mutating func pair<Integer: FixedWidthInteger>(_ key: String, type: UInt32, _ value: Integer) {
    add(key)
    add(type)
    add(value)
  }

  /// A tensor's line; `lengths` innermost first, as in the file.
  mutating func tensor(_ name: String, _ lengths: [UInt64], type: UInt32, offset: UInt64) {
    add(name)
    add(UInt32(lengths.count))
    for length in lengths { add(length) }
    add(type)
    add(offset)
  }

  /// Ends the head, aligned, and appends data.
  mutating func data(_ count: Int, alignment: Int = 32) {
    while bytes.count % alignment != 0 { bytes.append(0) }
    bytes += (0..<count).map { UInt8(truncatingIfNeeded: $0) }
  }

  var file: MappedFile { MappedFile(copying: bytes, name: "t.gguf") }
}
