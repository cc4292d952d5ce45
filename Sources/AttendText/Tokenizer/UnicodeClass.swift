/// What the patterns of byte-level tokenizers distinguish: `\p{L}`, `\p{N}`, `\s` and the rest.
enum UnicodeClass {
  static let other: UInt8 = 0
  static let letter: UInt8 = 1
  static let number: UInt8 = 2
  static let space: UInt8 = 3

  /// One byte for every scalar below `tableEnd`, beyond which all are `other`. Filled once, never freed; a flat table
  /// costs no second look-up, and only the lines of the scripts in use enter the caches.
  static let table: Table = {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: tableEnd)
    for (index, run) in unicodeClassRuns.enumerated() {
      let start = Int(run >> 2)
      let end = index + 1 < unicodeClassRuns.count ? Int(unicodeClassRuns[index + 1] >> 2) : tableEnd
      guard start < tableEnd else { break }
      (bytes + start).initialize(repeating: UInt8(run & 3), count: min(end, tableEnd) - start)
    }
    return Table(bytes: UnsafePointer(bytes))
  }()

  static let tableEnd = unicodeClassRuns.last.map { Int($0 >> 2) } ?? 0

  struct Table: @unchecked Sendable {
    // The pointer's memory is written before anyone sees it and only read afterwards.
    let bytes: UnsafePointer<UInt8>

    @inline(__always) subscript(scalar: UInt32) -> UInt8 {
      Int(scalar) < UnicodeClass.tableEnd ? bytes[Int(scalar)] : UnicodeClass.other
    }
  }
}
