/// How numbers are kept and multiplied. Never chosen silently: the default is reported by `attend show`.
public enum Precision: String, Sendable, CaseIterable {
  /// float32 everywhere; quantized weights are expanded. Agrees with the reference implementation to float32 rounding.
  case exact
  /// bfloat16 weights with float32 sums; quantized weights stay quantized and meet 8-bit activations.
  case fast
  /// 8-bit activations with a scale per block of 32 in every product, prompts included: the fewest bytes and, on processors
  /// without bfloat16 products, the fastest prompts. Quantized weights stay as they are; dense ones are rounded to 8 bits
  /// with a scale (largest magnitude / 127) per block of 32, but for matrices whose rows are not whole blocks, which are
  /// kept as in `.fast`. For computing with trained weights: dense tensors (training) multiply as in `.exact`.
  case int8
}

/// What a pass is doing. The two phases may use different arithmetic for the same weights (tiles for prompts, one-row
/// products for decoding); within a phase the arithmetic of a row never depends on its neighbours.
public enum Phase: Sendable {
  /// Many new tokens of one or more sequences.
  case prompt
  /// One new token for each sequence.
  case decode
}
