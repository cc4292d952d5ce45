import AttendBase

/// Writes GGUF files of version 3: metadata and tensors in the order given.
public enum GGUFWriter {
  /// Writes a file that appears whole or not at all.
  ///
  /// `general.alignment` among the metadata (a power of two of type `uint32`) sets the tensors' alignment, which is
  /// otherwise 32 bytes.
  ///
  /// - Throws: `invalidInput` when a name occurs twice, GGUF has no such type, or a tensor hands over too many or too
  ///   few bytes; `notFound` or `system` when the file cannot be written.
  public static func write(_ tensors: [TensorToWrite], metadata: GGUFMetadata, to path: String) throws {
    try writeAtomically(to: path) { file in
      try write(tensors, metadata: metadata) { try file.write($0) }
    }
  }

  /// The bytes of such a file.
  ///
  /// - Throws: as ``write(_:metadata:to:)``.
  public static func bytes(_ tensors: [TensorToWrite], metadata: GGUFMetadata) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write(tensors, metadata: metadata) { bytes.append(contentsOf: $0) }
    return bytes
  }

  private static func write(
    _ tensors: [TensorToWrite], metadata: GGUFMetadata, to sink: TensorToWrite.Sink
  ) throws {
    try checkNamesDiffer(tensors)
    var alignment = 32
    if let value = metadata["general.alignment"] {
      guard case .uint32(let chosen) = value, chosen.nonzeroBitCount == 1 else {
        throw AttendError(.invalidInput, "general.alignment has to be a power of two of type uint32")
      }
      alignment = Int(chosen)
    }
    var head = GGUFEncoder()
    head.bytes += "GGUF".utf8
    head.append(UInt32(3))
    head.append(UInt64(tensors.count))
    head.append(UInt64(metadata.entries.count))
    for (key, value) in metadata.entries {
      head.append(key.utf8)
      head.append(value)
    }
    var offset = 0
    for tensor in tensors {
      guard let type = GGMLType.number(of: tensor.elementType) else {
        throw AttendError(
          .invalidInput, "GGUF has no type \(tensor.elementType), which \(quoted(tensor.name)) has",
          hint: "write safetensors instead")
      }
      head.append(tensor.name.utf8)
      head.append(UInt32(tensor.shape.count))
      for length in tensor.shape.reversed() { head.append(UInt64(length)) }
      head.append(type)
      head.append(UInt64(offset))
      let (end, overflow) = offset.addingReportingOverflow(tensor.byteCount)
      guard !overflow, end < Int.max - alignment else {
        throw AttendError(.invalidInput, "the tensors' sizes add up beyond 2⁶³ bytes")
      }
      offset = end + padding(end, alignment)
    }
    head.bytes += repeatElement(0, count: padding(head.bytes.count, alignment))
    try head.bytes.withUnsafeBytes(sink)
    for tensor in tensors {
      try tensor.write(to: sink)
      try [UInt8](repeating: 0, count: padding(tensor.byteCount, alignment)).withUnsafeBytes(sink)
    }
  }

  private static func padding(_ size: Int, _ alignment: Int) -> Int { (alignment - size % alignment) % alignment }
}

/// Collects the little-endian bytes of a file's head.
private struct GGUFEncoder {
  var bytes: [UInt8] = []

  mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func append(_ string: some Collection<UInt8>) {
    append(UInt64(string.count))
    bytes += string
  }

  mutating func append(_ value: GGUFValue) {
    switch value {
    case .uint8(let value): append(UInt32(0), value)
    case .int8(let value): append(UInt32(1), value)
    case .uint16(let value): append(UInt32(2), value)
    case .int16(let value): append(UInt32(3), value)
    case .uint32(let value): append(UInt32(4), value)
    case .int32(let value): append(UInt32(5), value)
    case .float32(let value): append(UInt32(6), value.bitPattern)
    case .bool(let value): append(UInt32(7), UInt8(value ? 1 : 0))
    case .string(let value):
      append(UInt32(8))
      append(value.utf8)
    case .array(let value):
      append(UInt32(9))
      append(value)
    case .uint64(let value): append(UInt32(10), value)
    case .int64(let value): append(UInt32(11), value)
    case .float64(let value): append(UInt32(12), value.bitPattern)
    }
  }

  private mutating func append(_ type: UInt32, _ value: some FixedWidthInteger) {
    append(type)
    append(value)
  }

  private mutating func append(_ array: GGUFArray) {
    append(array.elementTypeNumber)
    append(UInt64(array.count))
    switch array {
    case .uint8(let values): bytes += values
    case .int8(let values): for value in values { append(value) }
    case .uint16(let values): for value in values { append(value) }
    case .int16(let values): for value in values { append(value) }
    case .uint32(let values): for value in values { append(value) }
    case .int32(let values): for value in values { append(value) }
    case .float32(let values): for value in values { append(value.bitPattern) }
    case .bool(let values): for value in values { append(UInt8(value ? 1 : 0)) }
    case .string(let values): for value in values { append(value) }
    case .array(let values): for value in values { append(value) }
    case .uint64(let values): for value in values { append(value) }
    case .int64(let values): for value in values { append(value) }
    case .float64(let values): for value in values { append(value.bitPattern) }
    }
  }
}
