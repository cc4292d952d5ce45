/// A set of bytes.
struct ByteSet: Hashable, Sendable {
  private var words: SIMD4<UInt64> = .zero

  init() {}

  init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  static let all = ByteSet(0...255)

  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

  var isEmpty: Bool { words == .zero }
}

/// Bytes that a grammar never tells apart share a class, which keeps its tables small.
struct ByteClasses: Sendable {
  private(set) var classes = [UInt8](repeating: 0, count: 256)
  private(set) var count = 1

  /// The coarsest classes of which each set is a union.
  init(of sets: some Sequence<ByteSet>) {
    for set in Set(sets) {
      var split: [Int: UInt8] = [:]
      var next = 0
      for byte in 0..<256 {
        let key = Int(classes[byte]) << 1 | (set.contains(UInt8(byte)) ? 1 : 0)
        if let known = split[key] {
          classes[byte] = known
        } else {
          split[key] = UInt8(next)
          classes[byte] = UInt8(next)
          next += 1
        }
      }
      count = next
    }
  }

  /// The classes of which a set is the union.
  func members(of set: ByteSet) -> [Int] {
    var isMember = [Bool](repeating: false, count: count)
    for byte in 0..<256 where set.contains(UInt8(byte)) { isMember[Int(classes[byte])] = true }
    return isMember.indices.filter { isMember[$0] }
  }

  /// All bytes of some classes.
  func bytes(of members: [Int]) -> ByteSet {
    var isMember = [Bool](repeating: false, count: count)
    for member in members { isMember[member] = true }
    var set = ByteSet()
    for byte in 0..<256 where isMember[Int(classes[byte])] { set.insert(UInt8(byte)) }
    return set
  }
}
