/// Remembers the tokens of recent short pieces during one call of `encode`: words repeat, and finding one again costs
/// less than merging it. Direct-mapped, so memory is bounded and nothing is ever evicted by a search.
struct WordCache {
  /// Longest piece kept, in bytes.
  static let longest = 15
  /// Most tokens kept for a piece.
  static let mostTokens = 4

  /// The bytes, zero-padded, with their count in the last one (so no entry is all zeros), and the tokens, −1-padded.
  struct Entry {
    var low: UInt64
    var high: UInt64
    var tokens: SIMD4<Int32>
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let mask: Int
  private let seed = HashMixing.seed

  /// - Parameter textLength: in bytes; short texts get a small cache, because filling it with zeros takes time too.
  init(textLength: Int) {
    var capacity = 64
    while capacity < 8192 && capacity * 4 < textLength { capacity *= 2 }
    entries = .allocate(capacity: capacity)
    entries.initialize(repeating: Entry(low: 0, high: 0, tokens: .init(repeating: -1)), count: capacity)
    mask = capacity - 1
  }

  func deallocate() { entries.deallocate() }

  /// The key of a piece of at most `longest` bytes. Reads 16 bytes when that many are there.
  @inline(__always) static func key(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int
  ) -> (low: UInt64, high: UInt64) {
    var low: UInt64 = 0
    var high: UInt64 = 0
    if start + 16 <= bytes.count {
      low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
      if length < 8 {
        low &= (1 << UInt64(8 * length)) - 1
        high = 0
      } else {
        high &= (1 << UInt64(8 * (length - 8))) - 1
      }
    } else {
      for index in 0..<min(length, 8) { low |= UInt64(bytes[start + index]) << UInt64(8 * index) }
      for index in 8..<max(length, 8) { high |= UInt64(bytes[start + index]) << UInt64(8 * (index - 8)) }
    }
    return (low, high | UInt64(length) << 56)
  }

  @inline(__always) func entry(_ key: (low: UInt64, high: UInt64)) -> UnsafeMutablePointer<Entry> {
    let hash = HashMixing.mix(key.low ^ HashMixing.mix(key.high, seed), seed)
    return entries + (Int(truncatingIfNeeded: hash) & mask)
  }
}
