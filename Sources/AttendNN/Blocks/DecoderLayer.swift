import AttendTensor

/// Causal self-attention, attention to an encoder's states, then a feed-forward layer, each added to its input.
/// Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
public struct DecoderLayer: Sendable {
  let attention, crossAttention: MultiHeadAttention
  let feedForward: BlockFeedForward
  let attentionResidual, crossAttentionResidual, feedForwardResidual: BlockResidual
  let activationDropout: Float

  /// - Parameter memoryWidth: of the encoder's states; nil for the layer's own width.
  public init(_ scope: WeightScope, _ options: BlockOptions, memoryWidth: Int? = nil) {
    let names = options.names
    attention = MultiHeadAttention(
      scope[names.attention], width: options.width, heads: options.heads, keyValueHeads: options.keyValueHeads,
      bias: options.bias, isCausal: true, window: options.window, dropout: options.attentionDropout,
      names: names.projections)
    attentionResidual = BlockResidual(scope[names.attentionNorm], options)
    crossAttention = MultiHeadAttention(
      scope[names.crossAttention], width: options.width, heads: options.heads, keyValueHeads: options.keyValueHeads,
      memoryWidth: memoryWidth ?? options.width, bias: options.bias, dropout: options.attentionDropout,
      names: names.projections)
    crossAttentionResidual = BlockResidual(scope[names.crossAttentionNorm], options)
    feedForward = BlockFeedForward(scope, options)
    feedForwardResidual = BlockResidual(scope[names.feedForwardNorm], options)
    activationDropout = options.activationDropout
  }

  /// Keys and values of the encoder's states, computed once for all steps.
  /// - Parameters:
  ///   - states: `[memory tokens, memoryWidth]`.
  ///   - sequences: rows that each target sequence sees.
  public func prepare(_ states: Tensor, sequences: [Range<Int>]) -> MultiHeadAttention.Memory {
    crossAttention.prepare(states, sequences: sequences)
  }

  /// - Parameters:
  ///   - x: `[tokens, width]`, the targets end to end.
  ///   - memory: of this layer, see ``prepare(_:sequences:)``.
  ///   - bias: of the self-attention's scores.
  public func callAsFunction(
    _ x: Tensor, attendingTo memory: MultiHeadAttention.Memory, bias: Tensor? = nil, layer: Int,
    _ pass: inout ForwardPass
  ) -> Tensor {
    var x = attentionResidual(x, &pass) { x, residual, pass in
      attention(x, addingTo: residual, bias: bias, layer: layer, &pass)
    }
    x = crossAttentionResidual(x, &pass) { x, residual, pass in
      crossAttention(x, attendingTo: memory, addingTo: residual, layer: layer, &pass)
    }
    return feedForwardResidual(x, &pass) { x, residual, pass in
      feedForward(x, addingTo: residual, dropping: activationDropout, &pass)
    }
  }
}
