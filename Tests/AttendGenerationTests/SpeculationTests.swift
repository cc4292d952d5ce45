import AttendBase
import AttendGeneration
import AttendModels
import AttendTensor
import AttendTestSupport
import Testing

/// Guessing ahead changes no answer.
@Suite struct SpeculationTests {
  private static let samplings: [Sampling] = [
    .greedy, .temperature(0.5, seed: 4), Sampling(temperature: 1, topK: 20, topP: 0.9, seed: 5),
  ]

  @Test(arguments: EngineTests.models) func lookingUpChangesNoAnswer(name: String, precision: Precision) async throws {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: precision)
    let generator = try Generator(model: model, tokenizer: nil, precision: precision)
    var drafted = 0
    for sampling in Self.samplings {
      for seed in UInt64(0)..<4 {
        let part = RandomRequest.tokens(seed, 12, vocabulary: model.vocabularySize)
        let prompt = part + part + part
        var wish = GenerationOptions(sampling: sampling, maxTokens: 100)
        wish.speculation = Speculation.none
        let plain = try await all(generator.generate(prompt, wish))
        #expect(plain.summary?.draftedTokens == 0)
        wish.speculation = .promptLookup(most: 6)
        let guessed = try await all(generator.generate(prompt, wish))
        #expect(guessed.tokens == plain.tokens)
        drafted += guessed.summary?.draftedTokens ?? 0
      }
    }
    #expect(drafted > 0)
  }

  @Test(arguments: EngineTests.models) func aDraftModelChangesNoAnswer(name: String, precision: Precision) async throws
  {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: precision)
    // The model itself is nearly always right; one of other random weights never.
    for other in [name, "llama-gguf-q8_0"] {
      let draft = try ModelRegistry.load(Golden(other).checkpoint, precision: precision)
      let helped = try Generator(model: model, tokenizer: nil, precision: precision, draft: draft)
      var total = (drafted: 0, accepted: 0)
      for sampling in Self.samplings {
        let requests = (0..<4).map { RandomRequest.tokens($0, 30, vocabulary: model.vocabularySize) }
        var wish = GenerationOptions(sampling: sampling, maxTokens: 60)
        let generations = requests.map { helped.generate($0, wish) }
        wish.speculation = Speculation.none
        for (prompt, generation) in zip(requests, generations) {
          let (tokens, summary) = try await all(generation)
          let alone = try Generator(model: model, tokenizer: nil, precision: precision)
          #expect(try await all(alone.generate(prompt, wish)).tokens == tokens)
          total.drafted += summary?.draftedTokens ?? 0
          total.accepted += summary?.acceptedTokens ?? 0
        }
      }
      #expect(total.drafted > 0)
      if other == name { #expect(Double(total.accepted) > 0.8 * Double(total.drafted)) }
    }
  }

  @Test func rightGuessesSaveSteps() async throws {
    // 1, 2, …, 7, 0, 1, …: after one round every token is known.
    let model = ScriptedModel.counting()
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    let (tokens, summary) = try await all(generator.generate([0], GenerationOptions(maxTokens: 80)))
    #expect(tokens == (1...80).map { Int32($0 % 8) })
    #expect(summary?.acceptedTokens ?? 0 > 50 && summary?.acceptedTokens == summary?.draftedTokens)
    #expect(generator.statistics.decodePasses < 30)
    #expect(generator.statistics.acceptedTokens == summary?.acceptedTokens)
  }

  @Test func wrongGuessesAreGivenUp() async throws {
    // The fourth token of every eight is drawn anew, so what follows a known text is rarely what followed it before.
    let model = ScriptedModel { position, _ in
      var random = SeededRandom(seed: 3, stream: UInt64(position / 4))
      let next = position % 4 == 3 ? Int.random(in: 4..<8, using: &random) : position % 4
      return (0..<8).map { $0 == next ? 5 : 0 }
    }
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    let (tokens, summary) = try await all(generator.generate([0], GenerationOptions(maxTokens: 400)))
    #expect(tokens.count == 400)
    // What was guessed in vain is a small part.
    let wasted = (summary?.draftedTokens ?? 0) - (summary?.acceptedTokens ?? 0)
    #expect(wasted < 200)
  }

  @Test func theEndOfATextEndsTheGuesses() async throws {
    let generator = try Generator(
      model: ScriptedModel.counting(), tokenizer: nil, precision: .exact, endTokens: [5])
    let prompt: [Int32] = [1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]
    let (tokens, summary) = try await all(generator.generate(prompt))
    #expect(tokens == [4] && summary?.reason == .endOfText(5))
    let limited = try await all(generator.generate([1, 2, 3, 1, 2], GenerationOptions(maxTokens: 2)))
    #expect(limited.tokens == [3, 4] && limited.summary?.reason == .length)
  }

  @Test func aDraftModelOfOtherTokensIsRefused() throws {
    var other = ScriptedModel.counting()
    other.vocabularySize = 9
    #expect(throws: AttendError.self) {
      try Generator(model: ScriptedModel.counting(), tokenizer: nil, precision: .exact, draft: other)
    }
  }
}
