/// The well-formed byte sequences of UTF-8 (Unicode Standard, table 3-7).
package enum UTF8Sequence {
  /// The length of the well-formed sequence that starts at `position`; 0 when there is none.
  @inlinable
  package static func length(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
    let available = bytes.count - position
    guard available > 0 else { return 0 }
    let lead = bytes[position]
    if lead < 0x80 { return 1 }
    let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
    guard length > 0, available >= length else { return 0 }
    let range = secondByteRange(lead: lead)
    guard range.contains(bytes[position + 1]) else { return 0 }
    for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 { return 0 }
    return length
  }

  /// Which bytes may follow a lead byte: overlong forms, surrogates and values above U+10FFFF are excluded here.
  @inlinable
  package static func secondByteRange(lead: UInt8) -> ClosedRange<UInt8> {
    switch lead {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
  }

  /// The first position whose bytes are not UTF-8, or nil when all are.
  package static func firstError(in bytes: UnsafeRawBufferPointer) -> Int? {
    var position = 0
    while position < bytes.count {
      if bytes[position] < 0x80 {
        position += 1
        continue
      }
      let length = length(bytes, at: position)
      if length == 0 { return position }
      position += length
    }
    return nil
  }
}
