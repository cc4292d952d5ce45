import AttendTensor

/// One of the norms.
enum BlockNorm: Sendable {
  case layer(LayerNorm)
  case rootMeanSquare(RMSNorm)

  init(_ scope: WeightScope, _ options: BlockOptions) {
    self =
      switch options.norm {
      case .layer: .layer(LayerNorm(scope, width: options.width, epsilon: options.normEpsilon))
      case .rootMeanSquare: .rootMeanSquare(RMSNorm(scope, width: options.width, epsilon: options.normEpsilon))
      }
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .layer(let norm): norm(x)
    case .rootMeanSquare(let norm): norm(x)
    }
  }
}

/// Any of the feed-forward variants, with dropout behind its activation.
enum BlockFeedForward: Sendable {
  case plain(FeedForward)
  case gated(GatedFeedForward)

  /// - Parameter scope: the layer's; a plain one has its products there under their own names, a gated one
  ///   `gate_proj`, `up_proj` and `down_proj` under `mlp`.
  init(_ scope: WeightScope, _ options: BlockOptions) {
    let (width, inner) = (options.width, options.intermediate)
    switch options.feedForward {
    case .plain(let activation):
      self = .plain(
        FeedForward(
          first: Linear(scope[options.names.first], from: width, to: inner, bias: options.bias),
          second: Linear(scope[options.names.second], from: inner, to: width, bias: options.bias),
          activation: activation))
    case .gated(let activation):
      self = .gated(
        GatedFeedForward(scope["mlp"], width: width, intermediate: inner, activation: activation, bias: options.bias))
    }
  }

  func callAsFunction(
    _ x: Tensor, addingTo residual: Tensor?, dropping rate: Float, _ pass: inout ForwardPass
  ) -> Tensor {
    switch self {
    case .plain(let layer):
      let hidden = pass.dropout(layer.first(x, activation: layer.activation, phase: pass.phase), rate)
      return layer.second(hidden, addingTo: residual, phase: pass.phase)
    case .gated(let layer):
      let product = layer.gateUp.multiply(
        x, bias: layer.gateUpBias, activation: layer.activation, phase: pass.phase)
      return layer.down(pass.dropout(product, rate), addingTo: residual, phase: pass.phase)
    }
  }
}

/// x + part(x) with its norm before or behind.
struct BlockResidual: Sendable {
  let norm: BlockNorm
  let order: BlockOptions.NormOrder
  let dropout: Float

  init(_ scope: WeightScope, _ options: BlockOptions) {
    norm = BlockNorm(scope, options)
    order = options.order
    dropout = options.dropout
  }

  func callAsFunction(
    _ x: Tensor, _ pass: inout ForwardPass,
    _ part: (_ x: Tensor, _ addingTo: Tensor?, inout ForwardPass) -> Tensor
  ) -> Tensor {
    let input = order == .before ? norm(x) : x
    let sum = pass.residual(x, dropping: dropout) { residual, pass in part(input, residual, &pass) }
    return order == .before ? sum : norm(sum)
  }
}
