import AttendBase
import AttendGeneration

/// A request that a seed decides.
struct RandomRequest {
  var prompt: [Int32]
  var options: GenerationOptions

  init(_ seed: UInt64, vocabulary: Int, longest: Int = 90) {
    var random = SeededRandom(seed: seed, stream: 1)
    prompt = Self.tokens(seed, Int.random(in: 1...longest, using: &random), vocabulary: vocabulary)
    // Some begin alike.
    if Bool.random(using: &random) { prompt = Self.tokens(seed % 3, 70, vocabulary: vocabulary) + prompt }
    let sampling: Sampling =
      Bool.random(using: &random) ? .greedy : Sampling(temperature: 1.5, topK: 50, topP: 0.9, seed: seed)
    options = GenerationOptions(sampling: sampling, maxTokens: Int.random(in: 1...60, using: &random))
    options.priority = Int.random(in: -2...2, using: &random)
    options.speculation = [nil, Speculation.none, .promptLookup(most: 3)].randomElement(using: &random) ?? nil
  }

  static func tokens(_ seed: UInt64, _ count: Int, vocabulary: Int) -> [Int32] {
    var random = SeededRandom(seed: seed, stream: 2)
    return (0..<count).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) }
  }
}

/// All tokens of an answer.
func tokens(_ generation: Generation) async throws -> [Int32] { try await all(generation).tokens }

func all(_ generation: Generation) async throws -> (tokens: [Int32], summary: GenerationSummary?) {
  var result = (tokens: [Int32](), summary: GenerationSummary?.none)
  for try await event in generation {
    if case .token(let id) = event { result.tokens.append(id) }
    if case .finished(let summary) = event { result.summary = summary }
  }
  return result
}

func failure(_ generation: Generation) async -> AttendError? {
  do {
    _ = try await generation.result()
    return nil
  } catch { return error as? AttendError }
}
