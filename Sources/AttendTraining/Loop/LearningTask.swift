import AttendNN
import AttendTensor

/// What one kind of model learns from one kind of data.
public protocol LearningTask: Sendable {
  associatedtype Data: DataSet
  /// Examples laid out for the model.
  associatedtype Batch: Sendable
  associatedtype Model

  /// The model around a scope's parameters.
  func build(_ scope: WeightScope) -> Model
  /// - Parameter examples: one or more.
  func batch(_ examples: [Data.Example]) -> Batch
  /// Predictions that the loss is the mean of.
  func predictions(_ batch: Batch) -> Int
  /// The mean loss of the batch's predictions in nats, a single number.
  /// - Parameters:
  ///   - smoothing: probability that is spread over all classes.
  ///   - training: the randomness of this pass; nil when the model is measured.
  func loss(_ model: Model, _ batch: Batch, smoothing: Float, _ training: Training?) -> Tensor
}
