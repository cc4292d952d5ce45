/// Writes protocol buffers messages, right or wrong.
struct ProtobufBytes {
  var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var value = value
    var bytes: [UInt8] = []
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7F) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  mutating func integer(_ field: Int, _ value: Int64) {
    bytes += Self.varint(UInt64(field) << 3) + Self.varint(UInt64(bitPattern: value))
  }

  mutating func data(_ field: Int, _ content: [UInt8]) {
    bytes += Self.varint(UInt64(field) << 3 | 2) + Self.varint(UInt64(content.count)) + content
  }

  mutating func text(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

  mutating func float(_ field: Int, _ value: Float) {
    bytes += Self.varint(UInt64(field) << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func message(_ field: Int, _ fill: (inout ProtobufBytes) -> Void) {
    var inner = ProtobufBytes()
    fill(&inner)
    data(field, inner.bytes)
  }

  /// A tensor's message without its elements.
  mutating func tensor(_ name: String, type: Int64, shape: [Int64]) {
    for length in shape { integer(1, length) }
    integer(2, type)
    text(8, name)
  }
}

func littleEndian(_ values: [Float]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
}
