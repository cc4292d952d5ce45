import AttendTensor

/// The shape of Transformer layers, and what they call their parameters.
public struct BlockOptions: Sendable {
  /// Where a layer's norms stand.
  public enum NormOrder: String, Sendable, CaseIterable {
    /// norm(x + part(x)), as Vaswani et al. 2017.
    case after
    /// x + part(norm(x)). Xiong et al. 2020, arXiv:2002.04745.
    case before
  }

  public enum NormKind: String, Sendable, CaseIterable {
    case layer, rootMeanSquare
  }

  /// What stands between the two products of a feed-forward layer.
  public enum FeedForwardKind: Sendable, Hashable {
    /// activation(first(x)).
    case plain(Activation)
    /// activation(gate(x)) · up(x). Shazeer 2020, arXiv:2002.05202.
    case gated(Activation)

    public static let relu = plain(.relu)
    public static let gelu = plain(.gelu)
    public static let swiGLU = gated(.silu)
    public static let geGLU = gated(.gelu)
  }

  /// What a layer's parts are called.
  public struct Names: Sendable, Hashable {
    public var attention, attentionNorm: String
    public var crossAttention, crossAttentionNorm: String
    public var first, second, feedForwardNorm: String
    public var projections = MultiHeadAttention.Names.outProjection

    /// BART and Marian.
    public static let huggingFace = Names(
      attention: "self_attn", attentionNorm: "self_attn_layer_norm", crossAttention: "encoder_attn",
      crossAttentionNorm: "encoder_attn_layer_norm", first: "fc1", second: "fc2", feedForwardNorm: "final_layer_norm")
    /// `nn.TransformerEncoderLayer`, its joint projection apart.
    public static let torchEncoder = Names(
      attention: "self_attn", attentionNorm: "norm1", crossAttention: "", crossAttentionNorm: "", first: "linear1",
      second: "linear2", feedForwardNorm: "norm2")
    /// `nn.TransformerDecoderLayer`, its joint projections apart.
    public static let torchDecoder = Names(
      attention: "self_attn", attentionNorm: "norm1", crossAttention: "multihead_attn", crossAttentionNorm: "norm2",
      first: "linear1", second: "linear2", feedForwardNorm: "norm3")
  }

  public var width, heads, intermediate: Int
  public var keyValueHeads: Int?
  public var feedForward: FeedForwardKind
  public var order: NormOrder
  public var norm: NormKind
  public var normEpsilon: Float
  public var bias: Bool
  /// Self-attention sees only what is behind; of decoder layers always.
  public var isCausal = false
  public var window: Int?
  /// Rates while training: of each part's result, of attention weights, of what the activation gives.
  public var dropout, attentionDropout, activationDropout: Float
  public var names: Names

  public init(
    width: Int, heads: Int, intermediate: Int, keyValueHeads: Int? = nil, feedForward: FeedForwardKind = .relu,
    order: NormOrder = .after, norm: NormKind = .layer, normEpsilon: Float = 1e-5, bias: Bool = true,
    dropout: Float = 0, attentionDropout: Float = 0, activationDropout: Float = 0, names: Names = .huggingFace
  ) {
    self.width = width
    self.heads = heads
    self.intermediate = intermediate
    self.keyValueHeads = keyValueHeads
    self.feedForward = feedForward
    self.order = order
    self.norm = norm
    self.normEpsilon = normEpsilon
    self.bias = bias
    self.dropout = dropout
    self.attentionDropout = attentionDropout
    self.activationDropout = activationDropout
    self.names = names
  }
}
