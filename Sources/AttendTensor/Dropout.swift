import AttendBase

/// Which elements a dropout keeps. Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
/// overfitting": each is zeroed with probability `rate`, the others are divided by 1 − `rate`.
///
/// Element i is kept when `key.bits(at: i) >= threshold`: nothing is stored, the backward pass asks again.
public struct DropoutMask: Sendable, Hashable {
  /// In 0...1.
  public var rate: Float
  public var key: RandomKey

  public init(rate: Float, key: RandomKey) {
    precondition(rate >= 0 && rate <= 1, "a dropout rate is a probability")
    self.rate = rate
    self.key = key
  }

  /// Bits below it fall on a dropped element.
  package var threshold: UInt32 { UInt32(Swift.min(Double(rate) * 0x1p32, 0x1p32 - 1)) }
  /// What kept elements are multiplied with; 0 at a rate of 1, where none is kept.
  package var scale: Float { rate < 1 ? 1 / (1 - rate) : 0 }

  /// Whether element `index` is kept.
  package func keeps(_ index: Int) -> Bool { key.bits(at: UInt64(index)) >= threshold }
}

/// Dropout on attention weights; how their elements are counted is up to the attention.
public typealias AttentionDropout = DropoutMask

extension Tensor {
  /// Zeroes elements with probability `rate` and divides the others by 1 − `rate`. Elements count in row-major order, and
  /// the mask is computed again in the backward pass. Any shape.
  public func dropout(rate: Float, key: RandomKey) -> Tensor {
    requireFloats("dropout")
    let mask = DropoutMask(rate: rate, key: key)
    if rate == 0 { return self }
    // Linear, and symmetric in that each element is a multiple of its input.
    return record(.dropout, backend.dropout(detached(), mask), from: self) { upstream in
      backend.dropout(upstream, mask)
    }
  }
}

extension Composed {
  /// x · mask / (1 − rate), the mask from the key's bits one by one.
  package static func dropout(_ x: Tensor, _ mask: DropoutMask) -> Tensor {
    let factors = (0..<x.count).map { mask.keeps($0) ? mask.scale : 0 }
    let kept = Tensor(factors, shape: x.shape)
    return .where(kept .> 0, x * kept.cast(to: x.dtype), .zeros([], x.dtype))
  }
}
