import AttendTensor

/// Stochastic gradient descent with momentum: u ← μu + g, θ ← θ − ηu; Nesterov's goes along g + μu instead.
/// Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", as PyTorch writes it.
public struct SGD: Optimizer {
  public var learningRate: Schedule
  /// μ; 0 keeps no state.
  public var momentum: Double
  public var isNesterov: Bool
  /// An L2 penalty: λθ is added to the gradient.
  public var weightDecay: Double
  public var decays: WeightDecayRule
  public var state = OptimizerState()

  public init(
    learningRate: Schedule, momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0,
    decays: WeightDecayRule = .all
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
    self.decays = decays
  }

  public mutating func update(_ parameters: inout Parameters, _ gradients: Parameters) {
    let rate = Float(currentRate)
    state.step += 1
    let (momentum, isNesterov, weightDecay, decays) = (momentum, isNesterov, weightDecay, decays)
    let penalty = { (parameter: Tensor) in decays.applies(to: parameter) ? Float(weightDecay) : 0 }
    guard momentum != 0 else {
      for name in parameters.trainableNames {
        guard let gradient = gradients[name] else { continue }
        parameters.update(name) { $0.updateDescent(rate: rate, penalty: penalty($0), gradient: gradient) }
      }
      return
    }
    // Zero velocities make the first step's u = g by themselves.
    state.forEach(&parameters, gradients, "velocity") { _, parameter, gradient, velocity in
      let step = MomentumStep(
        rate: rate, momentum: Float(momentum), penalty: penalty(parameter), isNesterov: isNesterov)
      parameter.updateMomentum(step, gradient: gradient, velocity: &velocity)
    }
  }
}
