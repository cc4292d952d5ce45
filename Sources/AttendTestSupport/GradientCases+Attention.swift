import AttendBase
import AttendTensor

extension GradientCases {
  /// Every mask, grouping and length of attention. float64 runs the composition, float32 the fused kernels.
  static let attention: [GradientCase] = [
    attention("causal", [[5, 4, 3], [5, 2, 3], [5, 2, 2]], [0..<3, 3..<5], options: AttentionOptions(scale: 0.5)),
    attention(
      "with everything", [[4, 2, 3], [4, 2, 3], [4, 2, 3], [2, 4, 4]], [0..<4],
      options: AttentionOptions(scale: 0.7, window: 2, softCap: 2),
      dropout: AttentionDropout(rate: 0.25, key: RandomKey(seed: 3, stream: 1))),
    attention(
      "both ways", [[3, 1, 2], [3, 1, 2], [3, 1, 1]], [0..<3], options: AttentionOptions(scale: 1, isCausal: false)),
    attention(
      "of nothing", [[0, 2, 3], [0, 2, 3], [0, 2, 3]], [], options: AttentionOptions(scale: 1, isCausal: false)),
    // Longer and shorter than the queries, and no keys or queries at all.
    attention(
      "across", [[6, 2, 3], [9, 1, 3], [9, 1, 4]], [0..<2, 2..<5, 5..<6, 6..<6], keys: [0..<5, 5..<7, 7..<7, 7..<9],
      options: AttentionOptions(scale: 0.6, isCausal: false)),
    attention(
      "across with rows of nobody", [[3, 2, 2], [7, 2, 2], [7, 2, 2]], [0..<2, 2..<3], keys: [1..<3, 4..<6],
      options: AttentionOptions(scale: 0.6, isCausal: false)),
    attention(
      "across shared keys", [[4, 2, 2], [3, 1, 2], [3, 1, 2]], [0..<2, 2..<4], keys: [0..<3, 1..<3],
      options: AttentionOptions(scale: 0.6, isCausal: false)),
    attention(
      "across, causal", [[5, 1, 2], [3, 1, 2], [3, 1, 2]], [0..<5], keys: [0..<3],
      options: AttentionOptions(scale: 0.6, window: 2)),
    attention(
      "bias of each sequence", [[5, 2, 3], [6, 1, 3], [6, 1, 2], [2, 5, 4]], [0..<3, 3..<5], keys: [0..<4, 4..<6],
      options: AttentionOptions(scale: 0.6, isCausal: false)),
    attention(
      "bias of all", [[5, 2, 3], [5, 1, 3], [5, 1, 2], [2, 1, 3]], [0..<3, 3..<5], options: AttentionOptions(scale: 0.6)
    ),
    attention(
      "bias of a key", [[3, 2, 3], [3, 2, 3], [3, 2, 2], [1, 3, 1]], [0..<3],
      options: AttentionOptions(scale: 0.6, isCausal: false)),
    attention(
      "dropout", [[7, 4, 2], [40, 2, 2], [40, 2, 3]], [0..<2, 2..<7], keys: [0..<36, 36..<40],
      options: AttentionOptions(scale: 0.6, isCausal: false),
      dropout: AttentionDropout(rate: 0.5, key: RandomKey(seed: 9, stream: 1 << 40))),
    attention(
      "all dropped", [[2, 1, 2], [2, 1, 2], [2, 1, 2]], [0..<2], options: AttentionOptions(scale: 1),
      dropout: AttentionDropout(rate: 1, key: RandomKey(seed: 9))),
    // More than one block of keys; views of one fused row.
    GradientCase("attention of a fused row", [[70, 2 * 4]], in: -1..<1) { inputs in
      let parts = inputs[0].reshaped([70, 4, 2]).split([2, 1, 1], axis: 1)
      return Tensor.attention(
        query: parts[0], key: parts[1], value: parts[2], sequences: [0..<1, 1..<70], options: AttentionOptions(scale: 1)
      )
    },
  ]

  /// Inputs are query, key, value and perhaps a bias.
  private static func attention(
    _ name: String, _ shapes: [Shape], _ sequences: [Range<Int>], keys: [Range<Int>]? = nil, options: AttentionOptions,
    dropout: AttentionDropout? = nil
  ) -> GradientCase {
    GradientCase("attention \(name)", shapes, in: -1.5..<1.5) { inputs in
      var options = options
      if inputs.count > 3 { options.bias = inputs[3] }
      return Tensor.attention(
        query: inputs[0], key: inputs[1], value: inputs[2], sequences: sequences, keySequences: keys, options: options,
        dropout: dropout)
    }
  }
}
