import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adam with decoupled weight decay: θ ← (1 − ηλ)θ − η · m̂/(√v̂ + ε). Loshchilov & Hutter 2019, arXiv:1711.05101.
public struct AdamW: Optimizer {
  public var learningRate: Schedule
  /// β₁ and β₂, the memories of the gradient's mean and of its square.
  public var betas: (Double, Double)
  public var epsilon: Double
  public var weightDecay: Double
  public var decays: WeightDecayRule
  public var state = OptimizerState()

  public init(
    learningRate: Schedule = 0.001, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, decays: WeightDecayRule = .all
  ) {
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decays = decays
  }

  public mutating func update(_ parameters: inout Parameters, _ gradients: Parameters) {
    let decay = weightDecay
    state.updateAdam(&parameters, gradients, rate: currentRate, betas: betas, epsilon: epsilon) {
      [decays] parameter, rate in
      (decays.applies(to: parameter) ? 1 - rate * decay : 1, 0)
    }
  }
}

/// θ ← θ − η · m̂/(√v̂ + ε). Kingma & Ba 2015, arXiv:1412.6980. Weight decay is an L2 penalty on the gradient.
public struct Adam: Optimizer {
  public var learningRate: Schedule
  /// β₁ and β₂, the memories of the gradient's mean and of its square.
  public var betas: (Double, Double)
  public var epsilon: Double
  public var weightDecay: Double
  public var decays: WeightDecayRule
  public var state = OptimizerState()

  public init(
    learningRate: Schedule = 0.001, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0, decays: WeightDecayRule = .all
  ) {
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decays = decays
  }

  public mutating func update(_ parameters: inout Parameters, _ gradients: Parameters) {
    let penalty = weightDecay
    state.updateAdam(&parameters, gradients, rate: currentRate, betas: betas, epsilon: epsilon) {
      [decays] parameter, _ in
      (1, decays.applies(to: parameter) ? penalty : 0)
    }
  }
}

extension OptimizerState {
  /// - Parameter decay: gives what a parameter shrinks by and its penalty.
  fileprivate mutating func updateAdam(
    _ parameters: inout Parameters, _ gradients: Parameters, rate: Double, betas: (Double, Double), epsilon: Double,
    decay: (_ parameter: Tensor, _ rate: Double) -> (shrink: Double, penalty: Double)
  ) {
    step += 1
    var numbers = AdamStep(
      beta1: betas.0, beta2: betas.1, epsilon: Float(epsilon),
      stepSize: Float(rate / (1 - pow(betas.0, Double(step)))),
      secondCorrection: Float(1 / (1 - pow(betas.1, Double(step))).squareRoot()), shrink: 1, penalty: 0)
    forEach(&parameters, gradients, "m", "v") { _, parameter, gradient, first, second in
      let (shrink, penalty) = decay(parameter, rate)
      numbers.shrink = Float(shrink)
      numbers.penalty = Float(penalty)
      parameter.updateAdam(numbers, gradient: gradient, first: &first, second: &second)
    }
  }
}
