import AttendBase
import AttendTensor

private let (heads, width) = (12, 64)

/// Attention over whole sequences, as training and encoders have it.
func attention(length: Int, isCausal: Bool, precision: Precision) throws -> () throws -> Void {
  guard precision == .exact else {
    throw AttendError(.unsupported, "attention over tensors has no precision \(precision.rawValue)")
  }
  let (query, key, value) = inputs(length)
  let options = AttentionOptions(scale: 1 / Float(width).squareRoot(), isCausal: isCausal)
  return {
    _ = Tensor.attention(query: query, key: key, value: value, sequences: [0..<length], options: options)
  }
}

/// Attention over a cache, as prompts have it: keys and values are written into it first.
func cachedAttention(length: Int, isCausal: Bool, precision: Precision) throws -> () throws -> Void {
  let (query, key, value) = inputs(length)
  let options = AttentionOptions(scale: 1 / Float(width).squareRoot(), isCausal: isCausal)
  let shape = KeyValueShape(layers: 1, heads: heads, keyWidth: width, valueWidth: width)
  var caches = [KeyValueCache(shape, precision: precision)]
  try caches[0].reserve(length)
  return {
    _ = Tensor.attention(
      query: query, key: key, value: value, layer: 0, sequences: [0..<length], caches: &caches, options: options,
      phase: .prompt)
  }
}

private func inputs(_ length: Int) -> (query: Tensor, key: Tensor, value: Tensor) {
  var random = SeededRandom(seed: 1)
  let shape = Shape([length, heads, width])
  return (.normal(shape, using: &random), .normal(shape, using: &random), .normal(shape, using: &random))
}
