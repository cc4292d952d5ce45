import ArgumentParser
import Attend
import AttendBase

/// What `quantize` and `convert` share: running, the progress line, the summary.
struct ConversionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many threads compute; as many as the process may use when left out.", valueName: "n"))
  var threads: Int?

  @Flag(help: "Print a summary as JSON.")
  var json = false

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads); it must be from 1 to 256")
    }
  }

  /// Runs a conversion that Ctrl-C stops, and says what came of it.
  func run(
    _ input: String, _ output: String,
    _ body: @escaping @Sendable (@escaping ModelConversion.Progress) async throws -> ConversionSummary
  ) async throws {
    if let threads { Hardware.threads = threads }
    let start = ContinuousClock.now
    let bar = ConversionBar(isShown: !quiet && !json && Terminal.errorIsTerminal)
    let task = Task { try await body { bar.show($0, of: $1) } }
    let stop: @Sendable () -> Void = { task.cancel() }
    defer { bar.clear() }
    let summary = try await Interruption.shared.handling(stop) { try await task.value }
    bar.clear()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if json {
      try Terminal.write(Self.json(summary, output, seconds).text() + "\n")
    } else if !quiet {
      for note in summary.notes { Terminal.complain("note: " + note) }
      try Terminal.write(Self.text(summary, output, seconds))
    }
  }

  private static func text(_ summary: ConversionSummary, _ output: String, _ seconds: Double) -> String {
    var lines = [
      "\(output): \(Numbers.bytes(summary.bytes)) of weights, before \(Numbers.bytes(summary.bytesBefore)); "
        + "\(Numbers.fixed(summary.bitsPerWeight, 2)) bits a weight, in \(Numbers.fixed(seconds, 1)) s"
    ]
    for weights in summary.weights {
      let name = weights.type + String(repeating: " ", count: max(5 - weights.type.count, 0))
      lines.append(
        "  \(name) \(Numbers.grouped(weights.tensors)) tensors, \(Numbers.grouped(weights.elements)) weights, "
          + Numbers.bytes(weights.bytes))
    }
    for fallback in summary.fallbacks {
      let plural = fallback.tensors == 1 ? "tensor is" : "tensors are"
      lines.append(
        "  \(fallback.tensors) \(plural) \(fallback.to) instead of \(fallback.from): a row is not whole blocks of that"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func json(_ summary: ConversionSummary, _ output: String, _ seconds: Double) -> JSON {
    [
      "out": .string(output), "bytes_before": JSON(summary.bytesBefore), "bytes": JSON(summary.bytes),
      "parameters": JSON(summary.parameters), "bits_per_weight": JSON(summary.bitsPerWeight),
      "seconds": JSON(seconds),
      "weights": JSON(
        summary.weights.map { weights -> JSON in
          [
            "type": .string(weights.type), "tensors": JSON(weights.tensors), "parameters": JSON(weights.elements),
            "bytes": JSON(weights.bytes),
          ]
        }),
      "fallbacks": JSON(
        summary.fallbacks.map { fallback -> JSON in
          ["from": .string(fallback.from), "to": .string(fallback.to), "tensors": JSON(fallback.tensors)]
        }),
      "notes": JSON(summary.notes),
    ]
  }
}

/// A bar on a terminal, drawn from whatever thread has something to say.
private final class ConversionBar: Sendable {
  private let isShown: Bool
  private let last = Locked<ContinuousClock.Instant?>(nil)

  init(isShown: Bool) { self.isShown = isShown }

  func show(_ written: Int, of all: Int) {
    guard isShown, all > 0 else { return }
    let now = ContinuousClock.now
    let isDue = last.withLock { last in
      guard last.map({ now - $0 > .milliseconds(100) }) ?? true else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let width = 30
    let share = min(Double(written) / Double(all), 1)
    let filled = Int(share * Double(width))
    Terminal.draw(
      "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled) + "] "
        + "\(Int(share * 100)) %")
  }

  func clear() {
    let wasShown = last.withLock { last in
      defer { last = nil }
      return last != nil
    }
    if wasShown { Terminal.complain("\r\u{1B}[K", end: "") }
  }
}
