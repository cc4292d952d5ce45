import AttendModels
import AttendNN
import AttendTensor

/// Language modelling: every token of a sequence predicts the next one.
public struct LanguageTask<Data: DataSet>: LearningTask where Data.Example == ArraySlice<Int32> {
  public struct Batch: Sendable {
    /// Rows of each sequence, laid end to end.
    let lengths: [Int]
    let inputs, targets: [Int32]
  }

  private let builder: @Sendable (WeightScope) -> any CausalLanguageModel

  public init(_ data: Data.Type = Data.self, _ build: @escaping @Sendable (WeightScope) -> any CausalLanguageModel) {
    builder = build
  }

  public func build(_ scope: WeightScope) -> any CausalLanguageModel { builder(scope) }

  public func batch(_ examples: [ArraySlice<Int32>]) -> Batch {
    Batch(
      lengths: examples.map { $0.count - 1 }, inputs: examples.flatMap { $0.dropLast() },
      targets: examples.flatMap { $0.dropFirst() })
  }

  public func predictions(_ batch: Batch) -> Int { batch.targets.count }

  public func loss(
    _ model: any CausalLanguageModel, _ batch: Batch, smoothing: Float, _ training: Training?
  ) -> Tensor {
    var pass = ForwardPass(lengths: batch.lengths)
    pass.training = training
    let shape: Shape = [batch.inputs.count]
    let logits = model(Tensor(batch.inputs, shape: shape), &pass)
    return logits.crossEntropy(targets: Tensor(batch.targets, shape: shape), labelSmoothing: Double(smoothing))
  }
}
