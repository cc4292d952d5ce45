#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random numbers that are a pure function of seed, stream and position: Philox4x32-10 (Salmon et al. 2011, "Parallel
/// random numbers: as easy as 1, 2, 3").
///
/// Two streams of one seed never overlap, and any position can be reached directly, so a result does not depend on
/// who drew before.
public struct SeededRandom: RandomNumberGenerator, Sendable, Equatable {
  public let seed: UInt64
  public let stream: UInt64
  /// How many 64-bit values have been drawn; may be set to continue from there.
  public var position: UInt64 = 0

  private var block = (UInt64(0), UInt64(0))
  private var blockNumber: UInt64?

  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  public static func == (first: SeededRandom, second: SeededRandom) -> Bool {
    first.seed == second.seed && first.stream == second.stream && first.position == second.position
  }

  public mutating func next() -> UInt64 {
    let number = position >> 1
    if number != blockNumber {
      let words = SeededRandom.philox(counter: (number, stream), key: seed)
      block = words
      blockNumber = number
    }
    let value = position & 1 == 0 ? block.0 : block.1
    position &+= 1
    return value
  }

  /// A float in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniformFloat() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A double in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniformDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A draw from the normal distribution with mean 0 and variance 1 (Box and Muller 1958); uses two values.
  public mutating func normal() -> Double {
    // 1 − u lies in (0, 1], so the logarithm is finite.
    let radius = (-2 * log(1 - uniformDouble())).squareRoot()
    return radius * cos(2 * Double.pi * uniformDouble())
  }

  /// Ten rounds of Philox4x32: `counter` is two 64-bit halves, low half first.
  package static func philox(counter: (UInt64, UInt64), key: UInt64) -> (UInt64, UInt64) {
    var (word0, word1) = (UInt32(truncatingIfNeeded: counter.0), UInt32(truncatingIfNeeded: counter.0 >> 32))
    var (word2, word3) = (UInt32(truncatingIfNeeded: counter.1), UInt32(truncatingIfNeeded: counter.1 >> 32))
    var (key0, key1) = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
    for _ in 0..<10 {
      let product0 = UInt64(word0) * 0xD251_1F53
      let product1 = UInt64(word2) * 0xCD9E_8D57
      (word0, word1, word2, word3) = (
        UInt32(product1 >> 32) ^ word1 ^ key0, UInt32(truncatingIfNeeded: product1),
        UInt32(product0 >> 32) ^ word3 ^ key1, UInt32(truncatingIfNeeded: product0)
      )
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return (UInt64(word1) << 32 | UInt64(word0), UInt64(word3) << 32 | UInt64(word2))
  }
}
