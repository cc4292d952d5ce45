/// Names one stream of random bits whose every element can be computed on its own: what is drawn in a forward pass can
/// be drawn again in the backward pass, in any order and on any thread, without having been stored.
///
/// Philox4x32-10 as in ``SeededRandom`` (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
public struct RandomKey: Sendable, Hashable {
  public var seed: UInt64
  public var stream: UInt64

  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// Element `index` of the stream: word `index % 4` of the block numbered `index / 4`.
  public func bits(at index: UInt64) -> UInt32 {
    let words = SeededRandom.philox(counter: (index >> 2, stream), key: seed)
    let pair = index & 2 == 0 ? words.0 : words.1
    return UInt32(truncatingIfNeeded: index & 1 == 0 ? pair : pair >> 32)
  }

  /// Another key, a function of this one and `number`: the streams of different numbers are independent.
  public func derived(_ number: UInt64) -> RandomKey {
    // Another seed, so these bits are none that `bits` gives out.
    RandomKey(seed: seed, stream: SeededRandom.philox(counter: (number, stream), key: ~seed).0)
  }
}
