import AttendTensor

/// Self-attention, then a feed-forward layer, each added to its input. Vaswani et al. 2017, arXiv:1706.03762,
/// section 3.1. With `isCausal` it is the layer of a decoder-only language model.
public struct EncoderLayer: Sendable {
  let attention: MultiHeadAttention
  let feedForward: BlockFeedForward
  let attentionResidual, feedForwardResidual: BlockResidual
  let activationDropout: Float

  public init(_ scope: WeightScope, _ options: BlockOptions) {
    attention = MultiHeadAttention(
      scope[options.names.attention], width: options.width, heads: options.heads,
      keyValueHeads: options.keyValueHeads, bias: options.bias, isCausal: options.isCausal, window: options.window,
      dropout: options.attentionDropout, names: options.names.projections)
    attentionResidual = BlockResidual(scope[options.names.attentionNorm], options)
    feedForward = BlockFeedForward(scope, options)
    feedForwardResidual = BlockResidual(scope[options.names.feedForwardNorm], options)
    activationDropout = options.activationDropout
  }

  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - bias: of the attention's scores, as relative positions give it.
  public func callAsFunction(
    _ x: Tensor, bias: Tensor? = nil, layer: Int, _ pass: inout ForwardPass
  ) -> Tensor {
    let x = attentionResidual(x, &pass) { x, residual, pass in
      attention(x, addingTo: residual, bias: bias, layer: layer, &pass)
    }
    return feedForwardResidual(x, &pass) { x, residual, pass in
      feedForward(x, addingTo: residual, dropping: activationDropout, &pass)
    }
  }
}
