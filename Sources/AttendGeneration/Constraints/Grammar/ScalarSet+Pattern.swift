import AttendBase

extension ScalarSet {
  /// One scalar of the set, in UTF-8.
  var pattern: Pattern {
    var parts: [Pattern] = []
    var ascii = ByteSet()
    // Scalars of equally many bytes; surrogates are none.
    let lengths: [ClosedRange<UInt32>] = [0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF]
    for range in ranges {
      for length in lengths where length.overlaps(range) {
        let part = range.clamped(to: length)
        if part.upperBound < 0x80 {
          for value in part { ascii.insert(UInt8(value)) }
        } else {
          Self.add(Self.utf8(part.lowerBound)[...], Self.utf8(part.upperBound)[...], to: &parts)
        }
      }
    }
    if !ascii.isEmpty { parts.append(.byte(ascii)) }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  /// All sequences of continuation bytes between two of equal length.
  private static func add(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>, to parts: inout [Pattern]) {
    guard let first = low.first, let last = high.first else { return parts.append(.empty) }
    let (lowRest, highRest) = (low.dropFirst(), high.dropFirst())
    func tail(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>) -> Pattern {
      var parts: [Pattern] = []
      add(low, high, to: &parts)
      return parts.count == 1 ? parts[0] : .choice(parts)
    }
    if first == last {
      parts.append(.sequence([.byte(first...first), tail(lowRest, highRest)]))
      return
    }
    let lowest = lowRest.map { _ in UInt8(0x80) }[...]
    let highest = highRest.map { _ in UInt8(0xBF) }[...]
    var middle = first...last
    if !lowRest.elementsEqual(lowest) {
      parts.append(.sequence([.byte(first...first), tail(lowRest, highest)]))
      middle = first + 1...last
    }
    var hasEnd = false
    if !highRest.elementsEqual(highest) {
      hasEnd = true
      if middle.lowerBound < middle.upperBound {
        middle = middle.lowerBound...last - 1
      } else {
        parts.append(.sequence([.byte(last...last), tail(lowest, highRest)]))
        return
      }
    }
    parts.append(.sequence([.byte(middle)] + lowest.map { _ in .byte(0x80...0xBF) }))
    if hasEnd { parts.append(.sequence([.byte(last...last), tail(lowest, highRest)])) }
  }

  private static func utf8(_ value: UInt32) -> [UInt8] {
    Unicode.Scalar(value).flatMap { UTF8.encode($0) }.map(Array.init) ?? []
  }
}
