import AttendModels
import AttendNN
import AttendTensor

/// Sequence to sequence: the target, token by token, from the source and the target's tokens so far.
public struct TranslationTask: LearningTask {
  public typealias Data = TokenPairs

  public struct Batch: Sendable {
    /// Both with their end token.
    let sources, targets: [[Int32]]
  }

  private let builder: @Sendable (WeightScope) -> any SequenceToSequenceModel
  private let endToken: Int32

  /// - Parameter endToken: the model's own.
  public init(endToken: Int32, _ build: @escaping @Sendable (WeightScope) -> any SequenceToSequenceModel) {
    builder = build
    self.endToken = endToken
  }

  public func build(_ scope: WeightScope) -> any SequenceToSequenceModel { builder(scope) }

  public func batch(_ examples: [TokenPairs.Pair]) -> Batch {
    Batch(sources: examples.map { $0.source + [endToken] }, targets: examples.map { $0.target + [endToken] })
  }

  public func predictions(_ batch: Batch) -> Int { batch.targets.reduce(0) { $0 + $1.count } }

  public func loss(
    _ model: any SequenceToSequenceModel, _ batch: Batch, smoothing: Float, _ training: Training?
  ) -> Tensor {
    var pass = ForwardPass(lengths: batch.targets.map(\.count))
    pass.training = training
    let logits = model.logits(source: batch.sources, target: batch.targets, &pass)
    let targets = batch.targets.flatMap { $0 }
    return logits.crossEntropy(targets: Tensor(targets, shape: [targets.count]), labelSmoothing: Double(smoothing))
  }
}
