import AttendBase

/// What the patterns of byte-level tokenizers distinguish: `\p{L}`, `\p{N}`, `\s` and the rest.
enum UnicodeClass {
  static let other: UInt8 = 0
  static let letter: UInt8 = 1
  static let number: UInt8 = 2
  static let space: UInt8 = 3

  /// Letters and numbers end well below; beyond, all are `other`.
  static let tableEnd = 0x40000

  /// One byte for every scalar below `tableEnd`. Filled once, never freed; a flat table costs no second look-up, and
  /// only the lines of the scripts in use enter the caches.
  static let table: Table = {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: tableEnd)
    bytes.initialize(repeating: other, count: tableEnd)
    for (name, value) in [("L", letter), ("N", number), ("space", space)] {
      for range in ScalarSet(property: name)?.ranges ?? [] where range.lowerBound < tableEnd {
        let start = Int(range.lowerBound)
        (bytes + start).update(repeating: value, count: min(Int(range.upperBound) + 1, tableEnd) - start)
      }
    }
    return Table(bytes: UnsafePointer(bytes))
  }()

  struct Table: @unchecked Sendable {
    // The pointer's memory is written before anyone sees it and only read afterwards.
    let bytes: UnsafePointer<UInt8>

    @inline(__always) subscript(scalar: UInt32) -> UInt8 {
      Int(scalar) < UnicodeClass.tableEnd ? bytes[Int(scalar)] : UnicodeClass.other
    }
  }
}
