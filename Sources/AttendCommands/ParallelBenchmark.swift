import Attend
import AttendBase
import AttendGeneration
import AttendModels
import AttendTensor

/// Many requests at once through the engine: different prompts of random tokens, all submitted at the same moment.
struct ParallelBenchmark: Sendable {
  let model: any CausalLanguageModel
  let precision: Precision
  let requests: Int
  /// Tokens of each prompt and of each answer.
  let prompt: Int
  let decode: Int

  struct Sample: Sendable {
    /// Tokens of all prompts, by the time until the last request's first token.
    var promptTokensPerSecond: Double
    /// Tokens of all answers that came after that moment, by the time that they took.
    var decodeTokensPerSecond: Double
    /// From the submission to each request's first token, in ascending order.
    var secondsToFirstToken: [Double]
    /// Tokens of prompts and answers, by the whole time.
    var totalTokensPerSecond: Double
  }

  /// When each token of one request came.
  private typealias Arrivals = [ContinuousClock.Instant]

  /// - Throws: what a request throws.
  func run(round: Int) async throws -> Sample {
    // An engine of its own: nothing is remembered from an earlier round.
    let generator = try Generator(model: model, tokenizer: nil, precision: precision)
    var options = GenerationOptions(maxTokens: decode, ignoresEndOfText: true)
    options.speculation = Speculation.none
    let prompts = (0..<requests).map { number in
      var random = SeededRandom(seed: UInt64(round), stream: UInt64(number))
      return (0..<prompt).map { _ in Int32.random(in: 0..<Int32(model.vocabularySize), using: &random) }
    }
    let start = ContinuousClock.now
    let generations = prompts.map { generator.generate($0, options) }
    let arrivals = try await withThrowingTaskGroup(of: Arrivals.self) { group in
      for generation in generations {
        group.addTask {
          var arrivals: Arrivals = []
          for try await event in generation { if case .token = event { arrivals.append(.now) } }
          return arrivals
        }
      }
      return try await group.reduce(into: [Arrivals]()) { $0.append($1) }
    }
    let firsts = arrivals.compactMap(\.first).sorted()
    let all = arrivals.flatMap { $0 }
    guard let allRead = firsts.last, let end = all.max() else { throw CancellationError() }
    let after = all.count { $0 > allRead }
    return Sample(
      promptTokensPerSecond: Double(requests * prompt) / (allRead - start).seconds,
      decodeTokensPerSecond: after > 0 ? Double(after) / (end - allRead).seconds : 0,
      secondsToFirstToken: firsts.map { ($0 - start).seconds },
      totalTokensPerSecond: Double(requests * prompt + all.count) / (end - start).seconds)
  }
}

/// Results of several rounds, for people and for programs.
struct ParallelReport {
  let benchmark: ParallelBenchmark
  let samples: [ParallelBenchmark.Sample]

  private func median(_ value: (ParallelBenchmark.Sample) -> Double) -> Double { Numbers.median(samples.map(value)) }

  /// The value below which a share of the requests of a round lies, at the median round.
  private func firstToken(_ share: Double) -> Double {
    median { sample in
      let count = sample.secondsToFirstToken.count
      return sample.secondsToFirstToken[min(Int((Double(count) * share).rounded(.up)), count) - 1]
    }
  }

  var text: String {
    """
    \(benchmark.requests) requests at once, prompts of \(benchmark.prompt), answers of \(benchmark.decode)
    prompts: \(Numbers.fixed(median(\.promptTokensPerSecond), 1)) tokens/s
    answers: \(Numbers.fixed(median(\.decodeTokensPerSecond), 1)) tokens/s together
    first token after \(Numbers.fixed(firstToken(0.5), 3)) s (half of them), \(Numbers.fixed(firstToken(0.95), 3)) s \
    (95 of 100)
    \(Hardware.threads) threads, \(benchmark.precision.rawValue), \(Hardware.instructionSet); medians of \(samples.count)

    """
  }

  var json: JSON {
    [
      "parallel": JSON(benchmark.requests), "prompt_tokens": JSON(benchmark.prompt),
      "decode_tokens": JSON(benchmark.decode),
      "prompt_tokens_per_second": JSON(median(\.promptTokensPerSecond)),
      "decode_tokens_per_second": JSON(median(\.decodeTokensPerSecond)),
      "total_tokens_per_second": JSON(median(\.totalTokensPerSecond)),
      "seconds_to_first_token_p50": JSON(firstToken(0.5)), "seconds_to_first_token_p95": JSON(firstToken(0.95)),
      "threads": JSON(Hardware.threads), "precision": JSON(benchmark.precision.rawValue),
      "isa": JSON(Hardware.instructionSet),
      "samples": [
        "prompt_tokens_per_second": JSON(samples.map { JSON($0.promptTokensPerSecond) }),
        "decode_tokens_per_second": JSON(samples.map { JSON($0.decodeTokensPerSecond) }),
      ],
    ]
  }
}
