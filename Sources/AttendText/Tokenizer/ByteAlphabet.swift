import AttendBase

/// The printable stand-ins by which byte-level vocabularies spell bytes (Radford et al. 2019, `bytes_to_unicode`): the
/// printable characters of Latin-1 stand for themselves and the other 68 bytes for U+0100 and up, in order.
enum ByteAlphabet {
  /// Scalar value of each byte's stand-in.
  static let scalars: [UInt16] = {
    var next: UInt16 = 0x100
    return (UInt16(0)..<256).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) { return byte }
      defer { next += 1 }
      return next
    }
  }()

  /// Byte of each scalar value below 0x144; -1 where there is none.
  static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// The bytes that spellings stand for. A spelling that is marked as literal, or is not made of stand-ins only, stands
  /// for itself; the latter are marked too.
  static func decode(_ spellings: ByteStrings, isLiteral: inout [Bool]) -> ByteStrings {
    // Decoding never makes a string longer.
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: spellings.bytes.count + 1)
    defer { output.deallocate() }
    var offsets = [0]
    offsets.reserveCapacity(spellings.count + 1)
    var end = 0
    spellings.withPointers { spellings in
      bytes.withUnsafeBufferPointer { bytes in
        for index in 0..<spellings.count {
          let (start, count) = spellings[index]
          let length = isLiteral[index] ? nil : decode(start, count, bytes, into: output + end)
          if length == nil {
            isLiteral[index] = true
            (output + end).update(from: start, count: count)
          }
          end += length ?? count
          offsets.append(end)
        }
      }
    }
    return ByteStrings(bytes: Array(UnsafeBufferPointer(start: output, count: end)), offsets: offsets)
  }

  /// Returns how many bytes were written, or nil when the spelling is not made of stand-ins only.
  @inline(__always) private static func decode(
    _ spelling: UnsafePointer<UInt8>, _ count: Int, _ bytes: UnsafeBufferPointer<Int16>,
    into output: UnsafeMutablePointer<UInt8>
  ) -> Int? {
    var position = 0
    var length = 0
    while position < count {
      var scalar = Int(spelling[position])
      position += 1
      // All stand-ins lie below U+0800: one or two bytes.
      if scalar >= 0x80 {
        guard scalar >= 0xC2, scalar < 0xE0, position < count, spelling[position] & 0xC0 == 0x80 else { return nil }
        scalar = (scalar & 0x1F) << 6 | Int(spelling[position] & 0x3F)
        position += 1
      }
      guard scalar < bytes.count, bytes[scalar] >= 0 else { return nil }
      output[length] = UInt8(truncatingIfNeeded: bytes[scalar])
      length += 1
    }
    return length
  }

  static func spelling(of byte: UInt8) -> [UInt8] {
    let scalar = scalars[Int(byte)]
    if scalar < 0x80 { return [UInt8(scalar)] }
    return [0xC0 | UInt8(scalar >> 6), 0x80 | UInt8(scalar & 0x3F)]
  }
}
