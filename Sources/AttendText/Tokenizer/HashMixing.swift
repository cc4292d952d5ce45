/// Hashing for tables whose keys come from files: seeded anew in every process, so that no file can be made of keys
/// that all collide. No result depends on it.
enum HashMixing {
  /// Tables keep a copy, because reading a global costs a check each time.
  static let seed: UInt64 = .random(in: .min ... .max)

  @inline(__always) static func mix(_ value: UInt64, _ seed: UInt64) -> UInt64 {
    let product = (value ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }

  @inline(__always) static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ seed: UInt64) -> UInt64 {
    let bytes = UnsafeRawPointer(bytes)
    var hash = seed ^ UInt64(count)
    var position = 0
    while position + 8 <= count {
      hash = mix(hash, bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += 8
    }
    if position == count { return hash }
    if count >= 8 {
      // Overlaps what was mixed in above; harmless, and one load instead of seven.
      return mix(hash, bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    }
    var rest: UInt64 = 0
    for index in 0..<count { rest = rest << 8 | UInt64(bytes.load(fromByteOffset: index, as: UInt8.self)) }
    return mix(hash, rest)
  }

  /// The smallest power of two that holds `count` entries at a load of at most one half.
  static func capacity(for count: Int) -> Int {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    return capacity
  }
}
