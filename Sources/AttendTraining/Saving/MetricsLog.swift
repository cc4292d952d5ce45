import AttendBase

/// One step's numbers.
public struct StepMetrics: Sendable, Equatable {
  /// Updates made, this one included.
  public var step: Int
  /// Mean over the predicted tokens of all passes and processes, in nats.
  public var loss: Double
  public var learningRate: Double
  /// Tokens predicted so far.
  public var tokens: Int
  /// Of all gradients together, before clipping.
  public var gradientNorm: Double
  /// Since the run began, pauses between a stop and `--resume` left out.
  public var seconds: Double
  /// Mean over the held-out tokens, in nats, when this step was followed by an evaluation.
  public var validationLoss: Double?
}

extension StepMetrics {
  public var json: JSON {
    var object = JSON.Object()
    object["step"] = JSON(step)
    object["loss"] = JSON(loss)
    object["learning_rate"] = JSON(learningRate)
    object["tokens"] = JSON(tokens)
    object["gradient_norm"] = JSON(gradientNorm)
    object["seconds"] = JSON((seconds * 1000).rounded() / 1000)
    if let validationLoss { object["validation_loss"] = JSON(validationLoss) }
    return .object(object)
  }

  /// nil for a line that is not one of this log's: a crash may have cut the last one short.
  init?(_ json: JSON) {
    guard let step = json["step"]?.intValue, let loss = json["loss"]?.doubleValue else { return nil }
    self.init(
      step: step, loss: loss, learningRate: json["learning_rate"]?.doubleValue ?? 0,
      tokens: json["tokens"]?.intValue ?? 0, gradientNorm: json["gradient_norm"]?.doubleValue ?? 0,
      seconds: json["seconds"]?.doubleValue ?? 0, validationLoss: json["validation_loss"]?.doubleValue)
  }
}

/// `metrics.jsonl`: a line per step.
package final class MetricsLog {
  private let file: LineLog
  private(set) var history: [StepMetrics]

  /// Continues a log: lines beyond `step` belong to work that is done again and are removed.
  /// - Throws: `system` when the file cannot be written.
  init(path: String, keepingUpTo step: Int) throws(AttendError) {
    history = step > 0 ? MetricsLog.read(path).filter { $0.step <= step } : []
    file = try LineLog(path: path, keeping: history.map(\.json))
  }

  /// - Throws: `system` when the disk is full.
  func append(_ metrics: StepMetrics) throws(AttendError) {
    history.append(metrics)
    try file.append(metrics.json)
  }

  /// The lines of a log that can be understood.
  package static func read(_ path: String) -> [StepMetrics] {
    LineLog.read(path).compactMap { StepMetrics($0) }
  }
}
