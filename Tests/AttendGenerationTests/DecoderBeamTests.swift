import AttendBase
import AttendGeneration
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Beam searches of decoders.
@Suite struct DecoderBeamTests {
  private func generator(_ name: String, _ precision: Precision = .exact) throws -> Generator {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: precision)
    return try Generator(model: model, tokenizer: nil, precision: precision)
  }

  /// The reference implementation's answers, all of them, with ends and without, to the last place.
  @Test(arguments: ["gpt2", "llama3", "gemma2", "gpt-neox"]) func answersAreTheReferences(_ folder: String) async throws
  {
    let bytes = try MappedFile(path: TestFixtures.path("beams.json")).copied
    let cases = try #require(try JSON(parsing: bytes, source: "beams.json").arrayValue)
      .filter { $0["folder"]?.stringValue == folder }
    #expect(cases.count >= 15)
    let generator = try generator(folder)
    func tokens(_ value: JSON?) -> [Int32] { (value?.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) } }
    for (index, item) in cases.enumerated() {
      var options = BeamOptions(
        beams: item["num_beams"]?.intValue ?? 0, lengthPenalty: Float(item["length_penalty"]?.doubleValue ?? .nan),
        stopsEarly: item["early_stopping"]?.boolValue ?? false, maxTokens: item["longest"]?.intValue)
      options.ignoresEndOfText = true
      options.stopTokens = Set(tokens(item["ends"]))
      let found = try await generator.beamSearch(tokens(item["prompt"]), options)
      let expected = try #require(item["answers"]?.arrayValue)
      #expect(found.answers.count == expected.count)
      for (answer, expected) in zip(found.answers, expected) {
        var whole = answer.tokens
        if case .endOfText(let token) = answer.reason { whole.append(token) }
        #expect(whole == tokens(expected["tokens"]), "case \(index)")
        #expect(abs(answer.score - (expected["score"]?.doubleValue ?? .nan)) <= 1e-4, "case \(index)")
      }
    }
  }

  /// One beam is the engine's greedy answer, phase by phase, and neighbours change nothing.
  @Test(arguments: EngineTests.models)
  func oneBeamIsGreedyAndNeighboursDoNotMatter(_ model: (name: String, precision: Precision)) async throws {
    let generator = try generator(model.name, model.precision)
    let prompt = RandomRequest.tokens(3, 70, vocabulary: generator.model.vocabularySize)
    var greedy: [Int32] = []
    for try await event in generator.generate(prompt, GenerationOptions(maxTokens: 20)) {
      if case .token(let token) = event { greedy.append(token) }
    }
    let one = try await generator.beamSearch(prompt, BeamOptions(beams: 1, maxTokens: 20))
    #expect(one.answers.map(\.tokens) == [greedy])
    #expect(one.answers[0].reason == .length && one.steps == 20)
    let alone = try await generator.beamSearch(prompt, BeamOptions(beams: 4, maxTokens: 16))
    async let other = generator.generate(prompt, GenerationOptions(maxTokens: 40)).result()
    async let second = generator.beamSearch(prompt, BeamOptions(beams: 3, maxTokens: 9))
    let together = try await generator.beamSearch(prompt, BeamOptions(beams: 4, maxTokens: 16))
    _ = try await (other, second)
    #expect(together.answers.map(\.tokens) == alone.answers.map(\.tokens))
    #expect(together.answers.map(\.score) == alone.answers.map(\.score))
    #expect(alone.answers.count == 4 && Set(alone.answers.map(\.tokens)).count == 4)
    #expect(alone.answers.map(\.score) == alone.answers.map(\.score).sorted(by: >))
  }

  @Test func beamsFollowConstraints() async throws {
    let tokenizer = ListedTokenizer.json
    let count = tokenizer.vocabularySize
    let model = ScriptedModel(
      vocabularySize: count, onPass: { _ in },
      logits: { position, token in
        var random = SeededRandom(seed: UInt64(position) << 20 | UInt64(token))
        return (0..<count).map { _ in Float.random(in: -4...4, using: &random) }
      })
    let generator = try Generator(model: model, tokenizer: tokenizer, precision: .exact, endTokens: [tokenizer.end])
    var options = BeamOptions(beams: 5, maxTokens: 60)
    options.constraint = try .grammar(#"root ::= "[" [a-c]{2,4} ("," [0-9]{1,3}){1,2} "]""#)
    let found = try await generator.beamSearch([1, 2], options)
    #expect(found.answers.count == 5)
    let constraint = try #require(options.constraint)
    for answer in found.answers {
      #expect(try GrammarTests.follows(answer.text.utf8, constraint) == true, "\(answer.text)")
      #expect(answer.reason == .endOfText(tokenizer.end))
    }
    // Without a token that ends a text no beam could be complete.
    options.ignoresEndOfText = true
    let error = await #expect(throws: AttendError.self) { try await generator.beamSearch([1, 2], options) }
    #expect(error?.code == .invalidInput)
  }

  @Test func whatCannotBeSearchedIsRefused() async throws {
    let generator = try generator("llama3")
    func code(_ prompt: [Int32], _ options: BeamOptions) async -> AttendError.Code? {
      do {
        _ = try await generator.beamSearch(prompt, options)
        return nil
      } catch { return (error as? AttendError)?.code }
    }
    #expect(await code([1], BeamOptions(beams: 2, maxTokens: 1)) == nil)
    #expect(await code([], BeamOptions()) == .invalidInput)
    #expect(await code([-1], BeamOptions()) == .invalidInput)
    #expect(await code([1], BeamOptions(beams: 0)) == .invalidInput)
    #expect(await code([1], BeamOptions(beams: 65)) == .invalidInput)
    #expect(await code([1], BeamOptions(lengthPenalty: .infinity)) == .invalidInput)
    #expect(await code([1], BeamOptions(maxTokens: 0)) == .invalidInput)
    let long = RandomRequest.tokens(1, generator.model.contextLength, vocabulary: 40)
    #expect(await code(long, BeamOptions()) == .contextOverflow)
    // The context's end is the answer's.
    let almost = Array(long.dropLast(5))
    let found = try await generator.beamSearch(almost, BeamOptions(beams: 2, maxTokens: .max))
    #expect(found.answers.allSatisfy { $0.tokens.count <= 5 })
  }

  @Test func aCancelledSearchStops() async throws {
    let generator = try generator("llama3")
    let task = Task { try await generator.beamSearch([1, 2, 3], BeamOptions(beams: 2)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
