import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

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
  private let path: String
  private var descriptor: Int32
  private(set) var history: [StepMetrics]

  /// Continues a log: lines beyond `step` belong to work that is done again and are removed.
  /// - Throws: `system` when the file cannot be written.
  init(path: String, keepingUpTo step: Int) throws(AttendError) {
    self.path = path
    history = step > 0 ? MetricsLog.read(path).filter { $0.step <= step } : []
    try writeAtomically(to: path, history.flatMap { $0.json.utf8() + [0x0A] })
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("write", path) }
  }

  deinit { close(descriptor) }

  /// - Throws: `system` when the disk is full.
  func append(_ metrics: StepMetrics) throws(AttendError) {
    history.append(metrics)
    let line = metrics.json.utf8() + [0x0A]
    let written = line.withUnsafeBytes { bytes in
      #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
      #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
      #endif
    }
    guard written == line.count else {
      if written >= 0 { errno = ENOSPC }
      throw .system("write", path)
    }
  }

  /// The lines of a log that can be understood.
  package static func read(_ path: String) -> [StepMetrics] {
    guard let file = try? MappedFile(path: path) else { return [] }
    return file.copied.split(separator: UInt8(ascii: "\n")).compactMap { line in
      (try? JSON(parsing: Array(line), source: path)).flatMap { StepMetrics($0) }
    }
  }
}
