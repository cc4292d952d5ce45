import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adam's second moment from its row and column means alone, so that a matrix of n × m needs n + m numbers.
/// Shazeer & Stern 2018, arXiv:1804.04235, algorithms 4 to 6.
public struct Adafactor: Optimizer {
  /// ``Schedule/relativeStep(warmup:)`` is the paper's.
  public var learningRate: Schedule
  /// The rate is a multiple of the parameter's root mean square (at least ε₂).
  public var scalesByParameter: Bool
  /// ε₁, added to squared gradients, and ε₂, the least root mean square of a parameter.
  public var epsilons: (Double, Double)
  /// The largest root mean square of an update before the rate.
  public var clipThreshold: Double
  /// The second moment's memory after t steps is 1 − tᵈ.
  public var decayExponent: Double
  /// The memory of updates; nil keeps none.
  public var beta1: Double?
  /// Decoupled, times the rate.
  public var weightDecay: Double
  public var decays: WeightDecayRule
  public var state = OptimizerState()

  public init(
    learningRate: Schedule = .relativeStep(), scalesByParameter: Bool = true,
    epsilons: (Double, Double) = (1e-30, 1e-3), clipThreshold: Double = 1, decayExponent: Double = -0.8,
    beta1: Double? = nil, weightDecay: Double = 0, decays: WeightDecayRule = .all
  ) {
    self.learningRate = learningRate
    self.scalesByParameter = scalesByParameter
    self.epsilons = epsilons
    self.clipThreshold = clipThreshold
    self.decayExponent = decayExponent
    self.beta1 = beta1
    self.weightDecay = weightDecay
    self.decays = decays
  }

  public mutating func update(_ parameters: inout Parameters, _ gradients: Parameters) {
    let relativeRate = currentRate
    state.step += 1
    let memory = 1 - pow(Double(state.step), decayExponent)
    for name in parameters.trainableNames {
      guard let gradient = gradients[name], let old = parameters[name] else { continue }
      var rate = relativeRate
      if scalesByParameter { rate *= max(epsilons.1, rootMeanSquare(old)) }
      var step = gradient * inverseRoot(name, gradient.squared() + epsilons.0, memory)
      step.scale(by: Float(rate / max(1, rootMeanSquare(step) / clipThreshold)))
      if let beta1 { step = remember("m", name, step, beta1) }
      let shrink = decays.applies(to: old) ? 1 - weightDecay * rate : 1
      parameters.update(name) { parameter in
        if shrink != 1 { parameter.scale(by: Float(shrink)) }
        parameter.add(step, times: -1)
      }
    }
  }

  /// 1/√v: for matrices v is the product of row and column means over the mean of all.
  private mutating func inverseRoot(_ name: String, _ squares: Tensor, _ memory: Double) -> Tensor {
    guard squares.rank >= 2 else { return remember("v", name, squares, memory).rsqrt() }
    let rows = remember("row", name, squares.mean(axes: [-1]), memory)
    let columns = remember("column", name, squares.mean(axes: [-2]), memory)
    let rowFactor = (rows / rows.mean(axes: [-1], keepingDimensions: true)).rsqrt()
    return rowFactor.unsqueezed(-1) * columns.rsqrt().unsqueezed(-2)
  }

  /// slot ← memory · slot + (1 − memory) · value.
  private mutating func remember(_ kind: String, _ name: String, _ value: Tensor, _ memory: Double) -> Tensor {
    let old = state.slots[kind]?[name] ?? .zeros(value.shape)
    let new = old * memory + value * (1 - memory)
    state.slots[kind, default: Parameters()][name] = new
    return new
  }

  private func rootMeanSquare(_ x: Tensor) -> Double { (x.sumOfSquares() / Double(max(x.count, 1))).squareRoot() }

  public func shape(ofState kind: String, for parameter: Shape) -> Shape {
    guard parameter.rank >= 2 else { return parameter }
    switch kind {
    case "row": return Shape(Array(parameter.dropLast()))
    case "column": return Shape(Array(parameter.dropLast(2)) + [parameter[parameter.rank - 1]])
    default: return parameter
    }
  }
}
