import CAttend

// One pass over memory for each parameter: the update reads the gradient and changes parameter and state in place.
// Elements are independent, so the bits do not depend on the number of threads.

/// The numbers of one step of Adam (Kingma & Ba 2015, arXiv:1412.6980), its bias corrections included.
package struct AdamStep: Sendable {
  package var beta1, beta2: Double
  package var epsilon: Float
  /// Learning rate / (1 − β₁ᵗ).
  package var stepSize: Float
  /// 1/√(1 − β₂ᵗ).
  package var secondCorrection: Float
  /// What the parameter is multiplied with first: 1 − rate · decay (Loshchilov & Hutter 2019, arXiv:1711.05101).
  package var shrink: Float
  /// Added to the gradient times the parameter: the L2 penalty of plain Adam.
  package var penalty: Float

  package init(
    beta1: Double, beta2: Double, epsilon: Float, stepSize: Float, secondCorrection: Float, shrink: Float,
    penalty: Float
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.stepSize = stepSize
    self.secondCorrection = secondCorrection
    self.shrink = shrink
    self.penalty = penalty
  }
}

/// The numbers of one step of gradient descent with momentum (Sutskever et al. 2013), as PyTorch writes it.
package struct MomentumStep: Sendable {
  package var rate, momentum, penalty: Float
  package var isNesterov: Bool

  package init(rate: Float, momentum: Float, penalty: Float, isNesterov: Bool) {
    self.rate = rate
    self.momentum = momentum
    self.penalty = penalty
    self.isNesterov = isNesterov
  }
}

/// The numbers of one step of Lion. Chen et al. 2023, arXiv:2302.06675, algorithm 2.
package struct LionStep: Sendable {
  package var rate: Float
  package var beta1, beta2: Double
  package var shrink: Float

  package init(rate: Float, beta1: Double, beta2: Double, shrink: Float) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.shrink = shrink
  }
}

private let kernels: at_row_kernels = CPUBackend().rows

extension Tensor {
  /// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², self ← shrink · self − step · m/(√v · correction + ε). All float32.
  package mutating func updateAdam(_ step: AdamStep, gradient: Tensor, first: inout Tensor, second: inout Tensor) {
    checkUpdate(gradient, first, second)
    let count = count
    var numbers = at_adam_step(
      rest1: Float(1 - step.beta1), beta2: Float(step.beta2), rest2: Float(1 - step.beta2), epsilon: step.epsilon,
      step: step.stepSize,
      correction: step.secondCorrection, shrink: step.shrink, penalty: step.penalty)
    gradient.withFloats { g in
      withMutableFloats { p in
        first.withMutableFloats { m in
          second.withMutableFloats { v in
            withUnsafePointer(to: &numbers) { numbers in
              parallelFor(count, grain: elementGrain / 4) { range in
                let i = range.lowerBound
                kernels.update_adam(numbers, range.count, g + i, p + i, m + i, v + i)
              }
            }
          }
        }
      }
    }
  }

  /// u ← momentum · u + g, self ← self − rate · u (Nesterov: g + momentum · u). Without momentum `velocity` stays.
  package mutating func updateMomentum(_ step: MomentumStep, gradient: Tensor, velocity: inout Tensor) {
    checkUpdate(gradient, velocity)
    let count = count
    var numbers = at_momentum_step(
      rate: step.rate, momentum: step.momentum, penalty: step.penalty, nesterov: step.isNesterov)
    gradient.withFloats { g in
      withMutableFloats { p in
        velocity.withMutableFloats { u in
          withUnsafePointer(to: &numbers) { numbers in
            parallelFor(count, grain: elementGrain / 4) { range in
              let i = range.lowerBound
              kernels.update_momentum(numbers, range.count, g + i, p + i, u + i)
            }
          }
        }
      }
    }
  }

  /// self ← self · (1 − rate · penalty) − rate · g: gradient descent without a state.
  package mutating func updateDescent(rate: Float, penalty: Float, gradient: Tensor) {
    checkUpdate(gradient)
    let count = count
    gradient.withFloats { g in
      withMutableFloats { p in
        parallelFor(count, grain: elementGrain / 2) { range in
          let i = range.lowerBound
          kernels.update_descent(rate, penalty, range.count, g + i, p + i)
        }
      }
    }
  }

  /// self ← shrink · self − rate · sign(β₁m + (1 − β₁)g), m ← β₂m + (1 − β₂)g.
  package mutating func updateLion(_ step: LionStep, gradient: Tensor, momentum: inout Tensor) {
    checkUpdate(gradient, momentum)
    let count = count
    var numbers = at_lion_step(
      rate: step.rate, beta1: Float(step.beta1), rest1: Float(1 - step.beta1), beta2: Float(step.beta2),
      rest2: Float(1 - step.beta2), shrink: step.shrink)
    gradient.withFloats { g in
      withMutableFloats { p in
        momentum.withMutableFloats { m in
          withUnsafePointer(to: &numbers) { numbers in
            parallelFor(count, grain: elementGrain / 4) { range in
              let i = range.lowerBound
              kernels.update_lion(numbers, range.count, g + i, p + i, m + i)
            }
          }
        }
      }
    }
  }

  /// self ← self · factor, in place (float32).
  package mutating func scale(by factor: Float) {
    let count = count
    withMutableFloats { p in
      parallelFor(count, grain: elementGrain) { range in
        let part = p + range.lowerBound
        kernels.binary_scalar(AT_MULTIPLY, range.count, part, factor, part)
      }
    }
  }

  /// self ← self + factor · other, in place (float32).
  package mutating func add(_ other: Tensor, times factor: Float = 1) {
    checkUpdate(other)
    let count = count
    other.withFloats { x in
      withMutableFloats { p in
        parallelFor(count, grain: elementGrain) { range in
          let i = range.lowerBound
          kernels.scale_add(range.count, x + i, factor, p + i, p + i)
        }
      }
    }
  }

  /// Σx² of a float32 tensor, in pieces of fixed length whose sums are added in double precision, in order.
  package func sumOfSquares() -> Double {
    let (count, piece) = (count, 4096)
    var sums = [Float](repeating: 0, count: (count + piece - 1) / piece)
    withFloats { x in
      sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let sums = sums
        parallelFor(sums.count, grain: elementGrain / piece) { range in
          for index in range {
            sums[index] = kernels.reduce(AT_SUM_SQUARES, Swift.min(piece, count - index * piece), x + index * piece)
          }
        }
      }
    }
    return sums.reduce(0) { $0 + Double($1) }
  }

  private func checkUpdate(_ others: Tensor...) {
    for other in others where other.shape != shape { shapeMismatch("update", shape, other.shape) }
  }
}
