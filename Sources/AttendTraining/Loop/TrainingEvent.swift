/// What happens in a run, as it happens. The library prints nothing: whoever listens draws.
public enum TrainingEvent: Sendable {
  /// Something about the data that a person should know: sequences that were cut, for instance.
  case notice(String)
  case started(TrainingStart)
  case step(StepMetrics)
  /// The mean loss per prediction on the held-out data, after `step` updates.
  case evaluated(step: Int, loss: Double, isBest: Bool)
  /// A checkpoint is in place.
  case saved(step: Int, path: String)
  case finished(TrainingSummary)
}

/// What a run is about to do.
public struct TrainingStart: Sendable {
  /// Trainable numbers.
  public var parameterCount: Int
  /// Updates that are done already, more than 0 when a run continues.
  public var step: Int
  /// Updates at which the run ends.
  public var steps: Int
  public var examples: Int
  public var heldOutExamples: Int
  /// Processes that train together, and which one this is.
  public var processes: Int
  public var rank: Int
}

/// How a run ended.
public struct TrainingSummary: Sendable {
  public enum Reason: String, Sendable {
    /// All steps are done.
    case steps
    /// The held-out loss has not improved for long enough.
    case patience
    case cancelled
  }

  public var reason: Reason
  public var step: Int
  /// The mean training loss of the last steps, at most 50.
  public var loss: Double?
  public var bestValidation: BestValidation?
  /// Tokens predicted.
  public var tokens: Int
  /// Without pauses between a stop and `--resume`.
  public var seconds: Double
}

/// The smallest held-out loss so far.
public struct BestValidation: Sendable, Equatable {
  public var step: Int
  public var loss: Double
}
