import AttendTensor

/// θ ← (1 − ηλ)θ − η · sign(β₁m + (1 − β₁)g), m ← β₂m + (1 − β₂)g. Chen et al. 2023, arXiv:2302.06675, algorithm 2.
public struct Lion: Optimizer {
  /// About a tenth of what Adam wants.
  public var learningRate: Schedule
  public var betas: (Double, Double)
  /// Decoupled, as in ``AdamW``; about ten times what that wants.
  public var weightDecay: Double
  public var decays: WeightDecayRule
  public var state = OptimizerState()

  public init(
    learningRate: Schedule = 1e-4, betas: (Double, Double) = (0.9, 0.99), weightDecay: Double = 0,
    decays: WeightDecayRule = .all
  ) {
    self.learningRate = learningRate
    self.betas = betas
    self.weightDecay = weightDecay
    self.decays = decays
  }

  public mutating func update(_ parameters: inout Parameters, _ gradients: Parameters) {
    let rate = currentRate
    state.step += 1
    let (betas, decays, shrink) = (betas, decays, 1 - rate * weightDecay)
    state.forEach(&parameters, gradients, "m") { _, parameter, gradient, momentum in
      let step = LionStep(
        rate: Float(rate), beta1: betas.0, beta2: betas.1, shrink: decays.applies(to: parameter) ? Float(shrink) : 1)
      parameter.updateLion(step, gradient: gradient, momentum: &momentum)
    }
  }
}
