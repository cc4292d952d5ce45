import AttendBase
import AttendTensor

/// Changes parameters along their gradients.
///
/// Updates happen in place, one fused pass over memory per parameter. Parameters that are frozen or have no gradient stay.
public protocol Optimizer: Sendable {
  /// How fast to go at each step.
  var learningRate: Schedule { get set }
  /// What a checkpoint keeps beside the parameters.
  var state: OptimizerState { get set }
  /// One step.
  mutating func update(_ parameters: inout Parameters, _ gradients: Parameters)
  /// The shape of what is remembered of a parameter of the given shape.
  func shape(ofState kind: String, for parameter: Shape) -> Shape
}

extension Optimizer {
  /// The learning rate of the next update.
  public var currentRate: Double { learningRate.rate(at: state.step) }

  public func shape(ofState kind: String, for parameter: Shape) -> Shape { parameter }

  /// Checks a state that was read from a file: updates take for granted that it fits.
  /// - Throws: `parameter-mismatch` when a remembered tensor has no parameter or does not fit it.
  public func checkState(against parameters: Parameters) throws {
    guard state.step >= 0 else {
      throw AttendError(.parameterMismatch, "the optimizer's state counts \(state.step) steps")
    }
    for (kind, slot) in state.slots.sorted(by: { $0.key < $1.key }) {
      for name in slot.names {
        guard let parameter = parameters[name], let tensor = slot[name], tensor.dtype == .float32,
          tensor.shape == shape(ofState: kind, for: parameter.shape)
        else {
          throw AttendError(
            .parameterMismatch, "the optimizer's state \(kind) of \(name) does not fit the parameters",
            hint: "resume with the model and optimizer that wrote the checkpoint")
        }
      }
    }
  }
}

/// What an optimizer remembers.
public struct OptimizerState: Sendable {
  /// Updates done.
  public var step = 0
  /// Running averages and the like by kind ("m", "v"), then by parameter.
  public var slots: [String: Parameters] = [:]

  public init() {}

  /// Runs `body` on every trainable parameter that has a gradient, with its tensors of the named kinds, zeros at first.
  mutating func forEach(
    _ parameters: inout Parameters, _ gradients: Parameters, _ kind: String,
    _ body: (_ name: String, _ parameter: inout Tensor, _ gradient: Tensor, _ slot: inout Tensor) -> Void
  ) {
    // Taken out, so that each tensor has one owner while it changes.
    var slot = slots.removeValue(forKey: kind) ?? Parameters()
    for name in parameters.trainableNames {
      guard let gradient = gradients[name] else { continue }
      if slot[name] == nil { slot[name] = .zeros(gradient.shape) }
      parameters.update(name) { parameter in
        slot.update(name) { body(name, &parameter, gradient, &$0) }
      }
    }
    slots[kind] = slot
  }

  mutating func forEach(
    _ parameters: inout Parameters, _ gradients: Parameters, _ first: String, _ second: String,
    _ body: (_ name: String, _ parameter: inout Tensor, _ gradient: Tensor, inout Tensor, inout Tensor) -> Void
  ) {
    var other = slots.removeValue(forKey: second) ?? Parameters()
    forEach(&parameters, gradients, first) { name, parameter, gradient, slot in
      if other[name] == nil { other[name] = .zeros(gradient.shape) }
      other.update(name) { body(name, &parameter, gradient, &slot, &$0) }
    }
    slots[second] = other
  }
}

/// Which parameters decay.
public enum WeightDecayRule: String, Sendable, CaseIterable {
  /// Every parameter, as PyTorch's optimizers do.
  case all
  /// Those of two or more dimensions: biases and norms do not decay.
  case matrices

  func applies(to parameter: Tensor) -> Bool { self == .all || parameter.rank >= 2 }
}
