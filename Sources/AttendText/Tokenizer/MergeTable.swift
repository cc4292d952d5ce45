import AttendBase

/// The merges of a byte-pair encoding: from a pair of neighbouring tokens to the merge's rank and its result.
struct MergeTable: Sendable {
  /// Open addressing, two words an entry: the pair (left id above right id) plus one, 0 when free; then the merge
  /// (rank above result).
  private(set) var entries: [UInt64]

  init(capacity: Int) {
    entries = [UInt64](repeating: 0, count: 2 * HashMixing.capacity(for: capacity))
  }

  /// Enters a pair unless it is there already, in which case the earlier rank holds.
  mutating func insert(left: Int32, right: Int32, rank: Int, result: Int32) {
    withWriter { $0.insert(left: left, right: right, rank: rank, result: result) }
  }

  mutating func withWriter<Result>(_ body: (Writer) -> Result) -> Result {
    entries.withUnsafeMutableBufferPointer { body(Writer(entries: $0)) }
  }

  /// Enters pairs during one call that owns the table.
  struct Writer {
    let entries: UnsafeMutableBufferPointer<UInt64>
    let seed = HashMixing.seed

    @inline(__always) func insert(left: Int32, right: Int32, rank: Int, result: Int32) {
      let key = MergeTable.key(left, right)
      let mask = entries.count / 2 - 1
      var slot = Int(truncatingIfNeeded: HashMixing.mix(key, seed)) & mask
      while entries[2 * slot] != 0 {
        if entries[2 * slot] == key { return }
        slot = (slot + 1) & mask
      }
      entries[2 * slot] = key
      entries[2 * slot + 1] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: result))
    }
  }

  @inline(__always) static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    (UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))) &+ 1
  }

  /// No merge: greater than any real one.
  static let none = UInt64.max

  /// Looks up pairs during one call that keeps the table alive.
  struct Reader {
    let entries: UnsafePointer<UInt64>
    let mask: Int
    let seed = HashMixing.seed

    init(_ entries: UnsafeBufferPointer<UInt64>) {
      // A table has at least sixteen slots.
      self.entries = entries.baseAddress.unsafelyUnwrapped
      mask = entries.count / 2 - 1
    }

    /// Rank above result, so that the smaller value is the earlier merge; `none` when the pair does not merge.
    @inline(__always) func merge(_ left: Int32, _ right: Int32) -> UInt64 {
      let key = MergeTable.key(left, right)
      var slot = Int(truncatingIfNeeded: HashMixing.mix(key, seed)) & mask
      while true {
        let found = entries[2 * slot]
        if found == key { return entries[2 * slot + 1] }
        if found == 0 { return MergeTable.none }
        slot = (slot + 1) & mask
      }
    }
  }
}
