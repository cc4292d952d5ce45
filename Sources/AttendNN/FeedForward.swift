import AttendTensor

/// down(activation(gate(x)) · up(x)). Shazeer 2020, arXiv:2002.05202.
public struct GatedFeedForward: Sendable {
  let gateUp: Matrix
  let gateUpBias: Tensor?
  let down: Linear
  let activation: Activation

  /// What checkpoints call the three projections.
  public struct Names: Sendable {
    public var gate, up, down: String

    public init(gate: String = "gate_proj", up: String = "up_proj", down: String = "down_proj") {
      self.gate = gate
      self.up = up
      self.down = down
    }
  }

  /// - Parameters:
  ///   - scope: holds the projections under their `names`.
  ///   - isFused: it holds `gate_up_proj` instead of the first two, the gate's rows first.
  public init(
    _ scope: WeightScope, width: Int, intermediate: Int, activation: Activation, bias: Bool = false,
    isFused: Bool = false, names: Names = Names(), initializer: Initializer = .xavierUniform,
    outputInitializer: Initializer? = nil
  ) {
    if isFused {
      let both = scope["gate_up_proj"]
      gateUp = both.gatedMatrix(outputs: intermediate, inputs: width, initializer: initializer)
      gateUpBias = bias ? both.tensor("bias", shape: [2 * intermediate]) : nil
    } else {
      let (gate, up) = (scope[names.gate], scope[names.up])
      gateUp = WeightScope.gatedMatrix(
        gate: gate, up: up, outputs: intermediate, inputs: width, initializer: initializer)
      gateUpBias =
        bias
        ? Tensor.concatenated([gate, up].map { $0.tensor("bias", shape: [intermediate]) }, axis: 0)
        : nil
    }
    down = Linear(
      scope[names.down], from: intermediate, to: width, bias: bias,
      initializer: outputInitializer ?? initializer)
    self.activation = activation
  }

  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - residual: `[tokens, width]`, added to the result.
  public func callAsFunction(_ x: Tensor, addingTo residual: Tensor? = nil, phase: Phase = .prompt)
    -> Tensor
  {
    let hidden = gateUp.multiply(x, bias: gateUpBias, activation: activation, phase: phase)
    return down(hidden, addingTo: residual, phase: phase)
  }
}

/// second(activation(first(x))).
public struct FeedForward: Sendable {
  let first: Linear
  let second: Linear
  let activation: Activation

  public init(first: Linear, second: Linear, activation: Activation) {
    self.first = first
    self.second = second
    self.activation = activation
  }

  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - residual: `[tokens, width]`, added to the result.
  public func callAsFunction(_ x: Tensor, addingTo residual: Tensor? = nil, phase: Phase = .prompt)
    -> Tensor
  {
    second(first(x, activation: activation, phase: phase), addingTo: residual, phase: phase)
  }
}
