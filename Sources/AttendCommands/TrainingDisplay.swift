import AttendBase
import AttendTraining

/// Draws a run's events: a bar on a terminal, lines elsewhere, JSON for programs.
final class TrainingDisplay {
  private let options: CommonOptions
  private let folder: String
  private let logEvery: Int
  /// Another process speaks.
  private let isSilent: Bool
  private let drawsBar: Bool
  private var start: TrainingStart?
  private var heldOut: Double?
  private var isBarShown = false
  /// The newest steps' tokens and seconds, for the speed.
  private var window: [(tokens: Int, seconds: Double)] = []
  private var failure: (any Error)?

  init(_ options: CommonOptions, folder: String, logEvery: Int, isSilent: Bool) {
    self.options = options
    self.folder = folder
    self.logEvery = logEvery
    self.isSilent = isSilent
    drawsBar = !isSilent && !options.json && !options.quiet && Terminal.errorIsTerminal
  }

  func show(_ event: TrainingEvent) {
    guard !isSilent else { return }
    if options.json { return write(event.json.text() + "\n") }
    switch event {
    case .notice(let text): note(text)
    case .started(let start):
      self.start = start
      let heldOut = start.heldOutExamples > 0 ? ", \(Numbers.grouped(start.heldOutExamples)) held out" : ""
      note(
        "\(Numbers.grouped(start.parameterCount)) parameters, \(Numbers.grouped(start.examples)) examples\(heldOut), "
          + "\(Numbers.grouped(start.steps)) updates"
          + (start.processes > 1 ? ", \(start.processes) processes" : "")
          + (start.step > 0 ? "; continuing after update \(Numbers.grouped(start.step))" : ""))
    case .step(let metrics): step(metrics)
    case .evaluated(let step, let loss, let isBest):
      heldOut = loss
      note("update \(step): held-out loss \(Numbers.fixed(loss, 4))\(isBest ? ", the best so far" : "")")
    case .saved: break
    case .finished(let summary): finished(summary)
    }
  }

  /// - Throws: what printing met.
  func finish() throws {
    if let failure { throw failure }
  }

  private func step(_ metrics: StepMetrics) {
    window.append((metrics.tokens, metrics.seconds))
    if window.count > 20 { window.removeFirst() }
    guard drawsBar || metrics.step % logEvery == 0 || metrics.step == start?.steps else { return }
    let line = progress(metrics)
    if drawsBar {
      let part = Double(metrics.step) / Double(max(start?.steps ?? 1, 1))
      let filled = min(Int(part * 20), 20)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
      Terminal.draw("\(bar) \(line)")
      isBarShown = true
    } else {
      options.note(line)
    }
  }

  private func progress(_ metrics: StepMetrics) -> String {
    var line = "\(metrics.step)/\(start?.steps ?? 0)  loss \(Numbers.fixed(metrics.loss, 4))"
    if let heldOut { line += "  held-out \(Numbers.fixed(heldOut, 4))" }
    guard let first = window.first, let last = window.last, last.seconds > first.seconds else { return line }
    let seconds = last.seconds - first.seconds
    line += "  \(Numbers.grouped(Int(Double(last.tokens - first.tokens) / seconds))) tokens/s"
    let left = Double((start?.steps ?? 0) - metrics.step) * seconds / Double(window.count - 1)
    if left > 0 { line += "  \(Self.duration(left)) left" }
    return line
  }

  private func finished(_ summary: TrainingSummary) {
    clear()
    let how =
      switch summary.reason {
      case .steps: "done"
      case .patience: "stopped early: no improvement on held-out data"
      case .cancelled: "interrupted; continue with --resume"
      }
    var line = "\(how) after \(Numbers.grouped(summary.step)) updates and \(Self.duration(summary.seconds))"
    if let loss = summary.loss { line += ", loss \(Numbers.fixed(loss, 4))" }
    if let best = summary.bestValidation {
      line += ", best held-out loss \(Numbers.fixed(best.loss, 4)) at update \(Numbers.grouped(best.step))"
    }
    if !options.quiet { write("\(line)\n\(folder)\n") }
  }

  /// A line for people, above the bar.
  private func note(_ line: String) {
    clear()
    options.note(line)
  }

  private func clear() {
    if isBarShown { Terminal.draw("") }
    isBarShown = false
  }

  private func write(_ text: String) {
    do { try Terminal.write(text) } catch { failure = failure ?? error }
  }

  private static func duration(_ seconds: Double) -> String {
    if seconds < 100 { return "\(Numbers.fixed(seconds, seconds < 10 ? 1 : 0)) s" }
    if seconds < 6000 { return "\(Numbers.fixed(seconds / 60, 0)) min" }
    return "\(Numbers.fixed(seconds / 3600, 1)) h"
  }
}

extension TrainingEvent {
  /// One line for programs.
  var json: JSON {
    switch self {
    case .notice(let text): return ["event": "notice", "text": JSON(text)]
    case .started(let start):
      return [
        "event": "started", "parameters": JSON(start.parameterCount), "step": JSON(start.step),
        "steps": JSON(start.steps), "examples": JSON(start.examples), "held_out_examples": JSON(start.heldOutExamples),
        "processes": JSON(start.processes),
      ]
    case .step(let metrics):
      var object = metrics.json.objectValue ?? JSON.Object()
      object["event"] = "step"
      return .object(object)
    case .evaluated(let step, let loss, let isBest):
      return ["event": "evaluated", "step": JSON(step), "validation_loss": JSON(loss), "best": JSON(isBest)]
    case .saved(let step, let path): return ["event": "saved", "step": JSON(step), "path": JSON(path)]
    case .finished(let summary):
      var object: JSON.Object = JSON.Object()
      object["event"] = "finished"
      object["reason"] = JSON(summary.reason.rawValue)
      object["step"] = JSON(summary.step)
      object["tokens"] = JSON(summary.tokens)
      object["seconds"] = JSON(summary.seconds)
      if let loss = summary.loss { object["loss"] = JSON(loss) }
      if let best = summary.bestValidation {
        object["best"] = ["step": JSON(best.step), "validation_loss": JSON(best.loss)]
      }
      return .object(object)
    }
  }
}
