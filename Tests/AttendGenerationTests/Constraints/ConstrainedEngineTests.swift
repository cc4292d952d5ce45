import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTestSupport
import AttendText
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Constraints in requests.
@Suite struct ConstrainedEngineTests {
  private static let tokenizer = ListedTokenizer.json

  /// Logits that look random and depend on position and token alone.
  private static func model(onPass: @escaping @Sendable (Int) -> Void = { _ in }) -> ScriptedModel {
    let count = tokenizer.vocabularySize
    return ScriptedModel(vocabularySize: count, onPass: onPass) { position, token in
      var random = SeededRandom(seed: UInt64(position) << 20 | UInt64(token))
      return (0..<count).map { _ in Float.random(in: -4...4, using: &random) }
    }
  }

  private static func generator() throws -> Generator {
    try Generator(model: model(), tokenizer: tokenizer, precision: .exact, endTokens: [tokenizer.end])
  }

  private static let schema = ##"""
    {"type":"object","properties":{"name":{"type":"string","maxLength":12},"age":{"type":"integer","minimum":0,"maximum":120},
     "tags":{"type":"array","items":{"enum":["a","ab","é"]},"maxItems":3}},"required":["name","age"]}
    """##

  @Test func answersFollowTheConstraint() async throws {
    let generator = try Self.generator()
    var options = GenerationOptions(sampling: .temperature(1, seed: 1))
    options.constraint = try .jsonSchema(Self.schema)
    let schema = try JSON(parsing: Self.schema, source: "schema")
    var texts: Set<String> = []
    for generation in generator.generate([1, 2, 3], options, samples: 20) {
      let (text, summary) = try await generation.result()
      #expect(summary.reason == .complete)
      #expect(SchemaValidator(root: schema).accepts(try JSON(parsing: text, source: "answer")), "\(text)")
      texts.insert(text)
    }
    #expect(texts.count == 20)
  }

  @Test func neitherNeighboursNorGuessesChangeAnAnswer() async throws {
    let shared = try Self.generator()
    let constraint = try Constraint.jsonSchema(Self.schema)
    func options(_ index: Int) throws -> GenerationOptions {
      var options = GenerationOptions(sampling: .temperature(0.8, seed: UInt64(index)), maxTokens: 120)
      options.constraint =
        index % 3 == 2 ? nil : index % 3 == 1 ? constraint : try .grammar("root ::= [a-z ]{5,30} \".\"")
      options.speculation = index % 2 == 0 ? Speculation.none : .promptLookup(most: 4)
      return options
    }
    let together = try (0..<12).map { shared.generate([1, Int32($0)], try options($0)) }
    for (index, generation) in together.enumerated() {
      let answer = try await tokens(generation)
      var alone = try options(index)
      alone.speculation = index % 2 == 0 ? .promptLookup(most: 8) : Speculation.none
      #expect(try await tokens(Self.generator().generate([1, Int32(index)], alone)) == answer)
    }
  }

  @Test func textsEndWhereTheConstraintDoes() async throws {
    let generator = try Self.generator()
    func answer(_ grammar: String, maxTokens: Int? = nil, ignoresEnd: Bool = false) async throws -> (
      text: String, summary: GenerationSummary
    ) {
      var options = GenerationOptions(maxTokens: maxTokens, ignoresEndOfText: ignoresEnd)
      options.constraint = try .grammar(grammar)
      return try await generator.generate([7], options).result()
    }
    #expect(try await answer("root ::= \"the 🙂 end\"").text == "the 🙂 end")
    #expect(try await answer("root ::= \"the end\"").summary.reason == .complete)
    #expect(try await answer("root ::= \"the end\"", ignoresEnd: true).summary.reason == .complete)
    let cut = try await answer("root ::= [x]{50}", maxTokens: 7)
    #expect(cut.summary.reason == .length && cut.text == "xxxxxxx")
    // With an end that may come at any time, the model decides; it is never the first token here.
    let open = try await answer("root ::= [a-z]+", maxTokens: 400)
    #expect(!open.text.isEmpty && open.text.allSatisfy { ("a"..."z").contains($0) })
    #expect(open.summary.reason == .endOfText(Self.tokenizer.end) || open.summary.reason == .length)
  }

  @Test func deadEndsAreErrors() async throws {
    // A vocabulary without the letter x.
    var bias: [Int32: Float] = [0x78: -.infinity]
    for token in 0..<Int32(Self.tokenizer.vocabularySize) where Self.tokenizer.bytes(of: token).first == 0x78 {
      bias[token] = -.infinity
    }
    var options = GenerationOptions()
    options.sampling.bias = bias
    options.constraint = try .grammar("root ::= \"x\"")
    #expect(try await failure(Self.generator().generate([1], options))?.code == .notANumber)
    // One whose only tokens mark structure.
    let bare = try Generator(
      model: ScriptedModel.counting(), tokenizer: FewTokens(), precision: .exact, endTokens: [7])
    options = GenerationOptions()
    options.constraint = try .grammar("root ::= \"ab\" \"z\"")
    let error = await failure(bare.generate([1], options))
    #expect(error?.code == .unsupported && error?.message.contains("step 1") == true, "\(String(describing: error))")
    let mute = try Generator(model: ScriptedModel.counting(), tokenizer: nil, precision: .exact)
    #expect(await failure(mute.generate([1], options))?.code == .unsupported)
  }

  /// Eight tokens: `ab`, `b`, `c`, nothing, and four that mark structure.
  private struct FewTokens: Tokenizer {
    let texts = ["ab", "b", "c", "", "<a>", "<b>", "z", "<end>"]
    var vocabularySize: Int { 8 }
    var specialTokens: SpecialTokens { SpecialTokens(end: 7) }
    func bytes(of id: Int32) -> ArraySlice<UInt8> { Array(texts[Int(id)].utf8)[...] }
    func isSpecial(_ id: Int32) -> Bool { id >= 4 }
    func id(of token: String) -> Int32? { texts.firstIndex(of: token).map(Int32.init) }
    func encode(
      bytes: UnsafeRawBufferPointer, allowSpecial: Bool, addSpecialTokens: Bool
    ) throws(AttendError) -> [Int32] { [] }
  }

  @Test func logProbabilitiesAreTheModels() async throws {
    let generator = try Self.generator()
    var options = GenerationOptions(maxTokens: 1)
    options.constraint = try .grammar("root ::= [q]+")
    options.logProbabilities = 3
    for try await event in generator.generate([5], options) {
      guard case .logProbabilities(let found) = event else { continue }
      #expect(found.chosen.token == 0x71)
      #expect(found.most[0].logProbability > found.chosen.logProbability)
    }
  }

  /// The real model at temperature 1, sixteen requests at once. ATTEND_CONSTRAINED sets how many (1,000 take minutes),
  /// ATTEND_CONSTRAINED_FROM the first one's seed.
  @Test(.enabled(if: TestModels.smolLM2 != nil)) func theRealModelsAnswersAreValid() async throws {
    func variable(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
    let count = variable("ATTEND_CONSTRAINED") ?? 6
    let first = UInt64(clamping: variable("ATTEND_CONSTRAINED_FROM") ?? 0)
    let checkpoint = try Checkpoint(path: try #require(TestModels.smolLM2))
    let tokenizer = try #require(try checkpoint.readTokenizer())
    var engine = EngineOptions()
    engine.maxRunning = 16
    let generator = try Generator(
      model: ModelRegistry.load(checkpoint, precision: .fast), tokenizer: tokenizer, precision: .fast,
      endTokens: checkpoint.endTokens(tokenizer), options: engine)
    let prompt = try tokenizer.encode("An example of a record in JSON:\n\n")
    let results = try await withThrowingTaskGroup(of: (UInt64, String, GenerationSummary).self) { group in
      var next = first
      func add() {
        let seed = next
        next += 1
        group.addTask {
          var options = GenerationOptions(sampling: .temperature(1, seed: seed), maxTokens: 1900)
          options.constraint = try .jsonSchema(RandomSchema.schema(seed, isBounded: true))
          let (text, summary) = try await generator.generate(prompt, options).result()
          return (seed, text, summary)
        }
      }
      while next < first + UInt64(min(count, 16)) { add() }
      var results: [(UInt64, String, GenerationSummary)] = []
      for try await result in group {
        results.append(result)
        if next < first + UInt64(count) { add() }
      }
      return results
    }
    #expect(results.count == count)
    for (seed, text, summary) in results {
      let schema = RandomSchema.schema(seed, isBounded: true)
      let validator = SchemaValidator(root: schema, patterns: RandomSchema.patterns)
      let value = try? JSON(parsing: text, source: "answer \(seed)")
      let isValid = value.map { validator.accepts($0) } ?? false
      #expect(summary.reason == .complete && isValid, "seed \(seed), \(summary.reason): \(schema.text()) → \(text)")
    }
    print("constrained: \(results.count) answers, \(results.reduce(0) { $0 + $1.2.generatedTokens }) tokens")
  }
}
