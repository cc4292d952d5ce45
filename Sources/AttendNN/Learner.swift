import AttendTensor

/// Parameters that are being learned, and how a model is built around them.
///
/// A model is a function of its parameters: every step builds it anew around recording leaves, differentiates, and drops
/// it; the optimizer then changes the parameters in place.
///
///     var learner = Learner(seed: 1) { Translator($0, config) }
///     var optimizer = AdamW(learningRate: .noam(width: 256, warmup: 4000))
///     let (loss, gradients) = try learner.gradients { model in model.loss(batch) }
///     optimizer.update(&learner.parameters, gradients)
public struct Learner<Model>: Sendable {
  /// Float32, whatever the precision of products.
  public var parameters: Parameters
  /// `.fast` multiplies in bfloat16 with float32 sums.
  public let precision: Precision
  private let build: @Sendable (WeightScope) -> Model
  /// Set when the parameters are low-rank additions to a base that stays.
  let adaptation: LearnedAdaptation?

  /// Fresh parameters: each is drawn from the seed and its own name.
  public init(
    seed: UInt64, precision: Precision = .exact, _ build: @escaping @Sendable (WeightScope) -> Model
  ) {
    self.init(
      parameters: WeightScope.fresh(seed: seed, build).parameters, precision: precision, adaptation: nil, build)
  }

  /// Parameters of an earlier run or a checkpoint.
  /// - Throws: `parameter-mismatch` with every missing, mis-shaped and unexpected name.
  public init(
    parameters: Parameters, precision: Precision = .exact, _ build: @escaping @Sendable (WeightScope) -> Model
  ) throws {
    let statistics = try WeightScope.statistics(around: parameters, build)
    var parameters = parameters
    parameters.freeze { statistics.contains($0) }
    self.init(parameters: parameters, precision: precision, adaptation: nil, build)
  }

  init(
    parameters: Parameters, precision: Precision, adaptation: LearnedAdaptation?,
    _ build: @escaping @Sendable (WeightScope) -> Model
  ) {
    self.parameters = parameters
    self.precision = precision
    self.adaptation = adaptation
    self.build = build
  }

  /// The loss that `loss` computes from the model, and its derivative by every trainable parameter, under the same names.
  /// - Throws: what `loss` throws; `parameter-mismatch` when the parameters were changed and no longer fit.
  public func gradients(_ loss: (Model) throws -> Tensor) throws -> (loss: Double, gradients: Parameters) {
    try gradients(whenReady: nil, loss)
  }

  /// The same; `whenReady` gets each gradient by name as soon as it is complete, the last layer's first. Those of
  /// parameters that the loss does not depend on are zero and not told of.
  package func gradients(
    whenReady: ((String, Tensor) -> Void)?, _ loss: (Model) throws -> Tensor
  ) throws -> (loss: Double, gradients: Parameters) {
    let leaves = parameters.leaves()
    let value = try loss(try model(around: leaves))
    let names = parameters.trainableNames
    let respect = names.compactMap { leaves[$0] }
    let tensors =
      if let whenReady {
        Tensor.gradients(of: value, with: respect) { whenReady(names[$0], $1) }
      } else {
        Tensor.gradients(of: value, with: respect)
      }
    var gradients = Parameters()
    for (name, gradient) in zip(names, tensors) { gradients[name] = gradient }
    return (value.item(), gradients)
  }

  /// The model for inference: immutable, its weights packed for this machine.
  /// - Throws: `parameter-mismatch` when the parameters were changed and no longer fit; `limit-exceeded` without memory.
  public func model() throws -> Model {
    if case .kept? = adaptation?.base { return try model(around: parameters) }
    return try WeightScope.build(from: ParameterSource(try merged()), precision: precision, build)
  }

  private func model(around parameters: Parameters) throws -> Model {
    guard let adaptation else { return try WeightScope.build(around: parameters, precision: precision, build) }
    return try adaptation.base.build(precision, Adaptation(adaptation.lowRank, parameters), build).model
  }
}

/// Parameters as a checkpoint would hand them out.
private struct ParameterSource: WeightSource {
  private let parameters: Parameters

  init(_ parameters: Parameters) { self.parameters = parameters }

  var names: [String] { parameters.names }
  var origin: String { "the learned parameters" }

  func weight(_ name: String) -> StoredWeight? {
    guard let tensor = parameters[name] else { return nil }
    let columns = tensor.shape.last ?? 1
    let rows = columns == 0 ? 0 : tensor.count / columns
    return StoredWeight(shape: Array(tensor.shape), source: MatrixSource(tensor.reshaped([rows, columns])))
  }
}
