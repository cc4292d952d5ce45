import Attend
import AttendBase
import AttendGeneration
import AttendModels
import AttendTensor

/// Thousands of random requests through one engine that has too little memory for them: lengths, beginnings, seeds,
/// priorities, guesses, cancellations and mistakes. Every answer must be the one that the request gets alone.
struct Soak: Sendable {
  let model: any CausalLanguageModel
  let precision: Precision
  let count: Int
  /// Requests that callers keep going at the same time; more than may wait, so that some are refused for a while.
  var callers = 40
  /// Different requests, each of which is answered alone first.
  var variety = 200

  struct Report: Sendable {
    var completed = 0
    var cancelled = 0
    /// Bad requests that were refused, as they should be.
    var refused = 0
    /// How often a caller was told to come later.
    var overloaded = 0
    /// Answers that differ from the request's own.
    var wrong = 0
    /// Resident bytes after each tenth of the requests.
    var residentBytes: [Int] = []
    var seconds = 0.0
    /// Bytes of tensors, weights and caches before and after; the engine's remembered pages are not counted.
    var allocatedBytes = (before: 0, after: 0)
    var engine = EngineStatistics()

    /// Resident bytes at the end by those after the first fifth.
    var growth: Double {
      guard residentBytes.count > 2, residentBytes[1] > 0 else { return 1 }
      return Double(residentBytes[residentBytes.count - 1]) / Double(residentBytes[1])
    }
  }

  struct Request: Sendable {
    var prompt: [Int32]
    var options: GenerationOptions
    /// What the request answers alone.
    var answer: [Int32] = []
  }

  /// - Throws: `limit-exceeded` when no request comes to an end for a minute.
  func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> Report {
    let requests = try await answeredAlone()
    let page = KeyValueCache(model.cacheShape, precision: precision).bytesPerPage
    let longest = requests.map { $0.prompt.count + $0.answer.count }.max() ?? 1
    var options = EngineOptions()
    // Some two of the longest requests, while eight may run.
    options.cacheBytes = 2 * (longest / KeyValueCache.pagePositions + 1) * page
    options.prefixBytes = (options.cacheBytes ?? 0) / 3
    options.maxRunning = 8
    options.maxQueued = max(callers - 10, 1)
    options.promptChunk = 96
    options.promptChunkWhileDecoding = 40
    options.agingSeconds = 0.05
    let generator = try Generator(
      model: model, tokenizer: nil, precision: precision, options: options)
    let report = Locked(Report())
    let next = Locked(0)
    let before = Hardware.allocatedBytes
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      let gone = Locked(0)
      group.addTask { try await watch(next, gone) }
      for _ in 0..<callers {
        group.addTask {
          defer { gone.withLock { $0 += 1 } }
          while let number = next.withLock({ next -> Int? in
            next += 1
            return next <= count ? next - 1 : nil
          }) {
            try await ask(number, requests, generator, report)
            if (number + 1) % max(count / 10, 1) == 0 {
              report.withLock { $0.residentBytes.append(ResidentMemory.bytes) }
              progress(number + 1)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    // The last turn ends after its last answer.
    while generator.statistics.running > 0 || generator.statistics.waiting > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    let statistics = generator.statistics
    let after = Hardware.allocatedBytes - statistics.cacheBytes
    let seconds = (ContinuousClock.now - start).seconds
    return report.withLock { report in
      report.engine = statistics
      report.seconds = seconds
      report.allocatedBytes = (before, after)
      return report
    }
  }

  /// Throws when nothing happens any more.
  private func watch(_ next: Locked<Int>, _ gone: Locked<Int>) async throws {
    var last = (next: -1, gone: 0, since: ContinuousClock.now)
    while last.gone < callers {
      try await Task.sleep(for: .milliseconds(50))
      let now = (next.withLock { $0 }, gone.withLock { $0 })
      if now != (last.next, last.gone) {
        last = (now.0, now.1, .now)
      } else if ContinuousClock.now - last.since > .seconds(60) {
        throw AttendError(.limitExceeded, "no request has come to an end for a minute: the engine is stuck")
      }
    }
  }

  /// A request of a caller, who may lose interest.
  private func ask(
    _ number: Int, _ requests: [Request], _ generator: Generator, _ report: Locked<Report>
  ) async throws {
    var random = SeededRandom(seed: UInt64(number), stream: 7)
    let request = requests[Int.random(in: 0..<requests.count, using: &random)]
    let mood = Int.random(in: 0..<100, using: &random)
    let patience = mood < 20 ? Int.random(in: 0...request.answer.count, using: &random) : .max
    let prompt = mood == 99 ? [Int32(clamping: model.vocabularySize)] : request.prompt
    while true {
      let generation = generator.generate(prompt, request.options)
      if patience == 0 { generation.cancel() }
      do {
        var tokens: [Int32] = []
        var reason: GenerationSummary.Reason?
        for try await event in generation {
          if case .token(let id) = event { tokens.append(id) }
          if case .finished(let summary) = event { reason = summary.reason }
          if tokens.count >= patience {
            // Some say so, some just leave.
            if mood < 10 { break }
            generation.cancel()
          }
        }
        let isRight = patience == .max ? tokens == request.answer : request.answer.starts(with: tokens)
        let isWhole = reason != nil && reason != .cancelled
        report.withLock { report in
          if !isRight { report.wrong += 1 }
          if isWhole { report.completed += 1 } else { report.cancelled += 1 }
        }
        return
      } catch let error as AttendError where error.code == .overloaded {
        report.withLock { $0.overloaded += 1 }
        try await Task.sleep(for: .milliseconds(2))
      } catch let error as AttendError where error.code == .invalidInput && mood == 99 {
        report.withLock { $0.refused += 1 }
        return
      }
    }
  }

  /// Random requests and their answers, one after another in an engine that remembers and guesses nothing.
  private func answeredAlone() async throws -> [Request] {
    var options = EngineOptions()
    options.prefixBytes = 0
    options.maxRunning = 1
    let generator = try Generator(model: model, tokenizer: nil, precision: precision, options: options)
    var requests: [Request] = []
    for seed in 0..<UInt64(variety) {
      var request = random(seed)
      var plain = request.options
      plain.speculation = Speculation.none
      for try await event in generator.generate(request.prompt, plain) {
        if case .token(let id) = event { request.answer.append(id) }
      }
      requests.append(request)
    }
    return requests
  }

  private func random(_ seed: UInt64) -> Request {
    var random = SeededRandom(seed: seed, stream: 8)
    let longest = min(model.contextLength / 2, 200)
    func tokens(_ count: Int, from seed: UInt64) -> [Int32] {
      var random = SeededRandom(seed: seed, stream: 9)
      return (0..<count).map { _ in Int32.random(in: 0..<Int32(model.vocabularySize), using: &random) }
    }
    let own = tokens(Int.random(in: 1...max(longest / 2, 1), using: &random), from: seed)
    // Every other one begins as some others do.
    let shared = seed % 2 == 0 ? tokens(longest / 2, from: 1_000_000 + seed % 6) : []
    let sampling: Sampling =
      Bool.random(using: &random) ? .greedy : Sampling(temperature: 1.2, topK: 40, topP: 0.95, seed: seed)
    var options = GenerationOptions(
      sampling: sampling, maxTokens: Int.random(in: 1...max(longest / 4, 1), using: &random), ignoresEndOfText: true)
    options.priority = Int.random(in: -3...3, using: &random)
    options.speculation = Bool.random(using: &random) ? .promptLookup(most: 4) : Speculation.none
    return Request(prompt: shared + own, options: options)
  }
}

extension Soak.Report {
  var isGood: Bool { wrong == 0 }

  var text: String {
    """
    \(completed) answers, \(cancelled) cancelled, \(refused) refused, \(wrong) wrong, in \(Numbers.fixed(seconds, 1)) s
    \(engine.interruptions) interruptions, \(overloaded) times told to come later, \
    \(engine.acceptedTokens) of \(engine.draftedTokens) guesses right
    resident: \(residentBytes.map(Numbers.bytes).joined(separator: ", ")) (grew by \(Numbers.fixed(growth, 3)) after warm-up)
    tensors: \(Numbers.bytes(allocatedBytes.before)) before, \(Numbers.bytes(allocatedBytes.after)) after

    """
  }

  var json: JSON {
    [
      "completed": JSON(completed), "cancelled": JSON(cancelled), "refused": JSON(refused), "wrong": JSON(wrong),
      "overloaded": JSON(overloaded), "interruptions": JSON(engine.interruptions), "seconds": JSON(seconds),
      "drafted_tokens": JSON(engine.draftedTokens), "accepted_tokens": JSON(engine.acceptedTokens),
      "resident_bytes": JSON(residentBytes.map { JSON($0) }), "resident_growth": JSON(growth),
      "tensor_bytes_before": JSON(allocatedBytes.before), "tensor_bytes_after": JSON(allocatedBytes.after),
    ]
  }
}
